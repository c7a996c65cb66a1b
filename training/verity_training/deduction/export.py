"""Writes the trained model as a Hugging Face checkpoint: fp16 safetensors, tokenizer, and what Verity adds."""

import json
from pathlib import Path

import torch
from transformers import GenerationConfig, PreTrainedTokenizerFast

from ..compact import END, PAD, SPECIAL_TOKENS
from . import heldout
from .nano import CHECKPOINT, CONTEXT_LENGTH, LOG, initial_model

MODEL = Path(__file__).parent.parent.parent.parent / "models" / "nano-deduction"
#: The tokenizer that all embedded models share.
TOKENIZER = MODEL.parent / "nano-judge" / "tokenizer.json"
HELDOUT, CURVE = "heldout.jsonl", "training.jsonl"


def export(directory: Path = MODEL, checkpoint: Path = CHECKPOINT) -> None:
    """Writes weights, configuration, tokenizer, training curve and the held-out instances."""
    directory.mkdir(parents=True, exist_ok=True)
    state = torch.load(checkpoint, weights_only=True)["model"]
    layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("model.layers."))
    model = initial_model(None, layers, seed=0)
    model.load_state_dict(state)
    model.generation_config = GenerationConfig(
        eos_token_id=SPECIAL_TOKENS.index(END), pad_token_id=SPECIAL_TOKENS.index(PAD), do_sample=False
    )
    model.half().save_pretrained(directory)
    PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), eos_token=END, pad_token=PAD).save_pretrained(directory)
    verity = {"roles": ["deduction"], "contextLength": CONTEXT_LENGTH}
    (directory / "verity.json").write_text(json.dumps(verity, indent=2) + "\n")
    heldout.write(directory / HELDOUT)
    if LOG.exists():
        # Steps that an interrupted run repeated count once.
        records = {record["step"]: record for record in map(json.loads, LOG.read_text().splitlines())}
        (directory / CURVE).write_text("".join(json.dumps(records[step]) + "\n" for step in sorted(records)))
