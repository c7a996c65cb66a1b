"""Pairs of a correct function and the same function with one bug, as token sequences of the compact format."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from .compact import END, first_difference, prompt_parts, split_lines, target
from .mutations import all_mutations, pick
from .snippets import Snippet, extract, fingerprint, render
from .sources import DATA, Project, load_manifest, read_files
from .tokenizer import encode_parts, token_id, train_tokenizer

SEED = 20251124
BUGS_PER_FUNCTION = 8
MAX_FUNCTIONS_PER_PROJECT = 4000
#: Pairs of one bug class in one language at most, so that what any line offers does not drown the rest.
CLASS_CAP = {"train": 3000, "heldout": 30}
MAX_TOKENS = 400
#: Share of sequences that end soon after the decision: the rest of an answer is learned from fewer examples.
SHORT_SHARE, TOKENS_AFTER_DECISION = 0.6, 4
TOKENIZER_SAMPLE = 30_000
PAIRS = {"train": DATA / "pairs-train.jsonl", "heldout": DATA / "pairs-heldout.jsonl"}
TOKENIZER = DATA / "tokenizer.json"
SEQUENCES = DATA / "sequences.npz"
#: Whole answers, for the second phase, which teaches that the letters follow from the solution.
VERDICTS = DATA / "verdicts.npz"
VERDICT_PAIRS = 24_000


@dataclass(frozen=True)
class Pair:
    """One example: ``good`` is the author's code, ``bad`` has the bug; one of them may have harmless noise.

    ``right_lines`` and ``wrong_lines`` are what differs because of the bug.
    """

    id: str
    project: str
    license: str
    language: str
    bug: str
    reason: str
    good: str
    bad: str
    right_lines: list[str]
    wrong_lines: list[str]


COMMENTS = ("handle the edge case", "see above", "keep in sync", "note the order here", "this is the common path")


def add_noise(text: str, language: str, rng: random.Random) -> str:
    """A harmless difference: a comment line of no consequence."""
    lines = split_lines(text)
    at = rng.randrange(1, len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    lines.insert(at, f"{indent}{'#' if language == 'python' else '//'} {rng.choice(COMMENTS)}")
    return "\n".join(lines) + "\n"


def _pairs_of(snippet: Snippet, rng: random.Random) -> Iterator[Pair]:
    good = snippet.text
    for mutation in pick(all_mutations(snippet), BUGS_PER_FUNCTION, rng):
        bad = render(snippet.source, snippet.root, list(mutation.edits))
        if split_lines(bad) == split_lines(good):
            continue
        changed = first_difference(split_lines(good), split_lines(bad))
        noisy_good, noisy_bad = good, bad
        if rng.random() < 0.12:
            noisy_good, noisy_bad = rng.choice(
                [(add_noise(good, snippet.language, rng), bad), (good, add_noise(bad, snippet.language, rng))]
            )
        yield Pair(
            id=f"{snippet.project}:{fingerprint(good)[:10]}:{mutation.bug.replace(' ', '-')}",
            project=snippet.project,
            license=snippet.license,
            language=snippet.language,
            bug=mutation.bug,
            reason=mutation.reason,
            good=noisy_good,
            bad=noisy_bad,
            right_lines=changed.a,
            wrong_lines=changed.b,
        )


def project_pairs(project: Project) -> list[Pair]:
    """All pairs of one project; the same for the same manifest and seed."""
    rng = random.Random(f"{SEED}:{project.name}")
    snippets, seen = [], set()
    for file in read_files(project):
        for snippet in extract(file):
            key = fingerprint(snippet.text)
            if key not in seen:
                seen.add(key)
                snippets.append(snippet)
    rng.shuffle(snippets)
    return [pair for snippet in snippets[:MAX_FUNCTIONS_PER_PROJECT] for pair in _pairs_of(snippet, rng)]


def build_pairs() -> None:
    """Writes the pairs of both splits; a function that also occurs in training leaves the held-out split."""
    projects = load_manifest()
    with ProcessPoolExecutor(2) as pool:
        pairs = [pair for found in pool.map(project_pairs, projects) for pair in found]
    split_of = {project.name: project.split for project in projects}
    trained = {pair.id.split(":")[1] for pair in pairs if split_of[pair.project] == "train"}
    splits: dict[str, list[Pair]] = {"train": [], "heldout": []}
    for pair in pairs:
        if split_of[pair.project] == "train":
            splits["train"].append(pair)
        elif pair.id.split(":")[1] not in trained:
            splits["heldout"].append(pair)
    for split, found in splits.items():
        random.Random(SEED).shuffle(found)
        kept = balanced(found, CLASS_CAP[split])
        PAIRS[split].write_text("".join(json.dumps(asdict(pair)) + "\n" for pair in kept))


def balanced(pairs: list[Pair], cap: int) -> list[Pair]:
    """The first ``cap`` pairs of each bug class in each language, in the given order."""
    counts: Counter[tuple[str, str]] = Counter()
    kept = []
    for pair in pairs:
        counts[pair.bug, pair.language] += 1
        if counts[pair.bug, pair.language] <= cap:
            kept.append(pair)
    return kept


def load_pairs(path: Path, limit: int | None = None) -> list[Pair]:
    """Reads pairs back, in file order."""
    with path.open() as lines:
        return [Pair(**json.loads(line)) for _, line in zip(range(limit or 10**9), lines, strict=False)]


def ordered(pair: Pair, good_is: str) -> tuple[str, str]:
    """The pair's versions as (A, B)."""
    return (pair.good, pair.bad) if good_is == "A" else (pair.bad, pair.good)


def build_tokenizer(pairs: list[Pair]) -> Tokenizer:
    """Trains on functions and answers of the training split and saves the result."""
    sample = pairs[:TOKENIZER_SAMPLE]
    texts = [pair.good for pair in sample]
    texts += [target(pair.right_lines, pair.wrong_lines, "A", pair.bug, pair.reason) for pair in sample]
    tokenizer = train_tokenizer(texts)
    tokenizer.save(str(TOKENIZER))
    return tokenizer


@dataclass(frozen=True)
class Sequence:
    """Token ids of a prompt with its answer.

    ``decision`` is where the answer first depends on the verdict; the opposite answer has ``alternative`` there.
    ``letters`` are the places where the answer names the wrong version and the right one.
    """

    tokens: list[int]
    prompt_length: int
    decision: int
    alternative: int
    letters: tuple[int, int]


def encode_pair(tokenizer: Tokenizer, pair: Pair, good_is: str) -> Sequence:
    """The training sequence of a pair whose correct version is presented as ``good_is``."""
    a, b = ordered(pair, good_is)
    other = "B" if good_is == "A" else "A"

    def ids(text: str) -> list[int]:
        return [*tokenizer.encode(text, add_special_tokens=False).ids, token_id(tokenizer, END)]

    def answer(right: str) -> str:
        lines = (pair.right_lines, pair.wrong_lines)
        return target(*(lines if right == good_is else lines[::-1]), right, pair.bug, pair.reason)

    prompt = encode_parts(tokenizer, prompt_parts(a, b, pair.language))
    right, wrong = ids(answer(good_is)), ids(answer(other))
    shared = _first_difference(right, wrong)
    head, tail = answer(good_is).rsplit(f"\n{other} is wrong: ", 1)
    named = _first_difference(right, ids(f"{head}\n{good_is} is wrong: {tail}"))
    concluded = _first_difference(right, ids(other.join(answer(good_is).rsplit(good_is, 1))))
    start = len(prompt)
    return Sequence(prompt + right, start, start + shared, wrong[shared], (start + named, start + concluded))


def _first_difference(one: list[int], other: list[int]) -> int:
    return next(i for i, (left, right) in enumerate(zip(one, other, strict=False)) if left != right)


def build_sequences() -> None:
    """Tokenizes the training pairs, each in one order drawn at random, for both phases of training."""
    pairs = load_pairs(PAIRS["train"])
    tokenizer = Tokenizer.from_file(str(TOKENIZER)) if TOKENIZER.exists() else build_tokenizer(pairs)
    rng = random.Random(SEED)
    sequences = []
    for pair in pairs:
        sequence = encode_pair(tokenizer, pair, rng.choice("AB"))
        if rng.random() < SHORT_SHARE:
            sequence = replace(sequence, tokens=sequence.tokens[: sequence.decision + TOKENS_AFTER_DECISION])
        sequences.append(sequence)
    write_sequences(SEQUENCES, sequences, [[sequence.decision] for sequence in sequences])
    build_verdicts()


def build_verdicts() -> None:
    """Tokenizes whole answers to some of the training pairs, with their letters marked as well."""
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    rng = random.Random(SEED + 1)
    pairs = load_pairs(PAIRS["train"], VERDICT_PAIRS)
    sequences = [encode_pair(tokenizer, pair, rng.choice("AB")) for pair in pairs]
    write_sequences(VERDICTS, sequences, [[sequence.decision, *sequence.letters] for sequence in sequences])


def write_sequences(file: Path, sequences: list[Sequence], marks: list[list[int]]) -> None:
    """Sequences that fit, in one flat array with offsets; ``marks`` are each one's decisive tokens."""
    fitting = [index for index, sequence in enumerate(sequences) if len(sequence.tokens) <= MAX_TOKENS]
    kept = [sequences[index] for index in fitting]
    np.savez(
        file,
        tokens=np.concatenate([np.array(sequence.tokens, dtype=np.uint16) for sequence in kept]),
        offsets=np.cumsum([0] + [len(sequence.tokens) for sequence in kept]),
        prompt_lengths=[sequence.prompt_length for sequence in kept],
        marks=[marks[index] for index in fitting],
    )
