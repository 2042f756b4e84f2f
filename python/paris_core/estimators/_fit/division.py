"""Which rows are trained on, which steer, and which monitor."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..._support import checks
from ..._support.arrays import FloatArray, IntArray
from ..._support.messages import short, shown
from ...validation.dealing import Dealing
from ...validation.splitter import Splitter
from ...validation.splitters import BlockedSplit, GroupedSplit, RandomSplit, TailStratifiedSplit
from .._loop.parts import Parts
from .inputs import Inputs

__all__ = ["Division", "Plan", "divide", "parse"]

# What monitor="auto" is: folds where fewer rows, blocks or groups are held out, else this share.
_MANY_ROWS, _MANY_UNITS = 600, 30
_FOLDS, _SHARE = 5, 0.33

_NAMED: dict[str, type[Splitter]] = {
    "tail-stratified": TailStratifiedSplit,
    "blocked": BlockedSplit,
    "random": RandomSplit,
}


class Plan(NamedTuple):
    """How rows are dealt out: `validation_split` and `monitor`, checked."""

    splitter: Any  # a `Splitter`, or one of scikit-learn
    share: float | None  # of the rows held out, that monitor
    folds: int | None  # in which all of them steer and monitor in turn
    auto: bool = False  # folds, if there are too few rows for a share


class Division(NamedTuple):
    """Rows that have been dealt out."""

    parts: Parts
    fold: IntArray | None  # of every validation row, where they monitor in turn
    unit: IntArray | None = None  # of every row of the table: those of one err together

    @property
    def units(self) -> tuple[IntArray, IntArray] | None:
        """The unit of every validation and of every monitor row."""
        if self.unit is None:
            return None
        return self.unit[self.parts.validation], self.unit[self.parts.monitor]


def parse(validation_split: Any, monitor: Any, chooses: bool) -> Plan:
    """The parameters, checked; `chooses`: whether rows held out say how many leave."""
    splitter = _splitter(validation_split)
    if isinstance(monitor, str) and monitor == "auto":
        return Plan(splitter, _SHARE, None, chooses and isinstance(splitter, Splitter))
    return Plan(splitter, *_monitor(monitor))


def divide(how: Plan, inputs: Inputs, rank: FloatArray, rng: np.random.RandomState) -> Division:
    """Deal out all rows. `rank` (n,) sorts those of `inputs.held_out`: neighbours are alike."""
    if not isinstance(how.splitter, Splitter):
        unit = None
        if inputs.groups is not None:
            unit = np.unique(np.asarray(inputs.groups), return_inverse=True)[1].astype(np.int64)
        return Division(_by_scikit_learn(how, inputs), None, unit)
    rng = how.splitter.generator(rng)
    n_rows = len(rank)
    if inputs.given:
        if isinstance(how.splitter, GroupedSplit):
            raise ValueError(
                "validation_split must be no GroupedSplit where X_val is given: groups are those "
                "of the rows of X"
            )
        dealing = how.splitter.dealing(rank)
        training, held_out = np.arange(len(inputs.rows.y)), np.arange(n_rows)
    else:
        if n_rows < 3:
            raise ValueError(f"at least 3 rows are needed to split them, got n_samples = {n_rows}")
        dealing = how.splitter.dealing(rank, inputs.groups)
        rows = np.arange(n_rows)
        if dealing.count(rows) < 2:
            raise ValueError(f"groups must name at least two {dealing.units} to split, got one")
        marked = dealing.share(rows, how.splitter.held_out(), rng)
        held_out = rows[marked]
        training = _apart(dealing, rows[~marked], held_out)
    n_units = dealing.count(held_out)
    few = len(held_out) < _MANY_ROWS or (dealing.unit is not None and n_units < _MANY_UNITS)
    if how.auto and few and n_units >= _FOLDS:
        how = how._replace(share=None, folds=_FOLDS)
    if how.share is not None:
        validation, monitor = _two(dealing, held_out, how.share, rng)
        return Division(Parts(training, validation, monitor), None, dealing.unit)
    nobody = held_out[:0]
    if how.folds is None:
        return Division(Parts(training, held_out, nobody), None, dealing.unit)
    validation, fold = _in_turn(dealing, held_out, how.folds, rng)
    return Division(Parts(training, validation, nobody), fold, dealing.unit)


def _splitter(value: Any) -> Any:
    if hasattr(value, "split") and not isinstance(value, (str, type)):
        return value
    if checks.is_number(value):
        share = checks.positive("validation_split", value)
        if share >= 1:
            raise ValueError(f"validation_split must be below 1, got {short(value)}")
        return TailStratifiedSplit(share)
    if isinstance(value, str) and value in _NAMED:
        return _NAMED[value]()
    names = ", ".join(repr(name) for name in _NAMED)
    raise ValueError(
        f"validation_split must be a fraction in (0, 1), one of {names}, or a splitter of "
        f"paris_core.validation or scikit-learn, got {short(value)}"
    )


def _monitor(value: Any) -> tuple[float | None, int | None]:
    """The share, or the folds."""
    if value is None:
        return None, None
    wanted = "monitor must be 'auto', a fraction in (0, 1), a number of folds >= 2, or None, got"
    if not checks.is_number(value):
        raise TypeError(f"{wanted} {shown(value)}")
    if checks.is_integer(value):
        if not 2 <= value <= 2**31:
            raise ValueError(f"{wanted} {short(value)}")
        return None, int(value)
    if not 0 < value < 1:
        raise ValueError(f"{wanted} {short(value)}")
    return float(value), None


def _two(
    dealing: Dealing, rows: IntArray, share: float, rng: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """Rows that steer, and rows that monitor."""
    n_units = dealing.count(rows)
    if n_units < 2:
        what = "held-out rows" if dealing.unit is None else f"{dealing.units} of held-out rows"
        raise ValueError(
            f"at least 2 {what} are needed to steer and to monitor, got {n_units}: give more "
            f"{dealing.units}, a larger validation_split, or monitor=None"
        )
    watched = dealing.share(rows, share, rng)
    return _apart(dealing, rows[~watched], rows[watched]), rows[watched]


def _in_turn(
    dealing: Dealing, rows: IntArray, n_folds: int, rng: np.random.RandomState
) -> tuple[IntArray, IntArray]:
    """The rows that steer, and the fold of each; none is within the gap of another fold."""
    n_units = dealing.count(rows)
    if n_units < n_folds:
        what = "held-out rows" if dealing.unit is None else f"{dealing.units} of held-out rows"
        raise ValueError(
            f"monitor={n_folds} (folds) needs as many {what}, got {n_units}: give fewer folds, "
            f"more {dealing.units}, or a larger validation_split"
        )
    fold = dealing.folds(rows, n_folds, rng)
    if not dealing.gap:
        return rows, fold
    stays = np.concatenate(
        [dealing.apart(rows[fold == name], rows[fold != name]) for name in range(n_folds)]
    )
    left = np.isin(rows, stays)
    if len(np.unique(fold[left])) < n_folds:
        raise ValueError(
            f"gap={dealing.gap} leaves no rows in one of monitor={n_folds} folds: give a smaller "
            "gap, or fewer blocks or folds"
        )
    return rows[left], fold[left]


def _apart(dealing: Dealing, rows: IntArray, others: IntArray) -> IntArray:
    left = dealing.apart(rows, others)
    if not len(left):
        n_blocks = dealing.count(np.arange(dealing.n_rows))
        raise ValueError(
            f"gap={dealing.gap} leaves no rows between {n_blocks} blocks of about "
            f"{dealing.n_rows // n_blocks} rows: give a smaller gap or fewer blocks"
        )
    return left


def _by_scikit_learn(how: Plan, inputs: Inputs) -> Parts:
    """The last two splits: one's test rows steer, the other's monitor."""
    if how.folds is not None:
        raise ValueError(
            f"monitor={how.folds} (folds) needs a validation_split that is a fraction, a name or a "
            "splitter of paris_core.validation: one of scikit-learn says itself which rows monitor"
        )
    if inputs.given:
        raise ValueError(
            "validation_split must be a fraction, a name or a splitter of paris_core.validation "
            "where X_val is given: one of scikit-learn is for the rows of X"
        )
    (X, y, _), groups = inputs.rows, inputs.groups
    splits = [
        (np.asarray(train), np.asarray(test)) for train, test in how.splitter.split(X, y, groups)
    ]
    wanted = 1 if how.share is None else 2
    if len(splits) < wanted:
        raise ValueError(
            f"validation_split must give {wanted} splits, the last but one to steer and the last "
            f"to monitor, got {len(splits)}; without a monitor (monitor=None) one is enough"
        )
    training, validation = splits[-wanted]
    monitor = validation[:0]
    if wanted == 2:
        monitor = np.setdiff1d(splits[-1][1], validation)
        training = np.intersect1d(training, splits[-1][0])
    training = np.setdiff1d(training, np.concatenate([validation, monitor]))
    parts = Parts(*(np.unique(part).astype(np.int64) for part in (training, validation, monitor)))
    for name, part in zip(Parts._fields, parts, strict=True):
        if not len(part) and (name != "monitor" or wanted == 2):
            raise ValueError(f"validation_split leaves no {name} rows")
    return parts
