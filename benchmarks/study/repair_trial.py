"""A problem with wrong targets and a seed, and what the methods against them share."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from networks import Network, estimator
from sklearn.exceptions import ConvergenceWarning

import paris_core
from paris_core import PARISRegressor
from problems import Problem, Rows

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Outcome:
    predict: Predict
    n_kept: int | None = None  # training rows; None where the method has no such number
    removed: np.ndarray | None = None  # in the order of deletion


@dataclass
class Trial:
    """A problem and a seed, and what several methods share."""

    problem: Problem
    seed: int

    @functools.cached_property
    def everything(self) -> Network:
        return self.network(self.problem.train)

    def network(self, rows: Rows, weight: np.ndarray | None = None) -> Network:
        return Network(self.problem.updates, self.seed).fit(rows.X, rows.y, weight)

    @functools.cached_property
    def parts(self) -> tuple[Rows, Rows]:
        """Trusted rows to fit or steer by, and to choose by."""
        order = np.random.default_rng(self.seed).permutation(len(self.problem.trusted))
        third = len(order) // 3
        return self.problem.trusted.at(order[third:]), self.problem.trusted.at(order[:third])

    @functools.cached_property
    def pruned(self) -> PARISRegressor:
        """By single rows."""
        return self.prune()

    @functools.cached_property
    def pruned_by_batches(self) -> PARISRegressor:
        return self.prune(delete="groups")

    def prune(self, **options: object) -> PARISRegressor:
        """`PARISRegressor` with its defaults, or with these options; groups are batches."""
        problem = self.problem
        model = PARISRegressor(
            estimator(problem.updates, len(problem.train), self.seed),
            random_state=self.seed,
            tail_side=problem.side,
            **options,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", paris_core.TailWarning)
            warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are meant
            return model.fit(
                problem.train.X,
                problem.train.y,
                groups=problem.batch if model.delete == "groups" else None,
                X_val=problem.trusted.X,
                y_val=problem.trusted.y,
            )

    def loss(self, predict: Predict) -> float:
        chooser = self.parts[1]
        return float(np.mean((predict(chooser.X) - chooser.y) ** 2))
