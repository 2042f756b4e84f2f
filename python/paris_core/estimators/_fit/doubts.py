"""Warnings about a fit: what its rows, its first model and its deletions should not be like."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import FloatArray, IntArray
from ..._support.messages import number, warn
from ...errors import (
    DuplicateRowsWarning,
    ManyRemovedWarning,
    ScaleWarning,
    TailWarning,
    WeakModelWarning,
)
from ...evidence import paired_gain
from ...evidence.acceptance import FEW_IN_TAIL
from .._loop.parts import Parts
from .._loop.state import Model
from .._loop.tasks import Regression, Task
from .division import Division
from .duplicates import keys, n_copies
from .inputs import Inputs
from .scale import Apart, columns_in_other_units, targets_in_other_units

__all__ = ["of_the_deletions", "of_the_first_model", "of_the_rows"]

_FEWEST = 2  # of a part: what a spread needs
_SHARE_REMOVED, _MANY = 1 / 3, 100  # of training rows; of fewer a third is soon gone
# By so many rows a model that explains a tenth of the variance comes out ahead of a constant in 19
# samples of 20.
_JUDGED = 100
_BETTER = 0.01  # of the constant's loss: what counts as better, by whatever chance


def of_the_rows(task: Task, given: Inputs, parts: Parts) -> None:
    """Warn of rows that differ in units, are in two parts, or are too few."""
    if given.given:
        _of_units(task, given)
    _of_copies(given, parts)
    _of_few(task, given.held_out.y, parts)


def of_the_first_model(task: Task, given: Inputs, divided: Division, model: Model) -> None:
    """Warn if the model of all training rows is no better than the best constant for these.

    Validation rows say so as well as monitor rows: neither has chosen anything yet. Below `_JUDGED`
    rows, or units of rows, there is a warning only if the model is worse beyond chance.
    """
    parts, both = divided.parts, _both(divided.parts)
    held_out = given.held_out.at(both)
    units = None if divided.unit is None else divided.unit[both]
    encoded, weight = task.encode(held_out.y), held_out.weight
    constant = np.average(
        task.encode(given.rows.y[parts.training]),
        axis=0,
        weights=None if given.rows.weight is None else given.rows.weight[parts.training],
    )
    before = _squares(encoded - constant)
    after = _squares(encoded - model.scores(held_out.X))
    gain = paired_gain(before, after, weight=weight, units=units)
    if gain.n_units >= _JUDGED:
        loss = float(np.average(before, weights=weight))
        weak = gain.mean <= _BETTER * loss and not gain.beyond_chance()
    else:
        weak = paired_gain(after, before, weight=weight, units=units).beyond_chance()
    if not weak or not before.any():
        return
    times = np.average(after, weights=weight) / np.average(before, weights=weight)
    what = "mean target" if isinstance(task, Regression) else "class frequencies"
    warn(
        f"the model of all training rows is no better than their {what} on the "
        f"{len(before):,} validation and monitor rows (mean squared error "
        f"{number(float(times), 3)} times as large): what it has learned is a poor "
        "guide to deletions. Check inputs and units, and the estimator: one that trains longer, "
        "or stops earlier, or scales its inputs",
        WeakModelWarning,
    )


def of_the_deletions(n_removed: int, n_training: int) -> None:
    """Warn if more rows have left than are usually wrong; for runs that chose their number."""
    if n_training < _MANY or n_removed <= _SHARE_REMOVED * n_training:
        return
    warn(
        f"{n_removed:,} of {n_training:,} training rows were removed: so many may be wrong, or "
        "right and unlike the validation rows (another time or place), or the "
        "estimator overfits and does better with fewer rows. Look at some of removed_, and compare "
        "test errors with those of the estimator trained on all rows",
        ManyRemovedWarning,
    )


def _of_units(task: Task, given: Inputs) -> None:
    (X, y, _), (X_val, y_val, _) = given.rows, given.held_out
    columns = columns_in_other_units(X, X_val)
    for name, difference in list(columns.items())[:1]:
        more = f" (and {len(columns) - 1:,} more)" if len(columns) > 1 else ""
        warn(
            f"X_val seems to be in other units than X: {name}{more} is {_ranges(difference)}. Give "
            "both in the same units: a Pipeline around this estimator scales X alone, a Pipeline "
            "as its estimator scales both",
            ScaleWarning,
        )
    if not isinstance(task, Regression):
        return
    targets = targets_in_other_units(y, y_val)
    if targets is not None:
        warn(
            f"y_val seems to be in other units than y: targets are {_ranges(targets, 'y')}. Give "
            "both in the same units: TransformedTargetRegressor transforms y alone, and targets "
            "are standardised without it",
            ScaleWarning,
        )


def _ranges(difference: Apart, name: str = "X") -> str:
    ranges = (difference.range, difference.other_range)
    one, other = (f"from {number(low, 3)} to {number(high, 3)}" for low, high in ranges)
    return f"{one} in {name}, {other} in {name}_val"


def _of_copies(given: Inputs, parts: Parts) -> None:
    both = _both(parts)
    key = keys(given.rows)
    held_out_key = (keys(given.held_out) if given.given else key)[both]
    training = given.rows.at(parts.training)
    copies = n_copies(training, key[parts.training], held_out_key)
    if not copies:
        return
    if given.given:
        what = "take the rows of X_val out of X"
    else:
        what = (
            "drop the duplicates of X, or give equal rows one group and a "
            "validation_split=GroupedSplit()"
        )
    warn(
        f"{copies:,} of {len(both):,} validation and monitor rows equal a training row, inputs and "
        f"target: what was trained on cannot tell what to delete, nor how good a model is; {what}",
        DuplicateRowsWarning,
    )


def _of_few(task: Task, y: NDArray[Any], parts: Parts) -> None:
    held_out = {"validation": parts.validation, "monitor": parts.monitor}
    counts = {part: task.tail_rows(y[rows]) for part, rows in held_out.items() if len(rows)}
    few = []
    for name in counts["validation"]:
        total = sum(count[name] for count in counts.values())
        if total < FEW_IN_TAIL:
            few.append(f"{total} {' and '.join(counts)} rows of {name}")
            continue
        few += [
            f"{count[name]} {part} rows of {name}"
            for part, count in counts.items()
            if count[name] < _FEWEST
        ]
    if few:
        warn(
            f"only {', '.join(few)}: what they say of it is mostly chance. Give more rows, a "
            "larger validation_split, or a wider tail",
            TailWarning,
        )


def _both(parts: Parts) -> IntArray:
    """Positions of validation and monitor rows, ascending."""
    return np.sort(np.concatenate([parts.validation, parts.monitor]))


def _squares(errors: FloatArray) -> FloatArray:
    return np.asarray((errors**2).reshape(len(errors), -1).sum(axis=1))
