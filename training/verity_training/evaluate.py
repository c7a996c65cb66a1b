"""Held-out evaluation: greedy judgments of exported weights in both orders, on projects that training never saw."""

import json
import math
import re
import time
from collections import defaultdict
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import Qwen3ForCausalLM

from .compact import END, PAD, prompt_parts
from .dataset import PAIRS, Pair, load_pairs, ordered
from .export import MODEL
from .tokenizer import encode_parts, token_id

MAX_NEW_TOKENS = 300
BATCH = 32
ANSWER = re.compile(r"<answer>\[\[([AB])\]\]</answer>$")


def wilson(successes: int, total: int) -> tuple[float, float]:
    """95 % interval of a share."""
    if total == 0:
        return (0.0, 1.0)
    z, share = 1.96, successes / total
    centre = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return ((centre - spread) / (1 + z * z / total), (centre + spread) / (1 + z * z / total))


@torch.no_grad()
def judge(model: Qwen3ForCausalLM, tokenizer: Tokenizer, prompts: list[list[int]]) -> list[str]:
    """Greedy answers to prompts of token ids; batches are padded on the left."""
    pad, end = token_id(tokenizer, PAD), token_id(tokenizer, END)
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    output = model.generate(ids, attention_mask=mask, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
    answers = []
    for row in output[:, width:].tolist():
        answers.append(tokenizer.decode(row[: row.index(end)] if end in row else row, skip_special_tokens=False))
    return answers


def evaluate(model_directory: Path = MODEL, limit: int = 1200) -> dict[str, object]:
    """Accuracy by order, bug and language; a pair counts as right only if both orders are."""
    model = Qwen3ForCausalLM.from_pretrained(model_directory, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(str(model_directory / "tokenizer.json"))
    room = model.config.max_position_embeddings - MAX_NEW_TOKENS
    work: list[tuple[Pair, str, list[int]]] = []
    for pair in load_pairs(PAIRS["heldout"], limit):
        for good_is in "AB":
            prompt = encode_parts(tokenizer, prompt_parts(*ordered(pair, good_is), pair.language))
            if len(prompt) <= room:
                work.append((pair, good_is, prompt))
    work.sort(key=lambda item: len(item[2]))
    started = time.perf_counter()
    verdicts: dict[str, dict[str, bool | None]] = defaultdict(dict)
    pairs: dict[str, Pair] = {}
    for start in range(0, len(work), BATCH):
        batch = work[start : start + BATCH]
        answers = judge(model, tokenizer, [prompt for _, _, prompt in batch])
        for (pair, good_is, _), answer in zip(batch, answers, strict=True):
            found = ANSWER.search(answer)
            verdicts[key(pair)][good_is] = None if found is None else found.group(1) == good_is
            pairs[key(pair)] = pair
    return {**summary(pairs, verdicts), "seconds": round(time.perf_counter() - started, 1)}


def key(pair: Pair) -> str:
    """Unique even where one function was given the same class of bug twice."""
    return f"{pair.id}:{hash((pair.good, pair.bad))}"


def summary(pairs: dict[str, Pair], verdicts: dict[str, dict[str, bool | None]]) -> dict[str, object]:
    """All figures of one evaluation."""
    both = {name: all(orders.values()) for name, orders in verdicts.items()}
    agreed = {name: len(set(orders.values())) == 1 and None not in orders.values() for name, orders in verdicts.items()}
    readings = [verdict for orders in verdicts.values() for verdict in orders.values()]
    right, total = sum(both.values()), len(both)

    def split(attribute: str) -> dict[str, dict[str, float]]:
        groups: dict[str, list[bool]] = defaultdict(list)
        for name, value in both.items():
            groups[getattr(pairs[name], attribute)].append(value)
        return {group: {"pairs": len(v), "both_right": sum(v) / len(v)} for group, v in sorted(groups.items())}

    same_length = [value for name, value in both.items() if line_counts_equal(pairs[name])]
    return {
        "pairs": total,
        "both_right": right / total,
        "both_right_95": wilson(right, total),
        "order_accuracy": sum(verdict is True for verdict in readings) / len(readings),
        "agreement": sum(agreed.values()) / total,
        "accuracy_where_agreed": right / max(1, sum(agreed.values())),
        "malformed": sum(verdict is None for verdict in readings) / len(readings),
        "both_right_where_line_counts_are_equal": sum(same_length) / max(1, len(same_length)),
        "by_language": split("language"),
        "by_bug": split("bug"),
    }


def line_counts_equal(pair: Pair) -> bool:
    """Pairs in which the length gives nothing away."""
    return pair.good.count("\n") == pair.bad.count("\n")


def write(directory: Path = MODEL, limit: int = 1200) -> None:
    """Evaluates and puts the figures beside the weights."""
    figures = evaluate(directory, limit)
    (directory / "eval.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
