"""GraphLI: a hypergraph as propositions. Each node is a literal; each edge one of the canonical forms."""

from .formal import Literal, Proposition
from .hypergraph import WEAK, Edge
from .prng import Prng


def statement(rng: Prng, edge: Edge, literals: list[Literal]) -> Proposition:
    """An edge as a proposition; a weak one is an implication the wrong way round or a denied fact."""
    tails, head = tuple(literals[tail] for tail in edge.tails), literals[edge.head]
    if not tails:
        return Proposition("fact", (-head if edge.kind == WEAK else head,))
    if edge.kind == WEAK:
        # Affirming the consequent must stay a fallacy: each tail is implied by the head.
        return Proposition("implies", (head, rng.choice(tails)))
    if len(tails) == 2:
        return Proposition("implies", (*tails, head))
    return _single(rng, tails[0], head)


def _single(rng: Prng, tail: Literal, head: Literal) -> Proposition:
    """Tail to head by modus ponens, modus tollens, disjunctive syllogism, a biconditional or an exclusion."""
    kind = rng.below(10)
    if kind <= 4:
        return Proposition("implies", (tail, head))
    if kind <= 6:
        return Proposition("implies", (-head, -tail))
    if kind == 7:
        return Proposition("iff", (tail, head) if rng.chance(50) else (head, tail))
    if kind == 8 and tail.positive and not head.positive:
        return Proposition("nand", (tail, -head) if rng.chance(50) else (-head, tail))
    return Proposition("or", (-tail, head) if rng.chance(50) else (head, -tail))
