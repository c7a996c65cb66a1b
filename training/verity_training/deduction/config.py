"""Settings of the stages for any Hugging Face checkpoint, read from TOML (training/deduction/*.toml)."""

from dataclasses import dataclass
from pathlib import Path

from ..rm_r1.config import GrpoSettings, SftSettings, load

ANCHORS = ("none", "policy", "truth")


@dataclass(frozen=True)
class DeductionSftSettings(SftSettings):
    """SFT on ground-truth trajectories; ``data`` is a file of ``data.write``."""

    learning_rate: float = 1e-5
    max_tokens: int = 2048


@dataclass(frozen=True)
class DeductionGrpoSettings(GrpoSettings):
    """GRPO, or ACNCHOR where ``anchor`` is set. The paper's sizes are known from its reviews only (PAPERS.md, 4)."""

    group: int = 5
    mini_batch: int = 64
    micro_batch: int = 2
    max_prompt: int = 1024
    max_response: int = 1024
    #: Whether one place of each group is the ground truth's, and what its importance ratio compares with: "policy", the
    #: policy before the update, as for sampled rollouts; "truth", the ground truth taken as certain.
    anchor: str = "none"
    #: Prompts come from shallow to deep instead of at random.
    curriculum: bool = False


def load_grpo(path: Path) -> DeductionGrpoSettings:
    """Reads the settings; raises ValueError with what to change."""
    settings = load(DeductionGrpoSettings, path)
    if settings.anchor not in ANCHORS:
        raise ValueError(f"{path}: anchor must be one of {', '.join(ANCHORS)}.")
    if settings.anchor != "none" and settings.group < 2:
        raise ValueError(f"{path}: with an anchor, a group needs at least 2 rollouts.")
    return settings
