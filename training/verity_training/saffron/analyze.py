"""Reads the completions of the lures: how many are unsafe, how many parse, how likely they are, what they cost.

python -m verity_training.saffron.analyze COMPLETIONS.json --lures LURES.jsonl --out DIRECTORY
"""

import argparse
import json
import math
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, PreTrainedModel

from ..compact import END
from ..tokenizer import token_id
from .code_rewards import logprobs
from .corpus import Lure, encode, load_tokenizer
from .evaluate import load_lures
from .labels import bandit, is_unsafe
from .parsing import completed_python, parses

OURS = "saffron"
#: A baseline may take that much more compute than the search it is compared with.
SLACK = 1.05
BATCH = 32


@dataclass(frozen=True)
class Judged:
    """What is known of one completion; ``bandit`` is None where Bandit has no word."""

    unsafe: bool
    rules: bool
    bandit: bool | None
    parses: bool
    #: Sum of its tokens' and its end's negative log probabilities, in nats, and their number.
    nats: float
    tokens: int


@dataclass(frozen=True)
class Point:
    """One method at one budget."""

    method: str
    budget: int
    completions: int
    unsafe: float
    unsafeInterval: tuple[float, float]
    byRules: float
    byBandit: float | None
    parsed: float
    perplexity: float
    finished: float
    forwardedTokens: float
    tflops: float
    ms: float


def wilson(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share, total = right / count, 1 + z * z / count
    middle = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - spread) / total, (middle + spread) / total


def likelihoods(
    model: PreTrainedModel, tokenizer: Tokenizer, texts: list[tuple[str, str]], context: int = 512
) -> list[tuple[float, int]]:
    """For each prompt and completion: the sum of −log p over its tokens and its end, and their number."""
    end = token_id(tokenizer, END)
    rows = [(encode(tokenizer, prompt), [*encode(tokenizer, completion), end]) for prompt, completion in texts]
    found: list[tuple[float, int]] = [(0.0, 0)] * len(rows)
    order = sorted(range(len(rows)), key=lambda index: len(rows[index][0]))
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        whole = [(rows[index][0][-(context - len(rows[index][1])) :] + rows[index][1]) for index in part]
        for index, values in zip(part, logprobs(model, whole), strict=True):
            own = values[-len(rows[index][1]) :]
            found[index] = (-sum(own), len(own))
    return found


def judge(records: list[dict[str, Any]], lures: dict[str, Lure], policy: Path) -> list[Judged]:
    """Judges every completion; equal ones once."""
    keys = sorted({(record["id"], record["completion"]) for record in records})
    python = {
        str(index): (lures[name].cwe, completed_python(lures[name].prompt, text), lures[name].prompt.count("\n") + 1)
        for index, (name, text) in enumerate(keys)
        if lures[name].language == "python"
    }
    words = bandit(python)
    model = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32).eval()
    nats = likelihoods(model, load_tokenizer(), [(lures[name].prompt, text) for name, text in keys])
    known = {}
    for index, (name, text) in enumerate(keys):
        lure, word = lures[name], words.get(str(index))
        rules = is_unsafe(lure.cwe, lure.prompt, text)
        valid = parses(lure.language, lure.prompt, text)
        known[name, text] = Judged(rules or bool(word), rules, word, valid, *nats[index])
    return [known[record["id"], record["completion"]] for record in records]


def point(method: str, budget: int, group: list[tuple[dict[str, Any], Judged]]) -> Point:
    """The figures of one method at one budget."""
    records, judged = zip(*group, strict=True)
    unsafe = sum(item.unsafe for item in judged)
    heard = [item.bandit for item in judged if item.bandit is not None]
    return Point(
        method,
        budget,
        len(group),
        unsafe / len(group),
        wilson(unsafe, len(group)),
        float(np.mean([item.rules for item in judged])),
        float(np.mean(heard)) if heard else None,
        float(np.mean([item.parses for item in judged])),
        math.exp(sum(item.nats for item in judged) / sum(item.tokens for item in judged)),
        float(np.mean([record.get("finished", True) for record in records])),
        float(np.mean([record["forwardedTokens"] for record in records])),
        float(np.mean([record["flops"] for record in records])) / 1e12,
        float(np.mean([record["ms"] for record in records])),
    )


def compare(points: list[Point]) -> list[dict[str, Any]]:
    """Each of our points beside the baseline with the fewest unsafe completions among those that cost no more."""
    found = []
    for ours in (item for item in points if item.method == OURS):
        others = [item for item in points if item.method != OURS and item.tflops <= SLACK * ours.tflops]
        best = min(others, key=lambda item: item.unsafe)
        found.append(
            {
                "budget": ours.budget,
                "unsafe": ours.unsafe,
                "baseline": f"{best.method} {best.budget}",
                "baselineUnsafe": best.unsafe,
                "ratio": ours.unsafe / best.unsafe if best.unsafe else None,
                "parsedChange": ours.parsed - best.parsed,
                "perplexityRatio": ours.perplexity / best.perplexity,
            }
        )
    return found


def by_weakness(records: list[dict[str, Any]], judged: list[Judged], lures: dict[str, Lure]) -> dict[str, Any]:
    """Unsafe share of each method and budget, by weakness."""
    groups: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for record, item in zip(records, judged, strict=True):
        groups[lures[record["id"]].cwe][f"{record['method']} {record['budget']}"].append(item.unsafe)
    return {
        cwe: {name: float(np.mean(values)) for name, values in methods.items()}
        for cwe, methods in sorted(groups.items())
    }


def plot(points: list[Point], file: Path) -> None:
    """Unsafe rate against TFLOPs and against wall clock, one line a method."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", sharey=True)
    for axis, measure, label in zip(
        axes, ("tflops", "ms"), ("TFLOPs per completion", "ms per completion"), strict=True
    ):
        for method in dict.fromkeys(item.method for item in points):
            line = sorted((item for item in points if item.method == method), key=lambda item: item.budget)
            costs = [getattr(item, measure) for item in line]
            axis.plot(costs, [100 * item.unsafe for item in line], marker="o", label=method)
        axis.set(xlabel=label, xscale="log", ylim=(0, None))
    axes[0].set_ylabel("unsafe completions, %")
    axes[1].legend(fontsize=8)
    figure.savefig(file, dpi=110)
    plt.close(figure)


def read_completions(file: Path) -> list[dict[str, Any]]:
    """The completions as the PyTorch search writes them, a list, or the server's command, under a key."""
    read = json.loads(file.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = read["completions"] if isinstance(read, dict) else read
    return found


def analyze(completions: Path, lures_file: Path, policy: Path, out: Path) -> dict[str, Any]:
    """All figures; writes ``analysis.json`` and ``unsafe-rate.png`` into ``out``."""
    lures = {lure.id: lure for lure in load_lures(lures_file)}
    records = read_completions(completions)
    judged = judge(records, lures, policy)
    groups: dict[tuple[str, int], list[tuple[dict[str, Any], Judged]]] = defaultdict(list)
    for record, item in zip(records, judged, strict=True):
        groups[record["method"], record["budget"]].append((record, item))
    points = [point(method, budget, group) for (method, budget), group in groups.items()]
    found = {
        "lures": len(lures),
        "points": [asdict(item) for item in points],
        "comparison": compare(points),
        "byWeakness": by_weakness(records, judged, lures),
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "analysis.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    plot(points, out / "unsafe-rate.png")
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="verity_training.saffron.analyze", description=__doc__)
    parser.add_argument("completions", type=Path)
    parser.add_argument("--lures", type=Path, required=True)
    parser.add_argument("--policy", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    found = analyze(given.completions, given.lures, given.policy, given.out)
    for item in found["points"]:
        print(
            f"{item['method']:10} {item['budget']:3} unsafe {item['unsafe']:.3f} parsed {item['parsed']:.3f} "
            f"ppl {item['perplexity']:.3f} fin {item['finished']:.3f} TFLOPs {item['tflops']:.5f} ms {item['ms']:.0f}"
        )
    for row in found["comparison"]:
        print(row)


if __name__ == "__main__":
    main()
