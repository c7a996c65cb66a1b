"""The paper's claim at nano scale: from a weak start GRPO stalls or collapses, anchored GRPO does not.

A policy of two layers learns by a few SFT steps what answers look like. From there GRPO and ACNCHOR take the same
number of steps with the same number of rollouts, on either task, several seeds each.
"""

import json
import re
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast, Qwen3ForCausalLM

from ..compact import END, PAD
from ..rm_r1 import sft
from ..rm_r1.rollouts import sample
from .anchor import DeductionLearner, shares
from .config import DeductionGrpoSettings, DeductionSftSettings
from .data import DATA
from .decoding import GREEDY
from .export import TOKENIZER
from .hypergraph import Shape
from .instances import TASKS, Instance, instance
from .nano import deduction_config
from .prng import Prng
from .questions import Judge, Question, encoder_for

#: Beside the embedded model.
RESULTS = "reproduction.json"
METHODS = ("none", "policy")
NAMES = "abcdefghijklmnopqrstuvwxyz"
BRACKETED = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True)
class Experiment:
    """What all runs share."""

    sft_steps: int = 150
    sft_batch: int = 32
    sft_rate: float = 2e-3
    steps: int = 60
    prompts: int = 16
    group: int = 8
    rate: float = 5e-4
    deepest: int = 2
    distractors: int = 1
    tests: int = 100


def tiny_model(seed: int) -> Qwen3ForCausalLM:
    """Two layers of width 128: 1 million parameters, half of them the embedding."""
    torch.manual_seed(seed)
    config = deduction_config(2)
    config.hidden_size, config.intermediate_size = 128, 384
    config.num_attention_heads, config.num_key_value_heads = 2, 2
    return Qwen3ForCausalLM(config)


def shortened(text: str, names: dict[str, str]) -> str:
    """The text with one-letter names, which spare a tiny model most of its tokens."""

    def short(match: re.Match[str]) -> str:
        return f"[{names.setdefault(match[1], NAMES[len(names) % len(NAMES)])}]"

    return BRACKETED.sub(short, text)


def questions_of(
    task: str, first: int, count: int, experiment: Experiment, tokenizer: PreTrainedTokenizerBase
) -> list[Question]:
    """Shallow instances without second derivations, half of them unanswerable."""
    encoder, found = encoder_for(tokenizer), []
    for seed in range(first, first + count):
        rng = Prng(seed)
        shape = Shape(rng.between(1, experiment.deepest), rng.below(experiment.distractors + 1), rng.chance(50), 20, 0)
        item: Instance = instance(task, seed, shape)
        names: dict[str, str] = {}
        prompt = shortened(item.prompt, names)
        completion = shortened(item.completion, names)
        found.append(Question(encoder.text(prompt), encoder.answer(completion), item.answer, shape.depth))
    return found


def accuracy(model: torch.nn.Module, questions: list[Question], judge: Judge, longest: int) -> dict[str, float]:
    """Greedy answers: shares of right ones, abstentions and form."""
    responses = sample(model.eval(), [q.prompt for q in questions], 1, longest, judge.end, GREEDY)
    return shares([(q, judge(q, response)) for q, (response,) in zip(questions, responses, strict=True)])


def run(task: str, seed: int, experiment: Experiment) -> list[dict[str, Any]]:
    """One weak start, then each method from it."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), eos_token=END, pad_token=PAD)
    encoder = encoder_for(tokenizer)
    judge = Judge(encoder.decode, encoder.end)
    taught = questions_of(task, 1_000_000 * seed, experiment.sft_steps * experiment.sft_batch, experiment, tokenizer)
    asked = questions_of(task, 1_000_000 * seed + 500_000, experiment.steps * experiment.prompts, experiment, tokenizer)
    tests = questions_of(task, 5_000, experiment.tests, experiment, tokenizer)
    longest = max(len(question.truth) for question in [*asked, *tests]) + 8
    output = DATA / "reproduction" / f"{task}-{seed}"
    shutil.rmtree(output, ignore_errors=True)
    settings = DeductionSftSettings(
        "", "", str(output / "sft"), learning_rate=experiment.sft_rate, batch=experiment.sft_batch,
        micro_batch=experiment.sft_batch, seed=seed, save_every=10_000,
    )  # fmt: skip
    start = tiny_model(seed)
    sft.train(settings, start, [question.sequence for question in taught])
    weak = accuracy(start, tests, judge, longest)
    runs = []
    for method in METHODS:
        started = time.perf_counter()
        policy = tiny_model(seed)
        policy.load_state_dict(start.state_dict())
        grpo = DeductionGrpoSettings(
            "", "", str(output / method), seed=seed, learning_rate=experiment.rate, prompts=experiment.prompts,
            group=experiment.group, mini_batch=experiment.prompts, micro_batch=experiment.prompts,
            max_steps=experiment.steps, max_response=longest, anchor=method, save_every=10_000,
        )  # fmt: skip
        learner = DeductionLearner(grpo, policy, asked, judge)
        learner.train()
        curve = [json.loads(line) for line in learner.run.metrics.read_text().splitlines()]
        runs.append(
            {
                "task": task,
                "seed": seed,
                "method": "ACNCHOR" if method != "none" else "GRPO",
                "before": weak,
                "after": accuracy(policy, tests, judge, longest),
                "seconds": time.perf_counter() - started,
                "curve": [{key: record[key] for key in CURVE} for record in curve],
            }
        )
    return runs


CURVE = (
    "step",
    "reward_mean",
    "group_variance",
    "zero_variance_share",
    "right",
    "abstained",
    "right_answerable",
    "right_unanswerable",
)


def main(out: Path, seeds: int = 3, experiment: Experiment = Experiment()) -> None:
    """All tasks and seeds; writes after each, and goes on where it was interrupted."""
    found = json.loads(out.read_text())["runs"] if out.exists() else []
    for seed in range(1, seeds + 1):
        for task in TASKS:
            if not any(item["task"] == task and item["seed"] == seed for item in found):
                found += run(task, seed, experiment)
                out.write_text(json.dumps({"experiment": asdict(experiment), "runs": found}, indent=1) + "\n")
