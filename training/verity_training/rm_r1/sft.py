"""Stage 1 of RM-R1: distillation of verified reasoning chains. Cross entropy on the answer alone."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from . import policy
from .chains import answer_only, encode_chains, load_chains
from .config import SftSettings
from .encoding import Encoder
from .runs import Run, batches, chunks
from .sequences import Sequence, response_logprobs

BETAS = (0.9, 0.95)

Item = TypeVar("Item")


def learning_rate(settings: SftSettings, step: int, steps: int) -> float:
    """Linear warm-up, then a cosine to ``final_share`` of the rate; ``step`` counts from 0."""
    warmup = math.ceil(settings.warmup_share * steps)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    share = settings.final_share + (1 - settings.final_share) * (1 + math.cos(math.pi * progress)) / 2
    return settings.learning_rate * share


def train_epochs(
    settings: SftSettings,
    model: nn.Module,
    data: list[Item],
    learn: Callable[[Run, SftSettings, list[Item], int], None],
    until: int | None,
) -> Run:
    """Takes ``data`` through the settings' epochs, a step of ``learn`` per batch, or stops after step ``until``."""
    run = Run(settings, model, BETAS)
    per_epoch = len(batches(len(data), settings.batch, settings.seed, 0))
    steps = per_epoch * settings.epochs
    run.model.train()
    while run.step < min(steps, until or steps):
        order = batches(len(data), settings.batch, settings.seed, run.step // per_epoch)
        learn(run, settings, [data[index] for index in order[run.step % per_epoch]], steps)
    return run


def train(settings: SftSettings, model: nn.Module, data: list[Sequence], until: int | None = None) -> Run:
    """Trains on ``data`` for the settings' epochs, or stops after step ``until``; returns the run."""
    return train_epochs(settings, model, data, learn, until)


def learn(run: Run, settings: SftSettings, batch: list[Sequence], steps: int) -> None:
    """One step on a whole batch, of which this process takes its share."""
    run.seed_step()
    # Neighbours of like length waste little padding.
    own = sorted(run.share(batch), key=len)
    tokens = run.total(sum(len(sequence.response) for sequence in own))
    losses: list[float] = []

    def loss(part: list[Sequence]) -> torch.Tensor:
        value = -response_logprobs(run.model, part).sum() / tokens
        losses.append(value.item())
        return value

    rate = learning_rate(settings, run.step, steps)
    norm = run.update(chunks(own, settings.micro_batch), loss, rate)
    record = {"loss": run.total(sum(losses)), "answer_tokens": tokens, "grad_norm": norm, "learning_rate": rate}
    run.finish_step(record, last=run.step + 1 == steps)


def main(settings: SftSettings) -> None:
    """Distillation from files to a checkpoint."""
    tokenizer = policy.load_tokenizer(settings)
    chains = load_chains(Path(settings.data))
    if settings.answer_only:
        chains = [answer_only(chain) for chain in chains]
    data = encode_chains(chains, Encoder(tokenizer, settings.family), settings.max_tokens)
    verified = sum(chain.verified for chain in chains)
    print(f"{len(chains)} chains, {verified} with the right verdict, {len(data)} of them fit", flush=True)
    run = train(settings, policy.load_policy(settings), data)
    if run.accelerator.is_main_process:
        policy.save(settings, run.plain_model, tokenizer)
