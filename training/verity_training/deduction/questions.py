"""What SFT and GRPO learn from: prompts, ground truth and proved answers as token ids."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from ..rm_r1.encoding import Encoder
from ..rm_r1.sequences import Sequence
from .instances import Instance
from .rewards import Verdict, answer_of, verdict
from .trajectories import UNKNOWN


@dataclass(frozen=True)
class Question:
    """A prompt with its ground truth as token ids (end included), the proved answer and the depth."""

    prompt: list[int]
    truth: list[int]
    answer: str
    depth: int

    @property
    def answerable(self) -> bool:
        """Whether the premises settle it."""
        return self.answer != UNKNOWN

    @property
    def sequence(self) -> Sequence:
        """As SFT learns it."""
        return Sequence(self.prompt, self.truth)


class Judge:
    """Compares a response's tokens with a question's answer."""

    def __init__(self, decode: Callable[[list[int]], str], end: int) -> None:
        """``decode`` gives text without special tokens; ``end`` closes a response."""
        self.decode, self.end = decode, end

    def __call__(self, question: Question, response: list[int]) -> Verdict:
        """How the response compares."""
        return verdict(self.decode(response), bool(response) and response[-1] == self.end, question.answer)


def from_instances(instances: list[Instance], encoder: Encoder) -> list[Question]:
    """Questions of instances."""
    return [
        Question(encoder.text(item.prompt), encoder.answer(item.completion), item.answer, item.shape.depth)
        for item in instances
    ]


def load(path: Path, encoder: Encoder, longest: int) -> list[Question]:
    """Reads a file of ``data.write``; raises ValueError for lines without prompt and answered completion."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        example = json.loads(line)
        answer = answer_of(str(example.get("completion", "")))
        if answer is None or "prompt" not in example:
            raise ValueError(f"{path}:{number} needs a prompt and a completion that ends in an answer line.")
        question = Question(
            encoder.text(example["prompt"]), encoder.answer(example["completion"]), answer, example.get("depth", 0)
        )
        if len(question.prompt) + len(question.truth) <= longest:
            found.append(question)
    return found


def encoder_for(tokenizer: PreTrainedTokenizerBase) -> Encoder:
    """The prompts are plain text for every checkpoint."""
    return Encoder(tokenizer, "compact")
