"""What the fields of a result may be: looked at before a file or a checkpoint is believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["STOP_REASONS", "check", "check_removed"]

STOP_REASONS = (
    *("completed", "exhausted", "stalled", "converged", "monitor", "stopped", "callback"),
    "truncated",
)

_LAM = 1e-100, 1e100


def check(kind: str, fields: Mapping[str, Any]) -> None:
    """Raise ValueError unless these can be the fields of a result of this kind, `kept` apart."""
    _array("mask", fields["mask"], np.bool_, (None,), least=1)
    k = _check_rows(fields) if kind == "PruneResult" else _check_groups(fields)
    weights = fields["weights"]
    _array("weights", weights, np.float64, (None, None)[: np.ndim(weights)] or (None,), least=1)
    if not np.isfinite(weights).all():
        raise ValueError("weights are not finite")
    for name in ("loss", "monitor_loss"):
        if name == "loss" or fields[name] is not None:
            _array(name, fields[name], np.float64, (k + 1,))
            if not np.isfinite(fields[name]).all():
                raise ValueError(f"{name} is not finite")
    if fields["sample_weight"] is not None:
        _check_weight(fields["sample_weight"], len(fields["mask"]))
    if kind == "GroupPruneResult":
        _check_path(fields["weight_path"], weights, k)
    _check_scalars(fields)


def check_removed(removed: NDArray[Any], n_rows: int) -> None:
    """Raise ValueError unless these int64 are distinct rows of so many."""
    if len(removed) and not 0 <= int(removed.min()) <= int(removed.max()) < n_rows:
        raise ValueError(f"removed rows are not in [0, {n_rows - 1}]")
    if len(removed) > n_rows or np.bincount(removed, minlength=1).max() > 1:
        raise ValueError("a row is removed twice")


def _check_rows(fields: Mapping[str, Any]) -> int:
    """Those that a `PruneResult` alone has; how many deletions."""
    removed, mask = fields["removed"], fields["mask"]
    _array("removed", removed, np.int64, (None,))
    n_rows, k = len(mask), len(removed)
    check_removed(removed, n_rows)
    if mask[removed].any() or int(mask.sum()) != n_rows - k:
        raise ValueError("mask is not True for the rows that were not removed alone")
    _array("delta_loss", fields["delta_loss"], np.float64, (k,))
    if np.isnan(fields["delta_loss"]).any():
        raise ValueError("delta_loss is NaN")
    _array("val_index", fields["val_index"], np.int64, (k,))
    if (fields["val_index"] < -1).any():
        raise ValueError("val_index is below -1")
    _check_count("n_refactorizations", fields["n_refactorizations"])
    return k


def _check_groups(fields: Mapping[str, Any]) -> int:
    """Those that a `GroupPruneResult` alone has, but for the weights; how many deletions."""
    removed, groups, mask = fields["removed_groups"], fields["groups"], fields["mask"]
    labels = groups.dtype if isinstance(groups, np.ndarray) else np.dtype(np.int64)
    if labels != np.int64 and not (labels.kind == "U" and labels.isnative):
        raise ValueError(f"groups are of dtype {labels}, which is neither int64 nor text")
    _array("groups", groups, labels, (len(mask),))
    _array("removed_groups", removed, labels, (None,))
    if len(np.unique(removed)) < len(removed):
        raise ValueError("removed_groups names a group twice")
    if not np.isin(removed, groups).all():
        raise ValueError("removed_groups names a group that groups has not")
    if not np.array_equal(mask, ~np.isin(groups, removed)):
        raise ValueError("mask is not True for the rows of the groups that are left alone")
    if not mask.any():
        raise ValueError("removed_groups leaves no group")
    return len(removed)


def _check_weight(weight: Any, n_rows: int) -> None:
    _array("sample_weight", weight, np.float64, (n_rows,))
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise ValueError("sample_weight is no weights >= 0, not all zero")


def _check_path(path: Any, weights: NDArray[Any], k: int) -> None:
    _array("weight_path", path, np.float64, (k + 1, *weights.shape))
    if not np.isfinite(path).all():
        raise ValueError("weight_path is not finite")
    if not np.array_equal(path[-1], weights):
        raise ValueError("weight_path does not end with weights")


def _check_scalars(fields: Mapping[str, Any]) -> None:
    for name, low, high in (("lam", *_LAM), ("elapsed", 0.0, math.inf)):
        if not isinstance(fields[name], float) or not low <= fields[name] <= high:
            raise ValueError(f"{name} is {fields[name]!r}")
    if fields["stop_reason"] not in STOP_REASONS:
        raise ValueError(f"stop_reason is {fields['stop_reason']!r}")
    if not isinstance(fields["stats"], dict):
        raise ValueError("stats is no table")
    for name, count in fields["stats"].items():
        _check_count(name, count)


def _check_count(name: str, count: Any) -> None:
    if type(count) is not int or not 0 <= count < 2**63:
        raise ValueError(f"the count {name!r} is {count!r}")


def _array(
    name: str, value: Any, dtype: Any, shape: tuple[int | None, ...], *, least: int = 0
) -> None:
    """Raise ValueError unless `value` has this dtype and shape; None is any length >= least."""
    if not isinstance(value, np.ndarray) or value.dtype != dtype:
        raise ValueError(f"{name} is not of dtype {np.dtype(dtype)}")
    fits = len(shape) == value.ndim and all(
        length >= least if wanted is None else length == wanted
        for length, wanted in zip(value.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} has shape {value.shape}")
