"""What `audit` is given, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length

from .._support import arrays
from .._support.messages import shown
from .._support.scikit_learn import check_columns, naming, stacked, table
from .search.passes import Table

__all__ = ["check_estimator", "tabled"]


def tabled(
    X: Any, y: ArrayLike, X_val: Any, y_val: ArrayLike | None, groups: ArrayLike | None
) -> tuple[Table, NDArray[Any]]:
    """Training and validation rows in one table, and the labels of the groups in sorted order."""
    if (X_val is None) != (y_val is None):
        given, other = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
        raise ValueError(f"{other} must be given together with {given}")
    inputs, targets = _part("X", X, "y", y)
    if groups is None:
        labels, group_of = np.arange(len(targets)), np.arange(len(targets))
    else:
        of_rows = arrays.labels("groups", groups, len(targets), "X")
        labels, group_of = np.unique(of_rows, return_inverse=True)
    if len(labels) < 4:
        what = "rows" if groups is None else "groups"
        name = "X" if groups is None else "groups"
        raise ValueError(f"{name} must hold at least four {what}, got {len(labels)}")
    if X_val is None:
        return Table(inputs, targets, group_of, len(labels)), labels
    others, other_targets = _part("X_val", X_val, "y_val", y_val)
    if len(other_targets) < 2:
        raise ValueError(f"y_val must hold at least two rows, got {len(other_targets)}")
    check_columns("X_val", others, inputs)
    both = np.concatenate([targets, other_targets])
    return Table(stacked(inputs, others), both, group_of, len(labels)), labels


def check_estimator(estimator: Any) -> Any:
    """`estimator` if it can be cloned, fitted and asked for predictions of numbers."""
    from sklearn.base import is_classifier

    if isinstance(estimator, type) or not all(
        hasattr(estimator, name) for name in ("fit", "predict", "get_params")
    ):
        raise TypeError(
            "estimator must be a scikit-learn regressor, with fit, predict and get_params, got "
            f"{shown(estimator)}"
        )
    if is_classifier(estimator):
        raise TypeError(f"estimator must be a regressor, got {shown(estimator)}")
    return estimator


def _part(x_name: str, X: Any, y_name: str, y: Any) -> tuple[Any, NDArray[np.float64]]:
    if X is None or y is None:
        raise ValueError(f"{x_name if X is None else y_name} must be given, got None")
    inputs = table(x_name, X)
    targets = arrays.series(y_name, y)
    with naming(f"{x_name} and {y_name}"):
        check_consistent_length(inputs, targets)
    return inputs, targets
