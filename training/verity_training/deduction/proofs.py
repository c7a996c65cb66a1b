"""Labels proved, not assumed: exact rational elimination, an SMT solver, and exact depths."""

from collections.abc import Sequence
from fractions import Fraction

import z3

from .formal import Comparison, Definition, Literal, PriceStatement, Proposition
from .trajectories import UNKNOWN

CONTRADICTORY = "contradictory"
Row = dict[str, Fraction]
#: The column of the constants; no name is empty.
ONE = ""


def eliminate(premises: Sequence[PriceStatement], goal: str) -> str:
    """What the equations alone say of the goal's price: a number, "unknown" or "contradictory".

    Gauss and Jordan over the rationals. The goal is settled exactly if its row holds no other name.
    """
    pivots: dict[str, Row] = {}
    for premise in premises:
        if not isinstance(premise, Definition):
            continue
        row = _reduced(_row(premise), pivots)
        names = [name for name in row if name != ONE]
        if not names:
            if row:
                return CONTRADICTORY
            continue
        # The goal is chosen last, so that its row, if there is one, has as few other names as can be.
        pivot = next((name for name in names if name != goal), goal)
        scale = row[pivot]
        row = {name: value / scale for name, value in row.items()}
        pivots = {name: _minus(other, row, other.get(pivot, Fraction(0))) for name, other in pivots.items()}
        pivots[pivot] = row
    settled = pivots.get(goal)
    if settled is None or any(name not in (goal, ONE) for name in settled):
        return UNKNOWN
    return str(-settled.get(ONE, Fraction(0)))


def _row(premise: Definition) -> Row:
    row: Row = {}
    terms = [(premise.head, 1), (ONE, -premise.constant)]
    if premise.first is not None:
        terms.append((premise.first, -premise.factor))
    if premise.second is not None:
        terms.append((premise.second, -premise.sign))
    for name, value in terms:
        row[name] = row.get(name, Fraction(0)) + value
    return {name: value for name, value in row.items() if value}


def _minus(row: Row, other: Row, times: Fraction) -> Row:
    if not times:
        return row
    result = dict(row)
    for name, value in other.items():
        result[name] = result.get(name, Fraction(0)) - times * value
    return {name: value for name, value in result.items() if value}


def _reduced(row: Row, pivots: dict[str, Row]) -> Row:
    for name in [name for name in row if name in pivots]:
        row = _minus(row, pivots[name], row.get(name, Fraction(0)))
    return row


def price_label(premises: Sequence[PriceStatement], goal: str) -> str:
    """The same by SMT over the reals, comparisons included: two models that differ prove "unknown"."""
    names: dict[str, z3.ArithRef] = {}

    def price(name: str) -> z3.ArithRef:
        return names.setdefault(name, z3.Real(f"p{len(names)}"))

    solver = z3.SimpleSolver()
    for premise in premises:
        if isinstance(premise, Comparison):
            right = price(premise.right) if isinstance(premise.right, str) else premise.right
            solver.add(_COMPARE[premise.operator](price(premise.left), right))
        else:
            first = 0 if premise.first is None else premise.factor * price(premise.first)
            second = 0 if premise.second is None else premise.sign * price(premise.second)
            solver.add(price(premise.head) == first + second + premise.constant)
    if solver.check() != z3.sat:
        return CONTRADICTORY
    value = solver.model().eval(price(goal), model_completion=True)
    solver.add(price(goal) != value)
    return UNKNOWN if solver.check() == z3.sat else str(value.as_fraction())


_COMPARE = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "!=": lambda left, right: left != right,
}


def proposition_label(premises: Sequence[Proposition], goal: Literal) -> str:
    """By SAT: "yes", "no", "unknown" (a model of each kind exists) or "contradictory"."""
    atoms: dict[str, z3.BoolRef] = {}

    def truth(literal: Literal) -> z3.BoolRef:
        atom = atoms.setdefault(literal.atom, z3.Bool(f"a{len(atoms)}"))
        return atom if literal.positive else z3.Not(atom)

    solver = z3.SimpleSolver()
    for premise in premises:
        for clause in premise.clauses():
            solver.add(z3.Or(*map(truth, clause)))
    can_be = [solver.check(truth(literal)) == z3.sat for literal in (goal, -goal)]
    return {(True, True): UNKNOWN, (True, False): "yes", (False, True): "no"}.get(tuple(can_be), CONTRADICTORY)


def price_depth(premises: Sequence[PriceStatement], goal: str) -> int | None:
    """Edges with tails on the longest path of the shallowest derivation; None if the goal is not derivable."""
    rules = [(premise.names, premise.head) for premise in premises if isinstance(premise, Definition)]
    return _depths(rules).get(goal)


def proposition_depth(premises: Sequence[Proposition], goal: Literal) -> int | None:
    """The same for a literal, by unit resolution; of goal and negation the one that is derivable."""
    rules = [
        (tuple(str(-other) for other in clause if other != literal), str(literal))
        for premise in premises
        for clause in premise.clauses()
        for literal in clause
    ]
    depths = _depths(rules)
    return depths.get(str(goal), depths.get(str(-goal)))


def _depths(rules: list[tuple[tuple[str, ...], str]]) -> dict[str, int]:
    """Least depth of everything derivable: the fixpoint over all rules."""
    depth: dict[str, int] = {}
    changed = True
    while changed:
        changed = False
        for tails, head in rules:
            if all(tail in depth for tail in tails):
                found = 1 + max((depth[tail] for tail in tails), default=-1)
                if found < depth.get(head, found + 1):
                    depth[head], changed = found, True
    return depth
