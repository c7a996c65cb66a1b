"""Continuations of one prompt, side by side, with their K/V cache: the PyTorch stand-in for the server's trie."""

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel


class Branches:
    """All branches have the same length. ``forwarded`` counts the positions that were evaluated."""

    @torch.no_grad()
    def __init__(self, model: PreTrainedModel, prompt: list[int], bias: Tensor | None = None) -> None:
        """One branch: the prompt. ``bias`` is added to the logits, as a reward model's head does."""
        self.model, self.bias, self.forwarded = model, bias, 0
        self.cache = DynamicCache(config=model.config)
        self.logits = self._forward(torch.tensor([prompt]))

    @torch.no_grad()
    def advance(self, parents: list[int], tokens: list[int]) -> None:
        """The i-th branch becomes ``tokens[i]`` after what was branch ``parents[i]``."""
        self.cache.batch_select_indices(torch.tensor(parents))
        self.logits = self._forward(torch.tensor(tokens)[:, None])

    def select(self, kept: list[int]) -> None:
        """Drops all branches but those."""
        self.cache.batch_select_indices(torch.tensor(kept))
        self.logits = self.logits[kept]

    def _forward(self, tokens: Tensor) -> Tensor:
        """[branches, new tokens] → logits after each branch, [branches, vocabulary]."""
        self.forwarded += tokens.numel()
        output = self.model(input_ids=tokens, cache=self.cache, use_cache=True, logits_to_keep=1)
        logits: Tensor = output.logits[:, -1].float()
        return logits if self.bias is None else logits + self.bias
