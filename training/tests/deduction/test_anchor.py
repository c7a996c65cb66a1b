"""GRPO and ACNCHOR on a toy: which of two marks stands in the prompt, answered in the deduction format."""

from pathlib import Path

import pytest
import torch

from tests.rm_r1.tiny import END, tiny_model
from verity_training.deduction.anchor import DeductionLearner, certain, shares, task_of
from verity_training.deduction.config import DeductionGrpoSettings, load_grpo
from verity_training.deduction.questions import Judge, Question
from verity_training.deduction.rewards import Verdict, answer_of, reward, verdict
from verity_training.rm_r1.objective import advantages

WORDS = {1: "= yes", 2: "= unknown", 3: "= no"}
QUESTIONS = [
    Question([5 + index % 11, 4 if index % 2 else 3], [1, END] if index % 2 else [2, END], answer, index % 3)
    for index, answer in enumerate(["unknown", "yes"] * 12)
]


def decode(ids: list[int]) -> str:
    return "\n".join(WORDS.get(token, "?") for token in ids if token != END)


JUDGE = Judge(decode, END)


def learner(folder: Path, anchor: str = "policy", **changes: object) -> DeductionLearner:
    settings = DeductionGrpoSettings(
        "", "", str(folder), learning_rate=1e-2, prompts=8, group=4, mini_batch=8, micro_batch=8, epochs=10,
        max_response=2, kl=0.0, anchor=anchor, **changes,  # type: ignore[arg-type]
    )  # fmt: skip
    return DeductionLearner(settings, tiny_model(), QUESTIONS, JUDGE)


@pytest.mark.parametrize(
    ("completion", "answer"),
    [("= 12", "12"), ("a: [x] = 3 by 1\n= yes", "yes"), ("= unknown\n", "unknown"), ("= maybe", None), ("x = 3", None)],
)
def test_the_answer_is_the_last_line(completion: str, answer: str | None) -> None:
    assert answer_of(completion) == answer


def test_right_answers_and_right_abstentions_earn_the_same_and_form_a_little() -> None:
    earned = [reward(verdict(text, True, truth)) for text, truth in [("= 3", "3"), ("= unknown", "unknown")]]
    assert earned == [1.0, 1.0]
    assert reward(verdict("= unknown", True, "3")) == 0.1
    assert reward(verdict("3", True, "3")) == 0.0
    assert reward(verdict("= 3", False, "3")) == 0.0


def test_exactly_one_rollout_of_each_group_is_the_truth_and_earns_all(tmp_path: Path) -> None:
    task = learner(tmp_path).task
    for index, group in enumerate(task.rollouts(tiny_model(), [0, 1, 2])):
        assert len(group.responses) == 4
        assert group.responses[-1] == QUESTIONS[index].truth
        assert group.rewards[-1] == 1.0


def test_plain_grpo_has_no_anchor(tmp_path: Path) -> None:
    task = learner(tmp_path, "none").task
    torch.manual_seed(0)
    (group,) = task.rollouts(tiny_model(), [0])
    assert len(group.responses) == 4
    assert group.responses[-1] != QUESTIONS[0].truth or group.responses[-1] in group.responses[:-1]


def test_a_group_of_failures_gets_its_direction_from_the_anchor() -> None:
    failed = torch.tensor([[0.0, 0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0, 0.0]])
    with_anchor, without = advantages(failed)
    assert with_anchor[-1] > 0 > with_anchor[0]
    assert torch.equal(without, torch.zeros(5))


def test_the_anchor_teaches_where_sampling_never_succeeds(tmp_path: Path) -> None:
    """A head that all but rules the right tokens out: no rollout succeeds, so GRPO has nothing to learn from."""
    right = {}
    for anchor in ("none", "policy"):
        found = learner(tmp_path / anchor, anchor)
        with torch.no_grad():
            weights = found.run.plain_model.get_input_embeddings().weight  # type: ignore[operator]
            weights[[1, 2, 3]] *= 0.0
            weights[6:] *= 12.0
        found.train()
        responses = found.task.rollouts(found.run.plain_model, list(range(8)))
        right[anchor] = sum(reward == 1.0 for group in responses for reward in group.rewards[:3]) / 24
    assert right["policy"] > 0.6 > 0.3 > right["none"]


def test_metrics_leave_the_anchor_out_but_variance_sees_it(tmp_path: Path) -> None:
    found = learner(tmp_path)
    groups = [
        type(group)(group.prompt, [[7, 7]] * 3 + group.responses[-1:], [0.0] * 3 + group.rewards[-1:])
        for group in found.task.rollouts(found.run.plain_model, [0, 1])
    ]
    metrics = found.rollout_metrics(groups)
    assert metrics["reward_mean"] == metrics["right"] == 0.0
    assert metrics["zero_variance_share"] == 0.0
    assert metrics["group_variance"] == pytest.approx(3 / 16)


def test_a_certain_anchor_has_probability_one_before_the_update(tmp_path: Path) -> None:
    (item,) = learner(tmp_path).experience([0])
    changed = certain(item).old
    assert changed[-2:].tolist() == [0.0, 0.0]
    assert torch.equal(changed[:-2], item.old[:-2])


def test_a_curriculum_goes_from_shallow_to_deep(tmp_path: Path) -> None:
    found, seen = learner(tmp_path, curriculum=True, max_steps=3), []
    found.learn = lambda indices: (seen.append(indices), setattr(found.run, "step", found.run.step + 1))[0]  # type: ignore[assignment,func-returns-value,method-assign]
    found.train()
    depths = [QUESTIONS[index].depth for part in seen for index in part]
    assert len(seen) == 3
    assert depths == sorted(depths)


def test_shares_tell_answerable_and_unanswerable_apart() -> None:
    right, abstained = Verdict(True, True, False), Verdict(True, False, True)
    found = shares([(QUESTIONS[1], right), (QUESTIONS[1], abstained), (QUESTIONS[0], Verdict(True, True, True))])
    assert found["right_answerable"] == 0.5
    assert found["right_unanswerable"] == 1.0
    assert found["abstained"] == pytest.approx(2 / 3)


def test_an_unknown_anchor_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('checkpoint = ""\ndata = ""\noutput = ""\nanchor = "some"\n')
    with pytest.raises(ValueError, match="anchor must be one of"):
        load_grpo(file)


def test_the_task_asks_every_question() -> None:
    settings = DeductionGrpoSettings("", "", "", anchor="policy")
    assert len(task_of(settings, QUESTIONS, JUDGE)) == len(QUESTIONS)
