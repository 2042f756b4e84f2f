"""What to compare with: the model of all training rows, and heads fitted to other rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..._support.arrays import FloatArray, IntArray
from ...evidence.change import Change, change
from ...metrics import RemovalCurve, random_removal_curves, removal_curve
from .fitted import Fitted, Rows
from .heads import KEPT, Head, heads

__all__ = [
    "FIRST",
    "OWN",
    "Baseline",
    "compare",
    "random_curves",
    "tail_curves",
    "without_deletion",
]

FIRST, OWN = "round 0: the model of all training rows", "this model"
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
    squares : (m,) ndarray of float64
        Squared errors of encoded targets, means over draws.
    """

    label: str
    n_rows: int
    error: float
    tail_error: float
    squares: FloatArray
    spread: float = 0.0
    tail_spread: float = 0.0

    def against(self, other: Baseline, fitted: Fitted, *, tail: bool = False) -> Change:
        """By which fraction the error is larger, or smaller, than the other's."""
        inside = fitted.in_tail if tail else slice(None)
        units = fitted.model.losses_.units
        named = None if units is None else units[inside]
        return change(other.squares[inside], self.squares[inside], named)


def compare(fitted: Fitted, rng: np.random.Generator) -> list[Baseline]:
    """The model and that of round 0 first, then heads on the same features with the same λ."""
    losses, monitor = fitted.model.losses_, fitted.monitor
    first, last = fitted.model.history_[0], fitted.final_round

    def measured(head: Head) -> Baseline:
        errors = np.array([fitted.errors(monitor, one) for one in head.weights])
        squares = np.mean([fitted.squares(monitor, one) for one in head.weights], axis=0)
        (error, tail_error), spread = errors.mean(axis=0).tolist(), (0.0, 0.0)
        if len(errors) > 1:
            spread = tuple(errors.std(axis=0, ddof=1).tolist())
        return Baseline(head.label, head.n_rows, error, tail_error, squares, *spread)

    training, validation = fitted.training, fitted.validation
    found = heads(
        (training.Phi, training.encoded),
        fitted.kept,
        (validation.Phi, validation.encoded),
        fitted.lam,
        rng,
    )
    head_only = fitted.model.retrain == "head"  # then the model is the head of the rows kept
    errors = [(one.monitor_error, one.monitor_tail_error) for one in (last, first)]
    return [
        Baseline(OWN, last.n_kept, *errors[0], losses.after),
        Baseline(FIRST, first.n_kept, *errors[1], losses.before),
        *(measured(head) for head in found if not (head_only and head.label == KEPT)),
    ]


def without_deletion(baselines: Sequence[Baseline]) -> list[Baseline]:
    """Those that no deletion has made."""
    return [line for line in baselines if line.label != OWN and "kept" not in line.label]


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
