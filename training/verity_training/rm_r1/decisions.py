"""Rollouts of the embedded judge: one token each.

The product decodes the nano judge's answer under a guide: it must be one of two texts, the solution of A's version or
of B's. So the answer is decided where the two part, by the probability of one token against one other. A rollout is
that choice: one forward a prompt gives both probabilities, from which a whole group is drawn.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import PreTrainedTokenizerBase

from ..dataset import Pair, encode_pair, load_pairs
from .config import GrpoSettings
from .rollouts import Group
from .sequences import pad_left, positions


@dataclass(frozen=True)
class Decision:
    """A prompt with the answer up to where it is decided, and the two tokens that may follow."""

    prefix: list[int]
    right: int
    wrong: int


def encode_decision(tokenizer: Tokenizer, pair: Pair, good_is: str) -> Decision:
    """The decision about a pair whose correct version is shown as ``good_is``."""
    sequence = encode_pair(tokenizer, pair, good_is)
    return Decision(sequence.tokens[: sequence.decision], sequence.tokens[sequence.decision], sequence.alternative)


def choice_logprobs(model: nn.Module, decisions: list[tuple[list[int], tuple[int, int]]]) -> Tensor:
    """log p of the two allowed tokens after each prefix: [decisions, 2]."""
    device = next(model.parameters()).device
    tokens, attention = pad_left([prefix for prefix, _ in decisions], device)
    output = model(
        input_ids=tokens,
        attention_mask=attention,
        position_ids=positions(attention),
        use_cache=False,
        logits_to_keep=1,
    )
    choices = torch.tensor([choices for _, choices in decisions], device=device)
    allowed: Tensor = output.logits[:, -1].gather(1, choices)
    return allowed.float().log_softmax(-1)


@dataclass(frozen=True)
class DecisionTask:
    """Decisions as a task for GRPO; +1 for the token of the right version, −1 for the other's."""

    decisions: list[Decision]
    group: int

    def __len__(self) -> int:
        return len(self.decisions)

    def prompt_length(self, index: int) -> int:
        """Tokens up to the decision."""
        return len(self.decisions[index].prefix)

    @torch.no_grad()
    def rollouts(self, model: nn.Module, indices: list[int]) -> list[Group]:
        """Draws ``group`` decisions a prompt."""
        asked = [self.decisions[index] for index in indices]
        logprobs = choice_logprobs(model, [(item.prefix, (item.right, item.wrong)) for item in asked])
        drawn = torch.multinomial(logprobs.exp(), self.group, replacement=True).tolist()
        return [
            Group(
                item.prefix,
                [[item.wrong if wrong else item.right] for wrong in row],
                [-1.0 if wrong else 1.0 for wrong in row],
                (item.right, item.wrong),
            )
            for item, row in zip(asked, drawn, strict=True)
        ]

    def logprobs(self, model: nn.Module, groups: list[Group]) -> Tensor:
        """log p of every drawn token under the guide, from one forward a prompt."""
        asked = [(group.prompt, group.choices) for group in groups if group.choices is not None]
        logprobs = choice_logprobs(model, asked)
        drawn = [
            [int(token == choices[1]) for [token] in group.responses]
            for group, (_, choices) in zip(groups, asked, strict=True)
        ]
        return logprobs.gather(1, torch.tensor(drawn, device=logprobs.device)).flatten()


def decision_task(settings: GrpoSettings, tokenizer: PreTrainedTokenizerBase) -> DecisionTask:
    """The pairs of a file in both orders; ``settings.data`` is of the embedded judge's pipeline (dataset.Pair)."""
    pairs = load_pairs(Path(settings.data))
    decisions = [encode_decision(tokenizer.backend_tokenizer, pair, good_is) for pair in pairs for good_is in "AB"]
    return DecisionTask([item for item in decisions if len(item.prefix) <= settings.max_prompt], settings.group)
