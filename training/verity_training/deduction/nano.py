"""The embedded deduction model: its shape and its training, both stages at once, by cross entropy on ground truth."""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen3Config, Qwen3ForCausalLM

from ..compact import END, SPECIAL_TOKENS
from ..model import nano_config, token_losses
from ..train import optimizers
from .data import DATA
from .prng import Prng
from .renaming import Renamer

CONTEXT_LENGTH = 4096
BATCH_TOKENS = 3072
BUCKET = 32
RATE, WARMUP, DECAY_SHARE = 2.5e-3, 30, 0.4
#: An example's positions jump at up to that many line ends, by up to that much in all: the model sees distances that
#: short examples do not have, and longer inputs find it prepared.
JUMPS, LARGEST_JUMP = 3, 2400
#: How many examples get other names, in percent, and how many files an epoch reads.
RENAMED, FILES = 80, 6
#: Batches of stage 1 among all. In the first part of the time, stage 2's examples are short ones.
FORMALIZE_SHARE, SHORT_SHARE, SHORT, LONGEST = 0.4, 0.15, 200, 800
LOG_EVERY, SAVE_EVERY = 20, 100
CHECKPOINT, LOG = DATA / "checkpoint.pt", DATA / "train.jsonl"
END_ID = SPECIAL_TOKENS.index(END)


def deduction_config(layers: int) -> Qwen3Config:
    """The nano judge's layout with a longer context."""
    config = nano_config()
    config.num_hidden_layers = layers
    config.layer_types = config.layer_types[:layers]
    config.max_position_embeddings = CONTEXT_LENGTH
    return config


def initial_model(weights: Path | None, layers: int, seed: int) -> Qwen3ForCausalLM:
    """The nano judge's first layers, which copy and compare already; random weights without ``weights``."""
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(deduction_config(layers))
    if weights is not None:
        state = torch.load(weights, weights_only=True)["model"]
        own = model.state_dict()
        model.load_state_dict({name: tensor for name, tensor in state.items() if name in own})
    return model


@dataclass
class Corpus:
    """Examples as token ids: prompt, and completion with its end."""

    prompts: list[np.ndarray]
    completions: list[np.ndarray]

    @staticmethod
    def load(paths: list[Path], tokenizer: Tokenizer, longest: int, seed: int) -> "Corpus":
        """Reads files of ``data.write``, most examples with other names; leaves out what exceeds ``longest`` tokens."""
        prompts, completions = [], []
        rng, renamer = Prng(seed), Renamer(tokenizer)
        for path in paths:
            examples = [json.loads(line) for line in path.read_text().splitlines()]
            texts = [(example["prompt"], example["completion"]) for example in examples]
            texts = [renamer.renamed(rng, *pair) if rng.chance(RENAMED) else pair for pair in texts]
            asked = tokenizer.encode_batch_fast([prompt for prompt, _ in texts])
            answered = tokenizer.encode_batch_fast([completion for _, completion in texts])
            for prompt, completion in zip(asked, answered, strict=True):
                if len(prompt.ids) + len(completion.ids) < longest:
                    prompts.append(np.array(prompt.ids, dtype=np.int16))
                    completions.append(np.array([*completion.ids, END_ID], dtype=np.int16))
        return Corpus(prompts, completions)

    def lengths(self) -> np.ndarray:
        """Tokens of each example."""
        return np.array([len(p) + len(c) for p, c in zip(self.prompts, self.completions, strict=True)])

    def epoch(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Indices in batches of about ``BATCH_TOKENS``, each of similar length, in random order."""
        lengths = self.lengths()
        by_length = np.argsort(lengths // BUCKET + rng.random(len(lengths)))
        batches, start = [], 0
        while start < len(by_length):
            size = max(1, int(BATCH_TOKENS // ((lengths[by_length[start]] // BUCKET + 1) * BUCKET)))
            batches.append(by_length[start : start + size])
            start += size
        return [batches[index] for index in rng.permutation(len(batches))]

    def batch(self, indices: np.ndarray, rng: np.random.Generator, line_ends: np.ndarray) -> tuple[Tensor, ...]:
        """Tokens and positions [batch, length], and which next tokens count [batch, length − 1]."""
        width = max(len(self.prompts[index]) + len(self.completions[index]) for index in indices)
        tokens = np.zeros((len(indices), width), dtype=np.int64)
        places = np.zeros((len(indices), width), dtype=np.int64)
        counted = np.zeros((len(indices), width - 1), dtype=bool)
        for row, index in enumerate(indices):
            prompt, completion = self.prompts[index], self.completions[index]
            length = len(prompt) + len(completion)
            tokens[row, :length] = np.concatenate([prompt, completion])
            counted[row, len(prompt) - 1 : length - 1] = True
            places[row] = stretched(tokens[row], rng, line_ends)
        return torch.from_numpy(tokens), torch.from_numpy(places), torch.from_numpy(counted)


def stretched(tokens: np.ndarray, rng: np.random.Generator, line_ends: np.ndarray) -> np.ndarray:
    """Positions that jump at random line ends. ``line_ends``: [vocabulary] of bool."""
    places = np.arange(len(tokens))
    ends = np.flatnonzero(line_ends[tokens[:-1]]) + 1
    if len(ends) == 0 or rng.random() < 0.3:
        return places
    room = LARGEST_JUMP * rng.random() ** 2
    for end in rng.choice(ends, size=min(len(ends), JUMPS), replace=False):
        places[end:] += int(room * rng.random() / JUMPS * 2)
    return np.minimum(places, CONTEXT_LENGTH - 1)


def line_end_tokens(tokenizer: Tokenizer) -> np.ndarray:
    """Which tokens end a line: [vocabulary] of bool."""
    found = np.zeros(tokenizer.get_vocab_size(), dtype=bool)
    for token, index in tokenizer.get_vocab().items():
        found[index] = token.endswith("Ċ")
    return found


class Trainer:
    """Model and optimizers with how far they have come."""

    def __init__(self, model: Qwen3ForCausalLM, checkpoint: Path, compiled: bool = True) -> None:
        """Goes on from the checkpoint, if there is one."""
        self.model, self.checkpoint = model, checkpoint
        self.step, self.tokens, self.seconds = 0, 0, 0.0
        self.decoder = torch.compile(model.model, dynamic=True) if compiled else model.model
        self.optimizers = optimizers(model)
        if checkpoint.exists():
            state = torch.load(checkpoint, weights_only=True)
            model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.tokens, self.seconds = (state[name] for name in ("step", "tokens", "seconds"))

    def save(self) -> None:
        """Writes the checkpoint beside the old one, then puts it in its place."""
        states = [optimizer.state_dict() for optimizer in self.optimizers]
        partial = self.checkpoint.with_suffix(".partial")
        progress = {"step": self.step, "tokens": self.tokens, "seconds": self.seconds}
        torch.save({"model": self.model.state_dict(), "optimizers": states, **progress}, partial)
        partial.rename(self.checkpoint)

    def learn(self, tokens: Tensor, places: Tensor, counted: Tensor, rate: float) -> float:
        """One optimizer step; returns the mean loss of the counted tokens."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate

        def decoder(input_ids: Tensor, use_cache: bool) -> object:
            # Plainly causal: jumps in positions would else be taken for the ends of packed sequences.
            return self.decoder(
                input_ids=input_ids,
                attention_mask={"full_attention": None},
                position_ids=places[:, :-1],
                use_cache=use_cache,
            )

        with torch.autocast("cpu", torch.bfloat16):
            loss = token_losses(self.model, decoder, tokens, counted).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        self.step += 1
        self.tokens += int((tokens > 0).sum())
        return loss.item()


def rate_at(spent: float) -> float:
    """The learning rate when a share ``spent`` of the time is over: constant, then down to zero linearly."""
    return RATE * min(1.0, (1 - spent) / DECAY_SHARE)


def batches(pattern: str, tokenizer: Tokenizer, longest: int, seed: int) -> Iterator[tuple[Tensor, ...]]:
    """Batches without end from the data files of a pattern; an epoch takes in files that were made meanwhile."""
    line_ends = line_end_tokens(tokenizer)
    for epoch in count():
        paths = sorted(DATA.glob(pattern))
        random.Random(seed + epoch).shuffle(paths)
        corpus = Corpus.load(paths[:FILES], tokenizer, longest, seed + epoch)
        rng = np.random.default_rng([seed, epoch])
        for indices in corpus.epoch(rng):
            yield corpus.batch(indices, rng, line_ends)


def train(tokenizer_file: Path, weights: Path | None, minutes: float, layers: int = 6, seed: int = 1) -> None:
    """Trains for a time of the clock, from the nano judge's weights; resumes from its checkpoint."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    trainer = Trainer(initial_model(weights, layers, seed), CHECKPOINT)
    rng = np.random.default_rng([seed, trainer.step])
    formalize = batches("formalize-*.jsonl", tokenizer, LONGEST, seed + trainer.step)
    short = batches("deduce-*.jsonl", tokenizer, SHORT, seed + trainer.step)
    whole = batches("deduce-*.jsonl", tokenizer, LONGEST, seed + trainer.step)
    losses: dict[str, list[float]] = {"formalize": [], "deduce": []}
    last, spent = time.monotonic(), trainer.seconds / (60 * minutes)
    while spent < 1:
        kind = "formalize" if rng.random() < FORMALIZE_SHARE else "deduce"
        source = formalize if kind == "formalize" else short if spent < SHORT_SHARE else whole
        batch = next(source)
        rate = rate_at(spent) * min(1.0, (trainer.step + 1) / WARMUP)
        losses[kind].append(trainer.learn(*batch, rate))
        now = time.monotonic()
        trainer.seconds, last = trainer.seconds + now - last, now
        spent = trainer.seconds / (60 * minutes)
        if trainer.step % LOG_EVERY == 0:
            _log(trainer, losses, rate)
        if trainer.step % SAVE_EVERY == 0 or spent >= 1:
            trainer.save()


def _log(trainer: Trainer, losses: dict[str, list[float]], rate: float) -> None:
    """Writes the mean losses since the last time."""
    means = {f"{kind}_loss": sum(values) / len(values) for kind, values in losses.items() if values}
    record = {"step": trainer.step, "seconds": trainer.seconds, "tokens": trainer.tokens, "rate": rate, **means}
    with LOG.open("a") as log:
        log.write(json.dumps(record) + "\n")
    print(json.dumps({key: round(value, 5) for key, value in record.items()}), flush=True)
    for values in losses.values():
        values.clear()
