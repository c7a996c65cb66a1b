"""The ground-truth trajectory: FORMAT.md's procedure, run on formal premises and written down as the model shall."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from .formal import Definition, Literal, PriceStatement, Proposition

UNKNOWN = "unknown"


class TooLong(Exception):
    """The search takes more lines than allowed, or runs in a circle."""


def label(number: int) -> str:
    """a … z, aa, ab …: the name of the ``number``-th step, counted from 0."""
    letters = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters


@dataclass
class Trace:
    """Lines written so far. ``labels`` names the step that proved a name or literal."""

    first_label: int
    max_lines: int
    lines: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def write(self, line: str) -> None:
        """Appends a line; raises TooLong at the limit."""
        self.lines.append(line)
        if len(self.lines) > self.max_lines:
            raise TooLong

    def step(self, proved: str, formula: str, premise: int, needs: Sequence[str]) -> None:
        """Appends a step that rests on a premise and on earlier steps, each named once."""
        name = label(self.first_label + len(self.labels))
        cited = " ".join([str(premise), *dict.fromkeys(self.labels[need] for need in needs)])
        self.write(f"{name}: {formula} by {cited}")
        self.labels[proved] = name


def solve_prices(premises: Sequence[PriceStatement], goal: str, first_label: int, max_lines: int) -> tuple[str, Trace]:
    """Answer and trace of GraphLA."""
    trace = Trace(first_label, max_lines)
    known: dict[str, int] = {}
    tried: dict[str, int] = {}
    open_names: set[str] = set()

    def seek(name: str) -> bool:
        if name in open_names:
            raise TooLong
        open_names.add(name)
        for number, premise in enumerate(premises, 1):
            if number <= tried.get(name, 0) or not isinstance(premise, Definition) or premise.head != name:
                continue
            tried[name] = number
            if use(premise, number):
                open_names.remove(name)
                return True
        trace.write(f"# no [{name}]")
        open_names.remove(name)
        return False

    def use(premise: Definition, number: int) -> bool:
        start = f"# [{premise.head}] by {number} = "
        while lacking := next((name for name in premise.names if name not in known), None):
            trace.write(start + premise.right_side(known, lacking))
            if not seek(lacking):
                return False
        trace.write(start + premise.right_side(known))
        if premise.factor != 1 and premise.constant and premise.first is not None:
            product = premise.factor * known[premise.first]
            trace.write(f"# {product} {'+' if premise.constant > 0 else '-'} {abs(premise.constant)}")
        known[premise.head] = premise.value(known)
        trace.step(premise.head, f"[{premise.head}] = {known[premise.head]}", number, premise.names)
        return True

    return (str(known[goal]) if seek(goal) else UNKNOWN), trace


def solve_propositions(
    premises: Sequence[Proposition], goal: Literal, first_label: int, max_lines: int
) -> tuple[str, Trace]:
    """Answer and trace of GraphLI."""
    trace = Trace(first_label, max_lines)
    proved: set[Literal] = set()
    tried: dict[Literal, int] = {}
    open_literals: set[Literal] = set()
    open_premises: set[int] = set()

    def seek(literal: Literal) -> bool:
        if literal in open_literals:
            raise TooLong
        open_literals.add(literal)
        for number, premise in enumerate(premises, 1):
            if number <= tried.get(literal, 0) or number in open_premises:
                continue
            clause = next((clause for clause in premise.clauses() if literal in clause), None)
            if clause is None:
                continue
            tried[literal] = number
            open_premises.add(number)
            found = use(literal, [-other for other in clause if other != literal], number)
            open_premises.remove(number)
            if found:
                open_literals.remove(literal)
                return True
        trace.write(f"# no {literal}")
        open_literals.remove(literal)
        return False

    def use(literal: Literal, needs: list[Literal], number: int) -> bool:
        start = f"# {literal} by {number}"
        while lacking := next((need for need in needs if need not in proved), None):
            listed = needs[: needs.index(lacking) + 1]
            trace.write(f"{start} if {' & '.join(map(str, listed))} ?")
            if not seek(lacking):
                return False
        trace.write(f"{start} if {' & '.join(map(str, needs))}" if needs else start)
        proved.add(literal)
        trace.step(str(literal), str(literal), number, [str(need) for need in needs])
        return True

    if seek(goal):
        return "yes", trace
    return ("no" if seek(-goal) else UNKNOWN), trace
