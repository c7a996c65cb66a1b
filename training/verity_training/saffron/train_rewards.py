"""Trains a multifurcation reward model from any causal checkpoint by partial supervision (Saffron-1, section 4)."""

from pathlib import Path

from torch import Tensor, nn
from transformers import AutoTokenizer

from ..rm_r1.policy import load_policy
from ..rm_r1.runs import Run, chunks
from ..rm_r1.sft import learning_rate, train_epochs
from . import reward_model
from .reward_model import RewardModel, full_loss, partial_loss
from .settings import RewardSettings
from .token_rewards import Supervised, load_supervised, padded, unseen_mask


def learn(run: Run, settings: RewardSettings, batch: list[Supervised], steps: int) -> None:
    """One step on a whole batch, of which this process takes its share."""
    run.seed_step()
    own = sorted(run.share(batch), key=len)
    tokens = run.total(sum(len(item.rewards) for item in own))
    errors: list[float] = []

    def loss(part: list[Supervised]) -> Tensor:
        inputs, counted, rewards = padded(part, run.accelerator.device)
        observed = inputs[:, 1:][counted]
        if settings.supervision == "full":
            every = run.model(inputs, counted, every=True)
            value = full_loss(every, observed, rewards, settings.neutral, settings.neutral_weight)
        else:
            value = partial_loss(run.model(inputs, counted), rewards)
        errors.append(value.item() / tokens)
        return value / tokens

    rate = learning_rate(settings, run.step, steps)
    norm = run.update(chunks(own, settings.micro_batch), loss, rate)
    record = {"loss": run.total(sum(errors)), "tokens": tokens, "grad_norm": norm, "learning_rate": rate}
    run.finish_step(record, last=run.step + 1 == steps)


def train(
    settings: RewardSettings, decoder: nn.Module, data: list[Supervised], until: int | None = None
) -> tuple[Run, RewardModel]:
    """Trains on ``data`` for the settings' epochs, or stops after step ``until``."""
    run = train_epochs(settings, RewardModel(decoder), data, learn, until)  # type: ignore[arg-type]
    model = run.plain_model
    assert isinstance(model, RewardModel)
    return run, model


def main(settings: RewardSettings, until: int | None = None) -> None:
    """From files to the four files of a reward model, in ``output/model``."""
    if settings.lora is None:
        raise ValueError("A reward model is an adapter: add [lora] to the settings.")
    tokenizer = AutoTokenizer.from_pretrained(settings.checkpoint)
    data = load_supervised(Path(settings.data), tokenizer, settings.frame, settings.max_tokens)
    print(f"{len(data)} responses, {sum(len(item.rewards) for item in data)} rewards", flush=True)
    run, model = train(settings, load_policy(settings), data, until)
    if run.accelerator.is_main_process:
        unseen = unseen_mask(data, model.head.shape[0])
        reward_model.save(model, unseen, settings.base_name or settings.checkpoint, run.output / "model")
