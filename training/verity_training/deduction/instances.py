"""Instances of both tasks with proved labels and ground-truth trajectories."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from . import graph_la, graph_li, names, proofs
from .formal import Definition, Literal, PriceStatement, Proposition
from .hypergraph import Hypergraph, Shape, intact, perturb
from .prng import Prng
from .trajectories import UNKNOWN, TooLong, Trace, solve_prices, solve_propositions

LA, LI = "GraphLA", "GraphLI"
TASKS = (LA, LI)
#: Prefixes of the stages' prompts (FORMAT.md).
DEDUCE, FORMALIZE = "Deduce:\n", "Formalize: "


@dataclass(frozen=True)
class Instance:
    """Premises and a goal with the proved answer and the trajectory that leads to it."""

    task: str
    seed: int
    shape: Shape
    split: str
    statements: Sequence[PriceStatement] | Sequence[Proposition]
    goal: str | Literal
    answer: str
    #: Lines of the trajectory without the answer.
    lines: tuple[str, ...]
    cut: int

    @cached_property
    def formal(self) -> list[str]:
        """The premises as the model reads them."""
        return [statement.formal() for statement in self.statements]

    @property
    def goal_line(self) -> str:
        """The question as the model reads it."""
        return f"? {self.goal}" if isinstance(self.goal, Literal) else f"? [{self.goal}]"

    @property
    def prompt(self) -> str:
        """Stage 2's prompt."""
        return deduce_prompt(self.formal, self.goal_line)

    @property
    def completion(self) -> str:
        """Stage 2's ground truth, without the end token."""
        return "".join(f"{line}\n" for line in self.lines) + f"= {self.answer}"

    def record(self) -> dict[str, object]:
        """As a line of JSON."""
        return {
            "task": self.task,
            "seed": self.seed,
            "split": self.split,
            **asdict(self.shape),
            "cut": self.cut,
            "formal": self.formal,
            "goal": self.goal_line,
            "answer": self.answer,
            "completion": self.completion,
        }


def deduce_prompt(formal: Sequence[str], goal_line: str) -> str:
    """Numbered premises and the goal, as FORMAT.md has them."""
    return DEDUCE + "".join(f"{number}: {text}\n" for number, text in enumerate(formal, 1)) + f"{goal_line}\n"


def instance(task: str, seed: int, shape: Shape, split: str = names.TRAIN) -> Instance:
    """The instance that follows from these settings. Drawn again until its label is proved; raises if it never is."""
    rng = Prng(seed)
    for _ in range(200):
        found = _draw(rng, task, shape, split)
        if found is not None:
            return replace(found, seed=seed)
    raise ValueError(f"No {task} instance of {shape} was found.")


def max_lines(depth: int) -> int:
    """How long a trajectory may get."""
    return 16 + 8 * depth


def _draw(rng: Prng, task: str, shape: Shape, split: str) -> Instance | None:
    graph = intact(rng, shape)
    prices = graph_la.Prices(rng)
    if task == LA:
        prices.draw(graph.edges)
        if not prices.fits():
            return None
    if not shape.answerable:
        graph = perturb(rng, graph)
    first_label = rng.below(26)
    make = _prices if task == LA else _propositions
    try:
        return make(rng, shape, split, graph, prices, first_label)
    except TooLong:
        return None


def _prices(
    rng: Prng, shape: Shape, split: str, graph: Hypergraph, prices: graph_la.Prices, first_label: int
) -> Instance | None:
    called = names.dishes(rng, graph.nodes, split)
    premises = rng.shuffled([graph_la.statement(rng, prices, graph, edge, called) for edge in graph.edges])
    goal = called[graph.goal]
    answer, trace = solve_prices(premises, goal, first_label, max_lines(shape.depth))
    proved = proofs.eliminate(premises, goal) == proofs.price_label(premises, goal) == answer
    depth = proofs.price_depth(premises, goal)
    return _proved(LA, shape, split, premises, goal, answer, trace, graph, proved, depth)


def _propositions(
    rng: Prng, shape: Shape, split: str, graph: Hypergraph, _: graph_la.Prices, first_label: int
) -> Instance | None:
    literals = [Literal(atom, rng.chance(65)) for atom in names.atoms(rng, graph.nodes, split)]
    premises = rng.shuffled([graph_li.statement(rng, edge, literals) for edge in graph.edges])
    goal = literals[graph.goal] if rng.chance(50) else -literals[graph.goal]
    answer, trace = solve_propositions(premises, goal, first_label, max_lines(shape.depth))
    proved = proofs.proposition_label(premises, goal) == answer
    depth = proofs.proposition_depth(premises, goal)
    return _proved(LI, shape, split, premises, goal, answer, trace, graph, proved, depth)


def _proved(
    task: str,
    shape: Shape,
    split: str,
    premises: Sequence[PriceStatement] | Sequence[Proposition],
    goal: str | Literal,
    answer: str,
    trace: Trace,
    graph: Hypergraph,
    proved: bool,
    depth: int | None,
) -> Instance | None:
    """The instance, if its label is proved and is the one asked for, at exactly the depth asked for."""
    right_depth = depth == (shape.depth if shape.answerable else None)
    if not proved or not right_depth or (answer == UNKNOWN) == shape.answerable or not premises:
        return None
    if len({statement.formal() for statement in premises}) != len(premises):
        return None
    if any(isinstance(premise, Definition) and premise.head in premise.names for premise in premises):
        return None
    return Instance(task, 0, shape, split, premises, goal, answer, tuple(trace.lines), graph.cut)
