"""``python -m verity_training.saffron [STEP …]``: the embedded policy and its reward model, in order, or steps named.

Every step can be run again; an interrupted training goes on. For other checkpoints:

    python -m verity_training.saffron guard --guard CHECKPOINT --data CONVERSATIONS.jsonl --out REWARDS.jsonl
    python -m verity_training.saffron train --config saffron/mrm-1b.toml
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from ..rm_r1.config import load
from . import ablate, analyze, card, code_rewards, corpus, evaluate, export, guard, policy, train_rewards
from .settings import RewardSettings, load_policy_settings


def run_policy() -> None:
    """Trains and exports nano-complete."""
    settings = load_policy_settings(card.POLICY_CONFIG)
    policy.train(settings)
    export.export_policy(settings)


def run_mrm() -> None:
    """Makes the rewards, trains nano-safety, exports it."""
    if not code_rewards.REWARDS.exists():
        code_rewards.build(export.POLICY)
    train_rewards.main(load(RewardSettings, card.REWARD_CONFIG))
    export.export_rewards(load(RewardSettings, card.REWARD_CONFIG))


def run_export() -> None:
    """Exports both models as far as they are trained, with the lures."""
    export.export_policy(load_policy_settings(card.POLICY_CONFIG))
    export.export_rewards(load(RewardSettings, card.REWARD_CONFIG))


def run_lures() -> None:
    """Writes the held-out prompts beside the reward model."""
    found = corpus.lures(corpus.load_tokenizer(), corpus.LURES, corpus.SEED)
    corpus.write_jsonl(export.SAFETY / card.LURES, map(asdict, found))


def run_evaluate() -> None:
    """Completes the lures by every method, and judges the completions."""
    lures = evaluate.load_lures(export.SAFETY / card.LURES)[: evaluate.MEASURED]
    searcher = evaluate.load_searcher(export.POLICY, export.SAFETY)
    evaluate.evaluate(searcher, lures, card.COMPLETIONS)
    analyze.analyze(card.COMPLETIONS, export.SAFETY / card.LURES, export.POLICY, export.SAFETY)


def run_ablate() -> None:
    """Trains and measures the variants."""
    ablate.run(card.REWARD_CONFIG, evaluate.load_lures(export.SAFETY / card.LURES), export.SAFETY / card.LURES)


PIPELINE: dict[str, Callable[[], None]] = {
    "corpus": corpus.build,
    "lures": run_lures,
    "policy": run_policy,
    "mrm": run_mrm,
    "export": run_export,
    "evaluate": run_evaluate,
    "ablate": run_ablate,
    "card": card.write,
}


def main() -> int:
    """Runs what the command line names; 2 for settings or data that cannot be used."""
    parser = argparse.ArgumentParser(prog="verity_training.saffron", description=__doc__)
    parser.add_argument("steps", nargs="*", choices=[*PIPELINE, "guard", "train", []], default=list(PIPELINE))
    parser.add_argument("--config", type=Path, help="of train")
    parser.add_argument("--guard", help="of guard: a Llama-Guard-style checkpoint")
    parser.add_argument("--data", type=Path, help="of guard: JSONL with prompt and response")
    parser.add_argument("--out", type=Path, help="of guard: the corpus it writes")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch; 1 if left out")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    try:
        for step in given.steps:
            print(f"── {step}", flush=True)
            if step == "guard":
                if None in (given.guard, given.data, given.out):
                    raise ValueError("guard needs --guard, --data and --out.")
                guard.build(given.guard, given.data, given.out)
            elif step == "train":
                if given.config is None:
                    raise ValueError("train needs --config.")
                train_rewards.main(load(RewardSettings, given.config))
            else:
                PIPELINE[step]()
    except (ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
