"""The committed fixtures are what the generator makes: a twin in another language is held to the same files."""

import json
from pathlib import Path

from verity_training.deduction.fixtures import FIXTURES, instance_records, prompt_records


def lines(name: str) -> list[object]:
    return [json.loads(line) for line in (Path(FIXTURES) / name).read_text().splitlines()]


def test_instances_follow_from_their_seeds() -> None:
    assert lines("instances.jsonl") == json.loads(json.dumps(list(instance_records())))


def test_prompts_are_those_of_both_stages() -> None:
    assert json.loads((FIXTURES / "prompts.json").read_text()) == prompt_records()
