"""``python -m verity_training [STEP …]``: all steps of the embedded judge in order, or those named.

Every step can be run again: archives are kept, training goes on from its last checkpoint.
"""

import argparse
import subprocess
from collections.abc import Callable

from . import card, dataset, export, sources, train

SEED = 1


def evaluate() -> None:
    """The product judges the held-out pairs: the figures are those that a user gets."""
    root = export.MODEL.parent.parent
    subprocess.run(["node", "scripts/build.mjs"], cwd=root, check=True)
    files = ["--data", str(export.MODEL / export.HELDOUT), "--out", str(export.MODEL / card.EVALUATION)]
    subprocess.run(["node", "dist/cli.mjs", "eval", "judge", *files], cwd=root, check=True)


PIPELINE: dict[str, Callable[[], None]] = {
    "fetch": lambda: sources.fetch_all(sources.load_manifest()),
    "pairs": dataset.build_pairs,
    "sequences": dataset.build_sequences,
    "train": lambda: train.train(SEED),
    "export": export.export,
    "evaluate": evaluate,
    "card": card.write,
}


def main() -> None:
    """Runs the steps that the command line names."""
    parser = argparse.ArgumentParser(prog="verity_training", description=__doc__)
    parser.add_argument("steps", nargs="*", choices=[*PIPELINE, []], default=list(PIPELINE), help="all if left out")
    for step in parser.parse_args().steps:
        print(f"── {step}", flush=True)
        PIPELINE[step]()


if __name__ == "__main__":
    main()
