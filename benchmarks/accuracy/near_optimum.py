"""Rows that all bring the worst residual to nearly nothing: which is best?"""

from __future__ import annotations

import mpmath as mp
import numpy as np

import paris_core

from .exact import Ridge, numbers
from .findings import Findings, shown

N_ROWS, DIMENSION, CANDIDATES, LAM, RESIDUAL = 60, 5, 10, 1.0, 2.0


def forms(quick: bool) -> Findings:
    """How often the best row is found, by the package and by 2 r S + S² in double precision."""
    found = Findings(("candidates differ by", "draws", "package", "smallest 2rS + S²"))
    draws = 20 if quick else 200
    for spread in 10.0 ** -np.arange(4, 16, 5 if quick else 1):
        by_package = by_form = 0
        for seed in range(draws):
            arrays = problem(spread, seed)
            best = exact_best(arrays)
            chosen = paris_core.prune(*arrays, 1, lam=LAM).removed[0]
            by_package += int(chosen == best)
            by_form += int(cancelling_best(arrays) == best)
        if spread >= 1e-14:
            found.note("best row near the optimum", draws - by_package)
        found.add(shown(spread), draws, by_package, by_form)
    return found


def problem(spread: float, seed: int) -> tuple[np.ndarray, ...]:
    """CANDIDATES rows with S = -r (1 + a small number of their own), others that keep w in place.

    w and the residuals e are chosen first; Φ'e = λw makes w the ridge solution of y = Φw + e.
    """
    rng = np.random.default_rng(seed)
    Phi = rng.standard_normal((N_ROWS, DIMENSION))
    phi_val, w = rng.standard_normal(DIMENSION), rng.standard_normal(DIMENSION)
    t = Phi @ phi_val
    candidates, others = np.split(np.argsort(-np.abs(t)), [CANDIDATES])
    places = np.arange(1, CANDIDATES // 2 + 1)
    small = spread * rng.permutation(np.concatenate([places, -places - 0.5]))
    e = np.empty(N_ROWS)
    e[candidates] = -LAM * RESIDUAL * (1.0 + small) / t[candidates]
    missing = LAM * w - Phi[candidates].T @ e[candidates]
    e[others] = np.linalg.lstsq(Phi[others].T, missing, rcond=None)[0]
    return Phi, Phi @ w + e, phi_val[None], np.array([phi_val @ w + RESIDUAL])


def exact_best(arrays: tuple[np.ndarray, ...]) -> int:
    Phi, y, Phi_val, y_val = map(numbers, arrays)
    w = Ridge(*arrays[:2], LAM).weights()
    S = (Phi @ Phi_val[0]) * (y - Phi @ w) / mp.mpf(LAM)
    return int(np.argmin(np.abs(y_val[0] - Phi_val[0] @ w + S)))


def cancelling_best(arrays: tuple[np.ndarray, ...]) -> int:
    Phi, y, Phi_val, y_val = arrays
    w = np.linalg.solve(Phi.T @ Phi + LAM * np.eye(DIMENSION), Phi.T @ y)
    S = (Phi @ Phi_val[0]) * (y - Phi @ w) / LAM
    r = y_val[0] - Phi_val[0] @ w
    return int(np.argmin(2.0 * r * S + S * S))
