"""Trains the nano judge from scratch; resumes from its last checkpoint when started again."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen3ForCausalLM

from .dataset import MAX_TOKENS, PAIRS, SEQUENCES, TOKENIZER, encode_pair, load_pairs
from .model import new_model, token_losses
from .sources import DATA

CHECKPOINT = DATA / "checkpoint.pt"
LOG = DATA / "train.jsonl"

BATCH_TOKENS = 8192
BUCKET = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.05
WARMUP_STEPS = 100
#: The last part of the run in which the learning rate falls to zero (warm up, stay, decay).
DECAY_SHARE = 0.3
#: The prompt is learned as language, from a part of its tokens drawn anew each time, which spares the head most of its
#: work; the answer is what counts; one token of it is the verdict.
PROMPT_SHARE = 0.4
PROMPT_WEIGHT, ANSWER_WEIGHT, DECISION_WEIGHT = 0.6, 1.0, 12.0
CHECKPOINT_EVERY, VALIDATE_EVERY, VALIDATION_PAIRS = 200, 200, 150


@dataclass
class Corpus:
    """The training sequences, flat: sequence i is ``tokens[offsets[i]:offsets[i + 1]]``."""

    tokens: np.ndarray
    offsets: np.ndarray
    prompt_lengths: np.ndarray
    decisions: np.ndarray

    @staticmethod
    def load(path: Path) -> "Corpus":
        """Reads what ``build_sequences`` wrote."""
        with np.load(path) as arrays:
            return Corpus(arrays["tokens"], arrays["offsets"], arrays["prompt_lengths"], arrays["decisions"])

    def batch(self, indices: np.ndarray, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Padded tokens [batch, length] and the weight of predicting each next token [batch, length - 1]."""
        lengths = self.offsets[indices + 1] - self.offsets[indices]
        tokens = np.zeros((len(indices), lengths.max()), dtype=np.int64)
        weights = np.zeros((len(indices), lengths.max() - 1), dtype=np.float32)
        for row, (index, length) in enumerate(zip(indices, lengths, strict=True)):
            tokens[row, :length] = self.tokens[self.offsets[index] : self.offsets[index + 1]]
            weights[row, : length - 1] = ANSWER_WEIGHT
            drawn = rng.random(self.prompt_lengths[index] - 1) < PROMPT_SHARE
            weights[row, : len(drawn)] = np.where(drawn, PROMPT_WEIGHT, 0.0)
            weights[row, self.decisions[index] - 1] = DECISION_WEIGHT
        return torch.from_numpy(tokens), torch.from_numpy(weights)

    def epoch(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Indices in batches of about ``BATCH_TOKENS``, each of similar length, in random order."""
        lengths = np.diff(self.offsets)
        # Noise within a bucket, so that an epoch's batches differ from the last one's.
        by_length = np.argsort(lengths // BUCKET + rng.random(len(lengths)))
        batches, start = [], 0
        while start < len(by_length):
            longest = (lengths[by_length[start]] // BUCKET + 1) * BUCKET
            size = max(1, int(BATCH_TOKENS // longest))
            batches.append(by_length[start : start + size])
            start += size
        order = rng.permutation(len(batches))
        return [batches[index] for index in order]


def learning_rate(step: int, steps: int) -> float:
    """Warm up, stay, decay linearly to zero."""
    decay_steps = DECAY_SHARE * steps
    return LEARNING_RATE * min(1.0, (step + 1) / WARMUP_STEPS, (steps - step) / decay_steps)


def optimizers(model: Qwen3ForCausalLM) -> list[torch.optim.Optimizer]:
    """Muon for the hidden matrices, AdamW for embedding and norms."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [
        torch.optim.Muon(matrices, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


class Validation:
    """How often the model prefers the right deciding token, on held-out projects, in both orders."""

    def __init__(self) -> None:
        """Encodes the pairs, cut off before the decision."""
        tokenizer = Tokenizer.from_file(str(TOKENIZER))
        pairs = load_pairs(PAIRS["heldout"], VALIDATION_PAIRS)
        sequences = [encode_pair(tokenizer, pair, good_is) for pair in pairs for good_is in "AB"]
        self.sequences = [sequence for sequence in sequences if len(sequence.tokens) <= MAX_TOKENS]

    @torch.no_grad()
    def accuracy(self, model: Qwen3ForCausalLM) -> float:
        """Share of readings decided rightly."""
        right = 0
        for sequence in self.sequences:
            prefix = torch.tensor([sequence.tokens[: sequence.decision]])
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(input_ids=prefix, use_cache=False, logits_to_keep=1).logits[0, -1]
            right += int(logits[sequence.tokens[sequence.decision]] > logits[sequence.alternative])
        return right / len(self.sequences)


def save(model: Qwen3ForCausalLM, optimizers: list[torch.optim.Optimizer], step: int, seen: int) -> None:
    """Writes the checkpoint beside the old one, then puts it in its place."""
    state = {
        "model": model.state_dict(),
        "optimizers": [o.state_dict() for o in optimizers],
        "step": step,
        "seen": seen,
    }
    partial = CHECKPOINT.with_suffix(".partial")
    torch.save(state, partial)
    partial.rename(CHECKPOINT)


def train(steps: int, seed: int) -> None:
    """Runs up to ``steps`` optimizer steps in all, continuing where the last run was interrupted."""
    corpus, validation = Corpus.load(SEQUENCES), Validation()
    model = new_model(seed)
    decoder = torch.compile(model.model, dynamic=True)
    both = optimizers(model)
    step = seen = 0
    if CHECKPOINT.exists():
        state = torch.load(CHECKPOINT, weights_only=True)
        model.load_state_dict(state["model"])
        for optimizer, saved in zip(both, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        step, seen = state["step"], state["seen"]

    # Every epoch's order follows from its number alone, so a resumed run sees the batches it would have seen.
    epoch, position, batches = 0, step, corpus.epoch(np.random.default_rng([seed, 0]))
    while step < steps:
        while position >= len(batches):
            position, epoch = position - len(batches), epoch + 1
            batches = corpus.epoch(np.random.default_rng([seed, epoch]))
        started = time.perf_counter()
        tokens, weights = corpus.batch(batches[position], np.random.default_rng([seed, epoch, position]))
        for optimizer in both:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step, steps)
        counted = weights > 0
        with torch.autocast("cpu", torch.bfloat16):
            losses = token_losses(model, decoder, tokens, counted)
        weights = weights[counted]
        ((losses * weights).sum() / weights.sum()).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in both:
            optimizer.step()
            optimizer.zero_grad()
        step, position, seen = step + 1, position + 1, seen + int((tokens > 0).sum())
        if step % 20 == 0 or step == steps:
            losses = losses.detach()
            record = {
                "step": step,
                "tokens": seen,
                "prompt_loss": losses[weights == PROMPT_WEIGHT].mean().item(),
                "answer_loss": losses[weights == ANSWER_WEIGHT].mean().item(),
                "decision_loss": losses[weights == DECISION_WEIGHT].mean().item(),
                "tokens_per_second": int((tokens > 0).sum()) / (time.perf_counter() - started),
            }
            if step % VALIDATE_EVERY == 0 or step == steps:
                record["heldout_decision_accuracy"] = validation.accuracy(model)
            with LOG.open("a") as log:
                log.write(json.dumps(record) + "\n")
            print(json.dumps({key: round(value, 4) for key, value in record.items()}), flush=True)
        if step % CHECKPOINT_EVERY == 0 or step == steps:
            save(model, both, step, seen)
