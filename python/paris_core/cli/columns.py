"""Which rows and columns of a table are inputs X and target y."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._support.arrays import FloatArray, IntArray
from .arguments import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Data", "group_names", "prepare", "prepare_like"]

_MAX_CLASSES = 50
_MAX_CATEGORIES = 50

Say = Callable[[str], None]


@dataclass(frozen=True)
class Data:
    """What a model is fitted to.

    Attributes
    ----------
    X : DataFrame
        The input columns, numbers as float64; the index is the position in the table.
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
    what: str,
    table: pd.DataFrame,
    *,
    target: str,
    time: str | None,
    group: str | None,
    drop: Sequence[str],
    classify: bool,
    say: Say,
) -> Data:
    """Choose the rows and columns of the training table; `say` is told of all that is not obvious.

    Numbers are inputs as they are; dates are none; everything else is a category.
    """
    require_columns(what, table, [name for name in (target, time, group) if name is not None])
    require_columns(f"--drop: {what}", table, drop)
    rows = _rows(what, table, target, time, say)
    table = table.iloc[rows]
    y = _target(what, table[target], target, classify, say)
    if group is not None and table[group].isna().any():
        say(f"{what}: rows without {group!r} are a group of their own")
    no_input = {target, time, group, *drop}
    numeric, categorical = _kinds(table[[c for c in table.columns if c not in no_input]], say)
    if not numeric and not categorical:
        raise UsageError(f"{what}: no input columns are left beside {target!r}")
    return Data(
        X=_inputs(what, table, numeric, categorical),
        y=y,
        rows=rows,
        numeric=numeric,
        categorical=categorical,
        groups=None if group is None else _names(table[group]),
    )


def prepare_like(
    what: str, table: pd.DataFrame, data: Data, *, target: str | None, time: str | None, say: Say
) -> Data:
    """The same columns of another table; with `target` None rows need no target, and get none."""
    require_columns(what, table, [*data.numeric, *data.categorical])
    if target is None:
        rows, y = np.arange(len(table), dtype=np.int64), np.empty(0)
    else:
        require_columns(what, table, [target] if time is None else [target, time])
        rows = _rows(what, table, target, time, say)
        column = table[target].iloc[rows]
        if not data.classes and not _is_number(column):
            raise UsageError(
                f"{what}: target {target!r} must be numeric as in the training table, "
                f"got {column.dtype}"
            )
        y = _numbers(what, column, target) if not data.classes else _labels(column)
        unknown = np.setdiff1d(y, data.y)
        if data.classes and len(unknown):
            raise UsageError(
                f"{what}: class {str(unknown[0])!r} of target {target!r} is not in the training "
                "table"
            )
    X = _inputs(what, table.iloc[rows], data.numeric, data.categorical)
    return Data(X, y, rows, data.numeric, data.categorical)


def group_names(what: str, table: pd.DataFrame, rows: IntArray, name: str) -> NDArray[Any]:
    """What the groups of these rows are called, "" where there is no name."""
    require_columns(what, table, [name])
    return _names(table[name].iloc[rows])


def require_columns(what: str, table: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a table without one of these columns, with a guess what was meant."""
    for name in names:
        if name not in table.columns:
            close = difflib.get_close_matches(name, table.columns, n=3, cutoff=0.6)
            close += [c for c in table.columns if c.lower() == name.lower() and c not in close]
            known = ", ".join(table.columns[:12]) + (", ..." if len(table.columns) > 12 else "")
            hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"it has {known}"
            raise UsageError(f"{what} has no column {name!r}; {hint}")


def _rows(what: str, table: pd.DataFrame, target: str, time: str | None, say: Say) -> IntArray:
    """Positions of the rows that have a target, and a time if there is such a column, in order."""
    present = np.ones(len(table), dtype=np.bool_)
    for name in (target, time):
        if name is not None:
            missing = present & table[name].isna().to_numpy()
            if missing.any():
                count = int(missing.sum())
                lost = "1 row is" if count == 1 else f"{count:,} rows are"
                say(f"{what}: {lost} left out, without {name!r}")
            present &= ~missing
    rows = np.flatnonzero(present).astype(np.int64)
    if not len(rows):
        raise UsageError(f"{what}: no row has a value in {target!r}")
    if time is None:
        return rows
    return rows[np.argsort(_times(what, table[time].iloc[rows], time), kind="stable")]


def _times(what: str, column: pd.Series, name: str) -> NDArray[Any]:
    """Values that sort by time: numbers, or dates in any notation that pandas reads."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.to_numpy())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of dates that may as well mean another day
            dates = pd.to_datetime(column, utc=True)
    except (ValueError, TypeError, UserWarning) as error:
        raise UsageError(
            f"{what}: --time-column {name!r} must hold numbers, or dates such as "
            f"2003-10-29 06:00, got {column.iloc[0]!r} ({str(error).splitlines()[0]})"
        ) from error
    return np.asarray(dates.astype("int64"))


def _target(what: str, column: pd.Series, name: str, classify: bool, say: Say) -> NDArray[Any]:
    """The target as float64, or as strings if it is a class."""
    import pandas as pd

    is_number = _is_number(column)
    if is_number and not classify:
        y = _numbers(what, column, name)
        n_values = len(np.unique(y))
        if n_values == 1:
            raise UsageError(f"{what}: target {name!r} has the same value in all rows, {y[0]:g}")
        if n_values <= 10 and (y == np.rint(y)).all():
            say(f"target {name!r} holds {n_values} numbers: with --classify they are classes")
        return y
    labels = _labels(column)
    if not is_number and not classify:
        numbers = pd.to_numeric(pd.Series(labels), errors="coerce").to_numpy(dtype=np.float64)
        if np.isfinite(numbers).mean() > 0.5:
            place = int(np.argmin(np.isfinite(numbers)))
            odd = str(labels[place])
            raise UsageError(
                f"{what}: target {name!r} is not numeric: {odd!r} in row "
                f"{column.index[place]}; with --classify every value is a class"
            )
    n_classes = len(np.unique(labels))
    if n_classes < 2:
        raise UsageError(
            f"{what}: target {name!r} has the same value in all rows, {str(labels[0])!r}"
        )
    if n_classes > min(_MAX_CLASSES, max(2, len(labels) // 2)):
        raise UsageError(
            f"{what}: target {name!r} is neither numeric nor a class: "
            f"it holds {n_classes:,} different values"
        )
    if not classify:
        say(f"target {name!r} is not numeric: its {n_classes} values are taken for classes")
    return labels


def _kinds(table: pd.DataFrame, say: Say) -> tuple[list[str], list[str]]:
    """The columns that are numbers and those that are categories."""
    import pandas as pd

    numeric, categorical = [], []
    for name in table.columns:
        column = table[name]
        if column.isna().all():
            say(f"column {name!r} is empty and no input")
        elif pd.api.types.is_datetime64_any_dtype(column):
            say(f"column {name!r} holds dates and is no input (see --time-column)")
        elif _is_number(column):
            numeric.append(name)
        else:
            categorical.append(name)
            n_values = column.nunique()
            if n_values > _MAX_CATEGORIES:
                say(
                    f"column {name!r} is text with {n_values:,} different values: the rare ones "
                    f"share an input (--drop {name} leaves the column out)"
                )
    return numeric, categorical


def _inputs(
    what: str, table: pd.DataFrame, numeric: Sequence[str], categorical: Sequence[str]
) -> pd.DataFrame:
    """The input columns: numbers as float64, all others as they are."""
    for name in numeric:
        if not _is_number(table[name]):
            raise UsageError(
                f"{what}: column {name!r} must be numeric as in the training table, "
                f"got {table[name].dtype}"
            )
        infinite = np.isinf(table[name].to_numpy(dtype=np.float64, na_value=np.nan))
        if infinite.any():
            row = table.index[int(np.argmax(infinite))]
            raise UsageError(f"{what}: column {name!r} is infinite in row {row}")
    table = table[[c for c in table.columns if c in {*numeric, *categorical}]]
    return table.astype(dict.fromkeys(numeric, "float64"))


def _is_number(column: pd.Series) -> bool:
    import pandas as pd

    is_bool = pd.api.types.is_bool_dtype(column)
    return bool(pd.api.types.is_numeric_dtype(column)) and not is_bool


def _numbers(what: str, column: pd.Series, name: str) -> FloatArray:
    y = column.to_numpy(dtype=np.float64)
    if not np.isfinite(y).all():
        row = column.index[int(np.argmin(np.isfinite(y)))]
        raise UsageError(f"{what}: target {name!r} is infinite in row {row}")
    return np.asarray(y)


def _names(column: pd.Series) -> NDArray[Any]:
    """What groups are called; "" where there is no name."""
    # pandas keeps a missing value as such in astype(str), and NumPy then cuts all names.
    names = column.astype(str).where(column.notna(), "")
    return np.asarray(names.to_numpy(dtype=str))


def _labels(column: pd.Series) -> NDArray[Any]:
    return np.asarray(column.astype(str).to_numpy(dtype=str))
