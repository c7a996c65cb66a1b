"""``python -m verity_training [STEP …]``: all steps of the embedded judge in order, or those named.

Every step can be run again: archives are kept, training goes on from its last checkpoint.
"""

import argparse
import subprocess
from collections.abc import Callable

from . import card, dataset, export, sources, train

SEED = 1


#: The product is measured on the first held-out pairs; its confidence is calibrated on the ones after them.
MEASURED, CALIBRATED = "400", "400"


def run_product(*arguments: str) -> None:
    """Runs the command line as a user has it, on the held-out pairs."""
    root = export.MODEL.parent.parent
    subprocess.run(["node", "scripts/build.mjs"], cwd=root, check=True)
    data = ["--data", str((export.MODEL / export.HELDOUT).relative_to(root))]
    subprocess.run(["node", "dist/cli.mjs", *arguments, *data], cwd=root, check=True)


def calibrate() -> None:
    """Keeps the temperature of the confidence in the exported model's verity.json."""
    run_product("calibrate", "--skip", MEASURED, "--limit", CALIBRATED)


def evaluate() -> None:
    """The product judges held-out pairs: the figures are those that a user gets."""
    run_product("eval", "judge", "--limit", MEASURED, "--out", str(export.MODEL / card.EVALUATION))


PIPELINE: dict[str, Callable[[], None]] = {
    "fetch": lambda: sources.fetch_all(sources.load_manifest()),
    "pairs": dataset.build_pairs,
    "sequences": dataset.build_sequences,
    "train": lambda: train.train(SEED),
    "export": export.export,
    "calibrate": calibrate,
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
