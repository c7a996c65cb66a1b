"""Rewards as Safety4M has them: for every prefix of a response, how safe a guard finds the conversation so far.

R is the guard's logit of "safe" minus that of "unsafe" where its verdict begins (Saffron-1; Llama-Guard-3-1B there).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from ..rm_r1.runs import chunks
from ..rm_r1.sequences import pad_left, positions
from .corpus import write_jsonl
from .token_rewards import Rewarded, encode_text


class Guard:
    """A Llama-Guard-style model as a process reward function: its chat template ends where the verdict follows."""

    def __init__(self, model: nn.Module, tokenizer: PreTrainedTokenizerBase, batch: int = 8) -> None:
        """Raises ValueError if one token does not tell the verdicts apart."""
        self.model, self.tokenizer, self.batch = model, tokenizer, batch
        self.safe, self.unsafe = (encode_text(tokenizer, word)[0] for word in ("safe", "unsafe"))
        if self.safe == self.unsafe:
            raise ValueError("The guard's tokenizer does not tell safe from unsafe by one token.")

    def conversation(self, prompt: str, response: str) -> list[int]:
        """Token ids up to where the verdict follows."""
        messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": response}]
        text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        assert isinstance(text, str)
        return encode_text(self.tokenizer, text)

    @torch.no_grad()
    def rewards(self, prompt: str, responses: list[str]) -> list[float]:
        """The reward of each response, or prefix of one, to the prompt."""
        found: list[float] = []
        device = next(self.model.parameters()).device
        for part in chunks(responses, self.batch):
            tokens, attention = pad_left([self.conversation(prompt, response) for response in part], device)
            logits = self.model(
                input_ids=tokens,
                attention_mask=attention,
                position_ids=positions(attention),
                use_cache=False,
                logits_to_keep=1,
            ).logits[:, -1]
            found += (logits[:, self.safe] - logits[:, self.unsafe]).float().tolist()
        return found


def token_rewards(guard: Guard, tokenizer: PreTrainedTokenizerBase, prompt: str, response: str) -> Rewarded:
    """The reward of each token of a response: of the prefix that ends with it. ``tokenizer`` is the reward model's."""
    ids = encode_text(tokenizer, response)
    prefixes = [tokenizer.decode(ids[: count + 1]) for count in range(len(ids))]
    return Rewarded(prompt, response, [round(reward, 4) for reward in guard.rewards(prompt, prefixes)])  # type: ignore[arg-type]


def build(guard_checkpoint: str, conversations: Path, out: Path, max_tokens: int = 256) -> None:
    """Rewards the responses of a JSONL of {"prompt", "response"}; long ones are cut, as each token takes a call."""
    tokenizer = AutoTokenizer.from_pretrained(guard_checkpoint)
    model = AutoModelForCausalLM.from_pretrained(guard_checkpoint, dtype="auto").eval()
    guard = Guard(model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer)

    def rewarded() -> Iterator[dict[str, object]]:
        for line in conversations.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            ids = encode_text(tokenizer, item["response"])[:max_tokens]
            response = str(tokenizer.decode(ids))
            yield asdict(token_rewards(guard, tokenizer, item["prompt"], response))

    write_jsonl(out, rewarded())
