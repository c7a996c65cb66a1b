"""What is held out: instances with names and wordings that training never saw, and their file beside the model."""

import json
from collections.abc import Iterator
from pathlib import Path

from . import data, names
from .hypergraph import Shape
from .instances import LA, LI, TASKS, Instance, instance
from .prng import Prng
from .templates import Writer

#: Depths seen in training, and twice the largest of them.
DEPTHS = (*range(1, data.LARGEST_DEPTH + 1), 2 * data.LARGEST_DEPTH)
#: Instances of each task, depth and answerability.
EACH = 25
SENTENCES = 600


def instances(each: int = EACH) -> Iterator[Instance]:
    """Both tasks at all depths, half of them unanswerable."""
    seed = 1
    for task in TASKS:
        for depth in DEPTHS:
            for index in range(2 * each):
                shape = Shape(depth, Prng(seed).below(data.MAX_DISTRACTORS + 1), index % 2 == 0)
                yield instance(task, seed, shape, names.HELDOUT)
                seed += 1


def in_words(found: Instance) -> tuple[list[str], str]:
    """Premises and question as sentences in held-out wordings."""
    writer = Writer(Prng(found.seed), found.split)
    if found.task == LA:
        return [writer.price(statement) for statement in found.statements], writer.price_question(found.goal)  # type: ignore[arg-type]
    assert found.task == LI
    return [writer.proposition(statement) for statement in found.statements], writer.truth_question(found.goal)  # type: ignore[arg-type]


def write(path: Path) -> None:
    """The instances as lines of JSON, in words and formally."""
    with path.open("w") as file:
        for found in instances():
            premises, question = in_words(found)
            record = {
                "id": f"{found.task}-{found.shape.depth}-{found.seed}",
                "task": found.task,
                "premises": premises,
                "question": question,
                "formal": found.formal,
                "goal": found.goal_line,
                "answer": found.answer,
                "depth": found.shape.depth,
                "distractors": found.shape.distractors,
                "answerable": found.shape.answerable,
                "seed": found.seed,
            }
            file.write(json.dumps(record) + "\n")
