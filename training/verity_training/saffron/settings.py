"""The settings of both trainings, read from TOML (training/saffron/*.toml)."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..rm_r1.config import SftSettings


@dataclass(frozen=True)
class PolicySettings:
    """nano-complete. ``base`` is a state of the judge's training, whose architecture and tokenizer it has."""

    base: str
    seed: int = 1
    #: Tokens that a sequence has at most.
    context: int = 512
    batch_tokens: int = 8192
    steps: int = 500
    learning_rate: float = 1.5e-3
    warmup: int = 20
    #: Share of the sequences that are scenarios, and of those the share that go on insecurely.
    fork_share: float = 0.5
    unsafe_share: float = 0.65
    #: What a prompt's tokens count beside a completion's; the scenarios' own text is not worth learning.
    real_prompt_weight: float = 0.6
    fork_prompt_weight: float = 0.05
    save_every: int = 50
    #: torch.compile of the decoder: slow to start, then faster.
    compiled: bool = True


@dataclass(frozen=True)
class RewardSettings(SftSettings):
    """A multifurcation reward model: supervised as in distillation, but ``data`` has a reward for each token.

    Published settings for Llama-Guard-3-1B: LoRA of rank 4, alpha 4, on q_proj and v_proj; learning rate 1e-4.
    """

    #: What stands around prompt and response: "chat" (the published one) or "code" (nothing).
    frame: str = "chat"
    #: "partial": the reward of the observed next token (the paper). "full": all others are pushed to ``neutral`` too.
    supervision: str = "partial"
    neutral: float = 0.0
    neutral_weight: float = 0.1
    #: The name that the adapter gives its base.
    base_name: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a choice that does not exist."""
        for name, allowed in (("frame", ("chat", "code")), ("supervision", ("partial", "full"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}.")


def load_policy_settings(file: Path) -> PolicySettings:
    """Reads the policy's settings; raises TypeError for one that is unknown."""
    return PolicySettings(**tomllib.loads(file.read_text(encoding="utf-8")))
