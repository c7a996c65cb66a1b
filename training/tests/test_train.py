"""The trainer: what is weighed how, and that an interrupted run ends where an uninterrupted one does."""

from pathlib import Path

import numpy as np
import pytest
import torch

from verity_training import train
from verity_training.model import new_model, token_losses
from verity_training.train import ANSWER_WEIGHT, DECISION_WEIGHT, PROMPT_WEIGHT, Corpus, Phase, Trainer, batches


def corpus(sequences: int = 60) -> Corpus:
    rng = np.random.default_rng(0)
    lengths = rng.integers(8, 40, sequences)
    tokens = rng.integers(1, 4096, lengths.sum()).astype(np.uint16)
    return Corpus(tokens, np.cumsum([0, *lengths]), lengths - 6, np.stack([lengths - 4, lengths - 2], axis=1))


def test_weights_of_a_batch() -> None:
    data = corpus()
    _, weights = data.batch(np.arange(20), np.random.default_rng(1))
    for row, length in enumerate(np.diff(data.offsets)[:20]):
        prompt = weights[row, : length - 7]
        assert all(weight in (0.0, pytest.approx(PROMPT_WEIGHT)) for weight in prompt.tolist())
        assert weights[row, length - 7 : length - 5].tolist() == [ANSWER_WEIGHT] * 2
        assert weights[row, length - 5] == DECISION_WEIGHT
        assert weights[row, length - 4 : length - 1].tolist() == [ANSWER_WEIGHT, DECISION_WEIGHT, ANSWER_WEIGHT]
        assert not weights[row, length - 1 :].any()


def test_an_epoch_has_every_sequence_once() -> None:
    data = corpus(500)
    seen = np.concatenate(data.epoch(np.random.default_rng(2)))
    assert sorted(seen.tolist()) == list(range(500))


def test_losses_of_counted_positions_are_those_of_the_whole_model() -> None:
    model = new_model(0)
    tokens = torch.randint(1, 4096, (2, 9))
    counted = torch.tensor([[0, 1, 0, 1, 1, 0, 0, 1], [1, 0, 0, 0, 0, 0, 1, 0]]).bool()
    logits = model(input_ids=tokens[:, :-1]).logits
    expected = torch.nn.functional.cross_entropy(logits[counted], tokens[:, 1:][counted], reduction="none")
    torch.testing.assert_close(token_losses(model, model.model, tokens, counted), expected, atol=1e-4, rtol=1e-4)


def test_learning_rate_warms_up_stays_and_decays() -> None:
    phase = Phase(Path("none"), steps=1000, rate=1e-3, warmup=100, decay_share=0.3)
    rates = [phase.learning_rate(step) for step in range(1000)]
    assert rates[0] < rates[50] < rates[99] == rates[500] == max(rates)
    assert rates[699] == rates[500] > rates[850] > rates[999] > 0


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(train, "CHECKPOINT", tmp_path / "checkpoint.pt")
    monkeypatch.setattr(train, "BATCH_TOKENS", 256)
    return tmp_path


def run(until: int, data: Corpus) -> Trainer:
    trainer = Trainer(seed=5, compiled=False)
    for tokens, weights in batches(data, 5, trainer.step):
        if trainer.step == until:
            break
        trainer.learn(tokens, weights, 1e-3)
    trainer.save()
    return trainer


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(files: Path) -> None:
    data = corpus()
    assert len(data.epoch(np.random.default_rng(0))) < 18, "the resumed run must cross into another epoch"
    whole = run(20, data)
    (files / "checkpoint.pt").unlink()
    run(7, data)
    resumed = run(20, data)
    assert resumed.tokens == whole.tokens
    for (name, one), other in zip(whole.model.named_parameters(), resumed.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0, msg=name)


def test_training_on_one_batch_lowers_its_loss(files: Path) -> None:
    trainer = Trainer(seed=5, compiled=False)
    tokens, weights = next(batches(corpus(), 5, 0))
    losses = [trainer.learn(tokens, weights, 2e-3)["answer_loss"] for _ in range(12)]
    assert losses[-1] < losses[0] - 1
