"""Golden files for the tests of other languages: the same seeds give the same instances, prompts and trajectories."""

import json
from collections.abc import Iterator
from pathlib import Path

from . import data, names
from .hypergraph import Shape
from .instances import TASKS, instance

FIXTURES = Path(__file__).parent.parent.parent.parent / "test" / "fixtures" / "deduction"
INSTANCES, PROMPTS = 40, 6


def instance_records() -> Iterator[dict[str, object]]:
    """Both tasks in turn, depths 1 to 5, every other pair unanswerable."""
    for seed in range(INSTANCES):
        shape = Shape(1 + seed % 5, seed % 7, seed // 2 % 2 == 0)
        yield instance(TASKS[seed % 2], seed, shape, names.TRAIN).record()


def prompt_records() -> list[dict[str, str]]:
    """Prompts of both stages with their completions."""
    formal = [data.formalize_example(seed) for seed in range(PROMPTS)]
    deduced = [instance(TASKS[seed % 2], seed, Shape(2, 2, seed % 3 > 0)) for seed in range(PROMPTS)]
    return [
        *({"stage": "formalize", "prompt": str(e["prompt"]), "completion": str(e["completion"])} for e in formal),
        *({"stage": "deduce", "prompt": item.prompt, "completion": item.completion} for item in deduced),
    ]


def write(directory: Path = FIXTURES) -> None:
    """Writes the files that the tests compare with."""
    directory.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(record) + "\n" for record in instance_records())
    (directory / "instances.jsonl").write_text("".join(lines))
    (directory / "prompts.json").write_text(json.dumps(prompt_records(), indent=2) + "\n")
