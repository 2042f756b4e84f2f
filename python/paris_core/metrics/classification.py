"""How well the class or group that fares worst is recognised."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays

__all__ = ["worst_group_recall"]


def worst_group_recall(y: ArrayLike, pred: ArrayLike, *, groups: ArrayLike | None = None) -> float:
    """Return the smallest share of rightly predicted rows over all classes or groups.

    Parameters
    ----------
    y : array_like of int, bool or str, shape (n,)
        Class of each row.
    pred : array_like of int, bool or str, shape (n,)
        Predicted classes.
    groups : array_like of int, bool or str, shape (n,), optional
        Group of each row. Default: its class, which gives the smallest of the recalls.

    Returns
    -------
    float
        In [0, 1]; over the groups that occur, so that none is empty.

    Raises
    ------
    TypeError
        If an argument holds something else (floats among them), or only one of `y` and `pred`
        strings.
    ValueError
        If an argument is empty or not one-dimensional, or lengths differ.

    Notes
    -----
    O(n log n).

    Examples
    --------
    >>> from paris_core.metrics import worst_group_recall
    >>> worst_group_recall([0, 0, 0, 1, 1], [0, 0, 0, 0, 1])
    0.5
    >>> worst_group_recall([0, 0, 0, 1, 1], [0, 0, 0, 0, 1], groups=list("aabbb"))
    0.6666666666666666
    """
    labels = arrays.labels("y", y)
    predicted = arrays.labels("pred", pred)
    if labels.dtype.kind != predicted.dtype.kind:
        raise TypeError(
            "y and pred must both be strings or both integers, "
            f"got dtypes {labels.dtype} and {predicted.dtype}"
        )
    members = labels if groups is None else arrays.labels("groups", groups)
    for name, array in (("pred", predicted), ("groups", members)):
        if array.size != labels.size:
            raise ValueError(
                f"{name} must have shape ({labels.size},), one entry per row of y, got shape "
                f"{array.shape}"
            )
    _, group = np.unique(members, return_inverse=True)
    return float(np.min(np.bincount(group, labels == predicted) / np.bincount(group)))
