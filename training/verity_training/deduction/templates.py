"""Sentences for statements: many wordings of each relation, some held out from training (templates.json)."""

import json
from pathlib import Path

from . import names
from .formal import Comparison, Definition, Literal, PriceStatement, Proposition
from .prng import Prng

TEMPLATES: dict[str, dict[str, list[str]]] = json.loads((Path(__file__).parent / "templates.json").read_text())
NUMBERS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
]
#: Wordings of an amount by currency; {n} is digits or a word, {d} digits.
CURRENCIES = (
    ("{n} dollars", "{d} dollars", "${d}"),
    ("{n} euros", "{d} euros", "€{d}"),
    ("{n} coins", "{d} coins"),
    ("{n} pounds", "£{d}"),
    ("{n}", "{d}"),
)
FACTORS = {
    2: ("twice", "two times", "2 times", "double"),
    3: ("three times", "3 times", "triple", "thrice"),
    4: ("four times", "4 times"),
    5: ("five times", "5 times"),
}
#: Relations between propositions.
LOGIC = {"fact", "implies", "implies2", "or", "iff", "nand", "truth_question"}
#: In percent: how often a sentence opens with words that say nothing.
PREFIXED = 20


def capitalized(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


class Writer:
    """Puts statements into words of one split."""

    def __init__(self, rng: Prng, split: str = names.TRAIN) -> None:
        self.rng, self.split = rng, split
        #: One for all: amounts of different currencies could not be compared.
        self.currency = rng.choice(CURRENCIES)

    def template(self, relation: str) -> str:
        """One of the relation's wordings."""
        return self.rng.choice(TEMPLATES[relation][self.split])

    def sentence(self, relation: str, slots: dict[str, str]) -> str:
        """A wording with its slots filled; formula-like wordings take bare names and no prefix."""
        template = self.template(relation)
        bare = any(sign in template for sign in ("=", "<", ">", "|", "&"))
        if bare:
            return template.format(**(slots if relation in LOGIC else self._bare(slots)))
        if self.rng.chance(PREFIXED) and "question" not in relation and ":" not in template:
            # The wording's own capital goes; a name's stays.
            inner = template if template[0] == "{" else template[0].lower() + template[1:]
            return capitalized(self.template("prefixes") + inner.format(**slots))
        return capitalized(template.format(**slots))

    def _bare(self, slots: dict[str, str]) -> dict[str, str]:
        return {key: value.removeprefix("the ") if key in "abc" else value for key, value in slots.items()}

    def dish(self, name: str) -> str:
        """A dish with its article, mostly."""
        return name if self.rng.chance(15) else f"the {name}"

    def number(self, value: int) -> str:
        """Digits, or a word up to twenty."""
        return NUMBERS[value] if value < len(NUMBERS) and self.rng.chance(30) else str(value)

    def money(self, value: int) -> str:
        """An amount with the writer's currency or without."""
        template = "{n}" if self.rng.chance(25) else self.rng.choice(self.currency)
        if value == 1 and template.endswith("s"):
            template = template[:-1]
        return template.format(n=self.number(value), d=value)

    def price(self, statement: PriceStatement) -> str:
        """A sentence for a statement about prices."""
        if isinstance(statement, Comparison):
            return self._comparison(statement)
        slots = {
            "a": self.dish(statement.head),
            "m": self.money(abs(statement.constant)),
            "n": str(abs(statement.constant)),
        }
        if statement.first is not None:
            slots["b"] = self.dish(statement.first)
        if statement.second is not None:
            slots["c"] = self.dish(statement.second)
        if statement.factor != 1:
            slots |= {"k": self.rng.choice(FACTORS[statement.factor]), "f": str(statement.factor)}
        return self.sentence(relation(statement), slots)

    def _comparison(self, statement: Comparison) -> str:
        if isinstance(statement.right, int):
            slots = {"x": self.money(statement.right), "y": str(statement.right)}
        else:
            slots = {"x": self.dish(statement.right), "y": statement.right}
        return self.sentence(statement.operator, {"a": self.dish(statement.left), **slots})

    def price_question(self, goal: str) -> str:
        """A question for a price."""
        return self.sentence("price_question", {"a": self.dish(goal)})

    def clause(self, literal: Literal) -> str:
        """A literal within a sentence: names with capitals, negation in the middle or around."""
        positive = literal.atom if literal.atom.startswith(("the ", "it ")) else capitalized(literal.atom)
        if literal.positive:
            return positive
        subject, copula, predicate = _parts(positive)
        if not copula or self.rng.chance(25):
            return self.template("negation").format(p=positive)
        negations = {
            "is": ("is not", "is not", "isn't"),
            "was": ("was not", "wasn't"),
            "can": ("cannot", "can not", "can't"),
        }
        return f"{subject} {self.rng.choice(negations[copula])} {predicate}"

    def proposition(self, statement: Proposition) -> str:
        """A sentence for a proposition."""
        clauses = [self.clause(literal) for literal in statement.literals]
        if statement.kind == "fact":
            return self.sentence("fact", {"p": clauses[0]})
        if statement.kind == "implies" and len(clauses) == 3:
            return self.sentence("implies2", {"p": clauses[0], "r": clauses[1], "q": clauses[2]})
        return self.sentence(statement.kind, {"p": clauses[0], "q": clauses[1]})

    def truth_question(self, goal: Literal) -> str:
        """A question whether a literal holds."""
        subject, copula, predicate = _parts(self.clause(Literal(goal.atom)))
        inverted = f"{copula} {subject} {'' if goal.positive else 'not '}{predicate}"
        clause = self.clause(goal)
        return self.sentence("truth_question", {"p": clause, "i": inverted if copula else f"is it so that {clause}"})

    def none(self) -> str:
        """A sentence outside the language."""
        first, second = names.dishes(self.rng, 2, self.split)
        traits = self.rng.shuffled(names.TRAITS[self.split])
        value = self.rng.between(1, 99)
        slots = {
            "a": self.dish(first),
            "e": first,
            "b": self.dish(second),
            "m": self.money(value),
            "n": str(value),
            "t": traits[0],
            "u": traits[1],
            "p": self.clause(Literal(names.atoms(self.rng, 1, self.split)[0])),
        }
        return capitalized(self.template("none").format(**slots))


def relation(statement: Definition) -> str:
    """Which of the wordings' relations an equation is."""
    if statement.first is None:
        return "price"
    if statement.second is not None:
        return "sum" if statement.sign > 0 else "difference"
    if statement.factor != 1:
        return {0: "times", 1: "times_plus", -1: "times_minus"}[_sign(statement.constant)]
    return {0: "equal", 1: "plus", -1: "minus"}[_sign(statement.constant)]


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _parts(clause: str) -> tuple[str, str, str]:
    """Subject, copula, predicate; an empty copula where there is none."""
    for copula in ("is", "was", "can"):
        subject, found, predicate = clause.partition(f" {copula} ")
        if found:
            return subject, copula, predicate
    return clause, "", ""
