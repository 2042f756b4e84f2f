"""Rows to learn from: ways to choose and to weight them that several studies share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from paris_core.validation import weights

from .rows import Rows
from .trials import Trial


@dataclass(frozen=True)
class Choice:
    """Rows, and how they count."""

    rows: Rows
    kept: float = 1.0  # share of the training rows that are among them
    weight: np.ndarray | None = None
    lam: float | None = None  # of a head; None: that of the trial


def all_rows(trial: Trial) -> Choice:
    return Choice(trial.train)


def held_out_only(trial: Trial) -> Choice:
    return Choice(trial.held_out, 0.0)


def with_held_out(trial: Trial) -> Choice:
    return Choice(trial.train.and_(trial.held_out))


def these(trial: Trial, kept: np.ndarray, lam: float | None = None) -> Choice:
    """These training rows (positions)."""
    return Choice(trial.train.at(kept), len(kept) / len(trial.train), lam=lam)


def weighted(
    trial: Trial,
    power: float,
    of: Callable[[Trial], Choice] = all_rows,
    lam: float | None = None,
) -> Choice:
    """Weights by a power of the inverse density of the targets."""
    choice = of(trial)
    weight = weights.inverse_density(choice.rows.y, power=power)
    return replace(choice, weight=weight, lam=lam)


def robust(trial: Trial, of: Callable[[Trial], Choice] = all_rows) -> Choice:
    """Huber's loss, by reweighting three times; the corner at 1.345 sd of the residuals."""
    choice = of(trial)
    rows, weight = choice.rows, None
    for _ in range(3):
        error = np.abs(rows.y - trial.network(rows, weight).predict(rows.X))
        corner = 1.345 * 1.4826 * np.median(error)
        weight = np.minimum(1.0, corner / np.maximum(error, 1e-12))
    return replace(choice, weight=weight)


def random_rows(trial: Trial, keep: float) -> Choice:
    n_rows = len(trial.train)
    rows = np.sort(trial.rng.choice(n_rows, round(keep * n_rows), replace=False))
    return Choice(trial.train.at(rows), keep)
