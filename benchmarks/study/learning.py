"""Rows to learn from, however they were chosen, and what is learned from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from networks import Network
from rows import Rows
from sklearn.ensemble import HistGradientBoostingRegressor

import paris_core
from paris_core import weights
from paris_core.linalg import RidgeFactor
from paris_core.regularization import select_lambda

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Choice:
    """Rows, and how they count."""

    rows: Rows
    kept: float = 1.0  # share of the training rows that are among them
    weight: np.ndarray | None = None
    lam: float | None = None  # of a head; None: that of all training rows


class Teacher:
    """A network trained on everything, whose features choose rows, and what follows it."""

    def __init__(self, train: Rows, updates: int, seed: int) -> None:
        self.train, self.updates, self.seed = train, updates, seed
        self.network = Network(updates, seed).fit(train.X, train.y)
        self.Phi, self.z = self.table(train)
        # For all heads: few chosen rows are a poor guide to it.
        self.lam = select_lambda(self.Phi, self.z, n_threads=1)

    def table(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Features and standardised targets."""
        return self.network.features(rows.X), self.network.standardised(rows.y)

    def deletions(
        self,
        steering: Rows,
        n_kept: int,
        *,
        density: bool = False,
        lam: float | None = None,
        **options: object,
    ) -> paris_core.PruneResult:
        """Delete training rows until so many are left.

        `density`: steering rows count by the inverse density of their targets.
        """
        Phi_val, z_val = self.table(steering)
        return paris_core.prune(
            self.Phi,
            self.z,
            Phi_val,
            z_val,
            len(self.train) - n_kept,
            lam=self.lam if lam is None else lam,
            val_weight=weights.inverse_density(steering.y) if density else None,
            n_threads=1,
            **options,
        )

    def choice(self, kept: np.ndarray, lam: float | None = None) -> Choice:
        """These training rows (positions)."""
        return Choice(self.train.at(kept), len(kept) / len(self.train), lam=lam)

    def head(self, choice: Choice) -> Predict:
        """The features stay, a ridge head is fitted to the rows."""
        Phi, z = self.table(choice.rows)
        if choice.weight is not None:
            root = np.sqrt(choice.weight)
            Phi, z = Phi * root[:, np.newaxis], z * root
        lam = self.lam if choice.lam is None else choice.lam
        head = RidgeFactor(Phi, z, lam, n_threads=1).weights
        return lambda X: self.network.in_units(self.network.features(X) @ head)

    def fresh(self, choice: Choice) -> Predict:
        """Another network, with as many gradient steps, is trained on the rows."""
        rows = choice.rows
        return Network(self.updates, self.seed).fit(rows.X, rows.y, choice.weight).predict

    def boosting(self, choice: Choice) -> Predict:
        """No network at all."""
        model = HistGradientBoostingRegressor(random_state=self.seed)
        rows = choice.rows
        return model.fit(rows.X, rows.y, sample_weight=choice.weight).predict


# Ways to learn from a choice; the column "refit" of the results.
REFITS: dict[str, Callable[[Teacher, Choice], Predict]] = {
    "network": Teacher.fresh,
    "head": Teacher.head,
    "boosting": Teacher.boosting,
}
