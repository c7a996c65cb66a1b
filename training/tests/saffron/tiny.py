"""A tiny random decoder, the embedded models' tokenizer, and a toy question: after a mark, which token is unsafe."""

import random
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

from verity_training.saffron.token_rewards import Supervised

VOCABULARY, END = 24, 1
MARKS, UNSAFE_AFTER = (3, 4), {3: 5, 4: 6}
TOKENIZER = Path(__file__).parents[3] / "models" / "nano-judge" / "tokenizer.json"


def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(TOKENIZER))


def tiny_model(seed: int = 0) -> Qwen3ForCausalLM:
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=VOCABULARY,
        hidden_size=32,
        num_hidden_layers=2,
        intermediate_size=64,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=64,
        tie_word_embeddings=True,
        initializer_range=0.2,
        eos_token_id=END,
        pad_token_id=0,
    )
    model = Qwen3ForCausalLM(config)
    model.eval()
    return model


def adapted(seed: int = 0) -> PeftModel:
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(tiny_model(seed), config)
    assert isinstance(model, PeftModel)
    return model


def marked(count: int, seed: int = 0) -> list[Supervised]:
    """A mark, fillers, then token 5 or 6: −1 if it is the one that the mark forbids. Tokens above 19 never occur."""
    rng = random.Random(seed)
    items = []
    for _ in range(count):
        mark, last = rng.choice(MARKS), rng.choice((5, 6))
        fillers = [rng.randint(7, 19) for _ in range(rng.randint(0, 3))]
        reward = -1.0 if UNSAFE_AFTER[mark] == last else 1.0
        items.append(Supervised([2, mark, *fillers, last], 2, [0.5] * len(fillers) + [reward]))
    return items
