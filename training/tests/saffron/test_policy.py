from itertools import islice
from pathlib import Path

import pytest
import torch

from verity_training.compact import END
from verity_training.model import new_model
from verity_training.saffron.corpus import Example
from verity_training.saffron.policy import Trainer, batches, draw_epoch, line_ends, padded, sequence
from verity_training.saffron.scenarios import forks, load_scenarios
from verity_training.saffron.settings import PolicySettings
from verity_training.tokenizer import token_id

from .tiny import tokenizer

REAL = Example("a = 1\nb = ", "foo(a)", "python", None, None)


def settings(folder: Path, **changes: object) -> PolicySettings:
    values: dict[str, object] = {
        "base": str(folder / "base.pt"),
        "output": str(folder / "policy.pt"),
        "compiled": False,
    }
    return PolicySettings(**values | changes)  # type: ignore[arg-type]


def text_weights(settings: PolicySettings) -> dict[str, float]:
    item = sequence(tokenizer(), REAL, settings)
    return {tokenizer().decode([token]): weight for token, weight in zip(item.tokens[1:], item.weights, strict=True)}


def test_a_completion_ends_with_the_end_token(tmp_path: Path) -> None:
    item = sequence(tokenizer(), REAL, settings(tmp_path))
    assert item.tokens[-1] == token_id(tokenizer(), END)
    assert item.weights[item.prompt_length - 1 :] == [1.0] * (len(item.tokens) - item.prompt_length)


def test_line_ends_of_a_prompt_are_not_learnt_unless_asked_for(tmp_path: Path) -> None:
    assert text_weights(settings(tmp_path))["\n"] == 0
    assert text_weights(settings(tmp_path, line_ends=True))["\n"] == pytest.approx(0.6)
    assert all("\n" in tokenizer().decode([token]) for token in line_ends(tokenizer()))


def test_a_long_prompt_loses_its_beginning(tmp_path: Path) -> None:
    item = sequence(tokenizer(), REAL, settings(tmp_path, context=8))
    whole = sequence(tokenizer(), REAL, settings(tmp_path))
    assert len(item.tokens) == 8 and item.tokens == whole.tokens[-8:]


def test_padding_counts_nothing(tmp_path: Path) -> None:
    short = sequence(tokenizer(), Example("a = ", "1", "python", None, None), settings(tmp_path))
    tokens, weights = padded([short, sequence(tokenizer(), REAL, settings(tmp_path))])
    assert tokens.shape[1] == weights.shape[1] + 1
    assert weights[0, len(short.tokens) - 1 :].sum() == 0


def test_an_epoch_draws_the_unsafe_twin_as_often_as_wanted(tmp_path: Path) -> None:
    wanted = settings(tmp_path, unsafe_share=0.65, fork_share=0.5)
    twins = [
        sequence(tokenizer(), Example("a = ", text, "python", "CWE-95", None), wanted) for text in ("eval(x)", "int(x)")
    ]
    real = [sequence(tokenizer(), REAL, wanted)] * 2000
    drawn = draw_epoch(real, twins, wanted, 0)[2000:]
    assert len(drawn) == 2000
    assert sum(item is twins[0] for item in drawn) / 2000 == pytest.approx(0.65, abs=0.05)


def test_batches_hold_every_item_once_and_no_more_tokens_than_allowed(tmp_path: Path) -> None:
    items = [
        sequence(tokenizer(), Example("a = " * count, "1", "python", None, None), settings(tmp_path))
        for count in range(1, 60)
    ]
    found = batches(items, 300, [1])
    assert sorted(id(item) for batch in found for item in batch) == sorted(map(id, items))
    assert all(len(batch) * max(len(item.tokens) for item in batch) <= 400 for batch in found)


def test_training_starts_from_the_base_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    base = new_model(3)
    torch.save({"model": base.state_dict()}, tmp_path / "base.pt")
    wanted = settings(tmp_path, steps=4, warmup=1)
    batch = padded([sequence(tokenizer(), REAL, wanted)])
    first = Trainer(wanted)
    assert torch.equal(first.model.lm_head.weight, base.lm_head.weight)
    losses = [first.learn(*batch) for _ in range(3)]
    assert losses[-1] < losses[0]
    first.save()
    second = Trainer(wanted)
    assert second.step == 3 and second.rate() == first.rate()
    assert torch.equal(second.model.lm_head.weight, first.model.lm_head.weight)


def test_training_contexts_may_have_harmless_lines_more_and_heldout_ones_never() -> None:
    contexts = {scenario.context for scenario in load_scenarios("train")}
    lengths = {len(context.split("\n")) for context in contexts}
    drawn = list(islice(forks("train", 1), 400))
    assert any("begun" in fork.context for fork in drawn)
    assert max(len(fork.context.split("\n")) for fork in drawn) > max(lengths)
    assert not any("begun" in fork.context for fork in islice(forks("heldout", 1), 400))
