"""The verifiable reward: the authors' rule on the last 80 characters."""

import pytest

from verity_training.rm_r1.verdicts import reward, verdict

A, B = "<answer>[[A]]</answer>", "<answer>[[B]]</answer>"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (f"because … {A}", "A"),
        (f"{B}\n", "B"),
        (f"{A} or rather {B}", None),
        ("A is better", None),
        ("[[A]]", None),
        ("<answer>A</answer>", None),
        (f"{B} " + "x" * 80 + f" {A}", "A"),
        (f"{A} " + "x" * 80, None),
        (A + "x" * (80 - len(A)), "A"),
        (A + "x" * (81 - len(A)), None),
        ("", None),
    ],
)
def test_the_verdict_stands_alone_at_the_end(output: str, expected: str | None) -> None:
    assert verdict(output) == expected


def test_no_verdict_earns_what_a_wrong_one_does() -> None:
    assert [reward(output, "A") for output in (A, B, "none", A + B)] == [1.0, -1.0, -1.0, -1.0]
