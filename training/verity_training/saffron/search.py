"""The searches that the server has (server/safety), transcribed to PyTorch for development.

Both models share the tokenizer, and the reward model reads the policy's own tokens (frame "code").
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from transformers import PreTrainedModel

from .branches import Branches

UNSEEN = -1024.0


@dataclass(frozen=True)
class Completed:
    """A completion without its end token, and what it took."""

    tokens: list[int]
    finished: bool
    #: Positions evaluated by the policy and by the reward model.
    forwarded: int
    ms: float


@dataclass(frozen=True)
class Searcher:
    """A policy with its reward model."""

    policy: PreTrainedModel
    #: The base with the adapter merged.
    rewards: PreTrainedModel
    bias: Tensor
    unseen: Tensor
    end: int
    top_p: float = 0.8
    max_new: int = 64
    #: Conservative exploration: tokens that the reward model never saw are not explored.
    constrained: bool = True

    def open(self, prompt: list[int]) -> tuple[Branches, Branches]:
        """The prompt in both models."""
        return Branches(self.policy, prompt), Branches(self.rewards, prompt, self.bias)

    def masked(self, rewards: Tensor) -> Tensor:
        """[branches, vocabulary] of rewards, unseen tokens far below all others."""
        return rewards.masked_fill(self.unseen, UNSEEN) if self.constrained else rewards


def nucleus(logits: Tensor, top_p: float) -> list[int]:
    """The likeliest tokens first, each while the mass before it is below ``top_p``."""
    probabilities, order = logits.softmax(-1).sort(descending=True, stable=True)
    before = probabilities.cumsum(0) - probabilities
    kept: list[int] = order[before < top_p].tolist()
    return kept


@dataclass
class Path:
    """A sequence in a beam, with what it is ranked by."""

    tokens: list[int]
    total: float
    parent: int

    @property
    def mean(self) -> float:
        """The mean reward, or log probability, of its tokens."""
        return self.total / max(1, len(self.tokens))


def greedy(searcher: Searcher, prompt: list[int], budget: int, rng: np.random.Generator) -> Completed:
    """The likeliest token each time; the budget is not used."""
    started, policy, tokens = time.perf_counter(), Branches(searcher.policy, prompt), list[int]()
    while len(tokens) < searcher.max_new:
        token = int(policy.logits[0].argmax())
        if token == searcher.end:
            break
        tokens.append(token)
        policy.advance([0], [token])
    return _completed(searcher, tokens, len(tokens) < searcher.max_new, [policy], started)


def best_of_n(searcher: Searcher, prompt: list[int], budget: int, rng: np.random.Generator) -> Completed:
    """``budget`` completions drawn at temperature 1 and top-p; the one whose last token has the highest reward."""
    started = time.perf_counter()
    policy, rewards = searcher.open(prompt)
    live = [Path([], 0.0, 0) for _ in range(budget)]
    done: list[Path] = []
    for _ in range(searcher.max_new):
        scores, grown = searcher.masked(rewards.logits), list[Path]()
        for path in live:
            likely = nucleus(policy.logits[path.parent], searcher.top_p)
            weights = policy.logits[path.parent][likely].softmax(-1).double().numpy()
            token = likely[int(rng.choice(len(likely), p=weights / weights.sum()))]
            # A process reward model says nothing of the way: only the last reward counts.
            reward = scores[path.parent][token].item()
            grown.append(Path([*path.tokens, token], reward, path.parent))
        done += [path for path in grown if path.tokens[-1] == searcher.end]
        live = [path for path in grown if path.tokens[-1] != searcher.end]
        if not live:
            break
        _advance([policy, rewards], live)
        _renumber(live)
    best = max([*done, *live], key=lambda path: path.total)
    return _best(searcher, best, [policy, rewards], started)


def beam(searcher: Searcher, prompt: list[int], budget: int, rng: np.random.Generator) -> Completed:
    """Beam search by the policy's own likelihood; the finished path of the highest mean log probability."""
    started, policy = time.perf_counter(), Branches(searcher.policy, prompt)
    live, done = [Path([], 0.0, 0)], list[Path]()
    for _ in range(searcher.max_new):
        logprobs = policy.logits.log_softmax(-1)
        top = logprobs.topk(budget, dim=-1)
        candidates = [
            Path([*path.tokens, token], path.total + value, index)
            for index, path in enumerate(live)
            for value, token in zip(top.values[index].tolist(), top.indices[index].tolist(), strict=True)
        ]
        kept = sorted(candidates, key=lambda path: -path.total)[:budget]
        done += [path for path in kept if path.tokens[-1] == searcher.end]
        live = [path for path in kept if path.tokens[-1] != searcher.end]
        if len(done) >= budget or not live:
            break
        _advance([policy], live)
        _renumber(live)
    best = max(done or live, key=lambda path: path.mean)
    return _best(searcher, best, [policy], started)


def saffron(searcher: Searcher, prompt: list[int], budget: int, rng: np.random.Generator) -> Completed:
    """Multifurcation search: of the likely tokens after all live paths, the ``budget`` with the highest rewards."""
    return _reward_beam(searcher, prompt, budget, each_candidate=False)


def beam_prm(searcher: Searcher, prompt: list[int], budget: int, rng: np.random.Generator) -> Completed:
    """The same beam with a process reward model, which must read every candidate before it can reward it."""
    return _reward_beam(searcher, prompt, budget, each_candidate=True)


def _reward_beam(searcher: Searcher, prompt: list[int], budget: int, each_candidate: bool) -> Completed:
    started = time.perf_counter()
    policy, rewards = searcher.open(prompt)
    live, done = [Path([], 0.0, 0)], list[Path]()
    for _ in range(searcher.max_new):
        scores = searcher.masked(rewards.logits)
        candidates: list[tuple[float, Path]] = []
        for index, path in enumerate(live):
            for token in nucleus(policy.logits[index], searcher.top_p):
                reward = scores[index][token].item()
                candidates.append((reward, Path([*path.tokens, token], path.total + reward, index)))
        order = sorted(range(len(candidates)), key=lambda index: -candidates[index][0])[:budget]
        best = [candidates[index][1] for index in order]
        # Finished paths come first, by their mean reward; those that are under way have what is left of the beam.
        ended = [path for path in best if path.tokens[-1] == searcher.end]
        done = sorted([*done, *ended], key=lambda path: -path.mean)[:budget]
        live = [path for path in best if path.tokens[-1] != searcher.end][: budget - len(done)]
        if each_candidate:
            _advance([rewards], [path for _, path in candidates])
            chosen = {id(path): place for place, (_, path) in enumerate(candidates)}
            if live:
                rewards.select([chosen[id(path)] for path in live])
        if not live:
            break
        _advance([policy] if each_candidate else [policy, rewards], live)
        _renumber(live)
    best_path = done[0] if done else max(live, key=lambda path: path.mean)
    return _best(searcher, best_path, [policy, rewards], started)


def _advance(models: list[Branches], paths: list[Path]) -> None:
    """The paths become the models' branches: each goes on from its parent with its last token."""
    for model in models:
        model.advance([path.parent for path in paths], [path.tokens[-1] for path in paths])


def _renumber(paths: list[Path]) -> None:
    """From now on the i-th branch is the i-th path."""
    for index, path in enumerate(paths):
        path.parent = index


def _best(searcher: Searcher, path: Path, models: list[Branches], started: float) -> Completed:
    finished = path.tokens[-1:] == [searcher.end]
    return _completed(searcher, path.tokens[:-1] if finished else path.tokens, finished, models, started)


def _completed(
    searcher: Searcher, tokens: list[int], finished: bool, models: list[Branches], started: float
) -> Completed:
    forwarded = sum(model.forwarded for model in models)
    return Completed(tokens, finished, forwarded, 1000 * (time.perf_counter() - started))


Method = Callable[[Searcher, list[int], int, np.random.Generator], Completed]
METHODS: dict[str, Method] = {
    "greedy": greedy,
    "best-of-n": best_of_n,
    "beam": beam,
    "beam-prm": beam_prm,
    "saffron": saffron,
}
