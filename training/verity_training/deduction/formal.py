"""Statements of the formal language (FORMAT.md): prices for GraphLA, propositions for GraphLI."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Definition:
    """``[head] = factor * [first] ± [second] + constant``; at most one of factor, second is other than trivial.

    Without ``first`` it gives the price; ``sign`` is that of ``second``.
    """

    head: str
    constant: int = 0
    first: str | None = None
    factor: int = 1
    second: str | None = None
    sign: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names on the right side, in order."""
        return tuple(name for name in (self.first, self.second) if name is not None)

    def right_side(self, known: dict[str, int], marked: str | None = None) -> str:
        """The right side with known prices behind their names; cut after ``marked``, which a ``?`` follows."""
        if self.first is None:
            return str(self.constant)
        text = f"{self.factor} * " if self.factor != 1 else ""
        text += _annotated(self.first, known)
        if self.first == marked:
            return text + " ?"
        if self.second is not None:
            text += f" {'+' if self.sign > 0 else '-'} {_annotated(self.second, known)}"
            if self.second == marked:
                return text + " ?"
        return text + _constant(self.constant)

    def formal(self) -> str:
        """As the model reads it."""
        return f"[{self.head}] = {self.right_side({})}"

    def value(self, known: dict[str, int]) -> int:
        """The head's price from those on the right."""
        if self.first is None:
            return self.constant
        second = 0 if self.second is None else self.sign * known[self.second]
        return self.factor * known[self.first] + second + self.constant


def _annotated(name: str, known: dict[str, int]) -> str:
    return f"[{name}] {known[name]}" if name in known else f"[{name}]"


def _constant(constant: int) -> str:
    return f" {'+' if constant > 0 else '-'} {abs(constant)}" if constant else ""


@dataclass(frozen=True)
class Comparison:
    """``[left] < [right]`` or the like, or with a number at the right; it never gives a price."""

    left: str
    operator: str
    right: str | int

    def formal(self) -> str:
        """As the model reads it."""
        right = f"[{self.right}]" if isinstance(self.right, str) else str(self.right)
        return f"[{self.left}] {self.operator} {right}"


PriceStatement = Definition | Comparison


@dataclass(frozen=True, order=True)
class Literal:
    """An atom or its negation."""

    atom: str
    positive: bool = True

    def __neg__(self) -> "Literal":
        return Literal(self.atom, not self.positive)

    def __str__(self) -> str:
        return f"[{self.atom}]" if self.positive else f"![{self.atom}]"


Clause = tuple[Literal, ...]


@dataclass(frozen=True)
class Proposition:
    """A statement over literals. ``kind``: fact, implies (the last literal is the consequent), or, iff, nand."""

    kind: str
    literals: tuple[Literal, ...]

    def formal(self) -> str:
        """As the model reads it."""
        texts = [str(literal) for literal in self.literals]
        if self.kind == "implies":
            return f"{' & '.join(texts[:-1])} -> {texts[-1]}"
        if self.kind == "nand":
            return f"!({' & '.join(texts)})"
        return {"fact": "", "or": " | ", "iff": " <-> "}[self.kind].join(texts)

    def clauses(self) -> list[Clause]:
        """What the statement says in clauses, literals in the order of the text."""
        if self.kind == "implies":
            return [(*(-literal for literal in self.literals[:-1]), self.literals[-1])]
        if self.kind == "nand":
            return [tuple(-literal for literal in self.literals)]
        if self.kind == "iff":
            left, right = self.literals
            return [(-left, right), (left, -right)]
        return [self.literals]
