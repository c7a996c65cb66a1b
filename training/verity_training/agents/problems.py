"""Generated problems: chains of assignments modulo ten, with what each role of a team writes about them."""

import random
from dataclasses import dataclass

NAMES = "abcdefgh"
OPERATORS = "+-*"
MIN_STEPS, MAX_STEPS = 2, 6
#: A problem's number decides to which set it belongs: one in ten is held out.
HELD_OUT_ONE_IN = 10


@dataclass(frozen=True)
class Problem:
    """``b = a + 3`` and so on: a first value, then (operator, operand) for each further name."""

    first: int
    steps: tuple[tuple[str, int], ...]

    @property
    def text(self) -> str:
        """As it is asked."""
        lines = [f"a = {self.first}"]
        for index, (operator, operand) in enumerate(self.steps):
            lines.append(f"{NAMES[index + 1]} = {NAMES[index]} {operator} {operand}")
        return "\n".join(lines) + f"\nCount modulo 10. What is {NAMES[len(self.steps)]}?"

    @property
    def values(self) -> list[int]:
        """Of all names, modulo ten."""
        values = [self.first]
        for operator, operand in self.steps:
            value = values[-1]
            result = {"+": value + operand, "-": value - operand, "*": value * operand}[operator]
            values.append(result % 10)
        return values

    @property
    def answer(self) -> int:
        """Of the last name."""
        return self.values[-1]

    @property
    def solution(self) -> str:
        """Step by step, with the answer in a box."""
        values = self.values
        lines = [f"a = {self.first}"]
        for index, (operator, operand) in enumerate(self.steps):
            lines.append(f"{NAMES[index + 1]} = {values[index]} {operator} {operand} = {values[index + 1]}")
        return "\n".join(lines) + f"\n\\boxed{{{self.answer}}}"

    @property
    def plan(self) -> str:
        """Without any value but the given ones."""
        lines = [f"- take a as {self.first}"]
        for index, (operator, operand) in enumerate(self.steps):
            lines.append(f"- get {NAMES[index + 1]} from {NAMES[index]} {operator} {operand}")
        return "\n".join(lines) + "\n- keep the last digit each time"

    @property
    def feedback(self) -> str:
        """The critic's."""
        return f"{self.plan}\nThe plan is right. It has {len(self.steps)} steps after the first."

    def written_by(self, role: str) -> str:
        """What an agent of that role writes."""
        return {"planner": self.plan, "critic": self.feedback, "refiner": self.plan}.get(role, self.solution)


def draw(rng: random.Random, steps: int | None = None) -> Problem:
    """A random problem of either set."""
    count = steps or rng.randint(MIN_STEPS, MAX_STEPS)
    chain = tuple((rng.choice(OPERATORS), rng.randint(0, 9)) for _ in range(count))
    return Problem(rng.randint(0, 9), chain)


def is_held_out(problem: Problem) -> bool:
    """A fixed tenth of all problems, whatever was drawn before."""
    code = sum((index + 3) * ord(character) for index, character in enumerate(problem.text))
    return code % HELD_OUT_ONE_IN == 0


def draw_from(rng: random.Random, held_out: bool, steps: int | None = None) -> Problem:
    """A random problem of one of the sets."""
    while True:
        problem = draw(rng, steps)
        if is_held_out(problem) == held_out:
            return problem
