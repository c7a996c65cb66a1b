from fractions import Fraction
from itertools import product

import pytest

from verity_training.deduction import names, proofs
from verity_training.deduction.formal import Comparison, Definition, Literal, Proposition
from verity_training.deduction.hypergraph import Edge, Shape, intact, perturb, shallowest
from verity_training.deduction.instances import LA, LI, TASKS, instance
from verity_training.deduction.prng import Prng
from verity_training.deduction.trajectories import label

SHAPES = [
    Shape(depth, distractors, answerable) for depth in (1, 3) for distractors in (0, 5) for answerable in (True, False)
]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_instance_follows_from_its_seed_and_is_answered_as_asked(task: str, shape: Shape) -> None:
    for seed in range(5):
        found = instance(task, seed, shape)
        assert found == instance(task, seed, shape)
        assert (found.answer != "unknown") == shape.answerable
        assert found.completion.endswith(f"\n= {found.answer}")


def test_an_intact_graphs_goal_has_the_depth_asked_for() -> None:
    for seed in range(50):
        graph = intact(Prng(seed), Shape(4, 4, True, join=0))
        assert max(distance for _, distance in shallowest(graph.edges, graph.goal)) == 4


def test_perturbing_breaks_every_derivation_and_keeps_the_other_premises() -> None:
    for seed in range(50):
        rng = Prng(seed)
        graph = intact(rng, Shape(3, 3, False, alternative=100))
        broken = perturb(rng, graph)
        assert shallowest(graph.edges, graph.goal)
        assert shallowest(broken.edges, broken.goal) == []
        assert sum(edge in broken.edges for edge in graph.edges) >= len(graph.edges) - 8


def test_the_shallowest_derivation_is_found() -> None:
    edges = [Edge(0, (), 0), Edge(1, (0,), 1), Edge(2, (1,), 2), Edge(3, (0,), 2)]
    assert [edge.key for edge, _ in shallowest(edges, 2)] == [3, 0]


def brute_force(premises: list[Proposition], goal: Literal) -> str:
    atoms = sorted({literal.atom for premise in premises for literal in premise.literals} | {goal.atom})
    can_be = set()
    for values in product((True, False), repeat=len(atoms)):
        world = dict(zip(atoms, values, strict=True))
        holds = [any(world[l.atom] == l.positive for l in clause) for p in premises for clause in p.clauses()]  # noqa: E741
        if all(holds):
            can_be.add(world[goal.atom] == goal.positive)
    return {(True,): "yes", (False,): "no", (): "contradictory"}.get(tuple(can_be), "unknown")


def test_labels_of_propositions_are_those_of_the_truth_table() -> None:
    for seed in range(30):
        found = instance(LI, seed, Shape(2, 1, seed % 2 == 0, alternative=0))
        assert isinstance(found.goal, Literal)
        premises = [premise for premise in found.statements if isinstance(premise, Proposition)]
        assert brute_force(premises, found.goal) == found.answer


def test_contradictory_premises_are_told_from_unsettled_ones() -> None:
    a, b = Literal("a"), Literal("b")
    denied = [Proposition("fact", (a,)), Proposition("fact", (-a,))]
    assert proofs.proposition_label(denied, b) == "contradictory"
    assert proofs.proposition_label([Proposition("implies", (a, b))], b) == "unknown"


PRICES = [
    ([Definition("x", 3, "y"), Definition("y", 4)], "7"),
    ([Definition("x", 3, "y"), Definition("x", 10)], "7"),
    ([Definition("x", 0, "y", 2), Definition("x", 7)], str(Fraction(7, 2))),
    ([Definition("x", 3, "y")], "unknown"),
    (
        [
            Definition("s", 10),
            Definition("s", 0, "x", 1, "y", 1),
            Definition("d", 2),
            Definition("d", 0, "x", 1, "y", -1),
        ],
        "6",
    ),
    ([Definition("y", 1), Definition("y", 2)], "contradictory"),
]


@pytest.mark.parametrize(("premises", "expected"), PRICES, ids=lambda value: str(value)[:20])
def test_elimination_and_smt_agree_on_what_equations_settle(premises: list[Definition], expected: str) -> None:
    goal = "y" if len(premises) == 2 and premises[1].head == "x" else "x"
    assert proofs.eliminate(premises, goal) == proofs.price_label(premises, goal) == expected


def test_comparisons_count_for_the_solver() -> None:
    pinned = [Comparison("x", "<=", 4), Comparison("x", ">=", 4)]
    assert proofs.price_label(pinned, "x") == "4"
    assert proofs.eliminate(pinned, "x") == "unknown"


@pytest.mark.parametrize("task", TASKS)
def test_every_step_follows_from_what_it_cites(task: str) -> None:
    for seed in range(20):
        found = instance(task, seed, Shape(3, 4, True))
        statements = {str(number): statement for number, statement in enumerate(found.statements, 1)}
        for line in found.lines:
            if line.startswith("#"):
                continue
            name, _, rest = line.partition(": ")
            formula, _, cited = rest.rpartition(" by ")
            premises = [statements[reference] for reference in cited.split()]
            if task == LA:
                head, _, value = formula.partition(" = ")
                step = Definition(head[1:-1], int(value))
                assert proofs.eliminate(premises, step.head) == value  # type: ignore[arg-type]
                statements[name] = step
            else:
                literal = Literal(formula.strip("![]"), not formula.startswith("!"))
                assert proofs.proposition_label(premises, literal) == "yes"  # type: ignore[arg-type]
                statements[name] = Proposition("fact", (literal,))


def test_labels_go_on_after_z() -> None:
    assert [label(number) for number in (0, 25, 26, 51, 52)] == ["a", "z", "aa", "az", "ba"]


def test_held_out_names_do_not_occur_in_training() -> None:
    for words in (names.DISHES, names.PEOPLE, names.TRAITS, names.THINGS, names.STATES, names.VERBS, names.KINDS):
        assert not set(words[names.TRAIN]) & set(words[names.HELDOUT])
