"""``python -m verity_training.deduction STEP``: the embedded deduction model, or one stage for any checkpoint.

The embedded model: fixtures, data, train, export, evaluate, reproduce, card, in that order. For any Hugging Face
checkpoint: ``sft --config FILE`` and ``anchor --config FILE`` (GRPO where the settings name no anchor); see
training/deduction/*.toml. An interrupted step goes on when started again.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from ..rm_r1.config import load
from ..sources import DATA as JUDGE_DATA
from . import adversarial, card, data, evaluate, export, fixtures, nano, reproduction, stages
from .config import DeductionSftSettings, load_grpo

SHARDS, SHARD, SENTENCES = 16, 2000, 60_000
JUDGE_WEIGHTS = JUDGE_DATA / "checkpoint.pt"


def make_data() -> None:
    """Training files of both stages; those that are there are kept."""
    sentences = data.DATA / "formalize-000.jsonl"
    if not sentences.exists():
        data.write(sentences, data.formalize_examples(0, SENTENCES))
    for shard in range(SHARDS):
        path = data.DATA / f"deduce-{shard:03}.jsonl"
        if not path.exists():
            data.write(path, data.deduce_examples(shard * SHARD, SHARD))


def make_fixtures() -> None:
    """The golden files."""
    fixtures.write()
    adversarial.write()


def main() -> int:
    """Runs the step that the command line names; 2 for settings or data that cannot be used."""
    parser = argparse.ArgumentParser(prog="verity_training.deduction", description=__doc__)
    steps: dict[str, Callable[[argparse.Namespace], None]] = {
        "fixtures": lambda _: make_fixtures(),
        "data": lambda _: make_data(),
        "train": lambda given: nano.train(export.TOKENIZER, given.weights, given.minutes),
        "export": lambda _: export.export(),
        "evaluate": lambda given: evaluate.main(export.MODEL, export.MODEL / evaluate.EVALUATION, given.each),
        "reproduce": lambda _: reproduction.main(export.MODEL / reproduction.RESULTS),
        "card": lambda _: card.write(),
        "sft": lambda given: stages.run_sft(load(DeductionSftSettings, given.config)),
        "anchor": lambda given: stages.run_grpo(load_grpo(given.config)),
    }
    parser.add_argument("step", choices=steps)
    parser.add_argument("--config", type=Path, help="TOML, for sft and anchor")
    parser.add_argument("--weights", type=Path, default=JUDGE_WEIGHTS, help="the nano judge's state, to start from")
    parser.add_argument("--minutes", type=float, default=58, help="how long to train the embedded model")
    parser.add_argument("--each", type=int, default=25, help="held-out instances of each kind, for evaluate")
    given = parser.parse_args()
    if given.step in ("sft", "anchor") and given.config is None:
        parser.error(f"{given.step} needs --config")
    torch.set_num_threads(1)
    try:
        steps[given.step](given)
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
