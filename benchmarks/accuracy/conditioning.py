"""Half of the rows leave; then the factor and the weights beside a fit of those that are left."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import mpmath as mp
import numpy as np

from paris_core.linalg import RidgeFactor

from .data import Table, conditioned, gaussian
from .exact import Ridge, factor_error, largest_relative_error, numbers, relative_error
from .findings import Findings, shown

EPS = float(np.finfo(float).eps)
N_ROWS, DIMENSION = 1_000, 16
CONDITIONS = (1e0, 1e4, 1e8, 1e12, 1e16)
LAMS = (1e-12, 1e-6, 1e0, 1e6)


@dataclass(frozen=True)
class After:
    """State after the rows have left; exact weights, and those of fits of the rows left."""

    factor: RidgeFactor
    exact: np.ndarray
    fresh: np.ndarray
    by_qr: np.ndarray
    factor_error: float
    prediction_error: float  # of Φw, relative to y


def half_removed(table: Table, lam: float, order: np.ndarray) -> After:
    left, kept = order[: len(order) // 2], np.sort(order[len(order) // 2 :])
    factor = RidgeFactor(table.Phi, table.y, lam, n_threads=1)
    for row in left:
        factor.remove(int(row))
    exact = Ridge(table.Phi[kept], table.y[kept], lam)
    rest, w = table.rows(kept), exact.weights()
    return After(
        factor=factor,
        exact=w,
        fresh=RidgeFactor(rest.Phi, rest.y, lam, n_threads=1).weights,
        by_qr=least_squares(rest, lam),
        factor_error=factor_error(factor.lower, exact.A),
        prediction_error=prediction_error(rest, factor.weights, w),
    )


def prediction_error(table: Table, weights: np.ndarray, exact: np.ndarray) -> float:
    difference = numbers(table.Phi) @ (numbers(weights) - exact)
    return float(mp.sqrt(difference @ difference)) / float(np.linalg.norm(table.y))


def least_squares(table: Table, lam: float) -> np.ndarray:
    """By orthogonal transformations, which do not square the condition."""
    dimension = table.Phi.shape[1]
    stacked = np.vstack([table.Phi, np.sqrt(lam) * np.eye(dimension)])
    return np.linalg.lstsq(stacked, np.r_[table.y, np.zeros(dimension)], rcond=None)[0]


def conditions(quick: bool) -> Findings:
    found = Findings(
        (
            "condition of Φ",
            "λ",
            "condition of A",
            "L Lᵀ",
            "w",
            "w / (ε · condition of A)",
            "Φw",
            "fitted afresh",
            "QR",
            "rebuilds",
        )
    )
    seeds = range(1 if quick else 3)
    for condition, lam in itertools.product(CONDITIONS, LAMS):
        of_A = (N_ROWS + lam) / (N_ROWS / condition**2 + lam)
        errors, rebuilds = [], []
        for seed in seeds:
            table = conditioned(N_ROWS, DIMENSION, condition, seed)
            order = np.random.default_rng(seed).permutation(N_ROWS)
            after = half_removed(table, lam, order)
            w, fresh, by_qr = (
                relative_error(weights, after.exact)
                for weights in (after.factor.weights, after.fresh, after.by_qr)
            )
            units = w / (EPS * of_A)
            errors.append((after.factor_error, w, units, after.prediction_error, fresh, by_qr))
            rebuilds.append(after.factor.n_refactorizations)
            found.note("factor", after.factor_error)
            found.note("weights", units)
            found.note("fresh weights", fresh / (EPS * of_A))
        found.add(shown(condition), shown(lam), of_A, *np.max(errors, axis=0), max(rebuilds))
    return found


def scaled_columns(quick: bool) -> Findings:
    """Errors of single weights relative to themselves: the smallest column counts in full."""
    found = Findings(("columns", "λ", "L Lᵀ", "w", "fitted afresh", "rebuilds"))
    seeds = range(1 if quick else 3)
    for (name, scale), lam in itertools.product(SCALES.items(), (1e-12, 1e0)):
        errors, rebuilds = [], []
        for seed in seeds:
            table = gaussian(N_ROWS, DIMENSION, seed)
            order = np.random.default_rng(seed).permutation(N_ROWS)
            if name == FADING:
                table.Phi[order[: N_ROWS // 2], 0] *= 1e3
            table = table.changed(Phi=table.Phi * scale)
            after = half_removed(table, lam, order)
            w, fresh = (
                largest_relative_error(weights, after.exact)
                for weights in (after.factor.weights, after.fresh)
            )
            errors.append((after.factor_error, w, fresh))
            rebuilds.append(after.factor.n_refactorizations)
            found.note("factor of scaled columns", after.factor_error)
            found.note("weights of scaled columns", w)
        found.add(name, shown(lam), *np.max(errors, axis=0), max(rebuilds))
    return found


FADING = "1e8, but the first as it is, and 1,000 times that in the rows that leave"
HALF = np.arange(DIMENSION) % 2
SCALES = {
    "as they are": np.ones(DIMENSION),
    "every other 1e8": np.where(HALF, 1e8, 1.0),
    "every other 1e-8": np.where(HALF, 1e-8, 1.0),
    "1e-8 to 1e8": np.geomspace(1e-8, 1e8, DIMENSION),
    FADING: np.where(np.arange(DIMENSION) > 0, 1e8, 1.0),
}
