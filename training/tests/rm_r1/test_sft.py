"""Distillation: the prompt is not learned, wrong chains are left out, adapters merge, runs resume exactly."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from tests.rm_r1.tiny import END, marked_prompts, tiny_model
from verity_training.compact import END as END_TOKEN
from verity_training.compact import SPECIAL_TOKENS
from verity_training.rm_r1 import sft
from verity_training.rm_r1.chains import Chain, answer_only, encode_chains, load_chains
from verity_training.rm_r1.config import Lora, SftSettings, load
from verity_training.rm_r1.encoding import Encoder
from verity_training.rm_r1.lora import attach, merged, without_adapters
from verity_training.rm_r1.prompts import CodePair
from verity_training.rm_r1.sequences import Sequence, response_logprobs
from verity_training.tokenizer import train_tokenizer

DATA = [Sequence(prompt, [letter, END]) for prompt, letter in marked_prompts(32)]


def settings(output: Path, **changes: object) -> SftSettings:
    base = SftSettings(
        checkpoint="", data="", output=str(output), learning_rate=5e-3, batch=16, micro_batch=8, epochs=12
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_the_prompt_is_masked() -> None:
    """Only the answer's tokens have a loss: prompts' targets change nothing but through what the model reads."""
    model = tiny_model()
    sequence = Sequence([5, 6, 3], [1, END])
    logits = model(torch.tensor([[5, 6, 3, 1]])).logits[0].log_softmax(-1)
    logprobs = response_logprobs(model, [sequence])
    torch.testing.assert_close(logprobs, torch.stack([logits[2, 1], logits[3, END]]), atol=1e-5, rtol=1e-4)


def test_the_gradient_is_that_of_the_mean_over_answer_tokens(tmp_path: Path) -> None:
    """Micro-batches of unequal size and length add up to one batch."""
    data = [Sequence([5, 3], [1, END]), Sequence([4], [2, 7, END]), Sequence([6, 6, 4], [2]), Sequence([3], [END])]
    alone = tiny_model()
    (-response_logprobs(alone, data).mean()).backward()
    expected = torch.nn.utils.get_total_norm([p.grad for p in alone.parameters() if p.grad is not None])
    run = sft.train(settings(tmp_path, batch=4, micro_batch=3, epochs=1, grad_clip=1e9), tiny_model(), data)
    record = json.loads(run.metrics.read_text())
    assert record["grad_norm"] == pytest.approx(expected.item(), rel=1e-4)
    assert record["answer_tokens"] == 7
    assert record["loss"] == pytest.approx(-response_logprobs(tiny_model(), data).mean().item(), rel=1e-4)


def test_answers_are_learned(tmp_path: Path) -> None:
    run = sft.train(settings(tmp_path, epochs=20), tiny_model(), DATA)
    losses = [json.loads(line)["loss"] for line in run.metrics.read_text().splitlines()]
    assert losses[0] > 2 > 0.2 > losses[-1]


def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(tmp_path: Path) -> None:
    lora = Lora(rank=2, dropout=0.2)
    whole = sft.train(settings(tmp_path / "whole", epochs=3), attach(tiny_model(), lora), DATA)
    cut = settings(tmp_path / "cut", epochs=3, save_every=3)
    sft.train(cut, attach(tiny_model(), lora), DATA, until=4)
    resumed = sft.train(cut, attach(tiny_model(), lora), DATA)
    assert whole.step == resumed.step == 6
    for one, other in zip(whole.plain_model.parameters(), resumed.plain_model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert resumed.metrics.read_text() == whole.metrics.read_text()


def test_merged_adapters_equal_the_adapted_forward(tmp_path: Path) -> None:
    model = attach(tiny_model(), Lora(rank=4, alpha=8))
    sft.train(settings(tmp_path, epochs=4), model, DATA)
    tokens = torch.tensor([DATA[0].prompt])
    with torch.no_grad():
        adapted = model.eval()(tokens).logits
        with without_adapters(model) as base:  # type: ignore[arg-type]
            torch.testing.assert_close(base(tokens).logits, tiny_model()(tokens).logits)
        plain = merged(model)
        torch.testing.assert_close(plain(tokens).logits, adapted, atol=1e-5, rtol=1e-4)
    assert not any("lora" in name for name, _ in plain.named_parameters())
    assert (adapted - tiny_model()(tokens).logits).abs().max() > 0.1, "training moved the adapters"


def test_the_rate_warms_up_and_follows_the_cosine_to_its_end() -> None:
    given = SftSettings("", "", "", learning_rate=1.0, warmup_share=0.1)
    rates = [sft.learning_rate(given, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[9] == rates[10] == max(rates) == 1.0
    assert rates[55] == pytest.approx(0.55)
    assert rates[99] == pytest.approx(0.1, abs=0.01)


TEMPLATE = (
    "{% for m in messages %}<|judge|>{{ m.role }}\n{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|judge|>assistant\n{% endif %}"
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    backend: Tokenizer = train_tokenizer(
        ["which one is better? user assistant def f(x): return x <answer>[[A]]</answer>"]
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END_TOKEN, pad_token="<|pad|>")
    tokenizer.chat_template = TEMPLATE
    return Encoder(tokenizer, "reasoning")


def test_special_tokens_in_user_text_stay_text(encoder: Encoder) -> None:
    special = [encoder.tokenizer.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS]
    ids = encoder.chat([{"role": "user", "content": "x <|end|> y <|judge|>"}])
    assert sum(token in special for token in ids) == 3, "the template's own two and the generation prompt's"
    text = encoder.tokenizer.decode(ids, skip_special_tokens=False)
    assert text == "<|judge|>user\nx <|end|> y <|judge|><|end|><|judge|>assistant\n"
    plain = [{"role": "user", "content": "which one"}]
    assert encoder.chat(plain) == encoder.tokenizer.apply_chat_template(
        plain, tokenize=True, add_generation_prompt=True, return_dict=False
    )


def test_the_direct_answer_baseline_learns_the_letter_alone(encoder: Encoder) -> None:
    pair = CodePair("x\n", "y\n", "python")
    data = encode_chains([answer_only(Chain(pair, "B", "long reasoning", None))], encoder, 4000)
    assert [encoder.decode(sequence.response) for sequence in data] == ["<answer>[[B]]</answer>"]


def chain(text: str, verdict: str | None, label: str = "A") -> dict[str, object]:
    prompt = {"a": "def f(x): return x\n", "b": "def f(x): return 0\n", "language": "python"}
    return {"prompt": prompt, "chain": text, "verdict": verdict, "label": label}


def test_only_chains_with_the_right_verdict_teach(tmp_path: Path, encoder: Encoder) -> None:
    a, b = "better <answer>[[A]]</answer>", "better <answer>[[B]]</answer>"
    rows = [chain(a, "A"), chain(b, "B"), chain(b, "A"), chain(a, None), chain("none", "A"), chain(b, "B", "B")]
    file = tmp_path / "chains.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = encode_chains(load_chains(file), encoder, 4000)
    assert [encoder.decode(sequence.response) for sequence in data] == [a, b]
    assert all(sequence.response[-1] == encoder.end for sequence in data)
    assert encode_chains(load_chains(file), encoder, 20) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"label": "C", "prompt": [], "chain": ""}, "label"),
        ({"label": "A", "prompt": {"a": "x"}, "chain": ""}, "prompt"),
        ({"label": "A", "prompt": []}, "chain"),
    ],
)
def test_unusable_lines_are_named(tmp_path: Path, row: dict[str, object], message: str) -> None:
    file = tmp_path / "chains.jsonl"
    file.write_text("\n" + json.dumps(row) + "\n")
    with pytest.raises(ValueError, match=rf"chains\.jsonl:2 .*{message}"):
        load_chains(file)


def test_settings_are_read_and_misspelled_ones_refused(tmp_path: Path) -> None:
    file = tmp_path / "sft.toml"
    needed = 'checkpoint = "c"\ndata = "d"\noutput = "o"\n'
    file.write_text(needed + "batch = 4\nlearning_rate = 1\n[lora]\nrank = 8\n")
    assert load(SftSettings, file) == SftSettings("c", "d", "o", batch=4, learning_rate=1, lora=Lora(rank=8))
    for wrong, message in [
        (needed + "bach = 4\n", "bach"),
        (needed + "batch = 4.5\n", "batch"),
        (needed + 'family = "poem"\n', "family"),
        ('data = "d"\noutput = "o"\n', "checkpoint"),
    ]:
        file.write_text(wrong)
        with pytest.raises(ValueError, match=message):
            load(SftSettings, file)
