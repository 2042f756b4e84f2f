"""Whether a state from a file is one that a run of these rows can be at."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...evidence.gain import Gain
from ...results import fields as result_fields
from ...results.rows import PruneResult
from .._loop.state import CLOCKS, Model, Result, State
from ..history import Round

__all__ = ["check"]


def check(state: Any, n_rows: int, n_held_out: int | None) -> None:
    """Raise ValueError unless a loop of so many rows can be at this state.

    `n_held_out` is None if the validation and monitor rows are of the same table.
    """
    _require(isinstance(state, State), "it holds no state")
    parts = state.parts
    others = n_rows if n_held_out is None else n_held_out
    for part, length in zip(parts, (n_rows, others, others), strict=True):
        _require(_ascending(part, length), "its parts are not rows of the table")
    together = [parts.validation, parts.monitor]
    if n_held_out is None:
        together.append(parts.training)
    _require(_distinct(np.concatenate(together)), "a row is in two of its parts")
    n_training, n_validation = len(parts.training), len(parts.validation)
    _require(n_training > 0 and n_validation > 0, "a part is empty")
    if state.fold is not None:
        _require(_is_array(state.fold, np.int64, (n_validation,)), "its folds are none")
    for model in (state.model, state.best):
        _require(isinstance(model, Model), "a model is none")
        _check_model(model, n_training)
        _require(bool(model.fits), "a model was never fitted")
    if state.final is not None:
        _require(isinstance(state.final, Model), "its last fit is none")
        _check_model(state.final, n_rows)
    for count, least in ((state.sweep, 1), (state.began, 0)):
        _require(type(count) is int and count >= least, "its sweep is none")
    _check_history(state)
    _require(isinstance(state.results, list), "its results are none")
    under_way = [] if state.under_way is None else [state.under_way]
    for result in [*state.results, *under_way]:
        _check_result(result, n_training)
    _require(not under_way or isinstance(under_way[0], PruneResult), "its deletions are none")
    _require(
        isinstance(state.best_loss, float) and not math.isnan(state.best_loss), "its loss is none"
    )
    _check_choice(state)


def _check_choice(state: State) -> None:
    """What the choice among rounds rests on."""
    watched = len(state.parts.monitor) or len(state.parts.validation)
    for losses in (state.before, state.least):
        _require(losses is None or _is_array(losses, np.float64, (watched,)), "its losses are none")
    _require((state.before is None) == (state.least is None), "its losses are missing")
    _require(state.gain is None or isinstance(state.gain, Gain), "its gain is none")
    fine = type(state.refused) is int and state.refused >= 0 and type(state.verdict) is str
    _require(fine, "its refusals are none")


def _check_model(model: Model, n_rows: int) -> None:
    _require(_ascending(model.kept, n_rows), "the rows that a model keeps are none")
    _require(_is_array(model.removed, np.int64, (n_rows - len(model.kept),)), "rows are missing")
    all_rows = np.concatenate([model.kept, model.removed])
    in_range = not len(all_rows) or 0 <= int(all_rows.min()) <= int(all_rows.max()) < n_rows
    _require(in_range and _distinct(all_rows), "a row is kept and removed, or neither")
    _require(type(model.round) is int and model.round >= 0, "the round of a model is none")
    head = model.head
    if head is not None:
        fine = isinstance(head, np.ndarray) and head.dtype == np.float64 and head.ndim in (1, 2)
        _require(fine and np.isfinite(head).all(), "a head is none")
    _require(isinstance(model.fits, tuple), "the fits of a model are none")
    for rows in model.fits:
        _require(_ascending(rows, n_rows) and len(rows), "the rows of a fit are none")


def _check_history(state: State) -> None:
    history = state.history
    _require(isinstance(history, list) and bool(history), "it has no history")
    for place, record in enumerate(history):
        fine = isinstance(record, Round) and record.round == place
        fine = fine and all(type(count) is int for count in record[:3])
        _require(
            fine and all(isinstance(value, float) for value in record[3:]), "its history is none"
        )
    for model in (state.model, state.best):
        _require(model.round < len(history), "a model is of a round that was not")
    _require(state.began <= state.model.round, "its sweep begins later")
    clock = state.clock
    fine = isinstance(clock, dict) and set(clock) == set(CLOCKS)
    _require(
        fine and all(isinstance(value, float) for value in clock.values()), "its clock is none"
    )


def _check_result(result: Any, n_rows: int) -> None:
    _require(isinstance(result, Result), "a result is none")
    values = {one.name: getattr(result, one.name) for one in fields(result)}
    result_fields.check(result.kind, values)
    _require(len(result.mask) <= n_rows, "a result has too many rows")
    kept = np.flatnonzero(result.mask)
    _require(_is_array(result.kept, np.int64, kept.shape), "the rows that a result keeps are none")
    _require(np.array_equal(result.kept, kept), "the rows that a result keeps are others")


def _ascending(rows: Any, length: int) -> bool:
    """Whether these are distinct positions below `length`, in order."""
    if not isinstance(rows, np.ndarray) or rows.ndim != 1 or rows.dtype != np.int64:
        return False
    return not len(rows) or bool(rows[0] >= 0 and rows[-1] < length and (np.diff(rows) > 0).all())


def _distinct(values: NDArray[Any]) -> bool:
    return len(np.unique(values)) == len(values)


def _is_array(value: Any, dtype: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == dtype and value.shape == shape


def _require(fine: Any, complaint: str) -> None:
    if not fine:
        raise ValueError(complaint)
