"""Rank-one changes of a Cholesky factor."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._extension import core
from .._support import arrays, checks
from .._support.arrays import FloatArray
from ..errors import NotPositiveDefiniteError

__all__ = ["cholesky_downdate", "cholesky_update"]


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
    if checks.flag("overwrite", overwrite) and not (
        isinstance(L, np.ndarray) and L.dtype == np.float64 and L.flags.writeable
    ):
        raise TypeError("L must be a writable float64 array to be overwritten")
    array = arrays.real_dtype("L", L)
    if array.ndim != 2 or array.shape[0] != array.shape[1] or array.size == 0:
        raise ValueError(f"L must be square and not empty, got shape {array.shape}")
    vector = arrays.vector("x", x, array.shape[0], "L")
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
