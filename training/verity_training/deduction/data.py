"""Files of examples: what the model is asked and the ground truth, one JSON object a line."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from . import names
from .formal import Comparison, Definition, Literal, Proposition
from .hypergraph import Shape
from .instances import FORMALIZE, LA, LI, Instance, instance
from .prng import Prng
from .templates import Writer

#: Kept out of git; VERITY_DEDUCTION_DATA names another folder.
DATA = Path(os.environ.get("VERITY_DEDUCTION_DATA", Path(__file__).parent.parent.parent / ".data-deduction"))
#: How often each depth from 1 on is drawn in training, in percent: short ones teach the same steps for less.
DEPTHS = (24, 28, 27, 21)
LARGEST_DEPTH = len(DEPTHS)
MAX_DISTRACTORS = 6
#: Some shallow instances have that many distractors, in percent and at most: premise numbers and distances grow.
CROWDED, CROWD = 12, 24
#: Seeds of training start here; those below are for tests, fixtures and what is held out.
FIRST_SEED = 10_000_000


def training_instance(seed: int) -> Instance:
    """Task, depth, distractors and whether it is answerable follow from the seed."""
    rng = Prng(seed)
    task = LA if rng.chance(45) else LI
    place, depth = rng.below(sum(DEPTHS)), 1
    while place >= DEPTHS[depth - 1]:
        place -= DEPTHS[depth - 1]
        depth += 1
    most = CROWD if depth <= 2 and rng.chance(CROWDED) else MAX_DISTRACTORS
    shape = Shape(depth, rng.below(most + 1), rng.chance(50))
    return instance(task, seed, shape, names.TRAIN)


def deduce_examples(first: int, count: int) -> Iterator[dict[str, object]]:
    """Stage 2's training examples."""
    for seed in range(FIRST_SEED + first, FIRST_SEED + first + count):
        try:
            found = training_instance(seed)
        except ValueError:
            continue
        yield {"prompt": found.prompt, "completion": found.completion, "depth": found.shape.depth}


#: A price statement's relation and how often it is drawn; the same for propositions.
PRICES = (
    *("price", "price", "plus", "plus", "minus", "minus", "times", "times_plus", "times_minus", "equal"),
    *("sum", "difference", "compare", "compare", "question", "none"),
)
PROPOSITIONS = (
    *("fact", "fact", "implies", "implies", "implies2", "implies2"),
    *("or", "or", "iff", "nand", "question", "question", "none"),
)
OPERATORS = ("<", "<=", ">", ">=", "!=")


def formalize_example(seed: int, split: str = names.TRAIN) -> dict[str, object]:
    """Stage 1's example of a seed: one sentence and its formal."""
    rng = Prng(seed)
    writer = Writer(rng, split)
    draw = _price_sentence if rng.chance(50) else _truth_sentence
    kind, sentence, formal = draw(rng, writer, split)
    return {"prompt": f"{FORMALIZE}{sentence}\n", "completion": formal, "kind": kind}


def _price_sentence(rng: Prng, writer: Writer, split: str) -> tuple[str, str, str]:
    kind = rng.choice(PRICES)
    if kind == "none":
        return kind, writer.none(), "none"
    a, b, c = names.dishes(rng, 3, split)
    number = rng.between(1, 20) if rng.chance(50) else rng.between(0, 199)
    if kind == "question":
        return kind, writer.price_question(a), f"? [{a}]"
    if kind == "compare":
        comparison = Comparison(a, rng.choice(OPERATORS), b if rng.chance(50) else number)
        return kind, writer.price(comparison), comparison.formal()
    step, factor = max(1, number), rng.between(2, 5) if rng.chance(30) else rng.between(2, 3)
    statement = {
        "price": Definition(a, number),
        "plus": Definition(a, step, b),
        "minus": Definition(a, -step, b),
        "times": Definition(a, 0, b, factor),
        "times_plus": Definition(a, step, b, factor),
        "times_minus": Definition(a, -step, b, factor),
        "equal": Definition(a, 0, b),
        "sum": Definition(a, 0, b, 1, c, 1),
        "difference": Definition(a, 0, b, 1, c, -1),
    }[kind]
    return kind, writer.price(statement), statement.formal()


def _truth_sentence(rng: Prng, writer: Writer, split: str) -> tuple[str, str, str]:
    kind = rng.choice(PROPOSITIONS)
    if kind == "none":
        return kind, writer.none(), "none"
    literals = [Literal(atom, kind == "nand" or rng.chance(70)) for atom in names.atoms(rng, 3, split)]
    if kind == "question":
        return kind, writer.truth_question(literals[0]), f"? {literals[0]}"
    taken = {"fact": 1, "implies2": 3}.get(kind, 2)
    statement = Proposition("implies" if kind == "implies2" else kind, tuple(literals[:taken]))
    return kind, writer.proposition(statement), statement.formal()


def formalize_examples(first: int, count: int) -> Iterator[dict[str, object]]:
    """Stage 1's training examples."""
    return (formalize_example(seed) for seed in range(FIRST_SEED + first, FIRST_SEED + first + count))


def write(path: Path, examples: Iterator[dict[str, object]]) -> None:
    """Writes a file beside the old one, then puts it in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("w") as file:
        for example in examples:
            file.write(json.dumps(example) + "\n")
    partial.rename(path)
