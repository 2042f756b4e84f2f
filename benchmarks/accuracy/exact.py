"""Sums without rounding, and the ridge over some rows in 50 digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

try:
    import mpmath as mp
except ImportError as error:
    raise ImportError("the numerics need mpmath: pip install 'paris-core[bench]'") from error

from .data import Table

DIGITS = 50
LARGE = 64  # D: mpmath takes seconds
mp.mp.dps = DIGITS


@dataclass(frozen=True)
class Fixed:
    """Numbers as Python integers times one power of two: sums and products do not round."""

    integers: np.ndarray  # of objects
    exponent: int

    @classmethod
    def of(cls, array: np.ndarray | float) -> Fixed:
        mantissa, exponent = np.frexp(np.asarray(array, dtype=np.float64))
        integers = (mantissa * 2.0**53).astype(np.int64)
        least = int(np.min(exponent, where=integers != 0, initial=1024))
        shift = np.where(integers != 0, exponent - least, 0)
        return cls(integers.astype(object) << shift.astype(object), least - 53)

    @property
    def T(self) -> Fixed:
        return Fixed(self.integers.T, self.exponent)

    def __getitem__(self, index: Any) -> Fixed:
        return Fixed(self.integers[index], self.exponent)

    def __matmul__(self, other: Fixed) -> Fixed:
        return Fixed(self.integers @ other.integers, self.exponent + other.exponent)

    def __add__(self, other: Fixed) -> Fixed:
        low = min(self.exponent, other.exponent)
        mine, its = (x.integers << (x.exponent - low) for x in (self, other))
        return Fixed(mine + its, low)

    def __sub__(self, other: Fixed) -> Fixed:
        return self + Fixed(-other.integers, other.exponent)

    def rounded(self) -> np.ndarray:
        """As an array of mpmath's numbers."""
        return np.frompyfunc(lambda integer: mp.ldexp(integer, self.exponent), 1, 1)(self.integers)


def numbers(array: np.ndarray) -> np.ndarray:
    """An array of mpmath's numbers, for products in 50 digits."""
    return np.frompyfunc(mp.mpf, 1, 1)(array)


def solve(A: Fixed, columns: Fixed) -> np.ndarray:
    """A⁻¹ times columns (D, m), as mpmath's numbers; A (D, D) is positive definite."""
    if len(A.integers) > LARGE:
        return solve_large(A, columns)
    matrix, right = mp.matrix(A.rounded().tolist()), columns.rounded().T
    solved = [list(mp.cholesky_solve(matrix, mp.matrix(column.tolist()))) for column in right]
    return np.array(solved, dtype=object).T


def solve_large(A: Fixed, columns: Fixed) -> np.ndarray:
    """The same by corrections in double precision to residuals that do not round.

    Each brings about -log10(ε · condition of A) digits.
    """
    in_double = A.rounded().astype(float)
    x = Fixed.of(np.zeros(columns.integers.shape))
    least = 10.0**-DIGITS * np.max(np.abs(columns.rounded().astype(float)))
    for _ in range(DIGITS):
        residual = (columns - A @ x).rounded().astype(float)
        if np.max(np.abs(residual)) <= least:
            return x.rounded()
        x += Fixed.of(np.linalg.solve(in_double, residual))
    raise ArithmeticError("A is too ill-conditioned")


def sums(table: Table, lam: float) -> tuple[Fixed, Fixed]:
    """A and Φ'y (D, 1) of a table that `exactly_summed` made: double precision does not round."""
    A = Fixed.of(table.Phi.T @ table.Phi) + Fixed.of(lam * np.eye(table.Phi.shape[1]))
    return A, Fixed.of(table.Phi.T @ table.y[:, None])


class Ridge:
    """A = Φ'Φ + λI and Φ'y over the kept rows, without rounding; y (N,) or (N, C)."""

    def __init__(self, Phi: np.ndarray, y: np.ndarray, lam: float) -> None:
        self._Phi, self._y = Fixed.of(Phi), Fixed.of(y.reshape(len(y), -1))
        self.A = self._Phi.T @ self._Phi + Fixed.of(lam * np.eye(Phi.shape[1]))
        self.moment = self._Phi.T @ self._y
        self._shape = (Phi.shape[1], *y.shape[1:])

    def remove(self, rows: int | np.ndarray) -> None:
        Phi, y = (table[np.atleast_1d(rows)] for table in (self._Phi, self._y))
        self.A -= Phi.T @ Phi
        self.moment -= Phi.T @ y

    def weights(self) -> np.ndarray:
        """(D,) or (D, C), in 50 digits."""
        return solve(self.A, self.moment).reshape(self._shape)


def factor_error(L: np.ndarray, A: Fixed) -> float:
    """The largest |L L' - A|ᵢⱼ / √(Aᵢᵢ Aⱼⱼ): the scale of a column does not count."""
    factor, exact = Fixed.of(L), A.rounded()
    scale = np.array([1 / mp.sqrt(entry) for entry in np.diag(exact)], dtype=object)
    difference = np.abs((factor @ factor.T - A).rounded())
    return float(np.max(difference * scale[:, None] * scale))


def relative_error(w: np.ndarray, exact: np.ndarray) -> float:
    """|w - exact| / |exact|, Euclidean."""
    difference, exact = (numbers(w) - exact).ravel(), exact.ravel()
    return float(mp.sqrt(difference @ difference) / mp.sqrt(exact @ exact))


def largest_relative_error(w: np.ndarray, exact: np.ndarray) -> float:
    """The largest error of an entry, relative to that entry."""
    return float(np.max(np.abs((numbers(w) - exact) / exact)))
