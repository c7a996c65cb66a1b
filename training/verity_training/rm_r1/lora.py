"""Low-rank adapters (LoRA, arXiv 2106.09685) by peft: trained beside frozen weights, merged into them at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from torch import nn

from .config import Lora


def attach(model: nn.Module, settings: Lora) -> nn.Module:
    """The model with fresh adapters, which alone are trained; at first they change nothing."""
    return get_peft_model(
        model,
        LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=settings.targets or "all-linear",
            task_type="CAUSAL_LM",
        ),
    )


def merged(model: nn.Module) -> nn.Module:
    """The plain model with its adapters added into the weights; a model without adapters as it is."""
    return model.merge_and_unload() if isinstance(model, PeftModel) else model


@contextmanager
def without_adapters(model: PeftModel) -> Iterator[nn.Module]:
    """The model as it was before training."""
    with model.disable_adapter(), torch.no_grad():
        yield model
