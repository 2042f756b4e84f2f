"""What a method is given."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from sklearn.exceptions import ConvergenceWarning

import paris_core
from paris_core import PARISRegressor

from .networks import Network, seeded
from .rows import Rows


@dataclass
class Trial:
    """Rows to learn from, others held out, and a seed; and what several methods share."""

    train: Rows
    held_out: Rows  # steer, choose or are learned from, as a method likes; there may be none
    seed: int
    lam: float | None = field(default=None, init=False)  # of ridge heads; None: chosen for each

    @functools.cached_property
    def everything(self) -> Network:
        return self.network(self.train)

    def network(self, rows: Rows, weight: np.ndarray | None = None) -> Network:
        return Network(self.seed).fit(rows, weight)

    @property
    def rng(self) -> np.random.Generator:
        """The same for every method."""
        return np.random.default_rng([self.seed, 2])

    def regressor(
        self, fit_options: dict[str, object], *, paper: bool = False, **options: object
    ) -> PARISRegressor:
        """`PARISRegressor` as it ships, with these options, fitted; or that of the paper."""
        make = PARISRegressor.paper if paper else PARISRegressor
        model = make(seeded(self.seed), random_state=self.seed, **options)
        with expected():
            return model.fit(self.train.X, self.train.y, **fit_options)


@contextmanager
def expected() -> Iterator[None]:
    """Without the warnings that trials are meant to give."""
    with warnings.catch_warnings():
        for told in (
            paris_core.TailWarning,
            paris_core.WeakModelWarning,  # labels are wrong on purpose
            paris_core.ManyRemovedWarning,
            paris_core.DuplicateRowsWarning,  # all rows may steer
            ConvergenceWarning,  # so many passes, at most
        ):
            warnings.simplefilter("ignore", told)
        yield
