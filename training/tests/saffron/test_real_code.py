import random

import pytest

from verity_training.saffron.parsing import closers, parses
from verity_training.saffron.real_code import draw_cut, statement_end


@pytest.mark.parametrize(
    ("language", "text", "rest"),
    [
        ("python", "x = |foo(a,\n    b)\ny = 1\n", "foo(a,\n    b)"),
        ("python", "if |a:\n    b()\n", "a:"),
        ("python", 'x = |"a ( b"\ny = 2\n', '"a ( b"'),
        ("python", "x = |{\n  1: 2,\n}\ny = 1\n", "{\n  1: 2,\n}"),
        ("javascript", "if (|a) {\n  b();\n}\n", "a) {"),
        ("javascript", "foo(|{\n  a: 1,\n});\nbar();\n", "{\n  a: 1,\n});"),
        ("javascript", "const a = |`(${b}`;\nc();\n", "`(${b}`;"),
        ("javascript", "  a: 1,\n  b: |2,\n});\n", "2,"),
        ("python", "last = |1", "1"),
    ],
)
def test_a_statement_ends_outside_brackets_and_strings(language: str, text: str, rest: str) -> None:
    position, plain = text.index("|"), text.replace("|", "")
    assert plain[position : statement_end(plain, position, language)] == rest


def test_a_statement_that_is_too_long_ends_with_its_line() -> None:
    text = "x = foo(\n" + "".join(f"    argument_{index},\n" for index in range(40)) + ")\n"
    assert text[4 : statement_end(text, 4, "python")] == "foo("


def test_a_cut_is_a_piece_of_the_text_and_never_in_a_comment() -> None:
    text = "".join(f"# comment {index}\nvalue_{index} = compute(other, {index})\n" for index in range(40))
    drawn = [draw_cut(text, "python", random.Random(seed)) for seed in range(200)]
    found = [cut for cut in drawn if cut is not None]
    assert found
    for cut in found:
        assert cut.before + cut.rest in text
        assert not cut.before[cut.before.rfind("\n") + 1 :].startswith("#")


def test_brackets_are_closed_in_order_and_not_those_in_strings_and_comments() -> None:
    assert closers('f({ a: "(", b: [1, // )\n') == "]\n})"


@pytest.mark.parametrize(
    ("language", "prompt", "completion", "valid"),
    [
        ("python", "def f(x):\n    return ", "x + 1", True),
        ("python", "def f(x):\n    return ", "x +", False),
        ("python", "def f(x):\n    ", "with open(x) as y:", True),
        ("javascript", "function f(x) {\n  return ", "x + 1;", True),
        ("javascript", "function f(x) {\n  return g(", "x;", False),
        ("typescript", "class A {\n  f(x: string): void {\n    ", "if (x) {", True),
    ],
)
def test_a_completion_must_close_what_its_own_line_opens(
    language: str, prompt: str, completion: str, valid: bool
) -> None:
    assert parses(language, prompt, completion) is valid
