"""Writes the trained model as a Hugging Face checkpoint: fp16 safetensors, tokenizer, and what Verity adds."""

import json
import shutil
from pathlib import Path

import torch
from transformers import GenerationConfig, PreTrainedTokenizerFast

from .compact import END, PAD, SPECIAL_TOKENS
from .dataset import PAIRS, TOKENIZER
from .model import CONTEXT_LENGTH, new_model
from .train import CHECKPOINT, LOG

MODEL = Path(__file__).parent.parent.parent / "models" / "nano-judge"
#: Beside the weights: the held-out pairs, so that the product's own evaluation can be repeated, and the training log.
HELDOUT, CURVE = "heldout.jsonl", "training.jsonl"
CURVE_EVERY = 100


def export(directory: Path = MODEL) -> None:
    """Writes weights, configuration, tokenizer, training curve and the held-out pairs."""
    directory.mkdir(parents=True, exist_ok=True)
    model = new_model(seed=0)
    model.load_state_dict(torch.load(CHECKPOINT, weights_only=True)["model"])
    model.generation_config = GenerationConfig(
        eos_token_id=SPECIAL_TOKENS.index(END), pad_token_id=SPECIAL_TOKENS.index(PAD), do_sample=False
    )
    model.half().save_pretrained(directory)
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), eos_token=END, pad_token=PAD)
    tokenizer.save_pretrained(directory)
    verity = {"promptFamily": "compact", "roles": ["judge"], "contextLength": CONTEXT_LENGTH}
    (directory / "verity.json").write_text(json.dumps(verity, indent=2) + "\n")
    shutil.copyfile(PAIRS["heldout"], directory / HELDOUT)
    write_curve(directory / CURVE)


def write_curve(file: Path) -> None:
    """Every hundredth step of the training log, without the steps that an interrupted run repeated."""
    if not LOG.exists():
        return
    records = {record["step"]: record for record in map(json.loads, LOG.read_text().splitlines())}
    kept = [records[step] for step in sorted(records) if step % CURVE_EVERY == 0]
    file.write_text("".join(json.dumps(record) + "\n" for record in kept))
