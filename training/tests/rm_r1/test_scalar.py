"""The scalar baseline: its loss by hand, and that it learns which mark is the better one."""

import json
import math
from pathlib import Path

import pytest
import torch
from transformers import Qwen3ForSequenceClassification

from tests.rm_r1.tiny import MARKS, marked_prompts, tiny_model
from verity_training.rm_r1 import scalar
from verity_training.rm_r1.config import SftSettings


def scorer() -> Qwen3ForSequenceClassification:
    config = tiny_model().config
    config.num_labels = 1
    torch.manual_seed(0)
    return Qwen3ForSequenceClassification(config)


def preferences(count: int, seed: int) -> list[scalar.Preference]:
    prompts = [prompt for prompt, _ in marked_prompts(count, seed)]
    return [
        scalar.Preference(*([mark if token in MARKS else token for token in prompt] for mark in MARKS))
        for prompt in prompts
    ]


def test_a_score_does_not_depend_on_padding() -> None:
    model, rows = scorer().eval(), [[5, 3, 8, 9], [4], [7, 7]]
    together = scalar.scores(model, rows)
    alone = torch.cat([scalar.scores(model, [row]) for row in rows])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_the_loss_is_bradley_terry_and_unseen_pairs_are_ranked_rightly(tmp_path: Path) -> None:
    model, data = scorer(), preferences(64, 0)
    settings = SftSettings("", "", str(tmp_path), learning_rate=5e-3, batch=32, micro_batch=16, epochs=8)
    with torch.no_grad():
        margin = scalar.scores(model, [data[0].chosen]) - scalar.scores(model, [data[0].rejected])
    one = SftSettings("", "", str(tmp_path / "one"), batch=1)
    record = json.loads(scalar.train(one, scorer(), data[:1]).metrics.read_text())
    assert record["loss"] == pytest.approx(math.log(1 + math.exp(-margin.item())), rel=1e-4)

    scalar.train(settings, model, data)
    unseen = preferences(40, 1)
    model.eval()
    better = scalar.scores(model, [item.chosen for item in unseen])
    worse = scalar.scores(model, [item.rejected for item in unseen])
    assert (better > worse).float().mean() > 0.95
