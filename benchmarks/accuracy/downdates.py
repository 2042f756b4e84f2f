"""One downdate, the harder the nearer the leverage is to 1, by several ways."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import mpmath as mp
import numpy as np

from paris_core.linalg import cholesky_downdate

from . import rank_one
from .exact import Fixed, factor_error
from .findings import Findings, shown

DIMENSION = 16
WAYS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "cholesky_downdate": cholesky_downdate,
    "LINPACK": rank_one.linpack,
    "Eigen": rank_one.recurrence,
    "factorised afresh": rank_one.afresh,
}


def single(quick: bool) -> Findings:
    """The largest error over draws; in brackets how often a way found no factor where one is."""
    found = Findings(("condition of A", "1 - h", *WAYS))
    draws = 5 if quick else 50
    for condition, slack in itertools.product((1e0, 1e8), (0.5, 1e-4, 1e-8, 1e-12)):
        errors: dict[str, list[float]] = {name: [] for name in WAYS}
        for seed in range(draws):
            L, x, A = draw(condition, slack, seed)
            if not positive_definite(A):
                continue  # x has been rounded
            for name, downdate in WAYS.items():
                try:
                    errors[name].append(factor_error(downdate(L, x), A))
                except np.linalg.LinAlgError:
                    errors[name].append(np.inf)
        found.note("one downdate", *errors["cholesky_downdate"])
        cells = [cell(np.array(of_one)) for of_one in errors.values()]
        found.add(shown(condition), shown(slack), *cells)
    return found


def draw(condition: float, slack: float, seed: int) -> tuple[np.ndarray, np.ndarray, Fixed]:
    """A factor L, a vector x with |L⁻¹x|² = 1 - slack, and L L' - x x'."""
    rng = np.random.default_rng(seed)
    Q, _ = np.linalg.qr(rng.standard_normal((DIMENSION, DIMENSION)))
    A = (Q * np.geomspace(1.0, 1.0 / condition, DIMENSION)) @ Q.T
    L = np.linalg.cholesky((A + A.T) / 2)
    p = rng.standard_normal(DIMENSION)
    x = L @ (p * np.sqrt(1.0 - slack) / np.linalg.norm(p))
    factor, column = Fixed.of(L), Fixed.of(x[:, None])
    return L, x, factor @ factor.T - column @ column.T


def positive_definite(A: Fixed) -> bool:
    try:
        mp.cholesky(mp.matrix(A.rounded().tolist()))
    except ValueError:
        return False
    return True


def cell(errors: np.ndarray) -> str:
    found = errors[np.isfinite(errors)]
    failed = len(errors) - len(found)
    text = shown(float(found.max())) if len(found) else "-"
    return f"{text} ({failed} of {len(errors)})" if failed else text
