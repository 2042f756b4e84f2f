"""Tables of inputs: arrays, sparse ones, or data frames as they are."""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_array

from ..arrays import FloatArray, IntArray
from ..conversion import columns, is_frame, understood
from .versions import naming

__all__ = ["Rows", "check_columns", "stacked", "table"]


class Rows(NamedTuple):
    """Inputs, targets and weights of some rows; no weights are ones."""

    X: Any
    y: NDArray[Any]
    weight: FloatArray | None = None

    def at(self, positions: IntArray) -> Rows:
        """The rows at these positions, which ascend: no copy if they are all."""
        if len(positions) == len(self.y):
            return self
        weight = None if self.weight is None else self.weight[positions]
        return Rows(_safe_indexing(self.X, positions), self.y[positions], weight)

    def without(self, positions: IntArray) -> Rows:
        """The rows at all other positions."""
        kept = np.ones(len(self.y), dtype=np.bool_)
        kept[positions] = False
        return self.at(np.flatnonzero(kept))

    def and_(self, other: Rows) -> Rows:
        """These rows and then the others, of the same columns."""
        if not len(self.y):
            return other
        weight = None
        if self.weight is not None or other.weight is not None:
            weight = np.concatenate([self.weights(), other.weights()])
        return Rows(stacked(self.X, other.X), np.concatenate([self.y, other.y]), weight)

    @property
    def pair(self) -> tuple[Any, NDArray[Any]]:
        """Inputs and targets alone."""
        return self.X, self.y

    def weights(self) -> FloatArray:
        """The weights (n,)."""
        return np.ones(len(self.y)) if self.weight is None else self.weight


def table(name: str, X: Any, *, sparse: bool = False) -> Any:
    """`X` as it is if it is a data frame; otherwise an array of two dimensions or more.

    A sparse matrix is one of rows (CSR) where `sparse` allows for it.
    """
    X = understood(name, X)
    if is_frame(X):
        return X
    names = inspect.signature(check_array).parameters  # until 1.6 it was force_all_finite
    finite = "ensure_all_finite" if "ensure_all_finite" in names else "force_all_finite"
    with naming(name):
        accepted = "csr" if sparse else False
        return check_array(X, accept_sparse=accepted, dtype=None, allow_nd=True, **{finite: False})


def stacked(X: Any, other: Any) -> Any:
    """The rows of both tables, as a data frame if one of them is one; sparse if one is."""
    if hasattr(X, "toarray") or hasattr(other, "toarray"):
        from scipy import sparse

        return sparse.vstack([X, other], format="csr")
    if not is_frame(X) and not is_frame(other):
        return np.concatenate([X, other])
    names = X.columns if is_frame(X) else other.columns
    if hasattr(X, "iloc") or hasattr(other, "iloc"):
        import pandas as pd

        def framed(one: Any) -> Any:
            if hasattr(one, "iloc"):
                return one
            if is_frame(one):
                one = {name: values.to_numpy() for name, values in columns(one)}
            return pd.DataFrame(one, columns=names)

        return pd.concat([framed(X), framed(other)], ignore_index=True)
    import polars as pl

    frames = [one if is_frame(one) else pl.DataFrame(one, schema=names) for one in (X, other)]
    return pl.concat(frames, how="vertical_relaxed")


def check_columns(name: str, X: Any, like: Any) -> None:
    """Refuse inputs with other columns than those of `like`, which is the user's X."""
    framed, expected = is_frame(X), is_frame(like)
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
