import random
from itertools import islice

import pytest

from verity_training.saffron.corpus import encode, twins
from verity_training.saffron.labels import is_unsafe
from verity_training.saffron.parsing import parses
from verity_training.saffron.scenarios import Fork, Scenario, Split, fill, forks, load_names, load_scenarios

from .tiny import tokenizer

SPLITS: tuple[Split, ...] = ("train", "heldout")


def every_fork() -> list[Fork]:
    """Each unsafe continuation of each scenario once."""
    found: list[Fork] = []
    for split in SPLITS:
        for scenario in load_scenarios(split):
            for unsafe in scenario.unsafe:
                one = Scenario(scenario.cwe, scenario.language, scenario.context, (unsafe,), scenario.secure)
                found.append(fill(one, split, random.Random(len(found))))
    return found


def test_no_name_of_a_heldout_scenario_is_one_that_was_trained_on() -> None:
    train, heldout = load_names("train"), load_names("heldout")
    assert train.keys() == heldout.keys()
    for kind, names in heldout.items():
        assert not set(names) & set(train[kind]), kind


def test_no_context_is_in_both_splits() -> None:
    train = {scenario.context for scenario in load_scenarios("train")}
    assert not train & {scenario.context for scenario in load_scenarios("heldout")}


def test_every_slot_is_filled() -> None:
    for fork in every_fork():
        assert "§" not in fork.context + fork.unsafe + "".join(fork.secure)


def test_the_rules_tell_every_unsafe_continuation_from_every_secure_one() -> None:
    for fork in every_fork():
        assert is_unsafe(fork.cwe, fork.context, fork.unsafe), fork
        for secure in fork.secure:
            assert not is_unsafe(fork.cwe, fork.context, secure), (fork.cwe, secure)


def test_every_heldout_continuation_parses() -> None:
    for fork in islice(forks("heldout", 1), 300):
        for text in (fork.unsafe, *fork.secure):
            assert parses(fork.language, fork.context, text), fork.context + text


def test_the_first_unsafe_token_is_where_the_last_secure_way_is_left() -> None:
    fork = Fork("CWE-327", "python", "import hashlib\n", "a = md5(x)", ("b = sha(x)", "a = sha(x)"))
    rng = random.Random(1)
    for _ in range(20):
        unsafe, secure = twins(fork, "", tokenizer(), rng)
        assert unsafe.prompt == secure.prompt and secure.unsafeFrom is None
        assert unsafe.unsafeFrom is not None
        tokens = encode(tokenizer(), unsafe.completion)
        harmless = tokenizer().decode(tokens[: unsafe.unsafeFrom], skip_special_tokens=False)
        assert (unsafe.prompt + harmless).endswith("a =")


@pytest.mark.parametrize("split", SPLITS)
def test_classes_take_turns(split: Split) -> None:
    classes = {scenario.cwe for scenario in load_scenarios(split)}
    assert len({fork.cwe for fork in islice(forks(split, 1), len(classes))}) == len(classes) == 12
