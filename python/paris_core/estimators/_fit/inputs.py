"""What `fit` is given, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from ..._support import arrays, checks
from ..._support.conversion import understood
from ..._support.scikit_learn import Rows, naming, remember_columns, table
from ...linalg import weighting
from .._loop.parts import Parts

__all__ = ["Inputs", "Weights", "check_two", "check_weights", "checked", "whole_groups"]

_CheckTargets = Callable[[str, NDArray[Any]], NDArray[Any]]

# What `prune_groups` does, and the monitor rows say.
_WITH_GROUPS = {"keep": "auto", "criterion": "refit", "objective": "mean"}


class Weights(NamedTuple):
    """`sample_weight` and `sample_weight_val` as they were given."""

    rows: Any = None
    held_out: Any = None


class Inputs(NamedTuple):
    """The tables of a fit.

    Attributes
    ----------
    rows : Rows
        X, y and sample_weight.
    held_out : Rows
        Of which rows steer and monitor: X_val and y_val, or X and y again.
    given : bool
        Whether X_val was given.
    groups : object
        As it was given.
    """

    rows: Rows
    held_out: Rows
    given: bool
    groups: Any


def checked(
    estimator: Any,
    check_targets: _CheckTargets,
    X: Any,
    y: Any,
    X_val: Any,
    y_val: Any,
    groups: Any,
    weights: Weights,
) -> Inputs:
    """The tables, checked; sets what `estimator` knows of their columns.

    `check_targets` checks targets that are one-dimensional already.
    """
    if groups is not None:
        arrays.check_present("groups", groups)
    rows = _rows(check_targets, "X", X, "y", y)
    rows = rows._replace(weight=weighting.checked("sample_weight", weights.rows, len(rows.y), "X"))
    remember_columns(estimator, rows.X, reset=True)
    if X_val is None and y_val is None:
        if weights.held_out is not None:
            raise ValueError(
                "sample_weight_val is for the rows of X_val, which is not given: rows that are "
                "split off X have their sample_weight"
            )
        return Inputs(rows, rows, False, groups)
    held_out = _rows(check_targets, "X_val", X_val, "y_val", y_val)
    held_out = held_out._replace(
        weight=weighting.checked("sample_weight_val", weights.held_out, len(held_out.y), "X_val")
    )
    remember_columns(estimator, held_out.X, reset=False)
    return Inputs(rows, held_out, True, groups)


def whole_groups(estimator: Any, groups: Any, n_rows: int) -> NDArray[Any] | None:
    """The group of every row of X, if groups leave as a whole; None if rows do."""
    if checks.choice("delete", estimator.delete, ("rows", "groups")) == "rows":
        return None
    for name, only in _WITH_GROUPS.items():
        value = getattr(estimator, name)
        if value != only:
            raise ValueError(f"{name} must be {only!r} with delete='groups', got {value!r}")
    if groups is None:
        raise ValueError("groups must be given with delete='groups'")
    return arrays.labels("groups", groups, n_rows, "X")


def check_weights(given: Inputs, parts: Parts) -> None:
    """Raise ValueError if the rows of a part have no weight at all."""
    for name, rows, which in (
        ("training", given.rows, parts.training),
        ("validation", given.held_out, parts.validation),
        ("monitor", given.held_out, parts.monitor),
    ):
        if rows.weight is not None and len(which) and not rows.weight[which].any():
            argument = "sample_weight_val" if rows is not given.rows else "sample_weight"
            raise ValueError(
                f"{argument} must not be zero for all {len(which):,} {name} rows: leave rows of "
                "weight zero out, or give more rows"
            )


def check_two(groups: NDArray[Any]) -> None:
    """Raise ValueError unless the training rows are of two groups at least."""
    names = np.unique(groups).tolist()
    if len(names) < 2:
        raise ValueError(
            f"groups must name at least two groups among the training rows, got {names[0]!r} alone"
        )


def _rows(check_targets: _CheckTargets, x_name: str, X: Any, y_name: str, y: Any) -> Rows:
    if y is None:
        raise ValueError(
            f"{y_name} must be given: requires y to be passed, but the target y is None"
        )
    if X is None:
        raise ValueError(f"{x_name} must be given together with {y_name}")
    inputs = table(x_name, X, sparse=True)
    # A number that no integer holds is no class, and not worth NumPy's warning.
    with naming(y_name), np.errstate(invalid="ignore"):
        targets = check_targets(y_name, column_or_1d(understood(y_name, y), warn=True))
    with naming(f"{x_name} and {y_name}"):
        check_consistent_length(inputs, targets)
    return Rows(inputs, targets)
