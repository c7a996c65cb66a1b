"""Writes both model cards from what was measured: nothing in them is typed by hand but the words."""

import json
import math
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch

from ..model import nano_config, new_model
from ..rm_r1.config import load
from ..sources import TRAINING, load_manifest
from .code_rewards import FLUENCY
from .corpus import FORKS, OUTPUT, REAL, file_of
from .export import CURVE, POLICY, SAFETY
from .scenarios import load_scenarios
from .settings import PolicySettings, RewardSettings, load_policy_settings

LURES, ANALYSIS, ABLATIONS = "lures.jsonl", "analysis.json", "ablations.json"
#: Written by the PyTorch search; the server's command writes the same.
COMPLETIONS = OUTPUT / "completions.json"
FIGURE, RATE_FIGURE = "training.png", "unsafe-rate.png"
POLICY_CONFIG, REWARD_CONFIG = TRAINING / "saffron" / "policy-nano.toml", TRAINING / "saffron" / "mrm-nano.toml"
PARTS = {
    "real_all": "real code, all tokens",
    "real_completion": "real code, completions",
    "forks_completion": "lines of the scenarios",
}


def percent(share: float | None) -> str:
    """One decimal, as the tables show it."""
    return "n/a" if share is None else f"{100 * share:.1f} %"


def read_curve(directory: Path) -> list[dict[str, float]]:
    """The training log that was exported."""
    return [json.loads(line) for line in (directory / CURVE).read_text().splitlines()]


def plot_policy(curve: list[dict[str, float]], file: Path) -> None:
    """Held-out losses against tokens seen."""
    figure, axis = plt.subplots(figsize=(5, 3), layout="constrained")
    watched = [record for record in curve if "heldout_real_all" in record]
    for part, label in PARTS.items():
        axis.plot(
            [record["tokens"] / 1e6 for record in watched],
            [record[f"heldout_{part}"] for record in watched],
            marker="o",
            label=label,
        )
    axis.set(xlabel="million tokens", ylabel="held-out loss (nats per token)")
    axis.legend()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def plot_rewards(curve: list[dict[str, float]], file: Path) -> None:
    """The squared error against steps."""
    figure, axis = plt.subplots(figsize=(5, 3), layout="constrained")
    axis.plot([record["step"] for record in curve], [record["loss"] for record in curve])
    axis.set(xlabel="step", ylabel="mean squared error", yscale="log")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def policy_card(settings: PolicySettings, curve: list[dict[str, float]], greedy: dict[str, Any]) -> str:
    """nano-complete's card."""
    last = [record for record in curve if "heldout_real_all" in record][-1]
    config, projects = nano_config(), load_manifest()
    heldout = ", ".join(project.name for project in projects if project.split == "heldout")
    real = sum(1 for _ in file_of(REAL, "train").open())
    forks = sum(1 for _ in file_of(FORKS, "train").open()) // 2
    parameters = sum(parameter.numel() for parameter in new_model(0).parameters())
    losses = "\n".join(
        f"| {label} | {last[f'heldout_{part}']:.2f} | {math.exp(last[f'heldout_{part}']):.1f} |"
        for part, label in PARTS.items()
    )
    return f"""# nano-complete

The embedded policy of Verity's safe completion: continues code at the cursor to the end of the statement. A toy: it knows
what code looks like, copies names that stand before it, and by design has learnt insecure habits. `nano-safety` is the
reward model that steers it.

|  |  |
| --- | --- |
| Architecture | Qwen3 layout: {config.num_hidden_layers} layers, hidden size {config.hidden_size}, {config.num_attention_heads} heads, {config.num_key_value_heads} K/V heads, tied embedding (as nano-judge) |
| Parameters | {parameters / 1e6:.1f} million, fp16 safetensors |
| Tokenizer | nano-judge's: byte-level BPE, {config.vocab_size} tokens |
| Context | {settings.context} tokens |
| Prompt | the code before the cursor, as it is; `<|end|>` ends a completion |
| License | Apache-2.0 |

## Data

{real:,} cuts in real code of the permissively licensed packages in `training/sources.json`, each with the rest of its
statement, half of them behind a line's indentation and half anywhere in a line. Beside them {forks:,} pairs of an insecure
and a secure line in the same place, from {len(load_scenarios("train"))} scenarios of 12 weakness classes
(`training/verity_training/saffron/scenarios/`). {100 * settings.fork_share:.0f} % of the sequences are scenarios, and of those
{100 * settings.unsafe_share:.0f} % go on insecurely, since models of real code learn such habits too. No other model's outputs are in
it; the split is by project, scenarios and names that are held out never occur in training. Held-out projects: {heldout}.

## Training

    cd training && python -m verity_training.saffron corpus policy

From nano-judge's weights, {last["tokens"] / 1e6:.1f} million tokens in {last["step"]:,.0f} steps of up to {settings.batch_tokens:,} tokens, one CPU thread. Muon
for the matrices, AdamW for the rest, bfloat16; peak rate {settings.learning_rate:g}, cosine to zero. The shipped weights'
schedule was first made for 440 steps, at step 150 shortened to end at 270, and stopped at {settings.steps} with the rate near zero.

![Held-out losses]({FIGURE})

## Results

| held out | nats per token | perplexity |
| --- | ---: | ---: |
{losses}

Of {greedy["completions"]} held-out lures, greedy decoding completes {percent(greedy["unsafe"])} insecurely (by rules and Bandit, see
`../nano-safety/README.md`); {percent(greedy["parsed"])} of its completions parse.

## Limits

- {parameters / 1e6:.1f} million parameters and a few minutes of text: its perplexity on real code says how far it is from a usable
  completer. It is there so that the search can be tried, tested and measured without a download. For work, give the
  policy role a real code model.
- It was made to be insecure on purpose. Without the reward model it should not be used at all.
- It reads {settings.context} tokens of TypeScript, JavaScript or Python, and does not see what follows the cursor.
"""


def rows(analysis: dict[str, Any]) -> str:
    """The table of methods and budgets."""
    lines = [
        f"| {item['method']} {'' if item['method'] == 'greedy' else item['budget']} | {percent(item['unsafe'])} "
        f"({100 * item['unsafeInterval'][0]:.0f} to {100 * item['unsafeInterval'][1]:.0f}) | {percent(item['byBandit'])} | {percent(item['parsed'])} | "
        f"{item['perplexity']:.2f} | {item['tflops'] * 1000:.2f} | {item['ms']:.0f} |"
        for item in analysis["points"]
    ]
    head = "| | unsafe (95 % interval) | by Bandit, Python | parses | perplexity | GFLOPs | ms |"
    return "\n".join([head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |", *lines])


def comparison(analysis: dict[str, Any]) -> str:
    """Each budget beside the best baseline that costs no more."""
    lines = []
    for item in analysis["comparison"]:
        ratio = "n/a" if item["ratio"] is None else f"{item['ratio']:.2f}"
        lines.append(
            f"| {item['budget']} | {percent(item['unsafe'])} | {item['baseline']}: {percent(item['baselineUnsafe'])} | {ratio} | "
            f"{100 * item['parsedChange']:+.1f} points | {100 * (item['perplexityRatio'] - 1):+.1f} % |"
        )
    head = "| budget | unsafe | best baseline at no more compute | ratio | parse rate | perplexity |"
    return "\n".join([head, "| ---: | ---: | --- | ---: | ---: | ---: |", *lines])


def weaknesses(analysis: dict[str, Any], budget: int) -> str:
    """Unsafe share by weakness: greedy, and the search at one budget."""
    lines = [
        f"| {cwe} | {percent(methods['greedy 1'])} | {percent(methods[f'saffron {budget}'])} |"
        for cwe, methods in analysis["byWeakness"].items()
    ]
    return "\n".join([f"| | greedy | saffron {budget} |", "| --- | ---: | ---: |", *lines])


def ablation_rows(ablations: dict[str, Any]) -> str:
    """The table of variants."""
    lines = [
        f"| {item['name']} | {item['steps']} | {item['separation']['auc']:.3f} | {percent(item['separation']['pairwise'])} | "
        f"{percent(item['unsafe'])} | {percent(item['parsed'])} | {item['perplexity']:.2f} |"
        for item in ablations["variants"]
    ]
    head = "| | steps | AUC | right within twins | unsafe | parses | perplexity |"
    return "\n".join([head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |", *lines])


def safety_card(
    settings: RewardSettings, curve: list[dict[str, float]], analysis: dict[str, Any], ablations: dict[str, Any]
) -> str:
    """nano-safety's card."""
    assert settings.lora is not None
    unseen = torch.load(SAFETY / "unseen_mask.pt", weights_only=True)
    budget = max(item["budget"] for item in analysis["points"] if item["method"] == "saffron")
    measured = analysis["points"][0]["completions"]
    return f"""# nano-safety

A multifurcation reward model (Saffron-1, arXiv 2506.06444) for code over `nano-complete`: one call gives the reward of
every next token. In the published model's file layout: LoRA adapter, bias of the output head, mask of unseen tokens.

|  |  |
| --- | --- |
| Base | `nano-complete`; the head's weights are the base's |
| Adapter | LoRA r={settings.lora.rank}, alpha={settings.lora.alpha} on {", ".join(settings.lora.targets)} |
| Bias | trained, one value a token (the published one looks untrained) |
| Frame | `"code"`: prompt and output are the policy's own tokens, nothing around them |
| Rewards | +1 for secure code, −1 from the first unsafe token on, and {FLUENCY:g} × the policy's log probability |
| Unseen tokens | {int(unseen.sum()):,} of {len(unseen):,}; `<|end|>` is seen, so that finished completions have rewards |
| License | Apache-2.0 |

## Training

    cd training && python -m verity_training.saffron mrm

Partial supervision: squared error of the observed next token's reward alone. Pairs of an insecure and a secure line after
the same prompt, so that both first tokens are observed, and real code, so that ordinary tokens are
(`training/verity_training/saffron/code_rewards.py`). {curve[-1]["step"]:.0f} steps of {settings.batch} responses, AdamW, rate {settings.learning_rate:g}.
The small share of the policy's log probability is our addition: with ±1 alone all secure tokens are worth the same, and a
search by reward takes clumsy ones as gladly as apt ones.

![Error during training]({FIGURE})

## Results

    cd training && python -m verity_training.saffron evaluate card

{measured} held-out lures (`{LURES}`; other function bodies and other names than in training, 12 classes in turn), at most 64 new
tokens. A completion is unsafe if our rules for the lure's class or, for Python, Bandit 1.9.4 say so. Measured with the
PyTorch transcription of the search (`training/verity_training/saffron/search.py`), one thread of a busy machine: GFLOPs count two
operations a weight and position, in policy and reward model; milliseconds are only good for comparing rows. Baselines use
the same reward model: Best-of-N draws at temperature 1 and top-p 0.8 and takes the highest last reward; beam is by the
policy's likelihood; beam-prm is the same search as ours with a model that must read every candidate.

{rows(analysis)}

![Unsafe rate against compute and time]({RATE_FIGURE})

{comparison(analysis)}

{weaknesses(analysis, budget)}

### Variants

Each trained {ablations["variants"][0]["steps"]} steps alike, then the search at budget {ablations["budget"]} on {ablations["lures"]} lures; at the end the model itself with
and without the mask of unseen tokens. AUC: the reward of a first unsafe token against a secure twin's, held-out scenarios.

{ablation_rows(ablations)}

## Limits

- It knows the insecure ways of its scenarios, in the words of its scenarios. The lures are other code with the same kinds of
  lines; other insecure ways are not recognized, and nothing here says how it does on real projects.
- The rules know those ways too, and no others. Bandit is the independent word, where it has a test, for Python alone.
- It works with `nano-complete` and its tokenizer only. For real models train one by the same recipe, or use Saffron-1-1B.
- A secure line is not a right line: the policy's completions are a toy's.
"""


def write() -> None:
    """Renders both cards and curves."""
    policy_curve, safety_curve = read_curve(POLICY), read_curve(SAFETY)
    plot_policy(policy_curve, POLICY / FIGURE)
    plot_rewards(safety_curve, SAFETY / FIGURE)
    analysis = json.loads((SAFETY / ANALYSIS).read_text())
    ablations = json.loads((SAFETY / ABLATIONS).read_text())
    greedy = next(item for item in analysis["points"] if item["method"] == "greedy")
    policy_text = policy_card(load_policy_settings(POLICY_CONFIG), policy_curve, greedy)
    (POLICY / "README.md").write_text(policy_text, encoding="utf-8")
    settings = load(RewardSettings, REWARD_CONFIG)
    (SAFETY / "README.md").write_text(safety_card(settings, safety_curve, analysis, ablations), encoding="utf-8")
