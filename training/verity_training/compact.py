"""The compact judge format: prompt and target of the embedded model.

The prompt is a merged line diff, so lines that both versions share appear once. The server writes the same prompt
(server/judge/prompts/compact.ts, alignment.ts); test/fixtures/compact-prompts.json holds both to it.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher

JUDGE, SAME, A, B, VERDICT, END, PAD = (
    "<|judge|>",
    "<|same|>",
    "<|a|>",
    "<|b|>",
    "<|verdict|>",
    "<|end|>",
    "<|pad|>",
)
SPECIAL_TOKENS = [PAD, END, JUDGE, SAME, A, B, VERDICT]
LANGUAGES = ("typescript", "javascript", "python", "text")

MAX_SOLUTION_LINES = 3
MAX_QUOTED_CHARS = 100
NOTHING = "(nothing)"


@dataclass(frozen=True)
class Region:
    """Consecutive lines: shared by both versions (``a == b``), or A's against B's."""

    same: bool
    a: list[str]
    b: list[str]


def split_lines(text: str) -> list[str]:
    """Lines without their ends; a last newline does not open another line; CRLF counts as LF."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def regions(a: list[str], b: list[str]) -> list[Region]:
    """Alternating shared and changed regions of a line diff."""
    found = []
    for tag, a_start, a_end, b_start, b_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        found.append(Region(tag == "equal", a[a_start:a_end], b[b_start:b_end]))
    return found


def _block(lines: list[str]) -> str:
    return "".join(line + "\n" for line in lines)


def prompt_parts(a: str, b: str, language: str) -> list[tuple[bool, str]]:
    """(is special token, text) in order; text never becomes a special token."""
    parts = [(True, JUDGE), (False, language + "\n")]
    for region in regions(split_lines(a), split_lines(b)):
        if region.same:
            parts += [(True, SAME), (False, _block(region.a))]
        else:
            parts += [(True, A), (False, _block(region.a)), (True, B), (False, _block(region.b))]
    return [*((special, text) for special, text in parts if text), (True, VERDICT)]


def _quote(line: str) -> str:
    line = line.strip()
    return line if len(line) <= MAX_QUOTED_CHARS else line[: MAX_QUOTED_CHARS - 3] + "..."


def first_difference(a: list[str], b: list[str]) -> Region:
    """The first changed region of two versions that differ."""
    return next(region for region in regions(a, b) if not region.same)


def target(right_lines: list[str], wrong_lines: list[str], right: str, bug: str, reason: str) -> str:
    """The judge's answer: ``right`` ("A" or "B") has ``right_lines`` where the other version has ``wrong_lines``."""
    wrong = "B" if right == "A" else "A"
    solution = [_quote(line) for line in right_lines[:MAX_SOLUTION_LINES]] or [NOTHING]
    a, b = (right_lines, wrong_lines) if right == "A" else (wrong_lines, right_lines)
    quote_a, quote_b = (_quote(lines[0]) if lines else NOTHING for lines in (a, b))
    return (
        f"<type>Reasoning</type>\n<solution>\n{_block(solution)}</solution>\n"
        f"<eval>\n<quote_A>{quote_a}</quote_A>\n<quote_B>{quote_b}</quote_B>\n"
        f"{wrong} is wrong: {bug}. {reason[0].upper()}{reason[1:]}.\n</eval>\n<answer>[[{right}]]</answer>"
    )
