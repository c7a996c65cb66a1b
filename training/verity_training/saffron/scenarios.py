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
    return Fork(scenario.cwe, scenario.language, context, unsafe, tuple(filled))


def forks(split: Split, seed: int) -> Iterator[Fork]:
    """Forks without end: classes take turns, so that none drowns another; languages and scenarios are drawn."""
    rng = random.Random(f"{seed}:{split}")
    by_class: dict[str, list[Scenario]] = {}
    for scenario in load_scenarios(split):
        by_class.setdefault(scenario.cwe, []).append(scenario)
    while True:
        for scenarios in by_class.values():
            yield fill(rng.choice(scenarios), split, rng)
