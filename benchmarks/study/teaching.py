"""A network whose features choose the rows that others learn from."""

from __future__ import annotations

from dataclasses import dataclass

import paris_core
from paris_core.regularization import select_lambda
from paris_core.validation import weights

from .rows import Rows
from .trials import Trial


@dataclass
class Teacher(Trial):
    """A trial whose network on everything teaches."""

    def __post_init__(self) -> None:
        self.Phi, self.z = self.everything.table(self.train)
        # For all heads: few chosen rows are a poor guide to it.
        self.lam = select_lambda(self.Phi, self.z, n_threads=1)

    def deletions(
        self,
        validation: Rows,
        n_kept: int,
        *,
        criterion: str = "refit",
        objective: str = "mean",
        density: bool = False,
        lam: float | None = None,
    ) -> paris_core.PruneResult:
        """Delete training rows until so many are left, by default with the criterion of PARIS.

        `density`: validation rows count by the inverse density of their targets.
        """
        return paris_core.prune(
            self.Phi,
            self.z,
            *self.everything.table(validation),
            len(self.train) - n_kept,
            lam=self.lam if lam is None else lam,
            val_weight=weights.inverse_density(validation.y) if density else None,
            criterion=criterion,
            objective=objective,
            n_threads=1,
        )
