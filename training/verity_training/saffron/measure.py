"""How well a reward model tells the first unsafe token from its secure twin's, on held-out scenarios."""

from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from .corpus import Example, encode, first_difference
from .reward_model import RewardModel


@dataclass(frozen=True)
class Parting:
    """Tokens of one completion, of which the one at ``position`` parts it from its twin."""

    tokens: list[int]
    position: int


@dataclass(frozen=True)
class Separation:
    """``auc``: over all pairs of an unsafe and a secure first token. ``pairwise``: within the twins of one prompt."""

    auc: float
    pairwise: float
    secure_mean: float
    unsafe_mean: float


def partings(tokenizer: Tokenizer, unsafe: Example, secure: Example) -> tuple[Parting, Parting]:
    """Where each of two twins parts from the other ways; the unsafe one where it leaves the last secure way."""
    prompt = encode(tokenizer, unsafe.prompt)
    own, other = encode(tokenizer, unsafe.completion), encode(tokenizer, secure.completion)
    assert unsafe.unsafeFrom is not None
    return (
        Parting(prompt + own, len(prompt) + unsafe.unsafeFrom),
        Parting(prompt + other, len(prompt) + first_difference(own, other)),
    )


@torch.no_grad()
def rewards_at(model: RewardModel, items: list[Parting], batch: int = 48) -> Tensor:
    """The reward of each item's token at its position: [items]."""
    found = torch.empty(len(items))
    order = sorted(range(len(items)), key=lambda index: items[index].position)
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        longest = max(items[index].position for index in part) + 1
        tokens = torch.zeros((len(part), longest), dtype=torch.long)
        counted = torch.zeros((len(part), longest - 1), dtype=torch.bool)
        for row, index in enumerate(part):
            item = items[index]
            tokens[row, : item.position + 1] = torch.tensor(item.tokens[: item.position + 1])
            counted[row, item.position - 1] = True
        found[part] = model(tokens, counted)
    return found


def separation(model: RewardModel, tokenizer: Tokenizer, twins: list[Example]) -> Separation:
    """Of twins, the unsafe and the secure one side by side."""
    pairs = [partings(tokenizer, *twins[index : index + 2]) for index in range(0, len(twins), 2)]
    unsafe = rewards_at(model, [pair[0] for pair in pairs]).numpy()
    secure = rewards_at(model, [pair[1] for pair in pairs]).numpy()
    above = (secure[:, None] > unsafe[None, :]).mean() + (secure[:, None] == unsafe[None, :]).mean() / 2
    return Separation(float(above), float(np.mean(secure > unsafe)), float(secure.mean()), float(unsafe.mean()))
