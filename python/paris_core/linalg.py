"""Rank-one changes of a Cholesky factor, and ridge regression from which rows can be removed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from . import _arguments, _footprint, _memory
from ._arguments import FloatArray
from ._extension import core
from ._text import short
from ._uncopied import Uncopied
from .errors import NotPositiveDefiniteError

__all__ = ["NotPositiveDefiniteError", "RidgeFactor", "cholesky_downdate", "cholesky_update"]


def cholesky_update(L: ArrayLike, x: ArrayLike, *, overwrite: bool = False) -> FloatArray:
    """Cholesky factor of ``L L' + x x'``, in O(D²).

    Parameters
    ----------
    L : (D, D) array_like of float
        Lower triangular factor with a positive diagonal. The strict upper triangle is neither read
        nor written.
    x : (D,) array_like of float
        The vector to add.
    overwrite : bool, default False
        Write the result into `L`, which must then be a writable float64 array. In Fortran order
        this needs no copy; otherwise a copy is made on the way.

    Returns
    -------
    (D, D) ndarray of float64
        The new factor, in Fortran order; `L` itself with ``overwrite=True``.

    Raises
    ------
    ValueError
        If `L` is not square, holds NaN or infinity or a diagonal that is not positive, or `x` does
        not fit.
    TypeError
        If a dtype is not real, or ``overwrite=True`` and `L` cannot be written to.

    Notes
    -----
    D Givens rotations, 2D² multiplications. Memory: one copy of `L`.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.linalg import cholesky_update
    >>> L = cholesky_update(np.eye(2), [3.0, 4.0])
    >>> np.round(L @ L.T, 12)
    array([[10., 12.],
           [12., 17.]])
    """
    factor, vector = _factor_and_vector(L, x, overwrite)
    core.cholesky_update(factor, vector)
    return _returned(L, factor, overwrite)


def cholesky_downdate(L: ArrayLike, x: ArrayLike, *, overwrite: bool = False) -> FloatArray:
    """Cholesky factor of ``L L' - x x'``, in O(D²).

    Parameters
    ----------
    L : (D, D) array_like of float
        Lower triangular factor with a positive diagonal. The strict upper triangle is neither read
        nor written.
    x : (D,) array_like of float
        The vector to take away.
    overwrite : bool, default False
        Write the result into `L`, which must then be a writable float64 array. In Fortran order
        this needs no copy; otherwise a copy is made on the way.

    Returns
    -------
    (D, D) ndarray of float64
        The new factor, in Fortran order; `L` itself with ``overwrite=True``.

    Raises
    ------
    NotPositiveDefiniteError
        If ``L L' - x x'`` is not positive definite. Its ``pivot`` is the first one that fails; `L`
        is untouched.
    ValueError
        If `L` is not square, holds NaN or infinity or a diagonal that is not positive, or `x` does
        not fit.
    TypeError
        If a dtype is not real, or ``overwrite=True`` and `L` cannot be written to.

    Notes
    -----
    One triangular solve for p = L⁻¹x, then D Givens rotations (Saunders 1972; LINPACK's xCHDD):
    3D² multiplications. The relative error of the result grows like 1/(1 - p'p). Memory: one copy
    of `L`.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.linalg import cholesky_downdate
    >>> L = np.linalg.cholesky([[10.0, 12.0], [12.0, 17.0]])
    >>> np.round(cholesky_downdate(L, [3.0, 4.0]), 12)
    array([[1., 0.],
           [0., 1.]])
    """
    factor, vector = _factor_and_vector(L, x, overwrite)
    pivot = core.cholesky_downdate(factor, vector)
    if pivot >= 0:
        raise NotPositiveDefiniteError(
            f"L L' - x x' is not positive definite (pivot {pivot}); L is unchanged", pivot
        )
    return _returned(L, factor, overwrite)


def _factor_and_vector(
    L: ArrayLike, x: ArrayLike, overwrite: bool
) -> tuple[FloatArray, FloatArray]:
    """`L` in Fortran order (a copy unless it can be overwritten as it is) and `x`."""
    if _arguments.flag("overwrite", overwrite) and not (
        isinstance(L, np.ndarray) and L.dtype == np.float64 and L.flags.writeable
    ):
        raise TypeError("L must be a writable float64 array to be overwritten")
    array = _arguments.real_dtype("L", L)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
        raise ValueError(f"L must be square and not empty, got shape {array.shape}")
    vector = _arguments.vector("x", x, array.shape[0], "L")
    in_place = overwrite and array.flags.f_contiguous and not np.may_share_memory(array, vector)
    factor = array if in_place else np.array(array, dtype=np.float64, order="F")
    bad = core.first_bad_column(factor)
    if bad >= 0:
        if not factor[bad, bad] > 0:
            raise ValueError(
                f"L must have a positive diagonal, got {factor[bad, bad]} in row {bad}"
            )
        row = bad + int(np.argmin(np.isfinite(factor[bad:, bad])))
        raise ValueError(f"L must be finite, got {factor[row, bad]} in row {row}, column {bad}")
    return factor, vector


def _returned(L: ArrayLike, factor: FloatArray, overwrite: bool) -> FloatArray:
    if not overwrite:
        return factor
    assert isinstance(L, np.ndarray)  # checked on the way in
    if L is not factor:
        L[...] = factor
    return L


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
        features = _arguments.matrix("Phi", Phi)
        targets = _arguments.targets("y", y, len(features), "Phi")
        self._n_rows, self._dimension = features.shape
        self._shape = (self._dimension, *targets.shape[1:])
        penalty, threads = _arguments.penalty("lam", lam), _arguments.n_threads(n_threads)
        columns = _arguments.columns(targets)
        _memory.require(
            _footprint.of_ridge(self._n_rows, self._dimension, columns.shape[1], threads),
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
        position = _arguments.integer("row", row, -(2**62))
        if not 0 <= position < self._n_rows:
            raise IndexError(f"row must be in [0, {self._n_rows - 1}], got {short(position)}")
        if not self._core.remove(position):
            raise ValueError(f"row {position} has already been removed")

    def solve(self, b: ArrayLike) -> FloatArray:
        """``(Phi'Phi + lam I)⁻¹ b`` over the kept rows, (D,); costs 2D²."""
        return self._core.solve(_arguments.vector("b", b, self._dimension, "L"))

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
