"""Random directed acyclic hypergraphs: nodes are statements' subjects, an edge joins its tails to one head.

A node with an edge without tails is given. The goal stands at the end of a spine of ``depth`` edges with tails.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .prng import Prng

#: How an edge reads. Only edges that hold derive their head: a weak one says less than it would need to (a comparison
#: in place of a price, an implication the wrong way round, a fact denied).
HOLDS, WEAK = "holds", "weak"


@dataclass(frozen=True)
class Shape:
    """What is asked of an instance. Chances are in percent."""

    depth: int
    distractors: int
    answerable: bool
    #: That an edge of the spine has a second tail.
    join: int = 30
    #: That one node of the spine has a second derivation.
    alternative: int = 20


@dataclass(frozen=True)
class Edge:
    """One premise. ``key`` stays when the edge is perturbed."""

    key: int
    tails: tuple[int, ...]
    head: int
    kind: str = HOLDS


@dataclass
class Hypergraph:
    """Nodes 0 to ``nodes`` − 1; ``twins`` says in whose place a perturbation put a new node."""

    nodes: int = 0
    edges: list[Edge] = field(default_factory=list)
    goal: int = 0
    twins: dict[int, int] = field(default_factory=dict)
    #: Distance from the goal to the edge that was broken first; −1 if none was.
    cut: int = -1

    def node(self) -> int:
        """A new node."""
        self.nodes += 1
        return self.nodes - 1

    def edge(self, tails: Iterable[int], head: int, kind: str = HOLDS) -> int:
        """A new edge; returns its head."""
        self.edges.append(Edge(len(self.edges), tuple(tails), head, kind))
        return head

    def given(self) -> int:
        """A new node with an edge that gives it."""
        return self.edge((), self.node())


def intact(rng: Prng, shape: Shape) -> Hypergraph:
    """A graph whose goal is derivable at ``shape.depth``, with its distractors."""
    graph = Hypergraph()
    spine = [graph.given()]
    for level in range(1, shape.depth + 1):
        tails = [spine[-1]]
        if rng.chance(shape.join):
            tails = rng.shuffled([*tails, _second_tail(rng, graph, spine, level)])
        spine.append(graph.edge(tails, graph.node()))
    graph.goal = spine[-1]
    if shape.depth and rng.chance(shape.alternative):
        _second_derivation(rng, graph, spine)
    for _ in range(shape.distractors):
        _distractor(rng, graph, spine)
    return graph


def _second_tail(rng: Prng, graph: Hypergraph, spine: list[int], level: int) -> int:
    """A node that is derivable below ``level``: an earlier one of the spine, a given one, or one derived from such."""
    kind = rng.below(3)
    if kind == 0 and level >= 2:
        return spine[rng.below(level - 1)]
    given = graph.given()
    return graph.edge((given,), graph.node()) if kind == 2 and level >= 2 else given


def _second_derivation(rng: Prng, graph: Hypergraph, spine: list[int]) -> None:
    """Another way to a node of the spine, as long as the first, so that the goal's depth stays."""
    level = rng.between(1, min(len(spine) - 1, 3))
    node = graph.given()
    for _ in range(level - 1):
        node = graph.edge((node,), graph.node())
    graph.edge((node,), spine[level])


def _distractor(rng: Prng, graph: Hypergraph, spine: list[int]) -> None:
    """One premise that the goal does not need."""
    kind = rng.below(8)
    if kind <= 1:
        graph.given()
    elif kind <= 4:
        graph.edge((rng.below(graph.nodes),), graph.node())
    elif kind == 5:
        graph.edge((graph.node(),), graph.node())
    elif kind == 6:
        graph.edge((graph.node(),), rng.choice(spine))
    else:
        first = rng.below(graph.nodes)
        second = graph.node() if rng.chance(50) else rng.below(graph.nodes)
        if first != second:
            graph.edge((first,), second, WEAK)


def perturb(rng: Prng, graph: Hypergraph) -> Hypergraph:
    """The graph with one edge of every derivation of its goal broken: dropped, led elsewhere, or weakened."""
    broken = Hypergraph(graph.nodes, list(graph.edges), graph.goal, dict(graph.twins))
    while derivation := shallowest(broken.edges, broken.goal):
        place = rng.below(len(derivation))
        edge, distance = derivation[place]
        if broken.cut < 0:
            broken.cut = distance
        at = broken.edges.index(edge)
        changed = _broken(rng, broken, edge)
        broken.edges[at : at + 1] = [] if changed is None else [changed]
    return broken


def _broken(rng: Prng, graph: Hypergraph, edge: Edge) -> Edge | None:
    """The edge after one perturbation, or None if it is dropped."""
    kind = rng.below(4)
    if kind == 0 or (kind == 1 and not edge.tails):
        return None
    if kind == 1:
        place = rng.below(len(edge.tails))
        twin = _twin(graph, edge.tails[place])
        return replace(edge, tails=(*edge.tails[:place], twin, *edge.tails[place + 1 :]))
    if kind == 2:
        return replace(edge, head=_twin(graph, edge.head))
    return replace(edge, kind=WEAK)


def _twin(graph: Hypergraph, of: int) -> int:
    node = graph.node()
    graph.twins[node] = of
    return node


def shallowest(edges: list[Edge], goal: int) -> list[tuple[Edge, int]]:
    """A derivation of least depth: its edges, each with its distance from the goal (0: concludes it); [] if none."""
    depth: dict[int, int] = {}
    by: dict[int, Edge] = {}
    changed = True
    while changed:
        changed = False
        for edge in edges:
            if edge.kind != HOLDS or any(tail not in depth for tail in edge.tails):
                continue
            found = 1 + max((depth[tail] for tail in edge.tails), default=-1)
            if found < depth.get(edge.head, found + 1):
                depth[edge.head], by[edge.head], changed = found, edge, True
    derivation: list[tuple[Edge, int]] = []
    queue, seen = [(goal, 0)] if goal in by else [], {goal}
    for node, distance in queue:
        derivation.append((by[node], distance))
        for tail in by[node].tails:
            if tail not in seen:
                seen.add(tail)
                queue.append((tail, distance + 1))
    return derivation
