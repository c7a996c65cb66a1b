"""GraphLA: a hypergraph as statements about prices, all true of one hidden price list."""

from .formal import Comparison, Definition, PriceStatement
from .hypergraph import WEAK, Edge, Hypergraph
from .prng import Prng

LARGEST = 99
MAX_CONSTANT = 20
#: What a comparison that holds may say of a lower, an equal and a higher left price.
COMPARISONS = {-1: ("<", "<=", "!="), 0: ("<=", ">="), 1: (">", ">=", "!=")}


class Prices:
    """Draws the hidden price list and the statements of an intact graph, edge by edge."""

    def __init__(self, rng: Prng) -> None:
        self.rng = rng
        self.value: dict[int, int] = {}
        #: By edge key: (factor, sign of the second tail, constant).
        self.form: dict[int, tuple[int, int, int]] = {}

    def draw(self, edges: list[Edge]) -> None:
        """Settles each edge's arithmetic; tails that nothing gives get some price first."""
        for edge in edges:
            for tail in edge.tails:
                if tail not in self.value:
                    self.value[tail] = self._near(edge.head) if edge.head in self.value else self.rng.between(2, 60)
            self.form[edge.key] = self._form(edge)
            self.value.setdefault(edge.head, self._price(edge))

    def _near(self, head: int) -> int:
        price, step = self.value[head], self.rng.between(1, MAX_CONSTANT)
        return price - step if self.rng.chance(50) and price > step else min(LARGEST, price + step)

    def _form(self, edge: Edge) -> tuple[int, int, int]:
        if edge.kind == WEAK:
            self.value.setdefault(edge.head, self.rng.between(2, 60))
            return (1, 1, 0)
        if edge.head in self.value:
            return (1, 1, self.value[edge.head] - sum(self.value[tail] for tail in edge.tails))
        if not edge.tails:
            return (1, 1, self.rng.between(2, 40))
        if len(edge.tails) == 2:
            first, second = (self.value[tail] for tail in edge.tails)
            subtract = first + second > LARGEST or (first > second and self.rng.chance(50))
            return (1, -1 if subtract else 1, 0)
        return self._single(self.value[edge.tails[0]])

    def _single(self, tail: int) -> tuple[int, int, int]:
        kind, factor, step = self.rng.below(20), self.rng.between(2, 3), self.rng.between(1, MAX_CONSTANT)
        if kind == 0:
            return (1, 1, 0)
        if kind <= 4 and factor * tail <= LARGEST:
            return (factor, 1, 0)
        if kind <= 6 and factor * tail + step <= LARGEST:
            return (factor, 1, step)
        if kind <= 8 and step < factor * tail <= LARGEST:
            return (factor, 1, -step)
        up = tail + step <= LARGEST and (kind % 2 == 0 or tail <= step)
        return (1, 1, step if up else -step)

    def _price(self, edge: Edge) -> int:
        factor, sign, constant = self.form[edge.key]
        values = [self.value[tail] for tail in edge.tails]
        first = factor * values[0] if values else 0
        return first + (sign * values[1] if len(values) == 2 else 0) + constant

    def fits(self) -> bool:
        """Whether every price can be written."""
        return all(0 <= price <= LARGEST for price in self.value.values())


def statement(rng: Prng, prices: Prices, graph: Hypergraph, edge: Edge, names: list[str]) -> PriceStatement:
    """An edge in words' place; a weak one says only how two prices compare."""

    def price(node: int) -> int:
        return prices.value[graph.twins.get(node, node)]

    if edge.kind == WEAK:
        return _comparison(rng, edge, names, price(edge.head), price(edge.tails[0]) if edge.tails else None)
    factor, sign, constant = prices.form[edge.key]
    first, second = ([names[tail] for tail in edge.tails] + [None, None])[:2]
    return Definition(names[edge.head], constant, first, factor, second, sign)


def _comparison(rng: Prng, edge: Edge, names: list[str], head: int, tail: int | None) -> Comparison:
    other = rng.between(1, LARGEST) if tail is None else tail
    operator = rng.choice(COMPARISONS[(head > other) - (head < other)])
    return Comparison(names[edge.head], operator, other if tail is None else names[edge.tails[0]])
