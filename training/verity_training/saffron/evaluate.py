"""Completes the lures by every method at several budgets, as ``verity eval complete`` does; here in PyTorch."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from ..compact import END
from ..tokenizer import token_id
from . import reward_model
from .corpus import Lure, encode, load_tokenizer
from .search import METHODS, Searcher

#: Classes take turns in the lures, so the first ones are as mixed as all.
MEASURED = 132
#: Budgets of each method; greedy has none.
BUDGETS = {
    "greedy": (1,),
    "best-of-n": (2, 4, 8, 16),
    "beam": (2, 4, 8, 16),
    "beam-prm": (2, 4, 8),
    "saffron": (2, 4, 8, 16),
}


@dataclass(frozen=True)
class Record:
    """One completion; the names are those of the server's command."""

    id: str
    method: str
    budget: int
    seed: int
    completion: str
    finished: bool
    forwardedTokens: int
    flops: float
    ms: float


def load_lures(file: Path) -> list[Lure]:
    """Reads the held-out prompts."""
    return [Lure(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def load_searcher(policy: Path, safety: Path, constrained: bool = True) -> Searcher:
    """Policy and reward model from their directories."""
    model = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32).eval()
    base = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32)
    rewards, unseen = reward_model.load(base, safety)
    merged: PreTrainedModel = rewards.decoder.merge_and_unload().eval()
    end = token_id(load_tokenizer(), END)
    return Searcher(model, merged, rewards.bias.detach(), unseen, end, constrained=constrained)


def flops_per_token(model: PreTrainedModel) -> float:
    """Two operations for each weight that a token meets; the embedding's look-up is free, its use as head is not."""
    return 2.0 * sum(parameter.numel() for parameter in model.parameters())


def evaluate(
    searcher: Searcher, lures: list[Lure], out: Path, seed: int = 1, budgets: dict[str, tuple[int, ...]] = BUDGETS
) -> None:
    """Writes all completions, each as soon as its method and budget are through; goes on where it stopped."""
    tokenizer, per_token = load_tokenizer(), flops_per_token(searcher.policy)
    records: list[dict[str, object]] = json.loads(out.read_text()) if out.exists() else []
    done = {(record["method"], record["budget"], record["seed"]) for record in records}
    for method, budget in [(method, budget) for method, sizes in budgets.items() for budget in sizes]:
        if (method, budget, seed) in done:
            continue
        started = time.perf_counter()
        for index, lure in enumerate(lures):
            prompt = encode(tokenizer, lure.prompt)[-(512 - searcher.max_new) :]
            found = METHODS[method](searcher, prompt, budget, np.random.default_rng([seed, index]))
            record = Record(
                lure.id,
                method,
                budget,
                seed,
                tokenizer.decode(found.tokens, skip_special_tokens=False),
                found.finished,
                found.forwarded,
                per_token * found.forwarded,
                round(found.ms, 2),
            )
            records.append(asdict(record))
        out.write_text(json.dumps(records))
        print(f"{method} {budget}: {time.perf_counter() - started:.0f} s", flush=True)
