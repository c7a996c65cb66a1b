"""What the solver reads and is to write: the product's own prompts, told apart or after one another as teams do.

The prompts come from ``test/fixtures/agents/prompts.json``, which the product's tests hold to its source.
"""

import json
import random
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from ..tokenizer import SPLIT
from .problems import Problem, draw

PROMPTS = Path(__file__).parents[3] / "test" / "fixtures" / "agents" / "prompts.json"
PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"
SPECIAL_TOKENS = [PAD, END, SYSTEM, USER, ASSISTANT]
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
VOCAB_SIZE = 512
#: Positions left free between the prompts of a chain, as latent steps would take them.
MAX_GAP = 80


@cache
def prompts() -> dict[str, list[dict[str, str]]]:
    """Agents by team, and the forms in which earlier work is named."""
    teams: dict[str, list[dict[str, str]]] = json.loads(PROMPTS.read_text())
    return teams


def fill(prompt: str, problem: str, earlier: str) -> str:
    """The product's promptOf (server/agents/prompts.ts)."""
    return prompt.replace("{earlier}", earlier).replace("{problem}", problem).strip()


def latent_note(roles: list[str]) -> str:
    """How agents hear of vectors before their message."""
    return prompts()["latent"][1]["content"].replace("{roles}", ", ".join(roles)) + " " if roles else ""


def text_note(works: list[tuple[str, str]]) -> str:
    """How agents hear of what others wrote."""
    if not works:
        return ""
    frame = prompts()["text"][1]["content"].removesuffix(".")
    head, _ = frame.split("[{roles}]")
    quoted = "\n\n".join(f"[{role}]\n{text}" for role, text in works)
    return head.replace("{roles}", ", ".join(role for role, _ in works)) + quoted + "\n\n"


def messages(content: str) -> list[tuple[str, str]]:
    """As (special token, text)."""
    return [(SYSTEM, prompts()["latent"][0]["content"]), (USER, content)]


@dataclass
class Sequence:
    """Token ids, which of them are to be predicted, and their positions."""

    tokens: list[int] = field(default_factory=list)
    counted: list[bool] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def add(self, tokens: list[int], counted: bool, gap: int = 0) -> None:
        """Goes on, after a gap in the positions."""
        start = (self.positions[-1] + 1 if self.positions else 0) + gap
        self.tokens += tokens
        self.counted += [counted] * len(tokens)
        self.positions += range(start, start + len(tokens))


class Encoder:
    """Text to ids; special tokens are added by name."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        # The trainer gives them the lowest ids, in this order.
        self.special = {token: index for index, token in enumerate(SPECIAL_TOKENS)}

    def prompt(self, content: str) -> list[int]:
        """A chat prompt as the template renders it."""
        ids: list[int] = []
        for role, text in messages(content):
            ids += [self.special[role], *self.tokenizer.encode(text, add_special_tokens=False).ids, self.special[END]]
        return [*ids, self.special[ASSISTANT]]

    def answer(self, text: str) -> list[int]:
        """What is written, with its end."""
        return [*self.tokenizer.encode(text, add_special_tokens=False).ids, self.special[END]]


def single(encoder: Encoder, problem: Problem) -> Sequence:
    """One model, asked once."""
    sequence = Sequence()
    agent = prompts()["single"][0]
    sequence.add(encoder.prompt(fill(agent["prompt"], problem.text, "")), counted=False)
    sequence.add(encoder.answer(problem.solution), counted=True)
    return sequence


def written(encoder: Encoder, problem: Problem, team: str, place: int) -> Sequence:
    """One agent of a team that hands text over."""
    agents = prompts()[team]
    before = agents[:place] if team == "sequential" or place == len(agents) - 1 else []
    works = [(agent["role"], problem.written_by(agent["role"])) for agent in before]
    sequence = Sequence()
    sequence.add(encoder.prompt(fill(agents[place]["prompt"], problem.text, text_note(works))), counted=False)
    sequence.add(encoder.answer(problem.written_by(agents[place]["role"])), counted=True)
    return sequence


def chained(encoder: Encoder, problem: Problem, rng: random.Random) -> Sequence:
    """The last agent after the prompts of the others, with room where their latent steps would be."""
    agents, gap = prompts()["sequential"], rng.choice([0, rng.randint(0, MAX_GAP)])
    sequence = Sequence()
    for place, agent in enumerate(agents):
        earlier = latent_note([other["role"] for other in agents[:place]])
        content = fill(agent["prompt"], problem.text, earlier)
        sequence.add(encoder.prompt(content), counted=False, gap=gap if place else 0)
    sequence.add(encoder.answer(problem.solution), counted=True)
    return sequence


def train_tokenizer(seed: int) -> Tokenizer:
    """A byte-level BPE on what the solver reads and writes; digits stand alone."""
    rng = random.Random(seed)
    texts = []
    for _ in range(200):
        problem = draw(rng)
        for agents in (prompts()["single"], prompts()["sequential"], prompts()["hierarchical"]):
            for agent in agents:
                note = rng.choice([latent_note(["planner", "critic"]), text_note([("math", problem.solution)])])
                texts += [fill(agent["prompt"], problem.text, note), problem.written_by(agent["role"])]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
