"""Other ways to downdate a Cholesky factor, restated in NumPy from their formulas.

All give the lower factor of L L' - x x', for p = L⁻¹x with |p| < 1.
"""

from __future__ import annotations

import numpy as np


def recurrence(L: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Method C1 of Gill, Golub, Murray and Saunders (1974), which Eigen's `LLT::rankUpdate` takes.

    From the first column to the last, with t = 1 - p₀² - … - pⱼ₋₁² kept up to date by subtraction;
    every new pivot is a difference.
    """
    L, rest, t = L.copy(), x.copy(), 1.0
    for j in range(len(x)):
        old, w = L[j, j], rest[j]
        square = old * old
        pivot = square - w * w / t
        if not pivot > 0.0:
            raise np.linalg.LinAlgError(f"pivot {j} is not positive")
        new = np.sqrt(pivot)
        along = new * w / (square * t - w * w)
        t -= w * w / square
        column, below = L[j + 1 :, j], rest[j + 1 :]
        below -= w / old * column
        column *= new / old
        column -= along * below
        L[j, j] = new
    return L


def linpack(L: np.ndarray, x: np.ndarray) -> np.ndarray:
    """LINPACK's xCHDD: rotations that carry (p, √(1 - p'p)) to a unit vector, from the last column.

    Saunders (1972); Dongarra, Bunch, Moler and Stewart (1979), chapter 10.
    """
    L, p, n = L.copy(), np.empty_like(x), len(x)
    for i in range(n):
        p[i] = (x[i] - L[i, :i] @ p[:i]) / L[i, i]
    square = 1.0 - p @ p
    if not square > 0.0:
        raise np.linalg.LinAlgError("L L' - x x' is not positive definite")
    length, carried = np.sqrt(square), np.zeros(n)
    for i in range(n - 1, -1, -1):
        longer = np.hypot(length, p[i])
        cosine, sine = length / longer, p[i] / longer
        length = longer
        column = L[i:, i].copy()
        L[i:, i] = cosine * column - sine * carried[i:]
        carried[i:] = cosine * carried[i:] + sine * column
    return L


def afresh(L: np.ndarray, x: np.ndarray) -> np.ndarray:
    """L L' - x x' is multiplied out, and factorised."""
    return np.linalg.cholesky(L @ L.T - np.outer(x, x))
