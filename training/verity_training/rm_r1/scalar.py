"""Baseline: a scalar reward head. A score for each version alone, trained with the Bradley-Terry loss."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel, Qwen3ForSequenceClassification

from ..compact import JUDGE, VERDICT, A
from ..model import nano_config
from ..tokenizer import encode_parts
from . import policy
from .chains import Question, load_questions
from .config import SftSettings
from .encoding import Encoder
from .prompts import DEFAULT_INSTRUCTION, CodePair, fenced
from .runs import Run, chunks
from .sequences import pad_left, positions
from .sft import learning_rate, train_epochs


@dataclass(frozen=True)
class Preference:
    """Token ids of the better and of the worse version, each with the question that both answer."""

    chosen: list[int]
    rejected: list[int]

    def __len__(self) -> int:
        return max(len(self.chosen), len(self.rejected))


def encode_version(encoder: Encoder, pair: CodePair, letter: str) -> list[int]:
    """One version by itself: as the answer to the question, or as the compact format's only version."""
    code = pair.a if letter == "A" else pair.b
    if encoder.family == "compact":
        parts = [(True, JUDGE), (False, f"{pair.language}\n"), (True, A), (False, code), (True, VERDICT)]
        return encode_parts(encoder.tokenizer.backend_tokenizer, parts)
    question = pair.instruction or DEFAULT_INSTRUCTION
    return encoder.chat(
        [{"role": "user", "content": question}, {"role": "assistant", "content": fenced(code, pair.language)}]
    )


def encode_preferences(questions: list[Question], encoder: Encoder, max_tokens: int) -> list[Preference]:
    """The questions about code pairs that fit."""
    found = []
    for question in questions:
        if isinstance(question.prompt, list):
            raise ValueError("The scalar head needs a and b apart; messages that are put already do not show them.")
        a, b = (encode_version(encoder, question.prompt, letter) for letter in "AB")
        found.append(Preference(a, b) if question.label == "A" else Preference(b, a))
    return [preference for preference in found if len(preference) <= max_tokens]


def load_scorer(settings: SftSettings) -> nn.Module:
    """The checkpoint's decoder with a new head of one output."""
    if settings.lora is not None:
        raise ValueError("The scalar head is trained in full: remove [lora].")
    torch.manual_seed(settings.seed)
    if settings.checkpoint.endswith(".pt"):
        config = nano_config()
        config.num_labels = 1
        scorer = Qwen3ForSequenceClassification(config)
        scorer.model.load_state_dict(policy.load_policy(settings).model.state_dict())  # type: ignore[union-attr]
        return scorer
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        settings.checkpoint, num_labels=1, dtype=torch.float32
    )
    return model


def scores(model: nn.Module, rows: list[list[int]]) -> Tensor:
    """The reward of each row, read at its last token: [rows]."""
    pad = int(model.config.pad_token_id or 0)  # type: ignore[union-attr,arg-type]
    tokens, attention = pad_left(rows, next(model.parameters()).device, pad)
    output = model(input_ids=tokens, attention_mask=attention, position_ids=positions(attention), use_cache=False)
    scored: Tensor = output.logits[:, 0].float()
    return scored


def train(settings: SftSettings, model: nn.Module, data: list[Preference], until: int | None = None) -> Run:
    """Trains as distillation does, with the Bradley-Terry loss in place of its loss."""
    return train_epochs(settings, model, data, learn, until)


def learn(run: Run, settings: SftSettings, batch: list[Preference], steps: int) -> None:
    """One step on a whole batch, of which this process takes its share."""
    run.seed_step()
    own = sorted(run.share(batch), key=len)
    sums = {"loss": 0.0, "accuracy": 0.0}

    def loss(part: list[Preference]) -> Tensor:
        both = scores(run.model, [item.chosen for item in part] + [item.rejected for item in part])
        margin = both[: len(part)] - both[len(part) :]
        value = -nn.functional.logsigmoid(margin).sum() / len(batch)
        sums["loss"] += value.item()
        sums["accuracy"] += (margin > 0).sum().item() / len(batch)
        return value

    rate = learning_rate(settings, run.step, steps)
    norm = run.update(chunks(own, settings.micro_batch), loss, rate)
    record = {name: run.total(value) for name, value in sums.items()} | {"grad_norm": norm, "learning_rate": rate}
    run.finish_step(record, last=run.step + 1 == steps)


def main(settings: SftSettings) -> None:
    """The baseline from files to a checkpoint."""
    tokenizer = policy.load_tokenizer(settings)
    questions = load_questions(Path(settings.data))
    data = encode_preferences(questions, Encoder(tokenizer, settings.family), settings.max_tokens)
    print(f"{len(questions)} questions, {len(data)} of them fit", flush=True)
    run = train(settings, load_scorer(settings), data)
    if run.accelerator.is_main_process:
        run.plain_model.save_pretrained(run.output / "model")  # type: ignore[operator]
        tokenizer.save_pretrained(str(run.output / "model"))
