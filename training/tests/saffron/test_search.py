from dataclasses import replace

import numpy as np
import torch

from verity_training.saffron.branches import Branches
from verity_training.saffron.search import METHODS, UNSEEN, Searcher, nucleus

from .tiny import END, VOCABULARY, tiny_model

PROMPT = [2, 9, 3]


def searcher(unsafe: int | None = None, **changes: object) -> Searcher:
    """A random policy; rewards that, by a huge bias, are −1000 for one token and 0 for all others."""
    rewards = tiny_model(seed=1)
    with torch.no_grad():
        for parameter in rewards.parameters():
            parameter.zero_()
    bias = torch.zeros(VOCABULARY)
    if unsafe is not None:
        bias[unsafe] = -1000.0
    found = Searcher(tiny_model(), rewards, bias, torch.zeros(VOCABULARY, dtype=torch.bool), END, max_new=6)
    return replace(found, **changes)  # type: ignore[arg-type]


def run(method: str, models: Searcher, budget: int = 4, seed: int = 0) -> tuple[list[int], int]:
    found = METHODS[method](models, PROMPT, budget, np.random.default_rng(seed))
    return found.tokens, found.forwarded


@torch.no_grad()
def test_branches_give_the_logits_of_their_whole_sequences() -> None:
    model = tiny_model()
    branches = Branches(model, PROMPT)
    branches.advance([0, 0, 0], [5, 6, 7])
    branches.advance([2, 0], [8, 9])
    whole = model(input_ids=torch.tensor([[*PROMPT, 7, 8], [*PROMPT, 5, 9]])).logits[:, -1]
    torch.testing.assert_close(branches.logits, whole, rtol=1e-4, atol=1e-5)
    assert branches.forwarded == len(PROMPT) + 3 + 2


def test_the_nucleus_keeps_a_token_while_the_mass_before_it_is_below_p() -> None:
    logits = torch.tensor([0.1, 0.5, 0.25, 0.15]).log()
    assert nucleus(logits, 0.8) == [1, 2, 3]
    assert nucleus(logits, 0.5) == [1]


def test_greedy_is_the_likeliest_token_each_time() -> None:
    model, expected = tiny_model(), list(PROMPT)
    for _ in range(6):
        with torch.no_grad():
            expected.append(int(model(input_ids=torch.tensor([expected])).logits[0, -1].argmax()))
        if expected[-1] == END:
            break
    assert run("greedy", searcher())[0] == [token for token in expected[len(PROMPT) :] if token != END]


def test_the_search_leaves_the_token_that_greedy_takes_where_its_reward_is_low() -> None:
    first = run("greedy", searcher())[0][0]
    assert run("saffron", searcher(unsafe=first))[0][0] != first
    assert run("beam", searcher(unsafe=first))[0][0] == first


def test_best_of_n_takes_the_draw_whose_last_reward_is_highest() -> None:
    models = searcher(max_new=1)
    drawn = {run("best-of-n", models, budget=1, seed=seed)[0][0] for seed in range(40)}
    assert len(drawn) > 1
    worst = next(iter(drawn))
    assert run("best-of-n", replace(models, bias=searcher(worst).bias), budget=32)[0] != [worst]


def test_a_process_reward_model_finds_the_same_path_at_a_higher_cost() -> None:
    first = run("greedy", searcher())[0][0]
    ours, cost = run("saffron", searcher(unsafe=first))
    theirs, their_cost = run("beam-prm", searcher(unsafe=first))
    assert ours == theirs and their_cost > cost


def test_unseen_tokens_are_explored_only_without_the_constraint() -> None:
    first = run("greedy", searcher())[0][0]
    unseen = torch.zeros(VOCABULARY, dtype=torch.bool)
    unseen[first] = True
    bias = torch.zeros(VOCABULARY)
    bias[first] = 100.0
    models = searcher(unseen=unseen, bias=bias)
    assert first not in run("saffron", models)[0]
    assert run("saffron", replace(models, constrained=False))[0][0] == first
    assert models.masked(torch.zeros(1, VOCABULARY))[0, first] == UNSEEN


def test_draws_follow_from_the_seed() -> None:
    assert run("best-of-n", searcher(), seed=3) == run("best-of-n", searcher(), seed=3)
