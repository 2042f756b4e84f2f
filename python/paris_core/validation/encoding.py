"""Class labels as targets of a regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import arrays, memory
from .._support.arrays import FloatArray, IntArray

__all__ = ["one_hot"]


def one_hot(labels: ArrayLike, classes: ArrayLike | None = None) -> FloatArray:
    """Write class labels as targets with one output per class.

    Parameters
    ----------
    labels : (N,) array_like of int, bool or str
        Class of each row.
    classes : (C,) array_like of int, bool or str, optional
        The class of each column, all distinct. Default: the labels that occur, ascending. Give
        those of the training rows when validation rows may lack one.

    Returns
    -------
    (N, C) ndarray of float64
        1 in the column of the row's class, 0 elsewhere.

    Raises
    ------
    TypeError
        If labels are of another type (floats among them), or only one of `labels` and `classes`
        holds strings.
    ValueError
        If an argument is empty or not one-dimensional, a class occurs twice, or a label is not in
        `classes`.
    MemoryError
        If the table would not fit in the memory that is available.

    Notes
    -----
    O(N log C) time besides the result, 8NC bytes.

    Examples
    --------
    >>> import paris_core
    >>> paris_core.one_hot(["storm", "quiet", "quiet"])
    array([[0., 1.],
           [1., 0.],
           [1., 0.]])
    >>> paris_core.one_hot([2, 2], classes=[1, 2, 3])
    array([[0., 1., 0.],
           [0., 1., 0.]])
    """
    codes, known = class_codes("labels", labels, classes)
    return indicators(codes, known.size)


def indicators(codes: IntArray, n_classes: int) -> FloatArray:
    """Table (N, C) with a one in the column that `codes` (N,) says."""
    memory.require(
        8 * codes.size * n_classes,
        f"a table of {codes.size:,} rows and {n_classes:,} classes",
        "labels must be of fewer classes; numbers that are to be predicted are not labels",
    )
    table = np.zeros((codes.size, n_classes))
    table[np.arange(codes.size), codes] = 1.0
    return table


def class_codes(
    name: str, labels: ArrayLike, classes: ArrayLike | None = None
) -> tuple[IntArray, NDArray[Any]]:
    """The column of each label (N,) and the classes (C,), as in `one_hot`."""
    values = arrays.labels(name, labels)
    if classes is None:
        known, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), known
    known = arrays.labels("classes", classes)
    if known.dtype.kind != values.dtype.kind:
        raise TypeError(
            f"{name} and classes must both be strings or both integers, "
            f"got dtypes {values.dtype} and {known.dtype}"
        )
    order = np.argsort(known, kind="stable")
    ranked = known[order]
    twice = ranked[1:] == ranked[:-1]
    if twice.any():
        raise ValueError(f"classes must be distinct, got {_bare(ranked[1:][twice][0])!r} twice")
    place = np.minimum(np.searchsorted(ranked, values), known.size - 1)
    strange = ranked[place] != values
    if strange.any():
        row = int(np.argmax(strange))
        raise ValueError(f"{name} must be in classes, got {_bare(values[row])!r} in row {row}")
    return order[place].astype(np.int64), known


def _bare(label: Any) -> Any:
    """A label as Python writes it."""
    return label.item()
