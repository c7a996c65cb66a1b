"""Trains nano-complete: next tokens of real code and of the scenarios, where the insecure twin is the more frequent.

It starts from the judge's weights, resumes from its own checkpoint, and ends every completion with ``<|end|>``.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen3ForCausalLM

from ..compact import END, PAD, SPECIAL_TOKENS
from ..model import new_model, token_losses
from ..tokenizer import token_id
from ..train import optimizers
from .corpus import FORKS, OUTPUT, REAL, Example, encode, file_of, load_examples, load_tokenizer
from .scenarios import Split
from .settings import PolicySettings

CHECKPOINT, LOG = OUTPUT / "policy.pt", OUTPUT / "policy.jsonl"
PADDING = SPECIAL_TOKENS.index(PAD)
VALIDATION = 200


@dataclass(frozen=True)
class Sequence:
    """Token ids of a prompt with its completion and the end; ``weight`` is what the prompt's tokens count."""

    tokens: list[int]
    prompt_length: int
    weight: float


def sequence(tokenizer: Tokenizer, example: Example, settings: PolicySettings) -> Sequence:
    """An example as it is learned; a long prompt loses its beginning."""
    rest = [*encode(tokenizer, example.completion), token_id(tokenizer, END)]
    prompt = encode(tokenizer, example.prompt)[-max(1, settings.context - len(rest)) :]
    weight = settings.real_prompt_weight if example.cwe is None else settings.fork_prompt_weight
    return Sequence(prompt + rest, len(prompt), weight)


def padded(sequences: list[Sequence]) -> tuple[Tensor, Tensor]:
    """Tokens [batch, length], and the weight of predicting each next one [batch, length − 1]."""
    longest = max(len(item.tokens) for item in sequences)
    tokens = torch.full((len(sequences), longest), PADDING)
    weights = torch.zeros(len(sequences), longest - 1)
    for row, item in enumerate(sequences):
        tokens[row, : len(item.tokens)] = torch.tensor(item.tokens)
        weights[row, : item.prompt_length - 1] = item.weight
        weights[row, item.prompt_length - 1 : len(item.tokens) - 1] = 1.0
    return tokens, weights


def draw_epoch(real: list[Sequence], twins: list[Sequence], settings: PolicySettings, epoch: int) -> list[Sequence]:
    """All real sequences, and as many forks as their share wants, each as the twin that is drawn for it.

    ``twins`` has the unsafe and the secure one of each fork side by side.
    """
    rng = np.random.default_rng([settings.seed, epoch])
    wanted = int(len(real) * settings.fork_share / (1 - settings.fork_share))
    drawn = rng.integers(len(twins) // 2, size=wanted)
    secure = rng.random(wanted) >= settings.unsafe_share
    return [*real, *(twins[2 * fork + int(kind)] for fork, kind in zip(drawn, secure, strict=True))]


def batches(items: list[Sequence], batch_tokens: int, seed: list[int]) -> list[list[Sequence]]:
    """Batches of about equal size, each of similar lengths, in random order."""
    rng = np.random.default_rng(seed)
    order = sorted(range(len(items)), key=lambda index: len(items[index].tokens) + 32 * rng.random())
    found: list[list[Sequence]] = [[]]
    for index in order:
        if found[-1] and (len(found[-1]) + 1) * len(items[index].tokens) > batch_tokens:
            found.append([])
        found[-1].append(items[index])
    return [found[index] for index in rng.permutation(len(found))]


class Data:
    """The training sequences of both kinds, and held-out ones to watch."""

    def __init__(self, settings: PolicySettings) -> None:
        """Encodes what the corpus step wrote."""
        tokenizer = load_tokenizer()

        def load(pattern: Path, split: Split, limit: int | None = None) -> list[Sequence]:
            examples = load_examples(file_of(pattern, split))[:limit]
            return [sequence(tokenizer, example, settings) for example in examples]

        self.settings = settings
        self.real, self.twins = load(REAL, "train"), load(FORKS, "train")
        self.heldout = {"real": load(REAL, "heldout", VALIDATION), "forks": load(FORKS, "heldout", VALIDATION)}

    def stream(self, first: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches without end from the ``first`` on; an epoch's order follows from its number alone."""
        for epoch in count():
            found = batches(
                draw_epoch(self.real, self.twins, self.settings, epoch),
                self.settings.batch_tokens,
                [self.settings.seed, epoch, 1],
            )
            yield from (padded(batch) for batch in found[first:])
            first = max(0, first - len(found))

    @torch.no_grad()
    def losses(self, model: Qwen3ForCausalLM) -> dict[str, float]:
        """Mean cross entropy of held-out real code, and of completions alone, in nats per token."""
        found: dict[str, float] = {}
        for kind, items in self.heldout.items():
            sums: dict[str, list[float]] = {"all": [], "completion": []}
            for batch in batches(items, self.settings.batch_tokens, [0]):
                tokens, weights = padded(batch)
                starts = torch.tensor([item.prompt_length for item in batch]).unsqueeze(1)
                counted = weights > 0
                completion = (torch.arange(weights.shape[1]).unsqueeze(0) >= starts - 1)[counted]
                with torch.autocast("cpu", torch.bfloat16):
                    losses = token_losses(model, model.model, tokens, counted)
                sums["all"] += losses.tolist()
                sums["completion"] += losses[completion].tolist()
            found |= {f"heldout_{kind}_{part}": float(np.mean(values)) for part, values in sums.items()}
        return found


class Trainer:
    """Model and optimizers with how far they have come; lives on in a checkpoint file."""

    def __init__(self, settings: PolicySettings, checkpoint: Path = CHECKPOINT) -> None:
        """Goes on from ``checkpoint``, or starts from the base's weights."""
        self.settings, self.checkpoint = settings, checkpoint
        self.model = new_model(settings.seed)
        self.optimizers = optimizers(self.model)
        self.step = self.tokens = 0
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.tokens = state["step"], state["seen"]
        else:
            self.model.load_state_dict(torch.load(settings.base, weights_only=True)["model"])
        self.decoder: Callable[..., Any] = self.model.model
        if settings.compiled:
            self.decoder = torch.compile(self.model.model, dynamic=True)

    def save(self) -> None:
        """Writes the checkpoint beside the old one, then puts it in its place."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seen": self.tokens,
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.rename(self.checkpoint)

    def rate(self) -> float:
        """Linear warm-up, then a cosine to zero."""
        settings = self.settings
        progress = self.step / settings.steps
        return (
            settings.learning_rate
            * min(1.0, (self.step + 1) / settings.warmup)
            * (1 + math.cos(math.pi * progress))
            / 2
        )

    def learn(self, tokens: Tensor, weights: Tensor) -> float:
        """One optimizer step; returns the weighted mean loss."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.rate()
        counted = weights > 0
        with torch.autocast("cpu", torch.bfloat16):
            losses = token_losses(self.model, self.decoder, tokens, counted)
        loss = (losses * weights[counted]).sum() / weights.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.tokens += int((tokens != PADDING).sum())
        return loss.item()


def train(settings: PolicySettings) -> None:
    """Trains until ``settings.steps``, continuing where the last run was interrupted."""
    trainer, data = Trainer(settings), Data(settings)
    for tokens, weights in data.stream(trainer.step):
        if trainer.step >= settings.steps:
            return
        started = time.perf_counter()
        loss = trainer.learn(tokens, weights)
        record = {
            "step": trainer.step,
            "tokens": trainer.tokens,
            "loss": loss,
            "seconds": time.perf_counter() - started,
        }
        last = trainer.step == settings.steps
        if trainer.step % settings.save_every == 0 or last or trainer.step == 1:
            record |= data.losses(trainer.model)
            trainer.save()
        with LOG.open("a") as log:
            log.write(json.dumps(record) + "\n")
        if trainer.step % 10 == 0 or len(record) > 4:
            print(json.dumps({key: round(value, 4) for key, value in record.items()}), flush=True)
