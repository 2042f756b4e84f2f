"""A problem and a seed, and what methods with trusted rows share."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from paris_core import PARISRegressor
from paris_core.validation import Tail

from . import trials
from .networks import Predict
from .problems import Problem
from .rows import Rows


@dataclass(frozen=True)
class Outcome:
    predict: Predict
    n_kept: int | None = None  # training rows; None where the method has no such number
    removed: np.ndarray | None = None  # in the order of deletion


class Trial(trials.Trial):
    """The held-out rows are the trusted ones."""

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem.train, problem.trusted, problem.updates, seed)
        self.problem = problem

    @functools.cached_property
    def parts(self) -> tuple[Rows, Rows]:
        """Trusted rows to fit or steer by, and to choose by."""
        order = np.random.default_rng(self.seed).permutation(len(self.held_out))
        third = len(order) // 3
        return self.held_out.at(order[third:]), self.held_out.at(order[:third])

    @functools.cached_property
    def others(self) -> list[Trial]:
        """Five more trials with the problem, each with a seed of its own."""
        problem = replace(self.problem, updates=self.updates)
        return [Trial(problem, 1_000 * n + self.seed) for n in range(1, 6)]

    @functools.cached_property
    def pruned(self) -> PARISRegressor:
        """By single rows."""
        return self.prune()

    @functools.cached_property
    def pruned_by_batches(self) -> PARISRegressor:
        return self.prune(delete="groups")

    @functools.cached_property
    def pruned_in_turn(self) -> PARISRegressor:
        return self.prune(monitor=5)

    def prune(self, **options: object) -> PARISRegressor:
        """`PARISRegressor` with its defaults, or with these options; groups are batches."""
        fit_options = {"X_val": self.held_out.X, "y_val": self.held_out.y}
        if options.get("delete") == "groups":
            fit_options["groups"] = self.problem.batch
        return self.regressor(self.train, fit_options, tail=Tail(self.problem.side), **options)

    def loss(self, predict: Predict) -> float:
        chooser = self.parts[1]
        return float(np.mean((predict(chooser.X) - chooser.y) ** 2))
