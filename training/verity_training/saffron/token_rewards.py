"""Corpora of token-level rewards, as Safety4M is: a prompt, a response, and a reward for each of the response's tokens.

JSONL, ``{"prompt", "response", "rewards"}``. A response with one reward more than it has tokens ends with the end
token, whose reward is the last.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

#: Saffron-1's prefix and infix (its code; PAPERS, "Search"). The pieces are encoded one by one.
USER, AGENT = "\n\nUser:", "\n\nAgent:"


@dataclass(frozen=True)
class Rewarded:
    """One response with its rewards."""

    prompt: str
    response: str
    rewards: list[float]


@dataclass(frozen=True)
class Supervised:
    """Token ids, of which those from ``start`` on have rewards. There is always one before them."""

    tokens: list[int]
    start: int
    rewards: list[float]

    def __len__(self) -> int:
        return len(self.tokens)


def load_rewarded(file: Path) -> Iterator[Rewarded]:
    """Reads a corpus."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield Rewarded(**json.loads(line))


def encode_text(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """Token ids of text alone."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def prompt_tokens(tokenizer: PreTrainedTokenizerBase, prompt: str, frame: str) -> list[int]:
    """What stands before the response: Saffron-1's frame around the prompt, or code as it is."""
    if frame == "code":
        return encode_text(tokenizer, prompt)
    begin = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
    return [*begin, *(token for piece in (USER, prompt, AGENT) for token in encode_text(tokenizer, piece))]


def supervise(tokenizer: PreTrainedTokenizerBase, item: Rewarded, frame: str) -> Supervised:
    """An item as it is trained on; raises ValueError where tokens and rewards do not match."""
    before, response = prompt_tokens(tokenizer, item.prompt, frame), encode_text(tokenizer, item.response)
    if len(item.rewards) == len(response) + 1 and tokenizer.eos_token_id is not None:
        response.append(tokenizer.eos_token_id)
    if len(item.rewards) != len(response):
        raise ValueError(
            f"A response of {len(response)} tokens has {len(item.rewards)} rewards; "
            "make the corpus with this tokenizer."
        )
    skipped = 0 if before else 1
    return Supervised(before + response, len(before) + skipped, item.rewards[skipped:])


def load_supervised(file: Path, tokenizer: PreTrainedTokenizerBase, frame: str, max_tokens: int) -> list[Supervised]:
    """The items of a corpus that fit."""
    items = (supervise(tokenizer, item, frame) for item in load_rewarded(file))
    return [item for item in items if len(item) <= max_tokens and item.rewards]


def padded(items: list[Supervised], device: torch.device | str = "cpu") -> tuple[Tensor, Tensor, Tensor]:
    """Tokens [batch, length]; which next tokens have rewards [batch, length − 1]; their rewards, row after row.

    Padding is on the right, where a causal decoder needs no mask.
    """
    longest = max(map(len, items))
    tokens = torch.zeros((len(items), longest), dtype=torch.long)
    counted = torch.zeros((len(items), longest - 1), dtype=torch.bool)
    for row, item in enumerate(items):
        tokens[row, : len(item)] = torch.tensor(item.tokens)
        counted[row, item.start - 1 : len(item) - 1] = True
    rewards = torch.tensor([reward for item in items for reward in item.rewards])
    return tokens.to(device), counted.to(device), rewards.to(device)


def unseen_mask(items: list[Supervised], vocabulary: int) -> Tensor:
    """[vocabulary] of bool: True for tokens that no response of the corpus has (conservative exploration)."""
    seen = torch.tensor(sorted({token for item in items for token in item.tokens[item.start :]}))
    mask = torch.ones(vocabulary, dtype=torch.bool)
    mask[seen] = False
    return mask
