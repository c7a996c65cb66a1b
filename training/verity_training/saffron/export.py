"""Writes nano-complete and nano-safety: weights as Hugging Face and Saffron-1 store them, and what Verity adds."""

import json
import shutil
from pathlib import Path

import torch
from transformers import GenerationConfig, PreTrainedTokenizerFast

from ..compact import END, PAD, SPECIAL_TOKENS
from ..dataset import TOKENIZER
from ..model import new_model
from ..sources import TRAINING
from .policy import CHECKPOINT, LOG
from .settings import PolicySettings, RewardSettings

MODELS = TRAINING.parent / "models"
POLICY, SAFETY = MODELS / "nano-complete", MODELS / "nano-safety"
CURVE = "training.jsonl"
CURVE_EVERY = 10
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors", "lm_head_bias.pt", "unseen_mask.pt")


def export_policy(settings: PolicySettings, directory: Path = POLICY) -> None:
    """The policy's checkpoint as a model directory."""
    directory.mkdir(parents=True, exist_ok=True)
    model = new_model(seed=0)
    model.load_state_dict(torch.load(CHECKPOINT, weights_only=True)["model"])
    model.generation_config = GenerationConfig(
        eos_token_id=SPECIAL_TOKENS.index(END), pad_token_id=SPECIAL_TOKENS.index(PAD), do_sample=False
    )
    model.half().save_pretrained(directory)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), eos_token=END, pad_token=PAD)
    tokenizer.save_pretrained(directory)
    write_json(directory / "verity.json", {"roles": ["policy"], "contextLength": settings.context})
    write_curve(LOG, directory / CURVE)


def export_rewards(settings: RewardSettings, directory: Path = SAFETY) -> None:
    """The reward model's four files, with the curve of its training."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ADAPTER_FILES:
        shutil.copyfile(Path(settings.output) / "model" / name, directory / name)
    verity = {"roles": ["safety"], "base": settings.base_name, "frame": settings.frame}
    write_json(directory / "verity.json", verity)
    write_curve(Path(settings.output) / "metrics.jsonl", directory / CURVE)


def write_json(file: Path, value: object) -> None:
    """Indented, with a line end."""
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_curve(log: Path, file: Path) -> None:
    """Every tenth step of a log, without the steps that an interrupted run repeated."""
    records = {record["step"]: record for record in map(json.loads, log.read_text().splitlines())}
    kept = [records[step] for step in sorted(records) if step % CURVE_EVERY == 0]
    file.write_text("".join(json.dumps(record) + "\n" for record in kept))
