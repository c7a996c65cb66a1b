"""The embedded reward model's corpus: +1 for the tokens of secure code, −1 from the first unsafe token on.

A small part of the reward is how likely the policy finds the token. Without it all secure continuations are worth the
same, and a search that looks at rewards alone takes the clumsy ones as gladly as the apt ones.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, PreTrainedModel

from ..compact import END
from ..tokenizer import token_id
from .corpus import FORKS, OUTPUT, REAL, Example, encode, file_of, load_examples, load_tokenizer, write_jsonl
from .token_rewards import Rewarded

REWARDS = OUTPUT / "rewards.jsonl"
SECURE, UNSAFE = 1.0, -1.0
#: Weight of the policy's log probability, and where it stops to count.
FLUENCY, LEAST_LOGPROB = 0.1, -6.0
FORKS_USED, REAL_USED = 4500, 1200
BATCH = 24


def safety(example: Example, tokens: int) -> list[float]:
    """The rewards of a completion's tokens and of its end."""
    unsafe_from = tokens if example.unsafeFrom is None else example.unsafeFrom
    return [SECURE if index < unsafe_from else UNSAFE for index in range(tokens)]


@torch.no_grad()
def logprobs(model: PreTrainedModel, rows: list[list[int]]) -> list[list[float]]:
    """log p of each token but the first, for each row."""
    longest = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(input_ids=tokens, use_cache=False).logits[:, :-1]
    found = -torch.nn.functional.cross_entropy(logits.float().transpose(1, 2), tokens[:, 1:], reduction="none")
    return [values[: len(row) - 1].tolist() for values, row in zip(found, rows, strict=True)]


def whole(example: Example) -> Example:
    """Real code as one response, so that the tokens of its prompt are seen too."""
    return Example("", example.prompt + example.completion, example.language, None, None)


def rewarded(tokenizer: Tokenizer, model: PreTrainedModel, examples: list[Example]) -> Iterator[Rewarded]:
    """Each example with its rewards, in batches of like length."""
    end = token_id(tokenizer, END)
    encoded = [
        (example, encode(tokenizer, example.prompt), [*encode(tokenizer, example.completion), end])
        for example in examples
    ]
    encoded.sort(key=lambda item: len(item[1]) + len(item[2]))
    for start in range(0, len(encoded), BATCH):
        part = encoded[start : start + BATCH]
        for (example, prompt, rest), row in zip(part, logprobs(model, [p + r for _, p, r in part]), strict=True):
            # The first token of all has no probability; it is never supervised either.
            known = [0.0, *row][len(prompt) :]
            fluency = [FLUENCY * max(LEAST_LOGPROB, value) for value in known]
            rewards = [round(a + b, 4) for a, b in zip(safety(example, len(rest)), fluency, strict=True)]
            yield Rewarded(example.prompt, example.completion, rewards)


def build(checkpoint: Path) -> None:
    """Writes the corpus for the policy in ``checkpoint``."""
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    forks = load_examples(file_of(FORKS, "train"))[: 2 * FORKS_USED]
    real = [whole(example) for example in load_examples(file_of(REAL, "train"))[:REAL_USED]]
    write_jsonl(REWARDS, map(asdict, rewarded(load_tokenizer(), model, forks + real)))
