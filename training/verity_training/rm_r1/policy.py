"""Checkpoints in and out: the model to train, its tokenizer, and the frozen reference."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from peft import PeftModel
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from ..compact import END, PAD
from ..dataset import TOKENIZER
from ..model import new_model
from .config import Settings
from .lora import attach, merged, without_adapters


def load_tokenizer(settings: Settings) -> PreTrainedTokenizerBase:
    """The checkpoint's tokenizer; for a state of the embedded judge's training, the one made beside it."""
    if settings.checkpoint.endswith(".pt"):
        beside = Path(settings.checkpoint).with_name(TOKENIZER.name)
        return PreTrainedTokenizerFast(tokenizer_file=str(beside), eos_token=END, pad_token=PAD)
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(settings.checkpoint)
    return tokenizer


def load_policy(settings: Settings) -> nn.Module:
    """The model to train, with adapters if the settings have them. fp32; autocast does the rest."""
    model: nn.Module
    if settings.checkpoint.endswith(".pt"):
        model = new_model(settings.seed)
        model.load_state_dict(torch.load(settings.checkpoint, weights_only=True)["model"])
    else:
        model = AutoModelForCausalLM.from_pretrained(settings.checkpoint, dtype=torch.float32)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    return model if settings.lora is None else attach(model, settings.lora)


class Reference:
    """The model that the KL term keeps the policy near: the policy without its adapters, or else a frozen copy."""

    def __init__(self, model: nn.Module) -> None:
        """Call it before training changes ``model`` or a saved state is loaded into it."""
        self.shared = isinstance(model, PeftModel)
        self.copy = None if self.shared else copy.deepcopy(model).eval().requires_grad_(False)

    @contextmanager
    def model(self, policy: nn.Module) -> Iterator[nn.Module]:
        """The reference, for scoring."""
        if isinstance(policy, PeftModel):
            with without_adapters(policy) as base:
                yield base
        else:
            assert self.copy is not None
            yield self.copy.to(next(policy.parameters()).device)


def save(settings: Settings, model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> None:
    """Writes ``output/model``, a Hugging Face checkpoint with adapters merged.

    For the embedded judge also ``output/checkpoint.pt``, which its own pipeline's export reads.
    """
    output, plain = Path(settings.output), merged(model)
    plain.save_pretrained(output / "model")  # type: ignore[operator]
    tokenizer.save_pretrained(str(output / "model"))
    if settings.checkpoint.endswith(".pt"):
        torch.save({"model": plain.state_dict()}, output / "checkpoint.pt")
        tokenizer.backend_tokenizer.save(str(output / TOKENIZER.name))
