"""Stage 2 of RM-R1: reinforcement learning with a verifiable reward, by GRPO."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from accelerate.utils import DistributedType
from torch import Tensor, nn

from . import policy
from .chains import load_questions
from .config import GrpoSettings
from .decisions import decision_task
from .encoding import Encoder
from .objective import advantages, clipped_surrogate, constant, kl_estimate, token_weights
from .policy import Reference
from .rollouts import Group, Task, TextTask
from .runs import Run, batches, chunks
from .verdicts import reward

BETAS = (0.9, 0.999)
#: Sharded weights would have to be gathered before each sampled token.
WHOLE_MODELS = (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU)


@dataclass(frozen=True)
class Experience:
    """A group with what was known of it before the update: a tensor over all its tokens each."""

    group: Group
    advantages: Tensor
    old: Tensor
    reference: Tensor | None


class Learner:
    """Takes GRPO steps on a task."""

    def __init__(self, settings: GrpoSettings, model: nn.Module, task: Task) -> None:
        """Goes on from the saved state, if there is one."""
        self.settings, self.task = settings, task
        self.reference = Reference(model) if settings.kl else None
        self.run = Run(settings, model, BETAS)
        if self.run.accelerator.distributed_type not in WHOLE_MODELS:
            raise ValueError("GRPO needs the whole model in every process: launch it as plain data parallel (DDP).")
        self.per_epoch = len(batches(len(task), settings.prompts, settings.seed, 0))
        self.steps = settings.max_steps or self.per_epoch * settings.epochs

    def train(self, until: int | None = None) -> Run:
        """Runs to the end, or until a step."""
        while self.run.step < min(self.steps, until or self.steps):
            epoch, place = divmod(self.run.step, self.per_epoch)
            order = batches(len(self.task), self.settings.prompts, self.settings.seed, epoch)
            self.learn(order[place])
        return self.run

    def learn(self, indices: list[int]) -> None:
        """One step: rollouts for the prompts, then as many updates as mini-batches and inner epochs make."""
        started, run, settings = time.perf_counter(), self.run, self.settings
        run.seed_step()
        experiences = self.experience(run.share(indices))
        own_mini_batch = settings.mini_batch // run.accelerator.num_processes
        run.model.train()
        updates = []
        for _ in range(settings.inner_epochs):
            order = torch.randperm(len(experiences)).tolist()
            for mini_batch in chunks([experiences[index] for index in order], max(1, own_mini_batch)):
                updates.append(self.update(mini_batch))
        record = self.rollout_metrics([experience.group for experience in experiences])
        record |= {key: sum(update[key] for update in updates) / len(updates) for key in updates[0]}
        run.finish_step(record | {"seconds": time.perf_counter() - started}, last=run.step + 1 == self.steps)

    @torch.no_grad()
    def experience(self, indices: list[int]) -> list[Experience]:
        """Samples and rewards; how probable policy and reference hold what was sampled."""
        model, found = self.run.plain_model, []
        model.eval()
        # Neighbours of like length waste little padding.
        for part in chunks(sorted(indices, key=self.task.prompt_length), self.settings.micro_batch):
            with self.run.accelerator.autocast():
                groups = self.task.rollouts(model, part)
                # The same computation as in the update, so that the ratio starts at 1 whatever the cache rounds.
                old = self.task.logprobs(model, groups)
                reference = self._reference_logprobs(model, groups)
            advantage = advantages(torch.tensor([group.rewards for group in groups], device=old.device))
            sizes = [sum(group.lengths) for group in groups]
            references = [None] * len(groups) if reference is None else reference.split(sizes)
            for group, row, before, frozen in zip(groups, advantage, old.split(sizes), references, strict=True):
                lengths = torch.tensor(group.lengths, device=old.device)
                found.append(Experience(group, row.repeat_interleave(lengths), before, frozen))
        return found

    def _reference_logprobs(self, model: nn.Module, groups: list[Group]) -> Tensor | None:
        if self.reference is None:
            return None
        with self.reference.model(model) as frozen:
            return self.task.logprobs(frozen, groups)

    def update(self, mini_batch: list[Experience]) -> dict[str, float]:
        """One optimizer step; returns loss, KL, clip fraction and gradient norm of the whole mini-batch."""
        run, settings = self.run, self.settings
        lengths = [length for experience in mini_batch for length in experience.group.lengths]
        tokens, responses = run.total(sum(lengths)), run.total(len(lengths))
        sums = {"loss": 0.0, "kl": 0.0, "clip_fraction": 0.0}

        def loss(part: list[Experience]) -> Tensor:
            groups = [experience.group for experience in part]
            own = [length for group in groups for length in group.lengths]
            logprobs = self.task.logprobs(run.model, groups)
            each = torch.tensor(token_weights(own, settings.average, tokens, responses), device=logprobs.device)
            weights = each.repeat_interleave(torch.tensor(own, device=logprobs.device))
            old, advantage = (
                torch.cat([getattr(experience, name) for experience in part]) for name in ("old", "advantages")
            )
            losses, clipped = clipped_surrogate(logprobs, old, advantage, settings.clip)
            frozen = [experience.reference for experience in part if experience.reference is not None]
            if frozen:
                divergence = kl_estimate(logprobs, torch.cat(frozen))
                losses = losses + settings.kl * divergence
                sums["kl"] += (weights * divergence).sum().item()
            value = (weights * losses).sum()
            sums["loss"] += value.item()
            sums["clip_fraction"] += (weights * clipped).sum().item()
            return value

        ordered = sorted(mini_batch, key=lambda item: len(item.group.prompt) + max(item.group.lengths))
        norm = run.update(chunks(ordered, settings.micro_batch), loss, settings.learning_rate)
        return {key: run.total(value) for key, value in sums.items()} | {"grad_norm": norm}

    def rollout_metrics(self, groups: list[Group]) -> dict[str, float]:
        """What was sampled, over all processes."""
        total = self.run.total
        rewards = torch.tensor([group.rewards for group in groups])
        count = total(rewards.numel())
        mean, square = total(rewards.sum().item()) / count, total(rewards.square().sum().item()) / count
        return {
            "reward_mean": mean,
            "reward_std": max(0.0, square - mean**2) ** 0.5,
            "zero_variance_share": total(constant(rewards).sum().item()) / total(len(groups)),
            "response_length": total(sum(sum(group.lengths) for group in groups)) / count,
        }


def text_task(settings: GrpoSettings, encoder: Encoder) -> TextTask:
    """The judge's questions, rewarded by the verdict at the answer's end."""
    asked = [(encoder.prompt(question.prompt), question.label) for question in load_questions(Path(settings.data))]
    kept = [(prompt, label) for prompt, label in asked if len(prompt) <= settings.max_prompt]
    print(f"{len(asked)} questions, {len(kept)} of them fit", flush=True)
    return TextTask(
        prompts=[prompt for prompt, _ in kept],
        reward=lambda index, ids: reward(encoder.decode(ids), kept[index][1]),
        group=settings.group,
        max_response=settings.max_response,
        end=encoder.end,
        temperature=settings.temperature,
    )


def main(settings: GrpoSettings) -> None:
    """RLVR from files to a checkpoint."""
    tokenizer = policy.load_tokenizer(settings)
    task: Task
    if settings.rollout == "decision":
        task = decision_task(settings, tokenizer)
    else:
        task = text_task(settings, Encoder(tokenizer, settings.family))
    run = Learner(settings, policy.load_policy(settings), task).train()
    if run.accelerator.is_main_process:
        policy.save(settings, run.plain_model, tokenizer)
