"""A saved `PruneResult`: what is in the file, and what is checked before it is believed."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._support import archive
from . import record

if TYPE_CHECKING:
    from .rows import PruneResult

__all__ = ["STOP_REASONS", "check", "load", "save"]

STOP_REASONS = ("completed", "exhausted", "stalled", "monitor", "stopped", "callback", "truncated")

_KIND = "PruneResult"
_ARRAYS = ("removed", "mask", "delta_loss", "val_index", "loss", "weights")
_SCALARS = ("lam", "stop_reason", "n_refactorizations", "elapsed", "stats")
_LAM = 1e-100, 1e100


def save(result: PruneResult, path: str | os.PathLike[str]) -> None:
    """Write a result, all of it or nothing."""
    arrays = {name: getattr(result, name) for name in _ARRAYS}
    if result.monitor_loss is not None:
        arrays["monitor_loss"] = result.monitor_loss
    document = {name: getattr(result, name) for name in _SCALARS}
    made_of = result.record
    document["record"] = None if made_of is None else record.as_json(made_of)
    archive.save(path, _KIND, document, arrays)


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The fields of a result, checked."""
    document, arrays = archive.load(path, _KIND)
    try:
        if not isinstance(document, dict) or set(document) != {*_SCALARS, "record"}:
            raise ValueError("its document has other entries")
        if set(arrays) - {"monitor_loss"} != set(_ARRAYS):
            raise ValueError(f"it holds the arrays {', '.join(sorted(arrays))[:200]}")
        made_of = document.pop("record")
        fields = {"monitor_loss": None, **arrays, **document}
        fields["_record"] = None if made_of is None else record.parse(made_of)
        check(fields)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)} is no whole PruneResult: {error}") from error
    fields["kept"] = np.flatnonzero(fields["mask"]).astype(np.int64)
    return fields


def check(fields: dict[str, Any]) -> None:
    """Raise ValueError unless these can be the fields of a result, `kept` apart."""
    removed, mask, loss = fields["removed"], fields["mask"], fields["loss"]
    _array("mask", mask, np.bool_, (None,), least=1)
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
    weights = fields["weights"]
    _array("weights", weights, np.float64, (None, None)[: np.ndim(weights)] or (None,), least=1)
    losses = {"loss": loss, "monitor_loss": fields["monitor_loss"]}
    for name, values in losses.items():
        if name == "loss" or values is not None:
            _array(name, values, np.float64, (k + 1,))
            if not np.isfinite(values).all():
                raise ValueError(f"{name} is not finite")
    if not np.isfinite(weights).all():
        raise ValueError("weights are not finite")
    _check_scalars(fields)


def check_removed(removed: NDArray[Any], n_rows: int) -> None:
    """Raise ValueError unless these int64 are distinct rows of so many."""
    if len(removed) and not 0 <= int(removed.min()) <= int(removed.max()) < n_rows:
        raise ValueError(f"removed rows are not in [0, {n_rows - 1}]")
    if len(removed) > n_rows or np.bincount(removed, minlength=1).max() > 1:
        raise ValueError("a row is removed twice")


def _check_scalars(fields: dict[str, Any]) -> None:
    for name, low, high in (("lam", *_LAM), ("elapsed", 0.0, math.inf)):
        if not isinstance(fields[name], float) or not low <= fields[name] <= high:
            raise ValueError(f"{name} is {fields[name]!r}")
    if fields["stop_reason"] not in STOP_REASONS:
        raise ValueError(f"stop_reason is {fields['stop_reason']!r}")
    if not isinstance(fields["stats"], dict):
        raise ValueError("stats is no table")
    for name, count in [*fields["stats"].items(), ("rebuilds", fields["n_refactorizations"])]:
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
