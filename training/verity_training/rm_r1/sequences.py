"""Prompts with responses as padded tensors, and the probability that a model gives to the responses."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Sequence:
    """Token ids of a prompt and of what follows it."""

    prompt: list[int]
    response: list[int]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.response)


def pad_left(rows: list[list[int]], device: torch.device, pad: int = 0) -> tuple[Tensor, Tensor]:
    """Ids and attention mask, [rows, longest] both, every row ending in the last column."""
    width = max(len(row) for row in rows)
    tokens = torch.tensor([[pad] * (width - len(row)) + row for row in rows], device=device)
    attention = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows], device=device)
    return tokens, attention


def positions(attention: Tensor) -> Tensor:
    """Position ids that start at each row's first real token."""
    return (attention.cumsum(1) - 1).clamp(min=0)


def response_logprobs(model: nn.Module, sequences: list[Sequence], temperature: float = 1.0) -> Tensor:
    """log p of every response token, row after row: [tokens of all responses].

    Rows end in the last column, prompts included, so that the head runs on the last columns only.
    """
    device = next(model.parameters()).device
    lengths = torch.tensor([len(sequence.response) for sequence in sequences], device=device)
    width = int(lengths.max())
    tokens, attention = pad_left([sequence.prompt + sequence.response for sequence in sequences], device)
    output = model(
        input_ids=tokens,
        attention_mask=attention,
        position_ids=positions(attention),
        use_cache=False,
        logits_to_keep=width + 1,
    )
    responded = torch.arange(width, device=device) >= width - lengths[:, None]
    logits = output.logits[:, -width - 1 : -1][responded].float() / temperature
    return -nn.functional.cross_entropy(logits, tokens[:, -width:][responded], reduction="none")
