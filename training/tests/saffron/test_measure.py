import pytest
import torch
from torch import Tensor

from verity_training.saffron.corpus import Example, encode
from verity_training.saffron.measure import Parting, partings, rewards_at, separation
from verity_training.saffron.reward_model import RewardModel

from .tiny import adapted, tokenizer

UNSAFE = Example("def f(x):\n    return ", "md5(x)", "python", "CWE-327", 0)
SECURE = Example("def f(x):\n    return ", "sha256(x)", "python", "CWE-327", None)


class ByToken(RewardModel):
    """Rewards a token by its id, whatever stands before it."""

    def forward(self, tokens: Tensor, counted: Tensor, every: bool = False) -> Tensor:
        return tokens[:, 1:][counted].float()


def test_the_twins_are_asked_about_the_tokens_that_part_them() -> None:
    unsafe, secure = partings(tokenizer(), UNSAFE, SECURE)
    assert unsafe.tokens[unsafe.position] == encode(tokenizer(), "md5(x)")[0]
    assert secure.tokens[secure.position] == encode(tokenizer(), "sha256(x)")[0]


def test_a_reward_is_read_at_the_asked_position_and_in_the_asked_order() -> None:
    items = [Parting([5, 6, 7, 8], 3), Parting([9, 10, 11], 1), Parting([1, 2], 1)]
    assert rewards_at(ByToken(adapted()), items, batch=2).tolist() == [8, 10, 2]


def test_rewards_do_not_depend_on_what_else_is_in_the_batch() -> None:
    model, items = RewardModel(adapted()), [Parting([5, 6, 7, 8], 3), Parting([9, 10, 11], 1)]
    torch.testing.assert_close(rewards_at(model, items), rewards_at(model, items, batch=1))


def test_separation_counts_the_pairs_that_are_in_the_right_order() -> None:
    first = {name: encode(tokenizer(), text)[0] for name, text in (("unsafe", "md5(x)"), ("secure", "sha256(x)"))}
    right = float(first["secure"] > first["unsafe"])
    found = separation(ByToken(adapted()), tokenizer(), [UNSAFE, SECURE])
    assert (found.auc, found.pairwise) == (right, right)
    assert found.secure_mean - found.unsafe_mean == pytest.approx(first["secure"] - first["unsafe"])
