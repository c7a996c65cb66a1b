"""Names of dishes, and atoms like "alice is kind"; those held out never occur in training."""

import json
from pathlib import Path
from typing import cast

from .prng import Prng

TRAIN, HELDOUT = "train", "heldout"

#: By category and split; what pseudo-words are made of has no split.
WORDS = json.loads((Path(__file__).parent / "names.json").read_text())
DISHES, KINDS, PEOPLE, TRAITS, THINGS, STATES, VERBS, WEATHER = (
    cast(dict[str, list[str]], WORDS[category])
    for category in ("dishes", "kinds", "people", "traits", "things", "states", "verbs", "weather")
)
ONSETS: list[str] = WORDS["onsets"]
RHYMES: list[str] = WORDS["rhymes"]


def pseudo_word(rng: Prng) -> str:
    """A word that means nothing, so that a name is copied and not recalled."""
    return "".join(rng.choice(ONSETS) + rng.choice(RHYMES) for _ in range(2))


def dishes(rng: Prng, count: int, split: str) -> list[str]:
    """Different names of what has a price. Some share a word ("hot tea", "cold tea"), so that near misses occur."""
    found: list[str] = []
    while len(found) < count:
        name = pseudo_word(rng) if rng.chance(20) else rng.choice(DISHES[split])
        if rng.chance(25):
            name = f"{rng.choice(KINDS[split])} {name}"
        if name not in found:
            found.append(name)
    return found


def atoms(rng: Prng, count: int, split: str) -> list[str]:
    """Different atoms. Subjects and predicates recur, so that atoms share words."""
    subjects = [_subject(rng, split) for _ in range(count // 2 + 2)]
    found: list[str] = []
    while len(found) < count:
        atom = _atom(rng, *rng.choice(subjects), split)
        if atom not in found:
            found.append(atom)
    return found


def _atom(rng: Prng, subject: str, is_thing: bool, split: str) -> str:
    kind = rng.below(20)
    if kind == 0:
        return f"it {rng.choice(WEATHER[split])}"
    if kind == 1:
        return f"{subject} can {rng.choice(VERBS[split])}"
    if kind == 2:
        return f"{subject} {rng.choice(VERBS[split])}s"
    return f"{subject} {'was' if kind == 3 else 'is'} {_predicate(rng, is_thing, split)}"


def _subject(rng: Prng, split: str) -> tuple[str, bool]:
    kind = rng.below(10)
    if kind <= 4:
        return rng.choice(PEOPLE[split]), False
    if kind <= 7:
        return f"the {rng.choice(THINGS[split])}", True
    return (f"the {pseudo_word(rng)}", True) if kind == 8 else (pseudo_word(rng), False)


def _predicate(rng: Prng, is_thing: bool, split: str) -> str:
    if rng.chance(12):
        return pseudo_word(rng)
    return rng.choice((STATES if is_thing else TRAITS)[split])
