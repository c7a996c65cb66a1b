"""Greedy answers of a model, many at once."""

import torch
from tokenizers import Tokenizer
from torch import nn

from ..rm_r1.rollouts import sample

#: Sampling at this temperature takes the most probable token.
GREEDY = 1e-4


class Decoder:
    """A model with its tokenizer, answering as the product lets it: the most probable token each time."""

    def __init__(self, model: nn.Module, tokenizer: Tokenizer, end: int, batch: int = 32) -> None:
        """Puts the model into evaluation mode."""
        self.model, self.tokenizer, self.end, self.batch = model.eval(), tokenizer, end, batch

    @torch.no_grad()
    def answers(self, prompts: list[str], likely: list[str], max_new: int) -> list[str]:
        """The completion of each prompt. ``likely`` ones are verified in one pass, which tells the same for less.

        A completion that does not end within ``max_new`` tokens comes with what it has, and without its last line.
        """
        found = dict(enumerate(self._verified(prompts, likely)))
        left = [index for index, answer in found.items() if answer is None]
        left.sort(key=lambda index: len(prompts[index]))
        for start in range(0, len(left), self.batch):
            part = left[start : start + self.batch]
            asked = [self.tokenizer.encode(prompts[index]).ids for index in part]
            with torch.autocast("cpu", torch.bfloat16):
                responses = sample(self.model, asked, 1, max_new, self.end, GREEDY)
            for index, (response,) in zip(part, responses, strict=True):
                text = self.tokenizer.decode(response, skip_special_tokens=True)
                found[index] = text if response[-1] == self.end else text.rpartition("\n")[0]
        return [found[index] or "" for index in range(len(prompts))]

    def _verified(self, prompts: list[str], likely: list[str]) -> list[str | None]:
        """The likely completion where the model would write exactly that, else None."""
        checked: list[str | None] = [None] * len(prompts)
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]) + len(likely[index]))
        for start in range(0, len(order), self.batch):
            part = order[start : start + self.batch]
            for index, choices in zip(part, self._choices([(prompts[i], likely[i]) for i in part]), strict=True):
                wanted, chosen = choices
                checked[index] = likely[index] if wanted == chosen else None
        return checked

    @torch.no_grad()
    def _choices(self, pairs: list[tuple[str, str]]) -> list[tuple[list[int], list[int]]]:
        """Tokens of each completion with its end, and the model's choice at each given those before it."""
        prompts = [self.tokenizer.encode(prompt).ids for prompt, _ in pairs]
        completions = [[*self.tokenizer.encode(completion).ids, self.end] for _, completion in pairs]
        width = max(len(p) + len(c) for p, c in zip(prompts, completions, strict=True))
        rows = [p + c + [0] * (width - len(p) - len(c)) for p, c in zip(prompts, completions, strict=True)]
        with torch.autocast("cpu", torch.bfloat16):
            chosen = self.model(input_ids=torch.tensor(rows), use_cache=False).logits.argmax(-1).tolist()
        return [
            (completion, row[len(prompt) - 1 : len(prompt) + len(completion) - 1])
            for prompt, completion, row in zip(prompts, completions, chosen, strict=True)
        ]

    def favourite_label(self, prompts: list[str], completions: list[str]) -> list[int | None]:
        """Where the model would start its labels, 0 for a: its choice at the first step of each completion."""
        found: list[int | None] = []
        for start in range(0, len(prompts), self.batch):
            pairs = list(zip(prompts, completions, strict=True))[start : start + self.batch]
            for wanted, chosen in self._choices(pairs):
                texts = [self.tokenizer.id_to_token(token) or "" for token in wanted]
                place = next((at for at, text in enumerate(texts) if _starts_label(texts, at, text)), None)
                letter = "" if place is None else self.tokenizer.id_to_token(chosen[place]) or ""
                found.append(ord(letter) - ord("a") if len(letter) == 1 and letter.isalpha() else None)
        return found


def _starts_label(texts: list[str], at: int, text: str) -> bool:
    return text.isalpha() and len(text) <= 2 and at > 0 and texts[at - 1].endswith("Ċ") and texts[at + 1] == ":"
