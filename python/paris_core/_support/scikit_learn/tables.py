"""Tables of inputs: dense arrays, or data frames as they are."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_array

from ..arrays import IntArray
from .versions import naming

__all__ = ["Rows", "check_columns", "stacked", "table"]


class Rows(NamedTuple):
    """Inputs and targets of some rows."""

    X: Any
    y: NDArray[Any]

    def at(self, positions: IntArray) -> Rows:
        """The rows at these positions, which ascend: no copy if they are all."""
        if len(positions) == len(self.y):
            return self
        return Rows(_safe_indexing(self.X, positions), self.y[positions])

    def without(self, positions: IntArray) -> Rows:
        """The rows at all other positions."""
        kept = np.ones(len(self.y), dtype=np.bool_)
        kept[positions] = False
        return self.at(np.flatnonzero(kept))

    def and_(self, other: Rows) -> Rows:
        """These rows and then the others, of the same columns."""
        if not len(self.y):
            return other
        return Rows(stacked(self.X, other.X), np.concatenate([self.y, other.y]))


def table(name: str, X: Any) -> Any:
    """`X` as it is if it is a data frame; otherwise a dense array of two dimensions or more."""
    if hasattr(X, "iloc"):
        return X
    names = inspect.signature(check_array).parameters  # until 1.6 it was force_all_finite
    finite = "ensure_all_finite" if "ensure_all_finite" in names else "force_all_finite"
    with naming(name):
        return check_array(X, dtype=None, allow_nd=True, **{finite: False})


def stacked(X: Any, other: Any) -> Any:
    """The rows of two tables of the same columns: a data frame if one of them is one."""
    if not hasattr(X, "iloc") and not hasattr(other, "iloc"):
        if hasattr(X, "toarray") or hasattr(other, "toarray"):
            from scipy import sparse

            return sparse.vstack([X, other], format="csr")
        return np.concatenate([X, other])
    import pandas as pd

    columns = X.columns if hasattr(X, "iloc") else other.columns
    frames = [
        one if hasattr(one, "iloc") else pd.DataFrame(one, columns=columns) for one in (X, other)
    ]
    return pd.concat(frames, ignore_index=True)


def check_columns(name: str, X: Any, like: Any) -> None:
    """Refuse inputs with other columns than those of `like`, which is the user's X."""
    framed, expected = hasattr(X, "iloc"), hasattr(like, "iloc")
    if framed != expected:
        raise TypeError(
            f"{name} must be {'a data frame' if expected else 'an array'} like X, got "
            f"{type(X).__name__}"
        )
    if X.shape[1:] != like.shape[1:]:
        raise ValueError(
            f"{name} must have {like.shape[1]} columns like X, got shape {tuple(X.shape)}"
        )
    if framed and list(X.columns) != list(like.columns):
        pairs = zip(X.columns, like.columns, strict=True)
        got, wanted = next(pair for pair in pairs if pair[0] != pair[1])
        raise ValueError(
            f"{name} must have the columns of X in their order, got {got!r} where X has {wanted!r}"
        )
