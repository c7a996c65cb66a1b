"""Variants of the reward model, trained equally short, and the whole one without the exploration constraint."""

import json
import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ..rm_r1.config import Lora, load
from ..rm_r1.policy import load_policy
from . import reward_model, train_rewards
from .analyze import analyze
from .code_rewards import FLUENCY
from .corpus import FORKS, OUTPUT, Lure, file_of, load_examples, load_tokenizer
from .evaluate import evaluate, load_searcher
from .export import POLICY, SAFETY, write_json
from .measure import Separation, separation
from .reward_model import RewardModel
from .settings import RewardSettings
from .token_rewards import Supervised, load_supervised, unseen_mask

STEPS, BUDGET, LURES = 30, 4, 60
#: Held-out twins on which separation is measured, both counted.
TWINS = 800
PUBLISHED = Lora(rank=4, alpha=4, targets=["q_proj", "v_proj"])


@dataclass(frozen=True)
class Ablation:
    """One variant: how well it tells first tokens apart, and what the search does with it."""

    name: str
    steps: int
    separation: Separation
    unsafe: float
    parsed: float
    perplexity: float


def variants(settings: RewardSettings) -> dict[str, RewardSettings]:
    """All that are trained; the first is the recipe itself."""
    short = replace(settings, epochs=1, save_every=STEPS)
    return {
        "partial supervision": short,
        "full supervision": replace(short, supervision="full"),
        "LoRA r=4 on q_proj and v_proj": replace(short, lora=PUBLISHED),
    }


def heldout_separation(model: RewardModel) -> Separation:
    """On held-out scenarios."""
    twins = load_examples(file_of(FORKS, "heldout"))[:TWINS]
    return separation(model.eval(), load_tokenizer(), twins)


def search_with(safety: Path, lures: list[Lure], lures_file: Path, out: Path, constrained: bool) -> dict[str, float]:
    """What the search finds at one budget."""
    out.mkdir(parents=True, exist_ok=True)
    completions = out / "completions.json"
    evaluate(
        load_searcher(POLICY, safety, constrained), lures, completions, budgets={"greedy": (1,), "saffron": (BUDGET,)}
    )
    points = {point["method"]: point for point in analyze(completions, lures_file, POLICY, out)["points"]}
    return {name: points["saffron"][name] for name in ("unsafe", "parsed", "perplexity")}


def train_variant(name: str, settings: RewardSettings, data: list[Supervised]) -> tuple[RewardModel, Path]:
    """Trains a variant for ``STEPS`` and saves it."""
    output = OUTPUT / "ablation" / name.replace(" ", "-").replace("=", "")
    settings = replace(settings, output=str(output))
    _, model = train_rewards.train(settings, load_policy(settings), data)
    reward_model.save(model, unseen_mask(data, model.head.shape[0]), "nano-complete", output / "model")
    return model, output


def run(config: Path, lures: list[Lure], lures_file: Path) -> None:
    """Writes ``ablations.json`` beside the exported reward model."""
    settings = load(RewardSettings, config)
    tokenizer = AutoTokenizer.from_pretrained(settings.checkpoint)
    data = load_supervised(Path(settings.data), tokenizer, settings.frame, settings.max_tokens)
    random.Random(settings.seed).shuffle(data)
    some, few = data[: STEPS * settings.batch], lures[:LURES]
    found = []
    for name, variant in variants(settings).items():
        model, output = train_variant(name, variant, some)
        figures = search_with(output / "model", few, lures_file, output, True)
        found.append(Ablation(name, STEPS, heldout_separation(model), **figures))
        print(json.dumps(asdict(found[-1])), flush=True)
    whole, _ = reward_model.load(AutoModelForCausalLM.from_pretrained(POLICY, dtype=torch.float32), SAFETY)
    apart = heldout_separation(whole)
    steps = json.loads((Path(settings.output) / "metrics.jsonl").read_text().splitlines()[-1])["step"]
    for name, constrained in (("nano-safety", True), ("nano-safety, no exploration constraint", False)):
        output = OUTPUT / "ablation" / ("constrained" if constrained else "unconstrained")
        found.append(Ablation(name, steps, apart, **search_with(SAFETY, few, lures_file, output, constrained)))
    write_json(
        SAFETY / "ablations.json",
        {"lures": len(few), "budget": BUDGET, "fluency": FLUENCY, "variants": list(map(asdict, found))},
    )
