"""The nano decoder: Qwen3's architecture at a size that two CPU cores can train."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Qwen3Config, Qwen3ForCausalLM

from .compact import END, PAD, SPECIAL_TOKENS
from .tokenizer import VOCAB_SIZE

CONTEXT_LENGTH = 1024


def nano_config() -> Qwen3Config:
    """5.8 million parameters, a fifth of them the tied embedding."""
    return Qwen3Config(
        vocab_size=VOCAB_SIZE,
        hidden_size=256,
        num_hidden_layers=6,
        intermediate_size=768,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=CONTEXT_LENGTH,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=True,
        initializer_range=0.02,
        bos_token_id=None,
        eos_token_id=SPECIAL_TOKENS.index(END),
        pad_token_id=SPECIAL_TOKENS.index(PAD),
    )


def new_model(seed: int) -> Qwen3ForCausalLM:
    """Random weights; projections into the residual stream start smaller by 1/sqrt(2 * layers), as in GPT-2."""
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(nano_config())
    scale = (2 * model.config.num_hidden_layers) ** -0.5
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            nn.init.normal_(parameter, std=0.02 * scale)
    return model


def token_losses(model: Qwen3ForCausalLM, decoder: Callable[..., Any], tokens: Tensor, counted: Tensor) -> Tensor:
    """Cross entropy of the counted next tokens: [batch, length], [batch, length − 1] of bool → [counted].

    ``decoder`` is the model's own decoder, compiled or not. The head runs on the counted positions only.
    """
    hidden = decoder(input_ids=tokens[:, :-1], use_cache=False).last_hidden_state[counted]
    return nn.functional.cross_entropy(model.lm_head(hidden).float(), tokens[:, 1:][counted], reduction="none")
