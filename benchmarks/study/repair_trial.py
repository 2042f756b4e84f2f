"""A problem and a seed, and what methods with trusted rows share."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from . import trials
from .networks import Network, Predict
from .problems import Problem
from .rows import Rows


@dataclass(frozen=True)
class Outcome:
    predict: Predict
    removed: np.ndarray | None = None  # positions, in the order of deletion; None: it deletes none


class Trial(trials.Trial):
    """The held-out rows are the trusted ones."""

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem.train, problem.trusted, seed)
        self.problem = problem

    @functools.cached_property
    def untouched(self) -> Network:
        """Trained on all training rows and the trusted ones, as they are."""
        return self.without(np.empty(0, dtype=int))

    def without(self, removed: np.ndarray) -> Network:
        """Trained on the training rows but these, and on the trusted ones."""
        return self.network(self.train.without(removed).and_(self.held_out))

    @functools.cached_property
    def parts(self) -> tuple[Rows, Rows]:
        """Trusted rows to fit by, and to choose by."""
        order = np.random.default_rng(self.seed).permutation(len(self.held_out))
        third = len(order) // 3
        return self.held_out.at(order[third:]), self.held_out.at(order[:third])
