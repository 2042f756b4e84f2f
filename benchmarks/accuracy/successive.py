"""Rows leave one after another, tens of thousands of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from paris_core.linalg import RidgeFactor, cholesky_downdate

from . import rank_one
from .data import exactly_summed
from .exact import factor_error, relative_error, solve, sums
from .findings import Findings

LAM = 1.0
DIMENSIONS = 16, 64, 256  # from 256 on the core holds the inverse's factor
LEFT = 4  # rows a feature that stay
WAYS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cholesky_downdate": lambda L, x: cholesky_downdate(L, x, overwrite=True),
    "LINPACK": rank_one.linpack,
    "Eigen": rank_one.recurrence,
}


def maintained(quick: bool) -> Findings:
    """`RidgeFactor`, which repairs itself."""
    found = Findings(("D", "removed of", "", "L Lᵀ", "w", "rebuilds"))
    for dimension in DIMENSIONS[:1] if quick else DIMENSIONS:
        total = 5_000 if quick else 50_000
        table = exactly_summed(total + LEFT * dimension, dimension, seed=dimension)
        factor = RidgeFactor(table.Phi, table.y, LAM, n_threads=1)
        done = 0
        for stop in stops(total):
            for row in range(done, stop):
                factor.remove(row)
            done = stop
            A, moment = sums(table.rows(slice(done, None)), LAM)
            L_error = factor_error(factor.lower, A)
            exact = solve(A, moment)[:, 0]
            w_error = relative_error(factor.weights, exact)
            found.note("factor", L_error)
            found.note("weights after many removals", w_error)
            rebuilds = factor.n_refactorizations
            found.add(dimension, done, f"{len(table):,}", L_error, w_error, rebuilds)
    return found


def unrepaired(quick: bool) -> Findings:
    """One downdate after the other, by several ways, and a fresh factorisation beside them."""
    found = Findings(("removed", *WAYS, "factorised afresh"))
    dimension, total = DIMENSIONS[0], 5_000 if quick else 50_000
    table = exactly_summed(total + LEFT * dimension, dimension, seed=dimension)
    L = np.linalg.cholesky(np.tril(table.Phi.T @ table.Phi) + LAM * np.eye(dimension))
    factors = {name: L.copy(order="F") for name in WAYS}
    done = 0
    for stop in stops(total):
        for name, downdate in WAYS.items():
            for row in range(done, stop):
                factors[name] = downdate(factors[name], table.Phi[row])
        done = stop
        A, _ = sums(table.rows(slice(done, None)), LAM)
        errors = [factor_error(np.tril(factor), A) for factor in factors.values()]
        rest = table.Phi[done:]
        fresh = np.linalg.cholesky(rest.T @ rest + LAM * np.eye(dimension))
        found.note("downdates without repair", errors[0])
        found.add(done, *errors, factor_error(fresh, A))
    return found


def stops(total: int) -> list[int]:
    """When to look."""
    return [total // 50, total // 2, total * 9 // 10, total * 99 // 100, total]
