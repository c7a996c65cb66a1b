"""Prompts as token ids, as the product encodes them: what users wrote never becomes a special token."""

import json
import re

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from ..compact import prompt_parts
from ..tokenizer import encode_parts
from .prompts import CHAT_FAMILIES, CodePair, Message

#: Private-use characters, which stand in for spelled special tokens while the chat template renders.
PRIVATE_USE = range(0xE000, 0xF900)
FAMILIES = (*CHAT_FAMILIES, "compact")


class Encoder:
    """A checkpoint's tokenizer, with its twin that knows no added token (server/runtime/tokenizer.ts does the same)."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, family: str) -> None:
        """``family`` is how prompts are put: one of ``FAMILIES``."""
        self.tokenizer, self.family = tokenizer, family
        backend: Tokenizer = tokenizer.backend_tokenizer
        file = json.loads(backend.to_str())
        texts = [token for token in file["added_tokens"] if not token["special"] and not token["content"].strip()]
        tokens = [token for token in file["added_tokens"] if token not in texts]
        self.plain = Tokenizer.from_str(json.dumps({**file, "added_tokens": texts}))
        longest_first = sorted((token["content"] for token in tokens), key=len, reverse=True)
        self.added = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def prompt(self, asked: CodePair | list[Message]) -> list[int]:
        """Ids of a question in the family's form, or of messages that are put already."""
        if isinstance(asked, list):
            return self.chat(asked)
        if self.family == "compact":
            parts = prompt_parts(asked.a, asked.b, asked.language)
            return encode_parts(self.tokenizer.backend_tokenizer, parts)
        return self.chat(CHAT_FAMILIES[self.family](asked))

    def text(self, text: str) -> list[int]:
        """Ids of plain text."""
        ids: list[int] = self.plain.encode(text, add_special_tokens=False).ids
        return ids

    def answer(self, text: str) -> list[int]:
        """Ids of a whole answer: tokens like ``<think>`` are the model's own, and the end token closes it."""
        backend = self.tokenizer.backend_tokenizer
        backend.encode_special_tokens = False
        return [*backend.encode(text, add_special_tokens=False).ids, self.end]

    def decode(self, ids: list[int]) -> str:
        """The text of some ids without special tokens."""
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        assert isinstance(text, str)
        return text

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        return int(self.tokenizer.eos_token_id)

    def chat(self, messages: list[Message]) -> list[int]:
        """Renders the chat template with spelled special tokens hidden, then encodes what they hid as plain text."""
        written = "".join(message["content"] for message in messages)
        mark = next(chr(code) for code in PRIVATE_USE if chr(code) not in written)
        hidden: list[str] = []

        def hide(match: re.Match[str]) -> str:
            hidden.append(match[0])
            return f"{mark}{len(hidden) - 1}{mark}"

        quoted = [{**message, "content": self.added.sub(hide, message["content"])} for message in messages]
        rendered = self.tokenizer.apply_chat_template(quoted, tokenize=False, add_generation_prompt=True)
        assert isinstance(rendered, str)
        ids: list[int] = []
        for index, piece in enumerate(rendered.split(mark)):
            if index % 2:
                ids += self.text(hidden[int(piece)])
            elif piece:
                self.tokenizer.backend_tokenizer.encode_special_tokens = False
                ids += self.tokenizer.backend_tokenizer.encode(piece, add_special_tokens=False).ids
        return ids
