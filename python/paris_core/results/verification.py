"""A run made again, and compared with its record."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import regularization
from .._support import checks
from .record import CHANGED, Record

if TYPE_CHECKING:
    from .rows import PruneResult

__all__ = ["Verification", "verify"]

_ROUNDING = 1e-6  # relative difference of numbers that another CPU may make
_ROUNDING_OF_LAM = 1e-9  # and of λ, which comes from LAPACK, whose threads may differ

_SCALARS = ("criterion", "objective", "stop", "tolerance", "patience", "engine")
_ARRAYS = ("val_weight", "protect", "groups", "quotas", "monitor")
_WITHOUT_EFFECT = ("cache_bytes", "n_threads")
_BY_THE_CALLER = ("callback", "stopped", "truncated")  # what ended the run is not on record


@dataclass(frozen=True)
class Verification:
    """What `PruneResult.verify` found.

    Attributes
    ----------
    differences : tuple of str
        What is not as it was; empty if the run is the same.
    notes : tuple of str
        What else is not as it was, and may be why.
    first_deletion : int or None
        How many deletions are the same before the first that is not; None if all are, or none was
        made again.
    weights_change : float
        Largest absolute difference of the weights; NaN if they were not compared.
    """

    differences: tuple[str, ...]
    notes: tuple[str, ...]
    first_deletion: int | None
    weights_change: float

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def __str__(self) -> str:
        return "\n".join(["same" if self.same else "not the same", *self.differences, *self.notes])


def verify(
    result: PruneResult,
    arrays: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    options: dict[str, Any],
    *,
    search: bool,
) -> Verification:
    """As `PruneResult.verify` says."""
    from ..pruning.pruner import Pruner

    record = result.record
    if record is None:
        raise ValueError("this result has no record of its run, so that the run cannot be repeated")
    checks.flag("search", search)
    for name in options:
        if name not in (*_SCALARS, *_ARRAYS, *_WITHOUT_EFFECT, "k", "lam"):
            raise TypeError(f"{name} is no option of prune that decides what is deleted")
    settings: dict[str, Any] = {
        name: record.options[name] for name in _SCALARS if name in record.options
    }
    if settings.get("objective") == "worst":
        settings["objective"] = ("worst", record.options.get("n_worst", 1))
    settings |= {name: value for name, value in options.items() if name != "k"}
    planned = options.get("k", record.options.get("k"))
    ends_by_rule = planned is not None and result.stop_reason not in _BY_THE_CALLER
    if not ends_by_rule or not isinstance(settings["stop"], str):
        planned, settings["stop"] = len(result.removed), "k"
    settings.setdefault("lam", result.lam)  # and not chosen anew
    pruner = Pruner(*arrays, **settings)

    start = pruner.result()
    now, training = start.record, start._training
    assert now is not None
    assert training is not None
    features, targets = training
    differences = _inputs(record, now) + _options(record, now, options)
    notes = _circumstances(record, now)
    if (len(features), (features.shape[1], *targets.shape[1:])) != (
        len(result.mask),
        result.weights.shape,
    ):
        return Verification(tuple(differences), tuple(notes), None, math.nan)
    if isinstance(record.options.get("lam"), str) and "lam" not in options:
        lam = regularization.parse(record.options["lam"], features, targets, checks.n_threads(None))
        if not math.isclose(lam, result.lam, rel_tol=_ROUNDING_OF_LAM):
            differences.append(f"lam is {lam!r}, it was {result.lam!r}")
    if search:
        pruner.run(checks.n_deletions(planned, len(features)))
    else:
        with contextlib.suppress(ValueError):  # at the first loss that differs
            pruner.replay(result)
    repeated = pruner.result()
    if result.stop_reason == "truncated":
        repeated = repeated.truncate(len(repeated.removed))
    exact = (record.version, record.simd) == (now.version, now.simd)
    first, found = _deletions(result, repeated, exact)
    differences += found
    change = float(np.abs(result.weights - repeated.weights).max())
    if change > (0.0 if exact else _ROUNDING * np.abs(result.weights).max()):
        differences.append(f"the weights differ by up to {change:.3g}")
    if search and ends_by_rule and repeated.stop_reason != result.stop_reason:
        differences.append(f"the run is {repeated.stop_reason!r}, it was {result.stop_reason!r}")
    return Verification(tuple(differences), tuple(notes), first, change)


def _inputs(then: Record, now: Record) -> list[str]:
    """Which arrays are not those of the run."""
    found = []
    for name in dict.fromkeys([*then.inputs, *now.inputs]):
        if name not in now.inputs:
            found.append(f"{name} is missing: the run had it")
        elif name not in then.inputs:
            found.append(f"{name} is given: the run had none")
        elif then.inputs[name] not in (CHANGED, now.inputs[name]):
            found.append(f"{name} is not the array of the run")
    return found


def _options(then: Record, now: Record, given: dict[str, Any]) -> list[str]:
    """Which options are given that are not those of the run."""
    values = {name: value for name, value in given.items() if not callable(value)}
    if "objective" in given:  # which is two of them on record
        values |= {name: now.options[name] for name in ("objective", "n_worst")}
    return [
        f"{name} is {value!r}, it was {then.options[name]!r}"
        for name, value in values.items()
        if name in then.options and value != then.options[name]
    ]


def _circumstances(then: Record, now: Record) -> list[str]:
    """What else may be the reason for a difference."""
    found = [
        f"{what}: {is_now}, it was {was}"
        for what, was, is_now in (
            ("version of paris_core", then.version, now.version),
            ("instruction-set level", then.simd, now.simd),
            ("version of NumPy", then.numpy, now.numpy),
        )
        if was != is_now
    ]
    unknown = [name for name, value in then.inputs.items() if value == CHANGED]
    return found + [f"{name} cannot be compared: it was {CHANGED}" for name in unknown]


def _deletions(then: PruneResult, now: PruneResult, exact: bool) -> tuple[int | None, list[str]]:
    """How many deletions agree before the first that does not, and what is said of it."""
    n = min(len(then.removed), len(now.removed))
    first = n if len(then.removed) != len(now.removed) else None
    said = f"{len(now.removed)} rows leave, it was {len(then.removed)}"
    pairs: list[tuple[str, NDArray[Any], NDArray[Any], int]] = [
        ("row", then.removed, now.removed, 0),
        ("loss", then.loss, now.loss, 1),
    ]
    if then.monitor_loss is not None and now.monitor_loss is not None:
        pairs.append(("monitor's loss", then.monitor_loss, now.monitor_loss, 1))
    if exact:
        pairs.append(("residual", then.delta_loss, now.delta_loss, 0))
        pairs.append(("validation row", then.val_index, now.val_index, 0))
    for what, was, is_now, before in pairs:
        one, other = was[: n + before], is_now[: n + before]
        agree = one == other if exact or what == "row" else np.isclose(other, one, rtol=_ROUNDING)
        for place in np.flatnonzero(~agree)[:1]:
            deletion = max(int(place) - before, 0)
            if first is None or deletion < first:
                first = deletion
                said = f"deletion {deletion + 1}: its {what} is {other[place]}, it was {one[place]}"
                if place < before:
                    said = f"before the first deletion the {what} is {other[0]}, it was {one[0]}"
    return first, [] if first is None else [said]
