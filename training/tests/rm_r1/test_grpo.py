"""GRPO as a whole: it learns a toy question, it learns nothing from a constant reward, and it resumes exactly."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.rm_r1.tiny import END, LETTERS, mark_task, tiny_model
from verity_training.rm_r1.config import GrpoSettings, Lora
from verity_training.rm_r1.decisions import Decision, DecisionTask, choice_logprobs
from verity_training.rm_r1.grpo import Learner
from verity_training.rm_r1.lora import attach
from verity_training.rm_r1.rollouts import TextTask, sample
from verity_training.rm_r1.sequences import Sequence, response_logprobs


def settings(output: Path, **changes: object) -> GrpoSettings:
    base = GrpoSettings(
        checkpoint="",
        data="",
        output=str(output),
        learning_rate=3e-3,
        prompts=32,
        group=8,
        mini_batch=32,
        micro_batch=32,
        max_steps=60,
        save_every=1000,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def rewards(output: Path) -> list[float]:
    return [json.loads(line)["reward_mean"] for line in (output / "metrics.jsonl").read_text().splitlines()]


def right_share(model: nn.Module, task: TextTask) -> float:
    """Share of right answers when all of the vocabulary may be sampled."""
    groups = task.rollouts(model, list(range(len(task))))
    values = [value for group in groups for value in group.rewards]
    return sum(value > 0 for value in values) / len(values)


def test_the_reward_rises_from_chance_to_nearly_always_right(tmp_path: Path) -> None:
    Learner(settings(tmp_path), tiny_model(), mark_task()).train()
    found = rewards(tmp_path)
    assert found[0] < 0
    assert min(found[-3:]) > 0.9


def test_a_constant_reward_teaches_nothing(tmp_path: Path) -> None:
    model, task = tiny_model(), mark_task()
    before = [parameter.clone() for parameter in model.parameters()]
    Learner(settings(tmp_path, max_steps=5, kl=0.0), model, mark_task(constant=1.0)).train()
    assert all(torch.equal(one, other) for one, other in zip(before, model.parameters(), strict=True))
    assert right_share(model, task) < 0.3
    record = json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[-1])
    assert record["zero_variance_share"] == 1.0
    assert record["reward_std"] == 0.0


def decision_task(right: bool) -> DecisionTask:
    """The toy question under a guide: one of the two letters must follow."""
    task = mark_task()
    letters = [LETTERS[index % 2] for index in range(len(task))]
    decisions = [
        Decision(prompt, letter, sum(LETTERS) - letter) for prompt, letter in zip(task.prompts, letters, strict=True)
    ]
    return DecisionTask(decisions if right else [Decision(d.prefix, 1, 2) for d in decisions], 8)


def test_decisions_under_a_guide_are_learned_too(tmp_path: Path) -> None:
    Learner(settings(tmp_path, max_steps=30), tiny_model(), decision_task(True)).train()
    found = rewards(tmp_path)
    assert abs(found[0]) < 0.4, "the letters start near chance"
    assert min(found[-3:]) > 0.9


def test_decision_probabilities_are_those_of_the_two_tokens_alone() -> None:
    model, prefix = tiny_model(), [5, 3, 7]
    logits = model(torch.tensor([prefix])).logits[0, -1]
    expected = torch.stack([logits[1], logits[2]]).log_softmax(0)
    found = choice_logprobs(model, [(prefix, (1, 2)), ([4, 6, 8, 9], (2, 1))])
    torch.testing.assert_close(found[0], expected, atol=1e-5, rtol=1e-4)
    task = decision_task(True)
    groups = task.rollouts(model, [0, 1, 2])
    assert all(len(group.rewards) == 8 for group in groups)
    for group in groups:
        for [token], value in zip(group.responses, group.rewards, strict=True):
            assert group.choices is not None
            assert (value == 1.0) == (token == group.choices[0])


@pytest.mark.parametrize("lora", [None, Lora(rank=4)])
def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path: Path, lora: Lora | None) -> None:
    def policy() -> nn.Module:
        return tiny_model() if lora is None else attach(tiny_model(), lora)

    def start(name: str) -> Learner:
        changes = {"max_steps": 4, "inner_epochs": 2, "mini_batch": 16, "save_every": 2, "lora": lora}
        return Learner(settings(tmp_path / name, **changes), policy(), replace(mark_task(), max_response=3))

    whole = start("whole").train()
    start("cut").train(until=3)  # one step beyond the saved state, which the next run takes again
    resumed = start("cut")
    assert resumed.run.step == 2
    again = resumed.train()
    for one, other in zip(whole.plain_model.parameters(), again.plain_model.parameters(), strict=True):
        assert torch.equal(one, other)

    def log(name: str) -> list[dict[str, float]]:
        lines = (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in lines]

    assert log("cut") == log("whole")
    assert [record["step"] for record in log("cut")] == [1, 2, 3, 4]


def test_several_updates_per_rollout_move_the_ratio_and_reach_the_clip(tmp_path: Path) -> None:
    Learner(settings(tmp_path, max_steps=6, inner_epochs=4, learning_rate=1e-2), tiny_model(), mark_task()).train()
    found = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert max(record["clip_fraction"] for record in found) > 0
    assert all(record["kl"] >= 0 for record in found)
    assert found[-1]["kl"] > found[0]["kl"]


def test_a_single_update_starts_at_ratio_one(tmp_path: Path) -> None:
    Learner(settings(tmp_path, max_steps=1), tiny_model(), mark_task()).train()
    record = json.loads((tmp_path / "metrics.jsonl").read_text())
    assert record["clip_fraction"] == 0
    assert record["kl"] == pytest.approx(0, abs=1e-9)
    assert record["loss"] == pytest.approx(0, abs=1e-6), "advantages of a group sum to zero"


def test_cached_sampling_draws_from_the_models_own_distribution() -> None:
    """Frequencies of the second token after a fixed prompt, against the full forward without a cache."""
    model, prompts, group = tiny_model().eval(), [[5, 3], [6, 7, 4, 9]], 4000
    torch.manual_seed(0)
    for prompt, responses in zip(prompts, sample(model, prompts, group, 2, END, 1.0), strict=True):
        first = max(set(LETTERS) | {5, 6}, key=lambda token: sum(row[0] == token for row in responses))
        seconds = [row[1] for row in responses if row[0] == first]
        with torch.no_grad():
            expected = model(torch.tensor([[*prompt, first]])).logits[0, -1].softmax(0)
        found = torch.bincount(torch.tensor(seconds), minlength=16) / len(seconds)
        assert (found - expected).abs().max() < 5 * (0.25 / len(seconds)) ** 0.5


def test_responses_end_with_their_end_token() -> None:
    torch.manual_seed(0)
    [responses] = sample(tiny_model().eval(), [[5, 3]], 200, 12, END, 1.0)
    assert any(END in row for row in responses)
    for row in responses:
        assert END not in row[:-1]
        assert len(row) == 12 or row[-1] == END


def test_logprobs_of_padded_rows_are_those_of_each_row_alone() -> None:
    model = tiny_model()
    rows = [Sequence([5, 3, 8], [1, 0]), Sequence([4], [2, 9, 9, 0]), Sequence([7] * 6, [1])]
    together = response_logprobs(model, rows).split([2, 4, 1])
    for row, found in zip(rows, together, strict=True):
        ids = row.prompt + row.response
        logits = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        expected = [logits[at - 1, ids[at]] for at in range(len(row.prompt), len(ids))]
        torch.testing.assert_close(found, torch.stack(expected), atol=1e-5, rtol=1e-4)
