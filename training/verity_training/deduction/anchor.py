"""GRPO on deduction, and ACNCHOR (arXiv 2511.09222), in which one rollout of every group is the ground truth.

PAPERS.md, section 4, has what is known of the method. Advantages are normalized over the whole group, so in a group of
failures and the anchor the anchor's is large and each failure's a little negative: no group of failures is without a
direction, and a group that succeeds throughout is left alone. Our choices, as the paper's are not public: the anchor
counts within the group's size; its ratio compares with the policy before the update, like that of sampled rollouts, so
that its gradient is A · ∇ log π(truth) until the clip takes it: an SFT term whose weight falls as the group gets
better; KL is taken at its tokens too. ``anchor = "truth"`` compares with probability 1 instead, as if the truth's
author were the policy that sampled it: the gradient then carries a factor π(token) and all but vanishes where the
policy is weak.
"""

from dataclasses import dataclass, replace

import torch
from torch import nn

from ..rm_r1.grpo import Experience, Learner
from ..rm_r1.objective import constant
from ..rm_r1.rollouts import Group, TextTask
from ..rm_r1.runs import Run, chunks
from .config import DeductionGrpoSettings
from .questions import Judge, Question
from .rewards import Verdict, reward


@dataclass(frozen=True)
class AnchoredTask(TextTask):
    """Groups of which the last rollout is the ground truth. ``group`` counts it."""

    truths: tuple[list[int], ...] = ()

    def rollouts(self, model: nn.Module, indices: list[int]) -> list[Group]:
        """Samples all but one; appends the truth with the reward that it earns."""
        sampled = TextTask(self.prompts, self.reward, self.group - 1, self.max_response, self.end, self.temperature)
        found = []
        for index, group in zip(indices, sampled.rollouts(model, indices), strict=True):
            truth = self.truths[index]
            responses, rewards = [*group.responses, truth], [*group.rewards, self.reward(index, truth)]
            found.append(Group(group.prompt, responses, rewards))
        return found


def task_of(settings: DeductionGrpoSettings, questions: list[Question], judge: Judge) -> TextTask:
    """The questions as GRPO's task, anchored if the settings say so."""
    arguments = (
        [question.prompt for question in questions],
        lambda index, response: reward(judge(questions[index], response)),
        settings.group,
        settings.max_response,
        judge.end,
        settings.temperature,
    )
    if settings.anchor == "none":
        return TextTask(*arguments)
    return AnchoredTask(*arguments, truths=tuple(question.truth for question in questions))


class DeductionLearner(Learner):
    """GRPO's steps with the anchor's ratio, a curriculum, and metrics of what the policy itself wrote."""

    def __init__(
        self, settings: DeductionGrpoSettings, model: nn.Module, questions: list[Question], judge: Judge
    ) -> None:
        """Goes on from the saved state, if there is one."""
        super().__init__(settings, model, task_of(settings, questions, judge))
        self.questions, self.judge = questions, judge
        self.anchor, self.curriculum = settings.anchor, settings.curriculum
        self.by_prompt = {tuple(question.prompt): question for question in questions}

    def train(self, until: int | None = None) -> Run:
        """As GRPO's; with a curriculum, one pass from shallow to deep that fills all steps."""
        if not self.curriculum:
            return super().train(until)
        order = sorted(range(len(self.questions)), key=lambda index: self.questions[index].depth)
        parts = chunks(order, self.settings.prompts)
        while self.run.step < min(self.steps, until or self.steps):
            self.learn(parts[self.run.step * len(parts) // self.steps])
        return self.run

    @torch.no_grad()
    def experience(self, indices: list[int]) -> list[Experience]:
        """As GRPO's; with ``anchor = "truth"``, the truth's tokens count as having been certain."""
        found = super().experience(indices)
        return [certain(item) for item in found] if self.anchor == "truth" else found

    def rollout_metrics(self, groups: list[Group]) -> dict[str, float]:
        """What was sampled, without the anchors; the groups' variance with them, as the advantages see it."""
        sampled = groups
        if self.anchor != "none":
            sampled = [replace(group, responses=group.responses[:-1], rewards=group.rewards[:-1]) for group in groups]
        verdicts = []
        for group in sampled:
            question = self.by_prompt[tuple(group.prompt)]
            verdicts += [(question, self.judge(question, response)) for response in group.responses]
        rewards = torch.tensor([group.rewards for group in groups])
        return super().rollout_metrics(sampled) | {
            "group_variance": rewards.var(1, correction=0).mean().item(),
            "zero_variance_share": constant(rewards).float().mean().item(),
            **shares(verdicts),
        }


def certain(item: Experience) -> Experience:
    """The experience with probability 1 for the last response's tokens before the update."""
    old = item.old.clone()
    old[-item.group.lengths[-1] :] = 0.0
    return replace(item, old=old)


def shares(verdicts: list[tuple[Question, Verdict]]) -> dict[str, float]:
    """Right answers, abstentions and form as shares; right ones by answerability as well."""

    def share(kind: str, of: list[Verdict]) -> float:
        return sum(getattr(found, kind) for found in of) / max(1, len(of))

    everything = [found for _, found in verdicts]
    answerable = [found for question, found in verdicts if question.answerable]
    unanswerable = [found for question, found in verdicts if not question.answerable]
    return {
        **{kind: share(kind, everything) for kind in ("right", "formed", "abstained")},
        "right_answerable": share("right", answerable),
        "right_unanswerable": share("right", unanswerable),
    }
