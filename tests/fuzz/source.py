"""Where choices come from: chance, Hypothesis, or a list that is being made shorter.

Every choice is a number below some bound, and 0 is the plainest one: so a list of choices can be
made plainer without knowing what they mean.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")


class Source:
    """Choices, and a record of them.

    Parameters
    ----------
    below : callable
        ``below(n)`` returns an int in [0, n).
    """

    def __init__(self, below: Callable[[int], int]) -> None:
        self._below = below
        self.made: list[int] = []

    @classmethod
    def random(cls, *seed: object) -> Source:
        """By chance, the same for the same seed in every process and version of Python."""
        return cls(random.Random("-".join(map(str, seed))).randrange)

    @classmethod
    def listed(cls, choices: Sequence[int]) -> Source:
        """Those of a list, and zeros after its end."""
        left = iter(choices)
        return cls(lambda n: min(next(left, 0), n - 1))

    @classmethod
    def hypothesis(cls, data: Any) -> Source:
        """Drawn by Hypothesis, of whose strategy `data` the argument is."""
        from hypothesis import strategies as st

        return cls(lambda n: data.draw(st.integers(0, n - 1)))

    def below(self, n: int) -> int:
        """An int in [0, n)."""
        choice = self._below(n)
        self.made.append(choice)
        return choice

    def integer(self, low: int, high: int) -> int:
        """An int in [low, high]."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """One of `options`, the plainest of which come first."""
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """One of `options`, each so many times as likely as its number says."""
        place = self.below(sum(weight for weight, _ in options))
        for weight, option in options:
            place -= weight
            if place < 0:
                return option
        raise AssertionError("weights must be positive")

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self.below(100) >= 100 - percent

    def rng(self) -> np.random.Generator:
        """A generator for the numbers in a table."""
        return np.random.default_rng(self.below(2**32))

    def power(self, low: int, high: int) -> float:
        """A power of ten."""
        return float(10.0 ** self.integer(low, high))
