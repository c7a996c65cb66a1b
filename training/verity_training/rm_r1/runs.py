"""What a training run needs around its loss: processes, optimizer steps, saved states, metrics."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn

from .config import Settings

T = TypeVar("T")

PROGRESS = "progress.json"


class Run:
    """A model in training, on one process or many.

    All randomness of a step follows from seed and step, so a resumed run goes on as an uninterrupted one would.
    """

    def __init__(self, settings: Settings, model: nn.Module, betas: tuple[float, float]) -> None:
        """Goes on from the state saved in ``settings.output``, if there is one."""
        self.settings, self.output = settings, Path(settings.output)
        # Without saying so, several processes on CPUs would each take themselves for the only one.
        on_cpu = not torch.accelerator.is_available()
        self.accelerator = Accelerator(cpu=on_cpu, mixed_precision=settings.mixed_precision)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=0.0, betas=betas, weight_decay=settings.weight_decay)
        self.model, self.optimizer = self.accelerator.prepare(model, optimizer)
        self.step = 0
        self.output.mkdir(parents=True, exist_ok=True)
        if self.state.exists():
            self.accelerator.load_state(str(self.state))
            self.step = json.loads((self.state / PROGRESS).read_text())["step"]
            self._forget_later_metrics()

    @property
    def state(self) -> Path:
        """The folder of the last saved state."""
        return self.output / "state"

    @property
    def metrics(self) -> Path:
        """One JSON object a line, one line a step."""
        return self.output / "metrics.jsonl"

    @property
    def plain_model(self) -> nn.Module:
        """The model without what accelerate wraps around it."""
        model: nn.Module = self.accelerator.unwrap_model(self.model)
        return model

    def seed_step(self) -> None:
        """Sets this process's random numbers for the coming step."""
        seed = np.random.SeedSequence([self.settings.seed, self.step, self.accelerator.process_index])
        torch.manual_seed(int(seed.generate_state(1)[0]))

    def share(self, items: list[T]) -> list[T]:
        """This process's part of a batch, equal for all; raises ValueError where that cannot be."""
        processes = self.accelerator.num_processes
        if not items or len(items) % processes:
            raise ValueError(f"A batch of {len(items)} cannot be shared equally by {processes} processes.")
        return items[self.accelerator.process_index :: processes]

    def total(self, value: float) -> float:
        """The sum over all processes."""
        summed = self.accelerator.reduce(torch.tensor(float(value), device=self.accelerator.device), "sum")
        assert isinstance(summed, Tensor)
        return summed.item()

    def update(self, parts: list[T], loss: Callable[[T], Tensor], rate: float) -> float:
        """One optimizer step on the sum of the parts' losses over all processes; returns the gradient's norm."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        for last, part in _with_last(parts):
            sync: AbstractContextManager[object]
            sync = nullcontext() if last else self.accelerator.no_sync(self.model)
            with sync, self.accelerator.autocast():
                # Gradients are averaged over processes, but the losses are parts of one sum.
                self.accelerator.backward(loss(part) * self.accelerator.num_processes)
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.settings.grad_clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return float(norm)

    def finish_step(self, record: dict[str, float], last: bool) -> None:
        """Counts the step, writes its metrics, saves the state when it is time."""
        self.step += 1
        if self.accelerator.is_main_process:
            with self.metrics.open("a") as log:
                log.write(json.dumps({"step": self.step, **record}) + "\n")
            shown = {"step": self.step, **{key: float(f"{value:.4g}") for key, value in record.items()}}
            print(json.dumps(shown), flush=True)
        if last or self.step % self.settings.save_every == 0:
            self.save()

    def save(self) -> None:
        """Writes the state beside the old one, then puts it in its place."""
        partial, main = self.output / "state.partial", self.accelerator.is_main_process
        self.accelerator.save_state(str(partial))
        self.accelerator.wait_for_everyone()
        if main:
            (partial / PROGRESS).write_text(json.dumps({"step": self.step}))
            shutil.rmtree(self.state, ignore_errors=True)
            partial.rename(self.state)
        self.accelerator.wait_for_everyone()

    def _forget_later_metrics(self) -> None:
        """Drops the lines of steps that the interrupted run took after its last saved state."""
        if self.accelerator.is_main_process and self.metrics.exists():
            lines = self.metrics.read_text().splitlines()
            kept = [line for line in lines if json.loads(line)["step"] <= self.step]
            self.metrics.write_text("".join(f"{line}\n" for line in kept))


def batches(count: int, size: int, seed: int, epoch: int) -> list[list[int]]:
    """An epoch's indices in batches, in an order that follows from seed and epoch; an incomplete last one is left out.

    Raises ValueError if not even one batch is full.
    """
    if count < size:
        raise ValueError(f"{count} usable examples do not fill a batch of {size}; lower the batch size.")
    order = np.random.default_rng([seed, epoch]).permutation(count).tolist()
    return [order[start : start + size] for start in range(0, count - size + 1, size)]


def chunks(items: list[T], size: int) -> list[list[T]]:
    """Consecutive pieces of at most ``size``."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def _with_last(items: list[T]) -> Iterator[tuple[bool, T]]:
    return ((index == len(items) - 1, item) for index, item in enumerate(items))
