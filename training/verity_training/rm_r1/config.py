"""The stages' settings, read from TOML. The defaults are the paper's for 7B (PAPERS: RM-R1, training scripts)."""

import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
S = TypeVar("S", bound="Settings")


@dataclass(frozen=True)
class Lora:
    """Low-rank adapters in place of full training. ``targets`` empty: every linear layer but the head."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Settings:
    """What both stages share. ``output`` holds state, metrics.jsonl and, at the end, the model."""

    checkpoint: str
    data: str
    output: str
    #: How questions are put: rubrics (instruct models), reasoning (reasoning models) or compact (the embedded judge).
    family: str = "rubrics"
    seed: int = 1
    weight_decay: float = 0.0
    grad_clip: float = 1.0
    #: "no" or "bf16"; weights stay in fp32, as AdamW needs them for small steps.
    mixed_precision: str = "no"
    gradient_checkpointing: bool = False
    #: Steps between two saved states.
    save_every: int = 50
    lora: Lora | None = None


@dataclass(frozen=True)
class SftSettings(Settings):
    """Distillation. Batches count over all processes; micro-batches are what one process holds at once."""

    learning_rate: float = 5e-6
    warmup_share: float = 0.03
    #: The cosine ends at that share of the rate (OpenRLHF's default, which the authors' script keeps).
    final_share: float = 0.1
    batch: int = 128
    micro_batch: int = 1
    epochs: int = 1
    max_tokens: int = 12_288
    #: Baseline "direct answer": the chain is left out, the verdict alone is learned.
    answer_only: bool = False


@dataclass(frozen=True)
class GrpoSettings(Settings):
    """RLVR. ``prompts`` and ``mini_batch`` count prompts over all processes; each prompt has ``group`` rollouts."""

    learning_rate: float = 1e-6
    prompts: int = 1024
    group: int = 7
    mini_batch: int = 128
    #: Prompts, each with its whole group, that one process holds at once.
    micro_batch: int = 1
    inner_epochs: int = 1
    epochs: int = 1
    #: Ends the run after that many steps; 0: when the data have been seen.
    max_steps: int = 0
    clip: float = 0.2
    kl: float = 0.001
    #: "token": every token of a mini-batch weighs the same, so long responses weigh more (veRL's default, which the
    #: authors keep). "response": every response weighs the same (the formula in DeepSeekMath).
    average: str = "token"
    temperature: float = 1.0
    #: Longer prompts are left out; longer responses are cut, and then lack a verdict.
    max_prompt: int = 4096
    max_response: int = 8192
    #: "text": whole answers are sampled. "decision": the one token under the embedded judge's guide.
    rollout: str = "text"


def load(kind: type[S], path: Path) -> S:
    """Reads one stage's settings. Raises ValueError with what to change."""
    values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    lora = values.pop("lora", None)
    settings = _build(kind, values | ({} if lora is None else {"lora": _build(Lora, lora, path)}), path)
    for name, allowed in CHOICES.items():
        if hasattr(settings, name) and getattr(settings, name) not in allowed:
            raise ValueError(f"{path}: {name} must be one of {', '.join(allowed)}.")
    return settings


CHOICES = {
    "family": ("rubrics", "reasoning", "compact"),
    "mixed_precision": ("no", "bf16"),
    "average": ("token", "response"),
    "rollout": ("text", "decision"),
}


def _build(kind: type[T], values: dict[str, Any], path: Path) -> T:
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"{path} sets {name}, which is unknown; known are {', '.join(known)}.")
        default, factory = known[name].default, known[name].default_factory
        made = default if factory is MISSING else factory()
        wanted = str if made is MISSING else type(made)
        if wanted in (int, float, str, bool, list) and not _fits(value, wanted):
            raise ValueError(f"{path}: {name} must be of type {wanted.__name__}, not {value!r}.")
    for name, item in known.items():
        if item.default is MISSING and item.default_factory is MISSING and name not in values:
            raise ValueError(f"{path} lacks {name}.")
    return kind(**values)


def _fits(value: object, wanted: type) -> bool:
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is wanted
