"""Writes the model card from what was measured: nothing in it is typed by hand but the words."""

import json
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

from . import data, heldout
from .evaluate import EVALUATION
from .export import CURVE, HELDOUT, MODEL
from .instances import TASKS
from .nano import CONTEXT_LENGTH, deduction_config, initial_model
from .reproduction import RESULTS

TRAINING, DEPTHS, REPRODUCTION = "training.png", "depths.png", "reproduction.png"
GOALS = {"training depths": 0.99, "twice the largest depth": 0.90}
METHODS = ("GRPO", "ACNCHOR")


def write(directory: Path = MODEL) -> None:
    """Renders README.md and the plots; needs what ``export``, ``evaluate`` and, for its section, ``reproduce`` write."""
    mpl.use("Agg")
    figures = json.loads((directory / EVALUATION).read_text())
    curve = [json.loads(line) for line in (directory / CURVE).read_text().splitlines()]
    plot_training(curve, directory / TRAINING)
    plot_depths(figures["deduce"]["groups"], directory / DEPTHS)
    results = directory / RESULTS
    reproduced = json.loads(results.read_text()) if results.exists() else None
    if reproduced:
        plot_reproduction(reproduced["runs"], directory / REPRODUCTION)
    (directory / "README.md").write_text(card(figures, curve, reproduced))


def plot_training(curve: list[dict[str, float]], file: Path) -> None:
    """Losses of both stages against tokens seen."""
    figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
    for kind in ("formalize", "deduce"):
        points = [record for record in curve if f"{kind}_loss" in record]
        axes.plot([p["tokens"] / 1e6 for p in points], [p[f"{kind}_loss"] for p in points], label=kind)
    axes.set(xlabel="million tokens", ylabel="loss per answer token (nats)", yscale="log")
    axes.legend()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def plot_depths(groups: dict[str, dict[str, float]], file: Path) -> None:
    """Right answers, right abstentions, unwarranted answers and over-abstention by depth."""
    figure, panels = plt.subplots(1, len(TASKS), figsize=(9, 3), layout="constrained", sharey=True)
    kinds = {
        "answerable_right": "right, answerable",
        "unanswerable_right": "right, unanswerable",
        "unwarranted": "unwarranted answer",
        "over_abstention": "over-abstention",
    }
    for panel, task in zip(panels, TASKS, strict=True):
        for kind, name in kinds.items():
            shares = [100 * groups[f"{task} depth {depth}"][kind] for depth in heldout.DEPTHS]
            panel.plot(heldout.DEPTHS, shares, marker="o", label=name)
        panel.axvline(data.LARGEST_DEPTH + 0.5, linestyle=":", color="grey")
        panel.set(title=task, xlabel="depth (dotted: end of training)", ylabel="%", ylim=(-3, 103))
    panels[0].legend(fontsize="small")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def plot_reproduction(runs: list[dict[str, Any]], file: Path) -> None:
    """Reward, variance within groups and abstentions, each seed a line."""
    figure, panels = plt.subplots(len(TASKS), 3, figsize=(10, 5), layout="constrained", sharex=True)
    colors = dict(zip(METHODS, ("tab:red", "tab:blue"), strict=True))
    for row, task in zip(panels, TASKS, strict=True):
        for panel, kind in zip(row, ("reward_mean", "group_variance", "abstained"), strict=True):
            for run in (run for run in runs if run["task"] == task):
                steps = [record["step"] for record in run["curve"]]
                label = run["method"] if run["seed"] == 1 else None
                panel.plot(steps, [r[kind] for r in run["curve"]], color=colors[run["method"]], label=label, lw=1)
            panel.set(title=f"{task}: {kind.replace('_', ' ')}")
    panels[0][0].legend()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def percent(share: float) -> str:
    """One decimal, as the tables show it."""
    return f"{100 * share:.1f} %"


def depth_table(groups: dict[str, dict[str, float]]) -> str:
    """All groups with honesty and over-abstention apart."""
    head = (
        "| | instances | right | answerable: right | unanswerable: abstained | unwarranted answer | over-abstention |"
    )
    columns = ("right", "answerable_right", "unanswerable_right", "unwarranted", "over_abstention")
    rows = [
        f"| {name} | {group['instances']} | " + " | ".join(percent(group[column]) for column in columns) + " |"
        for name, group in groups.items()
    ]
    return "\n".join([head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |", *rows])


def goals(groups: dict[str, dict[str, float]]) -> str:
    """Which goals are met."""
    said = []
    for name, goal in GOALS.items():
        met = "met" if groups[name]["right"] >= goal else "**not met**"
        said.append(f"{percent(groups[name]['right'])} at {name} (goal {percent(goal)}: {met})")
    return "; ".join(said) + "."


def relation_table(formalize: dict[str, Any]) -> str:
    """Formalization by relation."""
    rows = [
        f"| {kind} | {item['sentences']} | {percent(item['right'])} |"
        for kind, item in formalize["by_relation"].items()
    ]
    return "\n".join(["| sentence | count | exactly right |", "| --- | ---: | ---: |", *rows])


def reproduction_section(reproduced: dict[str, Any] | None) -> str:
    """What the small comparison of GRPO with ACNCHOR gave."""
    if reproduced is None:
        return "Not run for this card."
    rows = []
    for task in TASKS:
        for method in METHODS:
            runs = [run for run in reproduced["runs"] if run["task"] == task and run["method"] == method]

            def over_seeds(when: str, kind: str, runs: list[dict[str, Any]] = runs) -> str:
                values = [run[when][kind] for run in runs]
                return f"{percent(mean(values))} ± {100 * pstdev(values):.1f}"

            cells = [over_seeds("before", "right"), over_seeds("after", "right")]
            cells += [over_seeds("after", kind) for kind in ("right_answerable", "right_unanswerable", "abstained")]
            rows.append(f"| {task} | {method} | {len(runs)} | " + " | ".join(cells) + " |")
    e = reproduced["experiment"]
    table = "\n".join(
        [
            "| task | method | seeds | right before | right after | answerable | unanswerable | abstains |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            *rows,
        ]
    )
    return f"""A policy of two layers (width 128) learns by {e["sft_steps"]} SFT steps what answers look like, then takes {e["steps"]} steps of
{e["prompts"]} prompts with {e["group"]} rollouts each, by GRPO or by ACNCHOR (one of the {e["group"]} is the ground truth), from the same weights on
the same prompts. Depth 1 to {e["deepest"]}, at most {e["distractors"]} distractor; greedy answers to {e["tests"]} other instances; mean and deviation
over seeds. Reward: 1 right answer or right abstention, 0.1 another well-formed answer.

{table}

![reward, variance within groups, abstentions](reproduction.png)

Read with care: it is a toy of one million parameters, the paper's rewards and rates are not public, and ACNCHOR sees the
ground truth of every prompt, which GRPO does not: part of its lead is simply supervised learning."""


def card(figures: dict[str, Any], curve: list[dict[str, float]], reproduced: dict[str, Any] | None) -> str:
    """The model card's Markdown."""
    config, last, groups = deduction_config(6), curve[-1], figures["deduce"]["groups"]
    parameters = sum(parameter.numel() for parameter in initial_model(None, 6, 0).parameters())
    formalize, whole = figures["formalize"], figures["end_to_end"]
    return f"""# nano-deduction

The embedded deduction model of Verity: puts sentences into a small formal language, and derives an answer from formal
premises step by step, or says that it does not follow. Verity proves every answer before it is shown, so a wrong one
costs an abstention, not a wrong claim.

|  |  |
| --- | --- |
| Architecture | Qwen3 layout: {config.num_hidden_layers} layers, hidden size {config.hidden_size}, {config.num_attention_heads} heads, {config.num_key_value_heads} K/V heads, tied embedding |
| Parameters | {parameters / 1e6:.1f} million, fp16 safetensors |
| Tokenizer | the nano judge's, {config.vocab_size} tokens |
| Context | {CONTEXT_LENGTH} tokens |
| Prompts | `training/verity_training/deduction/FORMAT.md` |
| License | Apache-2.0 |

## Data

Random directed acyclic hypergraphs as statements about prices (GraphLA) and propositions (GraphLI), half of them made
unanswerable by breaking an edge of every derivation. Every label is proved: prices by exact rational elimination and by
Z3 over the reals, propositions by Z3; depths are exact. Depths 1 to {data.LARGEST_DEPTH} in training. Sentences come from wordings of each
relation; most training examples have names drawn from random letters and word pieces.

## Training

From the nano judge's weights, by cross entropy on ground-truth trajectories and formals, both stages at once:
{last["tokens"] / 1e6:.1f} million tokens in {last["step"]:,.0f} steps, {last["seconds"] / 60:.0f} minutes of one thread on two shared CPU cores. No reinforcement learning is in
these weights.

    cd training && python -m verity_training.deduction data && python -m verity_training.deduction train

![losses](training.png)

## Measured: deduction from formal premises

Held-out instances (`{HELDOUT}`), names that training never saw, greedy decoding, no check by Z3. {goals(groups)}

{depth_table(groups)}

Unwarranted answer: the share of unanswerable instances in which the model gives an answer all the same. Over-abstention:
the share of answerable ones that it answers with unknown. What is missing to 100 % is wrong or malformed.

![by depth](depths.png)

## Measured: sentences to formals

{formalize["sentences"]} sentences in held-out wordings with held-out names: {percent(formalize["right"])} exactly right.

{relation_table(formalize)}

From sentences to the answer, {whole["instances"]} held-out instances of the training depths: {percent(whole["right"])} right; in {percent(whole["all_sentences_right"])} every
sentence was formalized exactly; {percent(whole["unwarranted"])} of the unanswerable were answered, {percent(whole["over_abstention"])} of the answerable were not.

## GRPO against ACNCHOR at nano scale

{reproduction_section(reproduced)}

## Limits

- Only what `FORMAT.md` lists can be said: no quantifiers, no units, no fractions. Other sentences should become `none`.
- A price that follows only by solving an equation for a name on its right side is not found, nor is a proposition that
  needs a proof by cases.
- English only, in wordings near those of `templates.json`.
"""
