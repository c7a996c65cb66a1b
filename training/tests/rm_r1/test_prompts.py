"""The chat prompts equal the product's: one file holds both sides (test/fixtures/make_chat_prompts.py)."""

import json
from pathlib import Path

from verity_training.rm_r1.prompts import CHAT_FAMILIES, CodePair

FILE = Path(__file__).parents[3] / "test" / "fixtures" / "chat-prompts.json"


def test_prompts_are_those_of_the_shared_file() -> None:
    cases = json.loads(FILE.read_text(encoding="utf-8"))
    assert {case["family"] for case in cases} == set(CHAT_FAMILIES)
    for case in cases:
        assert CHAT_FAMILIES[case["family"]](CodePair(**case["pair"])) == case["messages"], case["name"]
