"""Rollouts: what a policy answers, in groups, and what each answer earned."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from .sequences import Sequence, pad_left, positions, response_logprobs


@dataclass(frozen=True)
class Group:
    """All rollouts of one prompt, with their rewards. ``choices`` are the tokens a guide allowed, if there was one."""

    prompt: list[int]
    responses: list[list[int]]
    rewards: list[float]
    choices: tuple[int, int] | None = None

    @property
    def lengths(self) -> list[int]:
        """Tokens of each response."""
        return [len(response) for response in self.responses]


class Task(Protocol):
    """Prompts, how a policy answers them, and how probable it holds its answers."""

    def __len__(self) -> int:
        """Number of prompts."""

    def prompt_length(self, index: int) -> int:
        """Tokens of a prompt."""

    def rollouts(self, model: nn.Module, indices: list[int]) -> list[Group]:
        """Samples a group for each of some prompts."""

    def logprobs(self, model: nn.Module, groups: list[Group]) -> Tensor:
        """log p of all response tokens, group after group: [tokens]."""


@dataclass(frozen=True)
class TextTask:
    """Whole answers, sampled token by token; the reward reads the answer's tokens."""

    prompts: list[list[int]]
    #: (index of the prompt, response ids, its end token included if it came) → reward.
    reward: Callable[[int, list[int]], float]
    group: int
    max_response: int
    end: int
    temperature: float = 1.0

    def __len__(self) -> int:
        return len(self.prompts)

    def prompt_length(self, index: int) -> int:
        """Tokens of a prompt."""
        return len(self.prompts[index])

    def rollouts(self, model: nn.Module, indices: list[int]) -> list[Group]:
        """Samples ``group`` answers to each prompt at once."""
        prompts = [self.prompts[index] for index in indices]
        responses = sample(model, prompts, self.group, self.max_response, self.end, self.temperature)
        return [
            Group(prompt, answers, [self.reward(index, answer) for answer in answers])
            for index, prompt, answers in zip(indices, prompts, responses, strict=True)
        ]

    def logprobs(self, model: nn.Module, groups: list[Group]) -> Tensor:
        """The tokens' log probabilities at the temperature that sampled them."""
        rows = [Sequence(group.prompt, response) for group in groups for response in group.responses]
        return response_logprobs(model, rows, self.temperature)


@torch.no_grad()
def sample(
    model: nn.Module, prompts: list[list[int]], group: int, max_new: int, end: int, temperature: float
) -> list[list[list[int]]]:
    """``group`` responses to each prompt from the model's own distribution: [prompts][group][tokens].

    No top-p, top-k or penalty, whatever the checkpoint's generation settings say: the ratio of new to old
    probabilities is only right for what was really sampled. Each prompt is computed once and its cache repeated.
    """
    device = next(model.parameters()).device
    tokens, attention = pad_left(prompts, device)
    cache = DynamicCache(config=getattr(model, "config", None))
    rows, steps = len(prompts) * group, []
    ended = torch.zeros(rows, dtype=torch.bool, device=device)
    place = positions(attention)
    for step in range(max_new):
        output = model(
            input_ids=tokens,
            attention_mask=attention,
            position_ids=place,
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits = output.logits[:, -1].float()  # [prompts, vocabulary], [rows, vocabulary] after the first step
        if step == 0:
            cache.batch_repeat_interleave(group)
            logits, attention, place = (part.repeat_interleave(group, 0) for part in (logits, attention, place))
        tokens = torch.multinomial((logits / temperature).softmax(-1), 1).masked_fill(ended[:, None], end)
        steps.append(tokens)
        ended |= tokens[:, 0] == end
        if ended.all():
            break
        attention = torch.cat([attention, attention.new_ones(rows, 1)], 1)
        place = place[:, -1:] + 1
    responses = [_until(end, row) for row in torch.cat(steps, 1).tolist()]
    return [responses[start : start + group] for start in range(0, rows, group)]


def _until(end: int, ids: list[int]) -> list[int]:
    """The tokens up to the first end token, with it."""
    return ids[: ids.index(end) + 1] if end in ids else ids
