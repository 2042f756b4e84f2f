"""Which rows and columns of a table are inputs X and target y."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import FloatArray, IntArray
from ..._support.messages import number
from ..arguments import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from ...tables import Table
    from ...tables.columns.column import Column

__all__ = ["Data", "group_names", "inputs", "prepare", "prepare_like", "require_columns"]

_MAX_CLASSES = 50
_MAX_CATEGORIES = 50

Say = Callable[[str], None]


@dataclass(frozen=True)
class Data:
    """What a model is fitted to.

    Attributes
    ----------
    X : DataFrame
        The input columns, numbers as float64, categories as text; the index is the position in the
        table.
    y : (n,) ndarray
        Target: float64, or strings for classes.
    rows : (n,) ndarray of int64
        Positions in the table: in the order of time, if there is a time column; rows without a
        target or time are left out.
    numeric, categorical : list of str
        The input columns.
    groups : (n,) ndarray or None
        The group of each row.
    """

    X: pd.DataFrame
    y: NDArray[Any]
    rows: IntArray
    numeric: list[str]
    categorical: list[str]
    groups: NDArray[Any] | None = None

    @property
    def classes(self) -> bool:
        """Whether the target is a class."""
        return self.y.dtype.kind != "f"


def prepare(
    table: Table,
    *,
    target: str,
    time: str | None,
    group: str | None,
    drop: Sequence[str],
    classify: bool,
    say: Say,
) -> Data:
    """Choose the rows and columns of the training table; `say` is told of all that is not obvious.

    Numbers and categories are inputs, except what counts the rows; dates, lists and empty columns
    are none.
    """
    require_columns(table, [name for name in (target, time, group) if name is not None])
    require_columns(table, drop, "--drop: ")
    for line in table.remarks:
        say(f"{table.what} {line}" if line.startswith("is ") else f"{table.what}: {line}")
    rows = _rows(table, target, time, say)
    y = _target(table, target, rows, classify, say)
    groups = None if group is None else group_names(table, rows, group)
    numeric, categorical = _kinds(table, {target, time, group, *drop}, say)
    if not numeric and not categorical:
        raise UsageError(f"{table.what}: no input columns are left beside {target!r}")
    _check_no_copy(table, target, rows, y, [*numeric, *categorical])
    X = _inputs(table, rows, numeric, categorical)
    return Data(X, y, rows, numeric, categorical, groups)


def prepare_like(
    table: Table,
    data: Data,
    *,
    target: str | None,
    time: str | None,
    say: Say,
    rows: IntArray | None = None,
) -> Data:
    """The same columns of another table; with `target` None rows need no target, and get none.

    `rows` are those that matter, all by default.
    """
    require_columns(table, [*data.numeric, *data.categorical])
    if target is None:
        rows = np.arange(len(table), dtype=np.int64) if rows is None else rows
        y: NDArray[Any] = np.empty(0)
    else:
        require_columns(table, [target] if time is None else [target, time])
        for line in table.remarks:
            say(f"{table.what} {line}" if line.startswith("is ") else f"{table.what}: {line}")
        rows = _rows(table, target, time, say)
        column = table.column(target, target=True)
        if data.classes:
            y = column.labels(rows)
        else:
            y = _numbers(table, column, rows, f"target {target!r}")
        unknown = np.setdiff1d(y, data.y)
        if data.classes and len(unknown):
            row = int(rows[int(np.argmax(y == unknown[0]))])
            raise UsageError(
                f"{table.what}: class {str(unknown[0])!r} of target {target!r}, in "
                f"{table.where(row)}, is not in the training table"
            )
    X = _inputs(table, rows, data.numeric, data.categorical)
    return Data(X, y, rows, data.numeric, data.categorical)


def group_names(table: Table, rows: IntArray, name: str) -> NDArray[Any]:
    """What the groups of these rows are called.

    Raises
    ------
    UsageError
        If a row has no name: whether such rows belong together is for the user to say.
    """
    require_columns(table, [name])
    names = table.column(name).labels(rows)
    if (names == "").any():
        row = int(rows[int(np.argmax(names == ""))])
        n = int(np.count_nonzero(names == ""))
        have = "1 row has" if n == 1 else f"{n:,} rows have"
        raise UsageError(
            f"{table.what}: {have} no group in {name!r}, the first of them {table.where(row)}; "
            "name the group, or delete such rows"
        )
    return names


def require_columns(table: Table, names: Sequence[str], before: str = "") -> None:
    """Refuse a table without one of these columns, with a guess what was meant."""
    known = table.names
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
            close += [c for c in known if c.lower() == name.lower() and c not in close]
            some = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"it has {some}"
            if len(known) == 1:
                hint += "; if that is a whole line, say --sep"
            if table.headless:
                hint = (
                    f"its first line seems to hold values ({some}): add a line with the names of "
                    "the columns"
                )
            raise UsageError(f"{before}{table.what} has no column {name!r}; {hint}")


def _rows(table: Table, target: str, time: str | None, say: Say) -> IntArray:
    """Positions of the rows that have a target, and a time if there is such a column, in order."""
    present = np.ones(len(table), dtype=np.bool_)
    for name in (target, time):
        if name is not None:
            missing = present & table.column(name, target=name == target).absent
            if missing.any():
                count = int(missing.sum())
                lost = "1 row is" if count == 1 else f"{count:,} rows are"
                first = table.where(int(np.argmax(missing)))
                say(f"{table.what}: {lost} left out, without {name!r}, the first {first}")
            present &= ~missing
    rows = np.flatnonzero(present).astype(np.int64)
    if not len(rows):
        raise UsageError(f"{table.what}: no row has a value in {target!r}")
    if time is None:
        return rows
    return rows[np.argsort(_times(table, rows, time), kind="stable")]


def _times(table: Table, rows: IntArray, name: str) -> NDArray[Any]:
    """Values that sort by time: numbers, or dates."""
    column = table.column(name)
    if column.numbers is not None:
        return column.numbers[rows]
    if column.no_dates is not None:
        raise UsageError(str(table.error(column.no_dates)))
    if column.times is not None:
        return column.times[rows]
    value = column.labels(rows[:1])[0]
    raise UsageError(
        f"{table.what}: --time-column {name!r} must hold numbers, or dates such as 2003-10-29 "
        f"06:00, got {str(value)!r} in {table.where(int(rows[0]))}"
    )


def _target(table: Table, name: str, rows: IntArray, classify: bool, say: Say) -> NDArray[Any]:
    """The target as float64, or as strings if it is a class."""
    column = table.column(name, target=True)
    if column.kind == "dates":
        raise UsageError(
            f"{table.what}: target {name!r} holds dates; it must be numbers, or classes"
        )
    if column.numbers is not None and not classify:
        y = _numbers(table, column, rows, f"target {name!r}")
        n_values = len(np.unique(y))
        if n_values == 1:
            raise UsageError(
                f"{table.what}: target {name!r} has the same value in all rows, {y[0]:g}"
            )
        if n_values <= 10 and (y == np.rint(y)).all():
            say(f"target {name!r} holds {n_values} numbers: with --classify they are classes")
        return y
    labels = column.labels(rows)
    n_classes = len(np.unique(labels))
    if n_classes < 2:
        raise UsageError(
            f"{table.what}: target {name!r} has the same value in all rows, {str(labels[0])!r}"
        )
    if n_classes > min(_MAX_CLASSES, max(2, len(labels) // 2)):
        raise UsageError(
            f"{table.what}: target {name!r} is neither numeric nor a class: "
            f"it holds {n_classes:,} different values, such as {str(labels[0])!r} in "
            f"{table.where(int(rows[0]))}"
        )
    if not classify:
        say(f"target {name!r} is not numeric: its {n_classes} values are taken for classes")
    for word, count in column.doubtful.items():
        say(
            f"target {name!r}: {word!r}, in {count:,} rows, is taken for a class (--na {word} if "
            "it is a missing value)"
        )
    return labels


def _kinds(table: Table, no_input: set[str | None], say: Say) -> tuple[list[str], list[str]]:
    """The columns that are numbers and those that are categories."""
    numeric: list[str] = []
    categorical: list[str] = []
    for name, column in table.columns.items():
        if name in no_input:
            continue
        if column.kind == "empty":
            say(f"column {name!r} is empty and no input")
            continue
        if column.kind == "dates":
            say(f"column {name!r} holds dates and is no input (see --time-column)")
            continue
        for remark in column.remarks:
            say(table.said(remark))
        if column.kind not in ("numbers", "categories"):
            continue
        table.column(name)  # raises if it cannot be used
        (numeric if column.kind == "numbers" else categorical).append(name)
        if column.kind == "categories":
            _many(column, say)
    return numeric, categorical


def inputs(table: Table, no_input: set[str | None]) -> list[str]:
    """The columns that `prepare` takes for inputs."""
    return [
        name
        for name, column in table.columns.items()
        if name not in no_input and column.kind in ("numbers", "categories")
    ]


def _many(column: Column, say: Say) -> None:
    assert column.names is not None
    n_values = len({one for one in column.names if one is not None})
    if n_values > _MAX_CATEGORIES:
        say(
            f"column {column.name!r} is text with {n_values:,} different values: the rare ones "
            f"share an input (--drop {shlex.quote(column.name)} leaves the column out)"
        )


def _check_no_copy(
    table: Table, target: str, rows: IntArray, y: NDArray[Any], names: Sequence[str]
) -> None:
    """Refuse an input that is the target: it would be learned, and nothing else."""
    for name in names:
        column = table.columns[name]
        if y.dtype.kind != "f":
            same = np.array_equal(column.labels(rows), y)
        else:
            same = column.numbers is not None and np.array_equal(column.numbers[rows], y)
        if same:
            value = number(float(y[0])) if y.dtype.kind == "f" else repr(str(y[0]))
            raise UsageError(
                f"{table.what}: column {name!r} equals target {target!r} in every row, "
                f"{value} in {table.where(int(rows[0]))}; say --drop {shlex.quote(name)}"
            )


def _inputs(
    table: Table, rows: IntArray, numeric: Sequence[str], categorical: Sequence[str]
) -> pd.DataFrame:
    """The input columns, in the order of the table."""
    import pandas as pd

    columns: dict[str, Any] = {}
    for name in table.names:
        if name in numeric:
            column = table.column(name)
            columns[name] = _numbers(table, column, rows, f"column {name!r}", missing=True)
        elif name in categorical:
            labels = table.column(name).labels(rows).astype(object)
            labels[labels == ""] = np.nan
            columns[name] = labels
    frame = pd.DataFrame(columns, index=rows)
    return frame[[name for name in table.names if name in columns]]


def _numbers(
    table: Table, column: Column, rows: IntArray, what: str, *, missing: bool = False
) -> FloatArray:
    """The numbers of a column; `what` it is called."""
    if column.kind == "empty" and missing:
        return np.full(len(rows), np.nan)
    if column.numbers is None:
        row = int(rows[int(np.argmin(column.absent[rows]))])
        value = column.labels(np.asarray([row]))[0] if column.names is not None else column.why
        raise UsageError(
            f"{table.what}: {what} must be numeric as in the training table, got {str(value)!r} in "
            f"{table.where(row)}"
        )
    values = column.numbers[rows]
    infinite = np.isinf(values)
    if infinite.any():
        row = int(rows[int(np.argmax(infinite))])
        raise UsageError(f"{table.what}: {what} is infinite in {table.where(row)}")
    return values
