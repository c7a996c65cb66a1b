"""``python -m verity_training.rm_r1.heldout CHECKPOINT… --pairs FILE``: the embedded judge's decisions, measured.

The decision is taken as the product's guide leaves it: one token of two. Every pair is read in both orders.
"""

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import nn

from ..dataset import MAX_TOKENS, Pair, load_pairs
from . import policy
from .config import Settings
from .decisions import choice_logprobs, encode_decision
from .runs import chunks

BATCH = 16


@dataclass(frozen=True)
class Readings:
    """Whether each pair was decided rightly when its correct version was A, and when it was B."""

    as_a: list[bool]
    as_b: list[bool]

    def summary(self) -> dict[str, float]:
        """Shares with the half-width of their 95 % interval (normal approximation, pairs as the unit)."""
        pairs = list(zip(self.as_a, self.as_b, strict=True))
        shares = {
            "per_reading": [(one + other) / 2 for one, other in pairs],
            "both_right": [float(one and other) for one, other in pairs],
            # The same version is chosen in both orders exactly if both readings are right or both wrong.
            "agreement": [float(one == other) for one, other in pairs],
        }
        result: dict[str, float] = {"pairs": len(pairs)}
        for name, values in shares.items():
            mean = sum(values) / len(values)
            variance = sum((value - mean) ** 2 for value in values) / len(values)
            result |= {name: mean, f"{name}_margin": 1.96 * math.sqrt(variance / len(values))}
        return result


@torch.no_grad()
def read(model: nn.Module, tokenizer: Tokenizer, pairs: list[Pair]) -> Readings:
    """Decides every pair in both orders; pairs that training would leave out for length are left out here too."""
    decisions = [[encode_decision(tokenizer, pair, good_is) for good_is in "AB"] for pair in pairs]
    flat = [item for both in decisions if max(len(d.prefix) for d in both) <= MAX_TOKENS for item in both]
    right = [False] * len(flat)
    model.eval()
    for part in chunks(sorted(range(len(flat)), key=lambda index: len(flat[index].prefix)), BATCH):
        asked = [(flat[index].prefix, (flat[index].right, flat[index].wrong)) for index in part]
        with torch.autocast("cpu", torch.bfloat16):
            logprobs = choice_logprobs(model, asked)
        for index, (good, bad) in zip(part, logprobs.tolist(), strict=True):
            right[index] = good > bad
    return Readings(right[::2], right[1::2])


def main() -> None:
    """Prints one line of JSON for each checkpoint."""
    parser = argparse.ArgumentParser(prog="verity_training.rm_r1.heldout", description=__doc__)
    parser.add_argument("checkpoints", nargs="+", help="states of training (.pt) or Hugging Face folders")
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="the first so many pairs only")
    arguments = parser.parse_args()
    pairs = load_pairs(arguments.pairs, arguments.limit)
    for checkpoint in arguments.checkpoints:
        settings = Settings(checkpoint, data="", output="")
        tokenizer = policy.load_tokenizer(settings).backend_tokenizer
        found = read(policy.load_policy(settings), tokenizer, pairs).summary()
        print(
            json.dumps({"checkpoint": checkpoint, **{key: round(value, 4) for key, value in found.items()}}), flush=True
        )


if __name__ == "__main__":
    main()
