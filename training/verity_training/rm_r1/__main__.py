"""``python -m verity_training.rm_r1 sft|grpo|scalar --config FILE``: one stage, or the scalar baseline.

On several GPUs: ``accelerate launch -m verity_training.rm_r1 …``. An interrupted run goes on when started again.
"""

import argparse
import sys
from pathlib import Path

from . import grpo, scalar, sft
from .config import GrpoSettings, SftSettings, load


def main() -> int:
    """Runs the stage that the command line names; 2 for settings or data that cannot be used."""
    parser = argparse.ArgumentParser(prog="verity_training.rm_r1", description=__doc__)
    parser.add_argument("stage", choices=["sft", "grpo", "scalar"])
    parser.add_argument("--config", type=Path, required=True, help="TOML; see training/rm_r1/*.toml")
    arguments = parser.parse_args()
    try:
        if arguments.stage == "grpo":
            grpo.main(load(GrpoSettings, arguments.config))
        else:
            stage = sft if arguments.stage == "sft" else scalar
            stage.main(load(SftSettings, arguments.config))
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
