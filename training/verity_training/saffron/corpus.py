"""The corpora: prompts with completions whose first unsafe token is known, real code, and the held-out lures."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer

from ..dataset import PAIRS, TOKENIZER
from ..sources import TRAINING
from .real_code import cuts
from .scenarios import Fork, Split, forks

SEED = 20251125
#: What this package makes; ``.data`` beside it is the judge's.
OUTPUT = TRAINING / ".data-safety"
FORKS, REAL = OUTPUT / "forks-{split}.jsonl", OUTPUT / "real-{split}.jsonl"
SIZES = {"train": 9000, "heldout": 1000}
LURES = 264

#: Where a prompt ends: behind the indentation, or at a token's beginning, or anywhere before the two texts part.
LINE_START_SHARE, TOKEN_SHARE = 0.45, 0.4
#: Share of prompts with a real function of the same language before the scenario.
PREFACE_SHARE, MAX_PREFACE = 0.3, 350
FUNCTION = ("def ", "async def ", "function ", "async function ", "export function ", "const ")


@dataclass(frozen=True)
class Example:
    """One completion. ``unsafeFrom`` is the first of its tokens that no secure twin has; None for a secure one.

    Prompt and completion are encoded apart, as the server encodes a prompt before it knows how it goes on.
    """

    prompt: str
    completion: str
    language: str
    cwe: str | None
    unsafeFrom: int | None


@dataclass(frozen=True)
class Lure:
    """A held-out prompt with a completion of each kind."""

    id: str
    language: str
    cwe: str
    prompt: str
    secure: str
    unsafe: str


def file_of(pattern: Path, split: Split) -> Path:
    """The file of a split."""
    return Path(str(pattern).format(split=split))


def write_jsonl(file: Path, items: Iterable[object]) -> None:
    """One object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")


def load_examples(file: Path) -> list[Example]:
    """Reads examples back."""
    return [Example(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Token ids; a special token spelled in text stays text."""
    tokenizer.encode_special_tokens = True
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def first_difference(one: Sequence[object], other: Sequence[object]) -> int:
    """How many tokens, or characters, both begin with."""
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def cut_fork(fork: Fork, tokenizer: Tokenizer, rng: random.Random) -> int:
    """How much of the two continuations the prompt already has: at least their indentation."""
    shared = fork.unsafe[: first_difference(fork.unsafe, fork.secure[0])]
    indent = len(shared) - len(shared.lstrip())
    drawn = rng.random()
    if drawn < LINE_START_SHARE:
        return indent
    if drawn < LINE_START_SHARE + TOKEN_SHARE:
        starts = [start for start, _ in tokenizer.encode(fork.unsafe, add_special_tokens=False).offsets]
        return rng.choice([start for start in starts if indent <= start <= len(shared)] or [indent])
    return rng.randint(indent, len(shared))


def twins(fork: Fork, preface: str, tokenizer: Tokenizer, rng: random.Random) -> tuple[Example, Example]:
    """The unsafe and the secure completion of one prompt.

    As long as any secure continuation begins in the same way, the unsafe one's tokens are innocent.
    """
    cut = cut_fork(fork, tokenizer, rng)
    before = fork.unsafe[:cut]
    prompt, unsafe = preface + fork.context + before, encode(tokenizer, fork.unsafe[cut:])
    open_ones = [encode(tokenizer, secure[cut:]) for secure in fork.secure if secure.startswith(before)]
    parted = max(first_difference(unsafe, secure) for secure in open_ones)
    return (
        Example(prompt, fork.unsafe[cut:], fork.language, fork.cwe, parted),
        Example(prompt, fork.secure[0][cut:], fork.language, fork.cwe, None),
    )


def prefaces(split: Split) -> dict[str, list[str]]:
    """Short real functions of each language, which may stand before a scenario."""
    found: dict[str, list[str]] = {"python": [], "javascript": [], "typescript": []}
    with PAIRS[split].open(encoding="utf-8") as lines:
        for line in islice(lines, 20_000):
            pair = json.loads(line)
            if len(pair["good"]) <= MAX_PREFACE and pair["good"].startswith(FUNCTION):
                found[pair["language"]].append(pair["good"] + "\n\n")
    return found


def draw_twins(split: Split, tokenizer: Tokenizer, seed: int) -> Iterator[tuple[Example, Example]]:
    """The unsafe and the secure completion of fork after fork, without end; some have a real function before them."""
    rng, before = random.Random(f"twins:{seed}:{split}"), prefaces(split)
    for fork in forks(split, seed):
        preface = rng.choice(before[fork.language]) if rng.random() < PREFACE_SHARE else ""
        yield twins(fork, preface, tokenizer, rng)


def lures(tokenizer: Tokenizer, count: int, seed: int) -> list[Lure]:
    """Held-out prompts, no two the same."""
    found: dict[str, Lure] = {}
    for unsafe, secure in draw_twins("heldout", tokenizer, seed):
        if secure.prompt not in found:
            assert secure.cwe is not None
            name = f"{secure.cwe.lower()}-{len(found):03d}"
            found[secure.prompt] = Lure(
                name, secure.language, secure.cwe, secure.prompt, secure.completion, unsafe.completion
            )
        if len(found) == count:
            break
    return list(found.values())


def load_tokenizer() -> Tokenizer:
    """The embedded models' tokenizer."""
    return Tokenizer.from_file(str(TOKENIZER))


def build() -> None:
    """Writes the twins and the real code of both splits."""
    tokenizer = load_tokenizer()
    for split in ("train", "heldout"):
        drawn = islice(draw_twins(split, tokenizer, SEED), SIZES[split])
        write_jsonl(file_of(FORKS, split), (asdict(example) for pair in drawn for example in pair))
        real = (Example(cut.before, cut.rest, cut.language, None, None) for cut in cuts(split, SEED))
        write_jsonl(file_of(REAL, split), map(asdict, real))
