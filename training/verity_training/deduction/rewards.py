"""What an answer earns: being right, abstaining rightly, and form."""

import re
from dataclasses import dataclass

from .trajectories import UNKNOWN

ANSWER = re.compile(r"^= (-?\d+|yes|no|unknown)$")
#: A well-formed answer earns a little even if it is wrong, so that form is learned before content.
RIGHT, FORM, NOTHING = 1.0, 0.1, 0.0


@dataclass(frozen=True)
class Verdict:
    """How an answer compares with the ground truth."""

    formed: bool
    right: bool
    abstained: bool


def answer_of(completion: str) -> str | None:
    """The answer in a completion's last line, or None."""
    found = ANSWER.match(completion.rstrip("\n").rpartition("\n")[2])
    return found[1] if found else None


def verdict(completion: str, ended: bool, truth: str) -> Verdict:
    """``ended``: the end token came, so the last line is whole."""
    answer = answer_of(completion) if ended else None
    return Verdict(answer is not None, answer == truth, answer == UNKNOWN)


def reward(found: Verdict) -> float:
    """1 for the right answer or the right abstention, 0.1 for another answer in the right form, else 0."""
    return RIGHT if found.right else FORM if found.formed else NOTHING
