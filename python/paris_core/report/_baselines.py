"""What to compare with: the same head, fitted to other rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..metrics import RemovalCurve, random_removal_curves
from ._fitted import Fitted, Rows

__all__ = ["Baseline", "compare", "random_curves"]

_DRAWS = 20
_MOST_DELETIONS = 200_000  # of all random curves together: about ten seconds


@dataclass(frozen=True)
class Baseline:
    """A model and its errors on the monitor rows.

    Attributes
    ----------
    label : str
        What the model is.
    n_rows : int
        Rows it was fitted to.
    error, tail_error : float
        Over all rows, and in the tail.
    spread, tail_spread : float
        Standard deviations over random draws; 0 where there is one model only.
    """

    label: str
    n_rows: int
    error: float
    tail_error: float
    spread: float = 0.0
    tail_spread: float = 0.0


def compare(fitted: Fitted, rng: np.random.Generator) -> list[Baseline]:
    """The model first, then heads on the same features with the same λ, on other rows."""
    kept = fitted.training.at(fitted.kept)
    n_kept = len(kept)

    def head(label: str, rows: Rows) -> Baseline:
        return Baseline(label, len(rows), *fitted.errors(fitted.monitor, fitted.head(rows)))

    draws = np.array(
        [
            fitted.errors(
                fitted.monitor,
                fitted.head(
                    fitted.training.at(rng.choice(len(fitted.training), n_kept, replace=False))
                ),
            )
            for _ in range(_DRAWS)
        ]
    )
    mean, spread = draws.mean(axis=0), draws.std(axis=0, ddof=1)
    record = fitted.final_round
    own = Baseline("this model", n_kept, record.monitor_error, record.monitor_tail_error)
    network = fitted.model.retrain == "network"
    return [
        own,
        *([head("ridge head on its features, rows kept", kept)] if network else []),
        head("all training rows", fitted.training),
        Baseline(
            f"as many rows at random, {_DRAWS} draws",
            n_kept,
            float(mean[0]),
            float(mean[1]),
            float(spread[0]),
            float(spread[1]),
        ),
        head("steering rows only", fitted.steering),
        head("training + steering rows", fitted.training + fitted.steering),
        head("rows kept + steering rows", kept + fitted.steering),
    ]


def random_curves(fitted: Fitted, rng: np.random.Generator) -> RemovalCurve | None:
    """Errors in the monitor rows' tail while rows leave at random; None if they have no tail.

    At the numbers of rows of the model's own history.
    """
    rounds = fitted.model.history_
    removed = np.array([rounds[0].n_kept - record.n_kept for record in rounds])
    tail = fitted.errors(fitted.monitor, fitted.head(fitted.training))[1]
    if not removed[-1] or np.isnan(tail):
        return None
    return random_removal_curves(
        fitted.training.Phi,
        fitted.training.encoded,
        int(removed[-1]),
        fitted.monitor.Phi,
        fitted.monitor.encoded,
        lam=fitted.lam,
        n_curves=int(np.clip(_MOST_DELETIONS // removed[-1], 3, 10)),
        score=lambda _, scores: float(fitted.task.errors(fitted.monitor.y, scores)[1]),
        fractions=removed / removed[-1],
        random_state=rng,
    )
