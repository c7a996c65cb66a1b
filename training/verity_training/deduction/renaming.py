"""Other words for an example's names, so that the model copies names and does not recall them."""

import re

from tokenizers import Tokenizer

from .prng import Prng

BRACKETED = re.compile(r"\[([^\]]*)\]")
#: Words of atoms that belong to the grammar of the sentence.
KEPT = {"the", "is", "was", "can", "it"}
#: Words that mean something in a sentence and can name nothing.
TAKEN = KEPT | {
    "not",
    "if",
    "and",
    "or",
    "none",
    "then",
    "only",
    "both",
    "either",
    "when",
    "than",
    "more",
    "less",
    "that",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Renamer:
    """Draws words from the pieces of a vocabulary."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        pieces = [token.removeprefix("Ġ") for token in tokenizer.get_vocab()]
        self.pieces = sorted({piece for piece in pieces if 2 <= len(piece) <= 7 and set(piece) <= set(LETTERS)} - TAKEN)

    def word(self, rng: Prng) -> str:
        """One or two pieces, or letters."""
        kind = rng.below(10)
        if kind <= 2:
            return rng.choice(self.pieces)
        if kind <= 7:
            return rng.choice(self.pieces) + rng.choice(self.pieces)
        return "".join(rng.choice(LETTERS) for _ in range(rng.between(1, 7)))

    def renamed(self, rng: Prng, prompt: str, completion: str) -> tuple[str, str]:
        """The same example with each word of its names replaced throughout, capitals kept."""
        words = {word for name in BRACKETED.findall(prompt + completion) for word in name.split()} - KEPT
        if not words:
            return prompt, completion
        other = {word: self.word(rng) for word in sorted(words)}
        if len({*other.values()} | KEPT) < len(other) + len(KEPT):
            return prompt, completion
        pattern = re.compile(
            rf"\b(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})\b", re.IGNORECASE
        )

        def replaced(match: re.Match[str]) -> str:
            new = other[match[0].lower()]
            return new.capitalize() if match[0][0].isupper() else new

        # Only what stands in brackets is renamed where there are any: labels are letters too.
        if "[" in prompt:
            prompt, completion = (
                BRACKETED.sub(lambda found: pattern.sub(replaced, found[0]), text) for text in (prompt, completion)
            )
        else:
            head, colon, sentence = prompt.partition(": ")
            prompt = head + colon + pattern.sub(replaced, sentence)
            completion = BRACKETED.sub(lambda found: pattern.sub(replaced, found[0]), completion)
        return prompt, completion
