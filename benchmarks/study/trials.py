"""What a method is given."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass, field

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import paris_core
from paris_core import PARISRegressor

from .networks import Network, estimator, steady
from .rows import Rows

PAPER = {"criterion": "representer", "objective": "worst"}  # which rows go, in the paper


@dataclass
class Trial:
    """Rows to learn from, others held out, a budget and a seed; and what several methods share."""

    train: Rows
    held_out: Rows  # steer, choose or are learned from, as a method likes
    updates: int  # gradient steps of every network
    seed: int
    lam: float | None = field(default=None, init=False)  # of ridge heads; None: chosen for each

    @functools.cached_property
    def everything(self) -> Network:
        return self.network(self.train)

    def network(self, rows: Rows, weight: np.ndarray | None = None) -> Network:
        return Network(self.updates, self.seed).fit(rows, weight)

    @property
    def rng(self) -> np.random.Generator:
        """The same for every method."""
        return np.random.default_rng([self.seed, 2])

    def regressor(
        self,
        rows: Rows,
        fit_options: dict[str, object],
        *,
        same_steps: bool = False,
        **options: object,
    ) -> PARISRegressor:
        """`PARISRegressor` on the network, fitted.

        Where rows have left, the network makes as many passes as before; or as many steps.
        """
        if same_steps:
            network = steady(self.updates, self.seed)
        else:
            network = estimator(self.updates, len(self.train), self.seed)
        model = PARISRegressor(network, random_state=self.seed, **options)
        with warnings.catch_warnings():
            for told in (
                paris_core.TailWarning,
                paris_core.WeakModelWarning,  # labels are wrong on purpose
                paris_core.ManyRemovedWarning,
            ):
                warnings.simplefilter("ignore", told)
            warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are meant
            return model.fit(rows.X, rows.y, **fit_options)
