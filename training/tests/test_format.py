"""Prompt, target and the token sequence that training sees."""

import random

import pytest
from tokenizers import Tokenizer

from verity_training.compact import JUDGE, SAME, VERDICT, A, B, prompt_parts, split_lines, target
from verity_training.dataset import Pair, add_noise, balanced, encode_pair, ordered
from verity_training.tokenizer import encode_parts, token_id, train_tokenizer

GOOD, BAD = "def f(a):\n    return a + 1\n", "def f(a):\n    return a - 1\n"
PAIR = Pair(
    id="p:1:x",
    project="p",
    license="MIT",
    language="python",
    bug="wrong arithmetic operator",
    reason="`a - 1` computes the wrong value",
    good=GOOD,
    bad=BAD,
    right_lines=["    return a + 1"],
    wrong_lines=["    return a - 1"],
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    answers = [target(PAIR.right_lines, PAIR.wrong_lines, letter, PAIR.bug, PAIR.reason) for letter in "AB"]
    return train_tokenizer([GOOD, BAD, *answers] * 3)


def test_prompt_shows_shared_lines_once() -> None:
    assert prompt_parts(GOOD, BAD, "python") == [
        (True, JUDGE),
        (False, "python\n"),
        (True, SAME),
        (False, "def f(a):\n"),
        (True, A),
        (False, "    return a + 1\n"),
        (True, B),
        (False, "    return a - 1\n"),
        (True, VERDICT),
    ]


def test_pure_insertion_leaves_one_side_empty() -> None:
    parts = prompt_parts("a\nb\n", "a\nx\nb\n", "text")
    assert parts[4:8] == [(True, A), (True, B), (False, "x\n"), (True, SAME)]


def test_special_tokens_in_code_stay_text(tokenizer: Tokenizer) -> None:
    ids = encode_parts(tokenizer, [(True, A), (False, f"x = '{B}'\n")])
    assert ids[0] == token_id(tokenizer, A)
    assert token_id(tokenizer, B) not in ids[1:]
    assert tokenizer.decode(ids[1:], skip_special_tokens=False) == f"x = '{B}'\n"


def test_unknown_special_token_is_an_error(tokenizer: Tokenizer) -> None:
    with pytest.raises(KeyError):
        token_id(tokenizer, "<|nothing|>")


@pytest.mark.parametrize("letter", ["A", "B"])
def test_target_names_the_wrong_version_and_the_answer(letter: str) -> None:
    text = target(PAIR.right_lines, PAIR.wrong_lines, letter, PAIR.bug, PAIR.reason)
    wrong = "B" if letter == "A" else "A"
    assert "<solution>\nreturn a + 1\n</solution>" in text
    assert f"<quote_{wrong}>return a - 1</quote_{wrong}>" in text
    assert f"{wrong} is wrong: wrong arithmetic operator." in text
    assert text.endswith(f"<answer>[[{letter}]]</answer>")


def test_decision_is_where_both_answers_part(tokenizer: Tokenizer) -> None:
    sequences = {letter: encode_pair(tokenizer, PAIR, letter) for letter in "AB"}
    for letter, sequence in sequences.items():
        prompt = encode_parts(tokenizer, prompt_parts(*ordered(PAIR, letter), "python"))
        assert sequence.tokens[: sequence.prompt_length] == prompt
        assert sequence.tokens[sequence.decision] != sequence.alternative
        wrong, right = (tokenizer.decode(sequence.tokens[place : place + 3]).strip() for place in sequence.letters)
        assert wrong.startswith("B is" if letter == "A" else "A is")
        assert right.startswith(f"{letter}]]")
        before = tokenizer.decode(sequence.tokens[sequence.prompt_length : sequence.decision])
        assert before.startswith("<type>Reasoning</type>\n<solution>\nreturn a")


def test_noise_adds_one_comment_line() -> None:
    noisy = split_lines(add_noise(GOOD, "python", random.Random(1)))
    assert len(noisy) == 3
    assert [line for line in noisy if not line.strip().startswith("#")] == split_lines(GOOD)


def test_balanced_caps_each_class_in_each_language() -> None:
    other = Pair(**{**vars(PAIR), "language": "typescript"})
    assert balanced([PAIR, PAIR, other, PAIR, other], 1) == [PAIR, other]
