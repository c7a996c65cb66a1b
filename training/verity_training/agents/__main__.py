"""``python -m verity_training.agents train|problems``: the embedded solver, and the problems to measure it with."""

import argparse
import json
import random
from pathlib import Path

import torch

from .problems import MAX_STEPS, MIN_STEPS, draw_from
from .train import train

MODEL = Path(__file__).parents[3] / "models" / "nano-solver"
PER_LENGTH = 60


def write_problems(file: Path, seed: int) -> None:
    """Held-out problems as ``verity eval agents --format generated`` reads them, the same number of each length."""
    rng = random.Random(seed)
    lengths = range(MIN_STEPS, MAX_STEPS + 1)
    problems = [draw_from(rng, True, steps) for _ in range(PER_LENGTH) for steps in lengths]
    records = [
        {"problem": problem.text, "answer": str(problem.answer), "steps": len(problem.steps)} for problem in problems
    ]
    file.write_text("".join(json.dumps(record) + "\n" for record in records))


def main() -> None:
    """Runs one of the steps."""
    parser = argparse.ArgumentParser(prog="verity_training.agents")
    parser.add_argument("step", choices=["train", "problems"])
    parser.add_argument("--minutes", type=float, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if options.step == "train":
        train(options.out, options.minutes, options.seed)
    else:
        write_problems(options.out / "heldout.jsonl", options.seed)


if __name__ == "__main__":
    main()
