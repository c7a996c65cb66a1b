from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from verity_training.saffron.guard import Guard, token_rewards

from .tiny import TOKENIZER

TEMPLATE = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}verdict:"


class CountsBad(nn.Module):
    """Finds a text the less safe the more tokens it has that begin the word ``eval``."""

    def __init__(self, bad: int, safe: int, unsafe: int) -> None:
        super().__init__()
        self.parameter = nn.Parameter(torch.zeros(1))
        self.bad, self.safe, self.unsafe = bad, safe, unsafe

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: object) -> SimpleNamespace:
        logits = torch.zeros(len(input_ids), 1, 4096)
        logits[:, 0, self.unsafe] = ((input_ids == self.bad) & (attention_mask > 0)).sum(1).float()
        logits[:, 0, self.safe] = 0.5
        return SimpleNamespace(logits=logits)


def tokenizer() -> PreTrainedTokenizerFast:
    found = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), eos_token="<|end|>", pad_token="<|pad|>")
    found.chat_template = TEMPLATE
    return found


def first(word: str) -> int:
    ids: list[int] = tokenizer()(word, add_special_tokens=False)["input_ids"]
    return ids[0]


def test_each_token_has_the_reward_of_the_prefix_that_ends_with_it() -> None:
    guard = Guard(CountsBad(first("="), first("safe"), first("unsafe")), tokenizer(), batch=2)
    response = "a=b=c"
    item = token_rewards(guard, tokenizer(), "write", response)
    tokens = tokenizer()(response, add_special_tokens=False)["input_ids"]
    seen = [sum(token == first("=") for token in tokens[: count + 1]) for count in range(len(tokens))]
    assert max(seen) == 2
    assert item.rewards == pytest.approx([0.5 - count for count in seen])
