"""A tiny random model, and a toy question for it: which of two marks stands in the prompt."""

import random

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from verity_training.rm_r1.rollouts import TextTask

VOCABULARY = 16
END, LETTERS, MARKS, FILLERS = 0, (1, 2), (3, 4), range(5, VOCABULARY)


def tiny_model(seed: int = 0) -> Qwen3ForCausalLM:
    torch.manual_seed(seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=VOCABULARY,
            hidden_size=32,
            num_hidden_layers=2,
            intermediate_size=64,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=16,
            max_position_embeddings=64,
            tie_word_embeddings=True,
            initializer_range=0.1,
            eos_token_id=END,
            pad_token_id=END,
        )
    )


def marked_prompts(count: int, seed: int = 0) -> list[tuple[list[int], int]]:
    """(prompt of 2 to 5 tokens that holds one mark, the letter that matches it)."""
    rng = random.Random(seed)
    prompts = []
    for index in range(count):
        prompt = [rng.choice(FILLERS) for _ in range(rng.randint(1, 4))]
        prompt.insert(rng.randint(0, len(prompt)), MARKS[index % 2])
        prompts.append((prompt, LETTERS[index % 2]))
    return prompts


def mark_task(group: int = 8, constant: float | None = None) -> TextTask:
    """+1 for the letter that matches the mark, −1 for all else; or one constant reward, which teaches nothing."""
    prompts = marked_prompts(64)

    def reward(index: int, response: list[int]) -> float:
        return constant if constant is not None else (1.0 if response[0] == prompts[index][1] else -1.0)

    return TextTask([prompt for prompt, _ in prompts], reward, group, max_response=1, end=END)
