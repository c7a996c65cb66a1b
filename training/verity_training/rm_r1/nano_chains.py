"""``python -m verity_training.rm_r1.nano_chains PAIRS OUT``: the embedded judge's pairs as chains of both stages.

The reasoning is the compact format's own answer, which is right by construction: the bug was put there.
"""

import argparse
import json
from pathlib import Path

from ..compact import target
from ..dataset import Pair, load_pairs, ordered


def chain(pair: Pair, good_is: str) -> dict[str, object]:
    """A line of data for distillation, RLVR and the baselines, the correct version shown as ``good_is``."""
    a, b = ordered(pair, good_is)
    return {
        "prompt": {"a": a, "b": b, "language": pair.language},
        "chain": target(pair.right_lines, pair.wrong_lines, good_is, pair.bug, pair.reason),
        "verdict": good_is,
        "label": good_is,
    }


def main() -> None:
    """Writes each pair once, the right letter alternating, as the paper's data does."""
    parser = argparse.ArgumentParser(prog="verity_training.rm_r1.nano_chains", description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--limit", type=int)
    arguments = parser.parse_args()
    with arguments.out.open("w", encoding="utf-8") as out:
        for index, pair in enumerate(load_pairs(arguments.pairs, arguments.limit)):
            out.write(json.dumps(chain(pair, "AB"[index % 2])) + "\n")


if __name__ == "__main__":
    main()
