"""Trains the solver from scratch, within a time limit: first asked once, then in every role of a team."""

import json
import math
import random
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from .conversations import (
    CHAT_TEMPLATE,
    END,
    PAD,
    SPECIAL_TOKENS,
    VOCAB_SIZE,
    Encoder,
    Sequence,
    chained,
    prompts,
    single,
    train_tokenizer,
    written,
)
from .problems import draw_from

BATCH = 16
RATE, WARMUP = 1.5e-3, 50
#: Shares of the time: asked once alone, then the mixture.
FIRST_PHASE = 0.5
CONTEXT_LENGTH = 2048
LOG_EVERY, SAVE_EVERY_SECONDS = 50, 180
HELD_OUT_PROBLEMS = 100


def new_model(seed: int) -> Qwen3ForCausalLM:
    """0.7 million parameters of Qwen3's architecture."""
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=VOCAB_SIZE,
        hidden_size=128,
        num_hidden_layers=3,
        intermediate_size=384,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=CONTEXT_LENGTH,
        rope_parameters={"rope_type": "default", "rope_theta": 10_000.0},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=SPECIAL_TOKENS.index(END),
        pad_token_id=SPECIAL_TOKENS.index(PAD),
    )
    return Qwen3ForCausalLM(config)


def batch(sequences: list[Sequence]) -> tuple[Tensor, Tensor, Tensor]:
    """Padded tokens and positions [batch, length], and which next tokens count [batch, length - 1]."""
    length = max(len(sequence.tokens) for sequence in sequences)
    tokens = torch.zeros(len(sequences), length, dtype=torch.long)
    positions = torch.zeros(len(sequences), length, dtype=torch.long)
    counted = torch.zeros(len(sequences), length - 1, dtype=torch.bool)
    for row, sequence in enumerate(sequences):
        count = len(sequence.tokens)
        tokens[row, :count] = torch.tensor(sequence.tokens)
        positions[row, :count] = torch.tensor(sequence.positions)
        counted[row, : count - 1] = torch.tensor(sequence.counted[1:])
    return tokens, positions, counted


def draw_batch(encoder: Encoder, rng: random.Random, alone: bool) -> list[Sequence]:
    """One kind of conversation, as a batch pads to its longest."""
    kind = "single" if alone else rng.choice(["single", "text", "text", "chain"])
    size = {"single": BATCH, "text": BATCH // 2, "chain": BATCH // 4}[kind]
    problems = [draw_from(rng, held_out=False) for _ in range(size)]
    if kind == "single":
        return [single(encoder, problem) for problem in problems]
    if kind == "chain":
        return [chained(encoder, problem, rng) for problem in problems]
    team = rng.choice(["sequential", "sequential", "hierarchical"])
    place = rng.randrange(len(prompts()[team]))
    return [written(encoder, problem, team, place) for problem in problems]


@torch.no_grad()
def accuracy(model: Qwen3ForCausalLM, encoder: Encoder, kind: str) -> float:
    """Share of held-out problems whose whole solution is what the model finds likeliest, token by token."""
    rng = random.Random(7)
    right = 0
    for _ in range(HELD_OUT_PROBLEMS):
        problem = draw_from(rng, held_out=True)
        sequence = single(encoder, problem) if kind == "single" else chained(encoder, problem, rng)
        tokens, positions, counted = batch([sequence])
        logits = model(input_ids=tokens, position_ids=positions, use_cache=False).logits[:, :-1]
        right += int((logits.argmax(-1) == tokens[:, 1:])[counted].all())
    return right / HELD_OUT_PROBLEMS


def export(model: Qwen3ForCausalLM, tokenizer: Tokenizer, directory: Path, log: list[dict[str, float]]) -> None:
    """Writes a Hugging Face checkpoint in fp16, its tokenizer with the chat template, and the training log."""
    model.generation_config = GenerationConfig(
        eos_token_id=SPECIAL_TOKENS.index(END), pad_token_id=SPECIAL_TOKENS.index(PAD), do_sample=False
    )
    half = Qwen3ForCausalLM(model.config)
    half.load_state_dict(model.state_dict())
    half.generation_config = model.generation_config
    half.half().save_pretrained(directory)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD)
    fast.chat_template = CHAT_TEMPLATE
    fast.save_pretrained(directory)
    verity = {"roles": ["policy"], "contextLength": CONTEXT_LENGTH}
    (directory / "verity.json").write_text(json.dumps(verity, indent=2) + "\n")
    (directory / "training.jsonl").write_text("".join(json.dumps(record) + "\n" for record in log))


def train(directory: Path, minutes: float, seed: int) -> None:
    """Trains for so long, saving what there is every few minutes."""
    tokenizer = train_tokenizer(seed)
    encoder, rng, model = Encoder(tokenizer), random.Random(seed), new_model(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.05)
    log: list[dict[str, float]] = []
    started = saved = time.monotonic()
    step = tokens_seen = 0
    while (share := (time.monotonic() - started) / (60 * minutes)) < 1:
        rate = RATE * min(1.0, (step + 1) / WARMUP) * (0.05 + 0.95 * (1 + math.cos(math.pi * share)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate
        tokens, positions, counted = batch(draw_batch(encoder, rng, alone=share < FIRST_PHASE))
        output = model.model(input_ids=tokens[:, :-1], position_ids=positions[:, :-1], use_cache=False)
        logits = model.lm_head(output.last_hidden_state[counted])
        loss = nn.functional.cross_entropy(logits, tokens[:, 1:][counted])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        tokens_seen += tokens.numel()
        if step % LOG_EVERY == 0:
            kinds = {kind: accuracy(model, encoder, kind) for kind in ("single", "chain")} if step % 500 == 0 else {}
            record = {"step": step, "tokens": tokens_seen, "minutes": (time.monotonic() - started) / 60}
            log.append({**record, "loss": loss.item(), **kinds})
            print(json.dumps({key: round(value, 4) for key, value in log[-1].items()}), flush=True)
        if time.monotonic() - saved > SAVE_EVERY_SECONDS:
            export(model, tokenizer, directory, log)
            saved = time.monotonic()
    export(model, tokenizer, directory, log)
