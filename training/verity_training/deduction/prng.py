"""A portable generator of random integers (mulberry32), so that a twin in another language draws the same instances."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
MASK = 0xFFFFFFFF


class Prng:
    """Draws follow from the seed and the order of the calls alone; only integers are drawn."""

    def __init__(self, seed: int) -> None:
        """``seed`` is taken modulo 2³²."""
        self.state = seed & MASK

    def next(self) -> int:
        """An integer from 0 to 2³² − 1."""
        self.state = (self.state + 0x6D2B79F5) & MASK
        t = self.state
        t = ((t ^ (t >> 15)) * (t | 1)) & MASK
        t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & MASK)) & MASK
        return (t ^ (t >> 14)) & MASK

    def below(self, bound: int) -> int:
        """An integer from 0 to ``bound`` − 1. The modulo's bias (below bound / 2³²) is accepted for its simplicity."""
        return self.next() % bound

    def between(self, low: int, high: int) -> int:
        """An integer from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        """True in ``percent`` of a hundred draws."""
        return self.below(100) < percent

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in random order: Fisher and Yates, from the last place to the first."""
        order = list(items)
        for place in range(len(order) - 1, 0, -1):
            other = self.below(place + 1)
            order[place], order[other] = order[other], order[place]
        return order
