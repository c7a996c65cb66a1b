"""Generated problems, and the conversations that the solver learns from."""

import random

from verity_training.agents.conversations import END, Encoder, chained, prompts, single, train_tokenizer, written
from verity_training.agents.problems import Problem, draw, draw_from, is_held_out

PROBLEM = Problem(4, (("+", 3), ("*", 2), ("-", 9)))


def test_a_problem_is_solved_step_by_step() -> None:
    assert PROBLEM.text == "a = 4\nb = a + 3\nc = b * 2\nd = c - 9\nCount modulo 10. What is d?"
    assert PROBLEM.values == [4, 7, 4, 5]
    assert PROBLEM.solution.endswith("d = 4 - 9 = 5\n\\boxed{5}")


def test_a_plan_gives_nothing_away() -> None:
    assert "=" not in PROBLEM.plan
    assert PROBLEM.feedback.startswith(PROBLEM.plan)


def test_the_two_sets_have_nothing_in_common_and_a_tenth_is_held_out() -> None:
    rng = random.Random(1)
    drawn = [draw(rng) for _ in range(4000)]
    assert 0.07 < sum(map(is_held_out, drawn)) / len(drawn) < 0.13
    trained = {draw_from(rng, False).text for _ in range(500)}
    assert trained.isdisjoint(draw_from(rng, True).text for _ in range(500))


def test_conversations_count_the_answer_alone_and_leave_gaps_between_prompts() -> None:
    tokenizer = train_tokenizer(1)
    encoder, rng = Encoder(tokenizer), random.Random(5)
    answer = encoder.answer(PROBLEM.solution)
    assert answer[-1] == tokenizer.token_to_id(END)
    for sequence in (
        single(encoder, PROBLEM),
        written(encoder, PROBLEM, "sequential", 3),
        chained(encoder, PROBLEM, rng),
    ):
        counted = [token for token, counts in zip(sequence.tokens, sequence.counted, strict=True) if counts]
        assert counted == answer
        assert sequence.positions == sorted(set(sequence.positions))
    reaches = {chained(encoder, PROBLEM, random.Random(seed)).positions[-1] for seed in range(8)}
    assert len(reaches) > 3


def test_an_agent_reads_what_those_before_it_wrote() -> None:
    tokenizer = train_tokenizer(1)
    text = tokenizer.decode(written(Encoder(tokenizer), PROBLEM, "sequential", 1).tokens)
    assert f"[planner]\n{PROBLEM.plan}" in text
    assert prompts()["sequential"][0]["role"] == "planner"
