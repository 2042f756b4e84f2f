"""Rows to learn from: ways to choose and to weight them that several studies share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

import paris_core
from paris_core import selection
from paris_core.validation import quotas, weights

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


def random_rows(trial: Trial, keep: float) -> Choice:
    n_rows = len(trial.train)
    rows = np.sort(trial.rng.choice(n_rows, round(keep * n_rows), replace=False))
    return Choice(trial.train.at(rows), keep)


def random_quotas(trial: Trial, keep: float) -> Choice:
    """MetriQ for a regression: random rows, more of the bins of targets that are forecast worst."""
    return these(trial, selection.random_with_quotas(*binned(trial, keep), random_state=trial.seed))


def deletion_with_quotas(trial: Trial, keep: float) -> Choice:
    """As many rows of each bin; which of them, deletion says."""
    bins, keeps = binned(trial, keep)
    result = paris_core.prune(
        *trial.everything.table(trial.train),
        *trial.everything.table(trial.held_out),
        len(bins) - int(keeps.sum()),
        criterion="refit",
        objective="mean",
        strata=bins,
        quotas=keeps,
        n_threads=1,
    )
    return these(trial, result.kept, result.lam)


def deletion_by_all(trial: Trial, keep: float, lam: float) -> Choice:
    """Of all rows, the held-out ones, too; all of them steer, by inverse-density weights."""
    rows = with_held_out(trial).rows
    table = trial.everything.table(rows)
    result = paris_core.prune(
        *table,
        *table,
        len(rows) - round(keep * len(rows)),
        criterion="refit",
        objective="mean",
        lam=lam,
        val_weight=weights.inverse_density(rows.y),
        n_threads=1,
    )
    return Choice(rows.at(result.kept), keep, lam=lam)


def binned(trial: Trial, keep: float) -> tuple[np.ndarray, np.ndarray]:
    """The bin of each training row's target, and how many rows of each bin MetriQ keeps.

    The lower tail is what matters.
    """
    y, held_out = trial.train.y, trial.held_out
    edges = np.quantile(y, [0.02, 0.05, 0.1, 0.2, 0.5])
    bins, watched = np.digitize(y, edges), np.digitize(held_out.y, edges)
    squares = (trial.everything.predict(held_out.X) - held_out.y) ** 2
    error = [float(squares[watched == b].mean()) for b in range(len(edges) + 1)]
    error = np.asarray(error) / max(error)
    return bins, quotas.metriq(error, np.bincount(bins, minlength=len(error)), keep)
