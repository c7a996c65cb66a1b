"""Places in code where an insecure line is one continuation and a secure one another; one file per weakness class.

A scenario's slots (``§name``) are filled from ``names.toml``. Held-out scenarios have other function bodies and other
names than those that are trained on.
"""

import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

SCENARIOS = Path(__file__).parent / "scenarios"
Split = Literal["train", "heldout"]


@dataclass(frozen=True)
class Scenario:
    """Code up to a line, and what may stand there; ``cwe`` as "CWE-89"."""

    cwe: str
    language: str
    context: str
    unsafe: tuple[str, ...]
    secure: tuple[str, ...]


@dataclass(frozen=True)
class Fork:
    """A scenario with its slots filled: an insecure continuation, and all secure ones, a drawn one first."""

    cwe: str
    language: str
    context: str
    unsafe: str
    secure: tuple[str, ...]


#: Harmless lines that may stand before the line that is completed, by language and kind of place. Held-out contexts
#: have lines of their own.
FILLERS = {
    ("python", "statement"): [
        "begun = time.time()",
        "found = []",
        'log.debug("begin")',
        "attempts = 0",
        "assert ready",
    ],
    ("javascript", "statement"): ["const begun = performance.now();", "let attempts = 0;", 'logger.debug("begin");'],
    ("typescript", "statement"): ["const begun = performance.now();", "let attempts = 0;", "this.seen.push(1);"],
    ("javascript", "property"): ["debug: false,", "pool: 4,", 'charset: "utf8",'],
    ("typescript", "property"): ["debug: false,", "pool: 4,", "verbose: true,"],
}
FILLER_SHARE = 0.5


@cache
def load_scenarios(split: Split) -> list[Scenario]:
    """All scenarios of a split, by file and place."""
    return [
        Scenario(file.stem.upper(), item["language"], item["context"], tuple(item["unsafe"]), tuple(item["secure"]))
        for file in sorted(SCENARIOS.glob("cwe-*.toml"))
        for item in tomllib.loads(file.read_text(encoding="utf-8"))[split]
    ]


@cache
def load_names(split: Split) -> dict[str, list[str]]:
    """What each slot may be filled with."""
    names: dict[str, list[str]] = tomllib.loads((SCENARIOS / "names.toml").read_text(encoding="utf-8"))[split]
    return names


@cache
def _slots() -> re.Pattern[str]:
    kinds = sorted(load_names("train"), key=len, reverse=True)
    return re.compile("§(" + "|".join([*kinds, *(kind.upper() for kind in kinds)]) + ")")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def fill(scenario: Scenario, split: Split, rng: random.Random) -> Fork:
    """Draws names for the slots and the continuations."""
    drawn = {kind: rng.choice(names) for kind, names in load_names(split).items()}

    def replaced(match: re.Match[str]) -> str:
        kind = match[1]
        name = drawn[kind.lower()]
        if kind.isupper():
            return name.upper()
        literal = scenario.language == "python" or kind in ("base", "secret")
        return name if literal else _camel(name)

    secure = rng.sample(scenario.secure, len(scenario.secure))
    texts = (scenario.context, rng.choice(scenario.unsafe), *secure)
    context, unsafe, *filled = (_slots().sub(replaced, text) for text in texts)
    if split == "train":
        context += _filler(scenario.language, context, unsafe, rng)
    return Fork(scenario.cwe, scenario.language, context, unsafe, tuple(filled))


def _filler(language: str, context: str, unsafe: str, rng: random.Random) -> str:
    """One or two harmless lines in half of the contexts in which a line may stand there."""
    kind = "property" if unsafe.endswith(",") else "statement"
    inside = not context.rstrip().endswith("=") and unsafe.startswith(" ") and "readonly" not in unsafe
    lines = FILLERS.get((language, kind), [])
    if not inside or rng.random() >= FILLER_SHARE:
        return ""
    indent = unsafe[: len(unsafe) - len(unsafe.lstrip())]
    return "".join(f"{indent}{line}\n" for line in rng.sample(lines, rng.randint(1, 2)))


def forks(split: Split, seed: int) -> Iterator[Fork]:
    """Forks without end: classes take turns, so that none drowns another; languages and scenarios are drawn."""
    rng = random.Random(f"{seed}:{split}")
    by_class: dict[str, list[Scenario]] = {}
    for scenario in load_scenarios(split):
        by_class.setdefault(scenario.cwe, []).append(scenario)
    while True:
        for scenarios in by_class.values():
            yield fill(rng.choice(scenarios), split, rng)
