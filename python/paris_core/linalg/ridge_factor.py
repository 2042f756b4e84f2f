"""Ridge regression from which rows can be removed."""

from __future__ import annotations

from numpy.typing import ArrayLike

from .._extension import core
from .._support import arrays, checks, memory
from .._support.arrays import FloatArray
from .._support.messages import short
from .._support.state import Uncopied
from . import footprint

__all__ = ["RidgeFactor"]


class RidgeFactor(Uncopied):
    """Ridge regression kept up to date while training rows are removed.

    Over the kept rows it holds L with ``L L' = Phi'Phi + lam I`` and ``w = (L L')⁻¹ Phi'y``.

    Parameters
    ----------
    Phi : (N, D) array_like of float
        Features. A C-ordered float64 array is referred to, not copied: do not change it
        afterwards.
    y : (N,) or (N, C) array_like of float
        Targets, a column an output.
    lam : float
        Ridge parameter, > 0.
    n_threads : int, optional
        Threads for the first factorization and for repairs. Default: all cores. The result does
        not depend on it.

    Raises
    ------
    NotPositiveDefiniteError
        If ``Phi'Phi + lam I`` is not positive definite to working precision; the message says which
        `lam` would do.
    TypeError, ValueError
        If an argument has the wrong type, shape or value.
    MemoryError
        If it would not fit in the memory that is available.

    Notes
    -----
    Setting up costs ND² time; a removal costs 4D², or ND² when the factor has to be rebuilt because
    rounding has spoilt it. Memory: L and a few vectors. Threads may share one: each call waits for
    the one before it.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.linalg import RidgeFactor
    >>> Phi = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 9.0]])
    >>> ridge = RidgeFactor(Phi, [1.0, 3.0, 5.0, -7.0], 1e-9)
    >>> ridge.remove(3)
    >>> np.round(ridge.weights, 6)
    array([1., 2.])
    """

    _instead = "make another one of the rows that are left"

    def __init__(
        self, Phi: ArrayLike, y: ArrayLike, lam: float, *, n_threads: int | None = None
    ) -> None:
        features = arrays.matrix("Phi", Phi)
        targets = arrays.targets("y", y, len(features), "Phi")
        self._n_rows, self._dimension = features.shape
        self._shape = (self._dimension, *targets.shape[1:])
        penalty, threads = checks.penalty("lam", lam), checks.n_threads(n_threads)
        columns = arrays.columns(targets)
        memory.require(
            footprint.of_ridge(self._n_rows, self._dimension, columns.shape[1], threads),
            f"a ridge regression on {self._dimension:,} features",
            "use fewer features (columns of Phi), or fewer n_threads",
        )
        self._core = core.RidgeFactor(features, columns, penalty, threads)

    def remove(self, row: int) -> None:
        """Remove a training row, in O(D²).

        Parameters
        ----------
        row : int
            Position in the `Phi` that was given, 0 <= row < N.

        Raises
        ------
        IndexError
            If there is no such row.
        ValueError
            If the row has been removed before.
        NotPositiveDefiniteError
            If what is left cannot be factorized; the state is then unchanged.
        """
        position = checks.integer("row", row, -(2**62))
        if not 0 <= position < self._n_rows:
            raise IndexError(f"row must be in [0, {self._n_rows - 1}], got {short(position)}")
        if not self._core.remove(position):
            raise ValueError(f"row {position} has already been removed")

    def solve(self, b: ArrayLike) -> FloatArray:
        """``(Phi'Phi + lam I)⁻¹ b`` over the kept rows, (D,); costs 2D²."""
        return self._core.solve(arrays.vector("b", b, self._dimension, "L"))

    @property
    def weights(self) -> FloatArray:
        """The ridge solution w on the kept rows, (D,), or (D, C) for C outputs."""
        return self._core.weights.reshape(self._shape)

    @property
    def lower(self) -> FloatArray:
        """A copy of the lower Cholesky factor L, (D, D)."""
        return self._core.lower

    @property
    def n_kept(self) -> int:
        """How many rows are left."""
        return self._core.n_kept

    @property
    def n_refactorizations(self) -> int:
        """How often L was rebuilt from the kept rows because a downdate could not be trusted."""
        return self._core.n_refactorizations

    def __repr__(self) -> str:
        return f"RidgeFactor({self.n_kept} of {self._n_rows} rows kept, D={self._dimension})"
