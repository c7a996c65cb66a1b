"""Trains the nano judge from scratch; resumes from its last checkpoint when started again."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen3ForCausalLM

from .dataset import MAX_TOKENS, PAIRS, SEQUENCES, TOKENIZER, VERDICTS, encode_pair, load_pairs
from .model import new_model, token_losses
from .sources import DATA

CHECKPOINT = DATA / "checkpoint.pt"
LOG = DATA / "train.jsonl"

BATCH_TOKENS = 8192
BUCKET = 64
WEIGHT_DECAY = 0.05
#: The prompt is learned as language, from a part of its tokens drawn anew each time, which spares the head most of its
#: work; the answer is what counts; one token of it is the verdict.
PROMPT_SHARE = 0.4
PROMPT_WEIGHT, ANSWER_WEIGHT, DECISION_WEIGHT = 0.6, 1.0, 12.0
LOG_EVERY, CHECKPOINT_EVERY, VALIDATE_EVERY, VALIDATION_PAIRS = 20, 200, 200, 150


@dataclass
class Corpus:
    """The training sequences, flat: sequence i is ``tokens[offsets[i]:offsets[i + 1]]``."""

    tokens: np.ndarray
    offsets: np.ndarray
    prompt_lengths: np.ndarray
    #: [sequences, marks]: the tokens that depend on the verdict.
    marks: np.ndarray

    @staticmethod
    def load(path: Path) -> "Corpus":
        """Reads what ``build_sequences`` wrote."""
        with np.load(path) as arrays:
            return Corpus(arrays["tokens"], arrays["offsets"], arrays["prompt_lengths"], arrays["marks"])

    def batch(self, indices: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Padded tokens [batch, length] and the weight of predicting each next token [batch, length - 1]."""
        lengths = self.offsets[indices + 1] - self.offsets[indices]
        tokens = np.zeros((len(indices), lengths.max()), dtype=np.int64)
        weights = np.zeros((len(indices), lengths.max() - 1), dtype=np.float32)
        for row, (index, length) in enumerate(zip(indices, lengths, strict=True)):
            tokens[row, :length] = self.tokens[self.offsets[index] : self.offsets[index + 1]]
            weights[row, : length - 1] = ANSWER_WEIGHT
            drawn = rng.random(self.prompt_lengths[index] - 1) < PROMPT_SHARE
            weights[row, : len(drawn)] = np.where(drawn, PROMPT_WEIGHT, 0.0)
            weights[row, self.marks[index] - 1] = DECISION_WEIGHT
        return torch.from_numpy(tokens), torch.from_numpy(weights)

    def epoch(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Indices in batches of about ``BATCH_TOKENS``, each of similar length, in random order."""
        lengths = np.diff(self.offsets)
        # Noise within a bucket, so that an epoch's batches differ from the last one's.
        by_length = np.argsort(lengths // BUCKET + rng.random(len(lengths)))
        batches, start = [], 0
        while start < len(by_length):
            longest = (lengths[by_length[start]] // BUCKET + 1) * BUCKET
            size = max(1, int(BATCH_TOKENS // longest))
            batches.append(by_length[start : start + size])
            start += size
        order = rng.permutation(len(batches))
        return [batches[index] for index in order]


@dataclass(frozen=True)
class Phase:
    """A stretch of training on one file of sequences; the learning rate warms up, stays, and decays to zero."""

    sequences: Path
    steps: int
    rate: float
    warmup: int
    decay_share: float
    #: Batches of the file that an earlier phase has used.
    skip: int = 0

    def learning_rate(self, step: int) -> float:
        """The rate of one of this phase's steps, counted from 0."""
        decay = (self.steps - step) / (self.decay_share * self.steps)
        return self.rate * min(1.0, (step + 1) / self.warmup, decay)


#: First the code and the decision, mostly from answers cut after it; then whole answers, whose letters must follow.
PHASES = (
    Phase(SEQUENCES, steps=2000, rate=3e-3, warmup=100, decay_share=0.3),
    Phase(VERDICTS, steps=400, rate=1.5e-3, warmup=20, decay_share=0.8),
    Phase(VERDICTS, steps=300, rate=2e-3, warmup=20, decay_share=0.7, skip=400),
)


def optimizers(model: Qwen3ForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices, AdamW for embedding and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=PHASES[0].rate, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=PHASES[0].rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


class Validation:
    """How often the model prefers the right deciding token, on held-out projects, in both orders."""

    def __init__(self) -> None:
        """Encodes the pairs, cut off before the decision."""
        tokenizer = Tokenizer.from_file(str(TOKENIZER))
        pairs = load_pairs(PAIRS["heldout"], VALIDATION_PAIRS)
        sequences = [encode_pair(tokenizer, pair, good_is) for pair in pairs for good_is in "AB"]
        self.sequences = [sequence for sequence in sequences if len(sequence.tokens) <= MAX_TOKENS]

    @torch.no_grad()
    def accuracy(self, model: Qwen3ForCausalLM) -> float:
        """Share of readings decided rightly."""
        right = 0
        for sequence in self.sequences:
            prefix = torch.tensor([sequence.tokens[: sequence.decision]])
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(input_ids=prefix, use_cache=False, logits_to_keep=1).logits[0, -1]
            right += int(logits[sequence.tokens[sequence.decision]] > logits[sequence.alternative])
        return right / len(self.sequences)


def batches(corpus: Corpus, seed: int, first: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches without end, from the ``first`` on.

    Every epoch's order follows from its number alone, so a resumed run sees the batches it would have seen.
    """
    position = first
    for epoch in count():
        order = corpus.epoch(np.random.default_rng([seed, epoch]))
        for index in range(position, len(order)):
            yield corpus.batch(order[index], np.random.default_rng([seed, epoch, index]))
        position = max(0, position - len(order))


class Trainer:
    """Model and optimizers with how far they have come; lives on in a checkpoint file."""

    def __init__(self, seed: int, compiled: bool = True) -> None:
        """Starts anew, or where the checkpoint file left off."""
        self.model = new_model(seed)
        self.decoder = torch.compile(self.model.model, dynamic=True) if compiled else self.model.model
        self.optimizers = optimizers(self.model)
        self.step = self.tokens = 0
        if CHECKPOINT.exists():
            state = torch.load(CHECKPOINT, weights_only=True)
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.tokens = state["step"], state["seen"]

    def save(self) -> None:
        """Writes the checkpoint beside the old one, then puts it in its place."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seen": self.tokens,
        }
        partial = CHECKPOINT.with_suffix(".partial")
        torch.save(state, partial)
        partial.rename(CHECKPOINT)

    def learn(self, tokens: Tensor, weights: Tensor, rate: float) -> dict[str, float]:
        """One optimizer step; returns the mean losses of prompt, answer and decision."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        counted = weights > 0
        with torch.autocast("cpu", torch.bfloat16):
            losses = token_losses(self.model, self.decoder, tokens, counted)
        weights = weights[counted]
        ((losses * weights).sum() / weights.sum()).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.tokens += int((tokens > 0).sum())
        kinds = {"prompt": PROMPT_WEIGHT, "answer": ANSWER_WEIGHT, "decision": DECISION_WEIGHT}
        return {f"{kind}_loss": losses[weights == weight].mean().item() for kind, weight in kinds.items()}


def train(seed: int, phases: tuple[Phase, ...] = PHASES, compiled: bool = True) -> None:
    """Runs all phases, continuing where the last run was interrupted."""
    trainer, validation, first = Trainer(seed, compiled), Validation(), 0
    for phase in phases:
        if trainer.step < first + phase.steps:
            run_phase(trainer, validation, phase, first, seed)
        first += phase.steps


def run_phase(trainer: Trainer, validation: Validation, phase: Phase, first: int, seed: int) -> None:
    """Trains until the phase that began at step ``first`` has ended."""
    end = first + phase.steps
    for tokens, weights in batches(Corpus.load(phase.sequences), seed, phase.skip + trainer.step - first):
        started, before = time.perf_counter(), trainer.tokens
        record = trainer.learn(tokens, weights, phase.learning_rate(trainer.step - first))
        last = trainer.step == end
        if trainer.step % LOG_EVERY == 0 or last:
            speed = (trainer.tokens - before) / (time.perf_counter() - started)
            record = {"step": trainer.step, "tokens": trainer.tokens, **record, "tokens_per_second": speed}
            if trainer.step % VALIDATE_EVERY == 0 or last:
                record["heldout_decision_accuracy"] = validation.accuracy(trainer.model)
            with LOG.open("a") as log:
                log.write(json.dumps(record) + "\n")
            print(json.dumps({key: round(value, 4) for key, value in record.items()}), flush=True)
        if trainer.step % CHECKPOINT_EVERY == 0 or last:
            trainer.save()
        if last:
            return
