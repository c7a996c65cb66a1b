from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from verity_training.rm_r1.config import Lora
from verity_training.saffron import reward_model
from verity_training.saffron.reward_model import RewardModel, full_loss, partial_loss
from verity_training.saffron.settings import RewardSettings
from verity_training.saffron.token_rewards import Rewarded, padded, prompt_tokens, supervise, unseen_mask
from verity_training.saffron.train_rewards import train

from .tiny import TOKENIZER, VOCABULARY, adapted, marked, tiny_model


def tokenizer() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_file=str(TOKENIZER), eos_token="<|end|>", pad_token="<|pad|>")


def settings(output: Path, **changes: object) -> RewardSettings:
    values: dict[str, object] = {
        "learning_rate": 2e-2,
        "batch": 32,
        "micro_batch": 16,
        "epochs": 25,
        "save_every": 10**6,
    }
    return RewardSettings(checkpoint="", data="", output=str(output), lora=Lora(), **values | changes)  # type: ignore[arg-type]


def test_a_response_is_supervised_token_by_token_and_its_end_where_there_is_a_reward_for_it() -> None:
    response = tokenizer()("return x", add_special_tokens=False)["input_ids"]
    plain = supervise(tokenizer(), Rewarded("def f(x):\n", "return x", [1.0] * len(response)), "code")
    ended = supervise(tokenizer(), Rewarded("def f(x):\n", "return x", [1.0] * (len(response) + 1)), "code")
    assert plain.tokens[plain.start :] == response
    assert ended.tokens == [*plain.tokens, tokenizer().eos_token_id]
    with pytest.raises(ValueError, match="has 1 rewards"):
        supervise(tokenizer(), Rewarded("", "return x", [1.0]), "code")


def test_the_published_frame_encodes_its_pieces_one_by_one() -> None:
    pieces = [tokenizer()(text, add_special_tokens=False)["input_ids"] for text in ("\n\nUser:", "hi", "\n\nAgent:")]
    assert prompt_tokens(tokenizer(), "hi", "chat") == [token for piece in pieces for token in piece]


def test_the_first_token_of_all_has_no_prefix_and_is_not_supervised() -> None:
    item = supervise(tokenizer(), Rewarded("", "return x", [0.1, 0.2]), "code")
    assert (item.start, item.rewards) == (1, [0.2])


def test_only_tokens_of_responses_count_as_seen() -> None:
    mask = unseen_mask(marked(50), VOCABULARY)
    assert not mask[5] and not mask[6] and mask[2] and mask[3] and mask[20:].all()


def test_partial_supervision_says_nothing_of_tokens_that_were_not_observed() -> None:
    model, items = RewardModel(adapted()), marked(8)
    tokens, counted, rewards = padded(items)
    partial_loss(model(tokens, counted), rewards).backward()
    observed = set(tokens[:, 1:][counted].tolist())
    gradient = model.bias_steps.grad
    assert gradient is not None
    assert {index for index in range(VOCABULARY) if gradient[index] != 0} == observed


def test_observed_rewards_are_those_of_the_whole_head() -> None:
    model = RewardModel(adapted())
    torch.nn.init.normal_(model.bias_steps)
    tokens, counted, rewards = padded(marked(8))
    every = model(tokens, counted, every=True)
    observed = tokens[:, 1:][counted]
    torch.testing.assert_close(every.gather(1, observed[:, None]).squeeze(1), model(tokens, counted))
    direct = partial_loss(model(tokens, counted), rewards)
    torch.testing.assert_close(full_loss(every, observed, rewards, 0.0, 0.0), direct)


def test_training_learns_that_a_token_is_unsafe_after_one_mark_and_not_after_the_other(tmp_path: Path) -> None:
    _, model = train(settings(tmp_path), adapted(), marked(128))
    tokens, counted, rewards = padded(marked(64, seed=9))
    with torch.no_grad():
        found = model(tokens, counted)
    assert ((found > 0) == (rewards > 0)).float().mean() > 0.95


def test_full_supervision_pulls_unobserved_tokens_to_neutral_and_partial_leaves_them(tmp_path: Path) -> None:
    off = {}
    for kind in ("partial", "full"):
        output = tmp_path / kind
        run_settings = settings(output, supervision=kind, neutral_weight=1.0)
        _, model = train(run_settings, adapted(), marked(128))
        tokens, counted, _ = padded(marked(32, seed=9))
        with torch.no_grad():
            off[kind] = model(tokens, counted, every=True)[:, 20:].abs().mean().item()
    assert off["full"] < off["partial"] / 2


def test_an_interrupted_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    short = {"epochs": 2, "save_every": 3}
    _, whole = train(settings(tmp_path / "whole", **short), adapted(), marked(128))
    train(settings(tmp_path / "parts", **short), adapted(), marked(128), until=3)
    _, resumed = train(settings(tmp_path / "parts", **short), adapted(), marked(128))
    torch.testing.assert_close(whole.bias, resumed.bias, rtol=0, atol=0)


def test_saved_files_give_the_same_rewards_as_logits_of_the_merged_base(tmp_path: Path) -> None:
    _, model = train(settings(tmp_path / "run", epochs=2), adapted(), marked(64))
    mask = unseen_mask(marked(64), VOCABULARY)
    reward_model.save(model, mask, "tiny", tmp_path / "files")
    names = {"adapter_config.json", "adapter_model.safetensors", "lm_head_bias.pt", "unseen_mask.pt"}
    assert {file.name for file in (tmp_path / "files").iterdir()} == names
    loaded, unseen = reward_model.load(tiny_model(), tmp_path / "files")
    tokens, counted, _ = padded(marked(8, seed=3))
    with torch.no_grad():
        expected = model.eval()(tokens, counted, every=True)
        merged = loaded.decoder.merge_and_unload()
        logits = merged(input_ids=tokens[:, :-1]).logits[counted] + loaded.bias
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(unseen, mask)


def test_settings_refuse_a_choice_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="supervision must be one of partial, full"):
        settings(tmp_path, supervision="some")
