"""The data of both stages: JSONL with ``prompt`` and ``label``; for distillation also ``chain`` and ``verdict``.

``prompt`` is ``{"a", "b", "language", "instruction"?}``, put in the configured family's form, or a list of chat
messages that stays as it is (the authors' published sets are of that kind). ``label`` is "A" or "B".
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .encoding import Encoder
from .prompts import CodePair, Message
from .sequences import Sequence
from .verdicts import LETTERS, verdict


@dataclass(frozen=True)
class Question:
    """What a judge is asked, and the right letter."""

    prompt: CodePair | list[Message]
    label: str


@dataclass(frozen=True)
class Chain(Question):
    """A teacher's reasoning about a question, which ended in ``verdict``."""

    chain: str
    verdict: str | None

    @property
    def verified(self) -> bool:
        """Whether its verdict is right, both as recorded and as the text says it."""
        return self.label == self.verdict == verdict(self.chain)


def load_questions(path: Path) -> list[Question]:
    """Reads the data of the RLVR stage. Raises ValueError naming the line that cannot be used."""
    return [Question(*_question(record, path, line)) for line, record in _records(path)]


def load_chains(path: Path) -> list[Chain]:
    """Reads the data of the distillation stage, right and wrong chains. Raises ValueError as ``load_questions``."""
    chains = []
    for line, record in _records(path):
        if not isinstance(record.get("chain"), str):
            raise ValueError(f'{path}:{line} has no "chain"; distillation needs the teacher\'s text there.')
        chains.append(Chain(*_question(record, path, line), record["chain"], record.get("verdict")))
    return chains


def answer_only(chain: Chain) -> Chain:
    """The right verdict without reasoning: what the paper's direct-answer baseline learns, from all questions."""
    return replace(chain, chain=f"<answer>[[{chain.label}]]</answer>", verdict=chain.label)


def encode_chains(chains: list[Chain], encoder: Encoder, max_tokens: int) -> list[Sequence]:
    """Token ids of the verified chains that fit; the rest teaches nothing right, or not to the end."""
    encoded = [
        Sequence(encoder.prompt(chain.prompt), encoder.answer(chain.chain)) for chain in chains if chain.verified
    ]
    return [sequence for sequence in encoded if len(sequence) <= max_tokens]


def _records(path: Path) -> list[tuple[int, dict[str, Any]]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return [(number, json.loads(line)) for number, line in enumerate(lines, 1) if line.strip()]


def _question(record: dict[str, Any], path: Path, line: int) -> tuple[CodePair | list[Message], str]:
    prompt, label = record.get("prompt"), record.get("label")
    if label not in LETTERS:
        raise ValueError(f'{path}:{line} has the label {label!r}; it must be "A" or "B".')
    try:
        return (prompt if isinstance(prompt, list) else CodePair(**(prompt or {}))), label
    except TypeError as error:
        raise ValueError(f"{path}:{line} has no usable prompt: a, b and language, or a list of messages.") from error
