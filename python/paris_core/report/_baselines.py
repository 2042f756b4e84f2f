"""What to compare with: the same head, fitted to other rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._support.arrays import FloatArray, IntArray
from ..metrics import RemovalCurve, random_removal_curves, removal_curve
from ._fitted import Fitted, Rows

__all__ = ["Baseline", "compare", "random_curves", "tail_curves"]

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
    trained = fitted.model.retrain != "head"
    return [
        own,
        *([head("ridge head on its features, rows kept", kept)] if trained else []),
        head("all training rows", fitted.training),
        Baseline(
            f"as many rows at random, {_DRAWS} draws",
            n_kept,
            float(mean[0]),
            float(mean[1]),
            float(spread[0]),
            float(spread[1]),
        ),
        head("validation rows only", fitted.validation),
        head("training + validation rows", fitted.training + fitted.validation),
        head("rows kept + validation rows", kept + fitted.validation),
    ]


def tail_curves(fitted: Fitted) -> dict[str, tuple[IntArray, FloatArray]]:
    """Rows kept and the tail error of validation and monitor rows; none of parts without a tail.

    For features that stay, a curve through all deletions; otherwise a point for every round.
    """
    rounds = fitted.path
    curves = {}
    for name, rows, field in (
        ("validation rows", fitted.validation, "tail_error"),
        ("monitor rows", fitted.monitor, "monitor_tail_error"),
    ):
        n_kept = np.array([record.n_kept for record in rounds])
        errors = np.array([getattr(record, field) for record in rounds])
        if fitted.model.retrain == "head" and np.isfinite(errors).all():
            curve = removal_curve(
                fitted.training.Phi,
                fitted.training.encoded,
                fitted.model.results_[-1].removed,
                rows.Phi,
                rows.encoded,
                lam=fitted.lam,
                score=_tail_error(fitted, rows),
            )
            n_kept, errors = n_kept[0] - curve.n_removed, curve.scores
        if np.isfinite(errors).all():
            curves[name] = n_kept, errors
    return curves


def random_curves(fitted: Fitted, n_kept: IntArray, rng: np.random.Generator) -> RemovalCurve:
    """Tail errors of the monitor rows while rows leave at random, at these numbers of rows."""
    removed = len(fitted.training) - n_kept
    return random_removal_curves(
        fitted.training.Phi,
        fitted.training.encoded,
        int(removed[-1]),
        fitted.monitor.Phi,
        fitted.monitor.encoded,
        lam=fitted.lam,
        n_curves=int(np.clip(_MOST_DELETIONS // removed[-1], 3, 10)),
        score=_tail_error(fitted, fitted.monitor),
        fractions=removed / removed[-1],
        random_state=rng,
    )


def _tail_error(fitted: Fitted, rows: Rows) -> Callable[[FloatArray, FloatArray], float]:
    return lambda _, scores: float(fitted.task.errors(rows.y, scores)[1])
