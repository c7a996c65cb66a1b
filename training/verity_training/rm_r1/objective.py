"""GRPO's objective (DeepSeekMath, arXiv 2402.03300), as RM-R1's second stage uses it. Pure functions of tensors."""

import torch
from torch import Tensor

#: Keeps the division defined; veRL's value.
EPSILON = 1e-6


def advantages(rewards: Tensor) -> Tensor:
    """How much better than its group each rollout did, in standard deviations: [prompts, group] → the same shape.

    A group whose rewards are all equal teaches nothing: exactly 0.
    """
    centered = rewards - rewards.mean(1, keepdim=True)
    scaled = centered / (rewards.std(1, keepdim=True) + EPSILON)
    return scaled.masked_fill(constant(rewards)[:, None], 0.0)


def constant(rewards: Tensor) -> Tensor:
    """Which groups have one reward only: [prompts, group] → [prompts] of bool."""
    return (rewards == rewards[:, :1]).all(1)


def token_weights(lengths: list[int], average: str, tokens: float, responses: float) -> list[float]:
    """What each token of each response weighs in the mean, by response.

    ``tokens`` and ``responses`` are the counts of the whole mini-batch, over all processes.
    """
    if average == "token":
        return [1 / tokens] * len(lengths)
    return [1 / (responses * length) for length in lengths]


def clipped_surrogate(logprobs: Tensor, old: Tensor, advantage: Tensor, clip: float) -> tuple[Tensor, Tensor]:
    """PPO's loss of each token, and whether the clip took its gradient: [tokens] all.

    The loss is −min(r·A, clip(r, 1 − ε, 1 + ε)·A) with r the token's probability now over that when it was sampled.
    """
    ratio = (logprobs - old).exp()
    free, limited = ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage
    return -torch.min(free, limited), limited < free


def kl_estimate(logprobs: Tensor, reference: Tensor) -> Tensor:
    """Schulman's k3 estimate of KL(policy ‖ reference) from sampled tokens: never negative, unbiased, low variance."""
    difference = reference - logprobs
    return difference.exp() - difference - 1
