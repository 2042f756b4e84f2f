"""A run made again, and compared with its record."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import regularization
from .._support import arrays, checks
from .._support.arrays import FloatArray
from ..linalg import weighting
from .record import CHANGED, Record

if TYPE_CHECKING:
    from .base import BaseResult
    from .groups import GroupPruneResult
    from .rows import PruneResult

__all__ = ["Verification", "verify", "verify_groups"]

#: What is compared, as it was and as it is, and how many entries are of before the first deletion.
_Pair = tuple[str, NDArray[Any], NDArray[Any], int]

_ROUNDING = 1e-6  # relative difference of numbers that another CPU may make
_ROUNDING_OF_LAM = 1e-9  # and of λ, which comes from LAPACK, whose threads may differ

_SCALARS = ("criterion", "objective", "stop", "tolerance", "patience", "engine")
_ARRAYS = ("sample_weight", "val_weight", "protect", "strata", "quotas", "monitor")
_WITHOUT_EFFECT = ("cache_bytes", "n_threads")
_OF_GROUPS = ("k", "lam", "sample_weight", "val_weight", "monitor")  # options of `prune_groups`
_BY_THE_CALLER = ("callback", "stopped", "truncated")  # what ended the run is not on record


@dataclass(frozen=True)
class Verification:
    """What `PruneResult.verify` or `GroupPruneResult.verify` found.

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
    given: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    options: dict[str, Any],
    *,
    search: bool,
) -> Verification:
    """As `PruneResult.verify` says."""
    from ..pruning import stopping
    from ..pruning.pruner import Pruner

    record = _record(result)
    checks.flag("search", search)
    _check_names(options, (*_SCALARS, *_ARRAYS, *_WITHOUT_EFFECT, "k", "lam"), "prune")
    settings: dict[str, Any] = {
        name: record.options[name] for name in _SCALARS if name in record.options
    }
    if settings.get("objective") == "worst":
        settings["objective"] = ("worst", record.options.get("n_worst", 1))
    settings["stop"] = stopping.from_record(settings["stop"])
    settings |= {name: value for name, value in options.items() if name != "k"}
    planned = options.get("k", record.options.get("k"))
    ends_by_rule = planned is not None and result.stop_reason not in _BY_THE_CALLER
    if not ends_by_rule or callable(settings["stop"]) or settings["stop"] == ("callable",):
        planned, settings["stop"] = len(result.removed), "k"
    settings.setdefault("lam", result.lam)  # and not chosen anew
    pruner = Pruner(*given, **settings)

    start = pruner.result()
    now = _record(start)
    differences = _inputs(record, now) + _options(record, now, options)
    notes = _circumstances(record, now)
    if _shapes(start) != _shapes(result):
        return Verification(tuple(differences), tuple(notes), None, math.nan)
    assert start.training_rows is not None
    differences += _another_lam(result, record, options, start, *start.training_rows)
    if search:
        pruner.run(checks.n_deletions(planned, len(result.mask)))
    else:
        with contextlib.suppress(ValueError):  # at the first loss that differs
            pruner.replay(result)
    repeated = pruner.result()
    if result.stop_reason == "truncated":
        repeated = repeated.truncate(len(repeated.removed))
    exact = (record.version, record.simd) == (now.version, now.simd)
    pairs: list[_Pair] = [("row", result.removed, repeated.removed, 0)]
    if exact:
        pairs.append(("residual", result.delta_loss, repeated.delta_loss, 0))
        pairs.append(("validation row", result.val_index, repeated.val_index, 0))
    first, found = _deletions(result, repeated, pairs, exact)
    change, line = _weights(result, repeated, exact)
    differences += found + line
    if search and ends_by_rule and repeated.stop_reason != result.stop_reason:
        differences.append(f"the run is {repeated.stop_reason!r}, it was {result.stop_reason!r}")
    return Verification(tuple(differences), tuple(notes), first, change)


def verify_groups(
    result: GroupPruneResult,
    given: tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike, ArrayLike],
    options: dict[str, Any],
) -> Verification:
    """As `GroupPruneResult.verify` says."""
    from ..pruning.groups import prune_groups

    record = _record(result)
    _check_names(options, _OF_GROUPS, "prune_groups")
    settings = {"lam": result.lam} | {n: value for n, value in options.items() if n != "k"}
    most = len(np.unique(arrays.labels("groups", given[4]))) - 1
    k = min(len(result.removed_groups), max(most, 0))
    repeated = prune_groups(*given, k, **settings)

    now = _record(repeated)
    differences = _inputs(record, now) + _options(record, now, options)
    notes = _circumstances(record, now)
    if _shapes(repeated) != _shapes(result):
        return Verification(tuple(differences), tuple(notes), None, math.nan)
    features = arrays.matrix("Phi", given[0])
    targets = arrays.targets("y", given[1], len(features), "Phi")
    differences += _another_lam(result, record, options, repeated, features, targets)
    pairs: list[_Pair] = [("group", result.removed_groups, repeated.removed_groups, 0)]
    first, found = _deletions(result, repeated, pairs, exact=False)
    change, line = _weights(result, repeated, exact=False)
    return Verification((*differences, *found, *line), tuple(notes), first, change)


def _record(result: BaseResult) -> Record:
    record = result.record
    if record is None:
        raise ValueError("this result has no record of its run, so that the run cannot be repeated")
    return record


def _check_names(options: dict[str, Any], allowed: tuple[str, ...], function: str) -> None:
    for name in options:
        if name not in allowed:
            raise TypeError(f"{name} is no option of {function} that decides what is deleted")


def _shapes(result: BaseResult) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of what is pruned."""
    return result.mask.shape, result.weights.shape


def _another_lam(
    result: BaseResult,
    then: Record,
    options: dict[str, Any],
    now: BaseResult,
    Phi: FloatArray,
    y: FloatArray,
) -> list[str]:
    """What is said if the rule that chose λ now chooses another one."""
    rule = then.options.get("lam")
    if not isinstance(rule, str) or "lam" in options:
        return []
    weight = now.sample_weight
    rows = weighting.scaled(Phi, y, weight)
    lam = regularization.parse(rule, *rows, checks.n_threads(None), weight)
    if math.isclose(lam, result.lam, rel_tol=_ROUNDING_OF_LAM):
        return []
    return [f"lam is {lam!r}, it was {result.lam!r}"]


def _weights(then: BaseResult, now: BaseResult, exact: bool) -> tuple[float, list[str]]:
    """By how much the weights differ, and what is said of it."""
    change = float(np.abs(then.weights - now.weights).max())
    allowed = 0.0 if exact else _ROUNDING * np.abs(then.weights).max()
    return change, [f"the weights differ by up to {change:.3g}"] if change > allowed else []


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
    if "stop" in values:  # which is one text on record
        values["stop"] = now.options["stop"]
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


def _deletions(
    then: BaseResult, now: BaseResult, pairs: list[_Pair], exact: bool
) -> tuple[int | None, list[str]]:
    """How many deletions agree before the first that does not, and what is said of it.

    The first of `pairs` is of what left, and must be the same; losses are looked at as well.
    """
    (left, was_left, is_left, _), *others = pairs
    n = min(len(was_left), len(is_left))
    first = n if len(was_left) != len(is_left) else None
    said = f"{len(is_left)} {left}s leave, it was {len(was_left)}"
    losses: list[_Pair] = [("loss", then.loss, now.loss, 1)]
    if then.monitor_loss is not None and now.monitor_loss is not None:
        losses.append(("monitor's loss", then.monitor_loss, now.monitor_loss, 1))
    for what, was, is_now, before in [pairs[0], *losses, *others]:
        one, other = was[: n + before], is_now[: n + before]
        agree = one == other if exact or what == left else np.isclose(other, one, rtol=_ROUNDING)
        for place in np.flatnonzero(~agree)[:1]:
            deletion = max(int(place) - before, 0)
            if first is None or deletion < first:
                first = deletion
                said = f"deletion {deletion + 1}: its {what} is {other[place]}, it was {one[place]}"
                if place < before:
                    said = f"before the first deletion the {what} is {other[0]}, it was {one[0]}"
    return first, [] if first is None else [said]
