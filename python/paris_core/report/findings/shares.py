"""Where rows left: how many of every category, and of every stretch of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import BoolArray, IntArray
from ..._support.conversion import as_array
from ..._support.messages import shown
from .fitted import Fitted

__all__ = ["Share", "Shares", "by_category", "by_stretch", "removed_by"]

_FEWEST = 20  # rows of a value, below which its share is left out
_MOST_VALUES = 2000  # of a column that is no name of each row
_SHOWN = 10  # values of a column
_COLUMNS = 4
_STRETCHES = 12
_CLEAR = 5.0  # standard deviations of a count: many values are looked at


class Share(NamedTuple):
    """How many of the training rows with a value were removed.

    Attributes
    ----------
    column, value : str
        Which rows.
    n_rows, n_removed : int
        Training rows with that value, and those that were removed.
    """

    column: str
    value: str
    n_rows: int
    n_removed: int

    @property
    def fraction(self) -> float:
        """The share that was removed."""
        return self.n_removed / self.n_rows


class Shares(NamedTuple):
    """The same of all that is known of the rows.

    Attributes
    ----------
    categories : list of Share
        Values of columns, those with the largest shares first.
    stretches : list of Share
        Rows one after the other.
    usual : float
        The share of all training rows that was removed.
    """

    categories: list[Share]
    stretches: list[Share]
    usual: float

    def unusual(self, shares: Sequence[Share]) -> list[Share]:
        """Those that lost far more of their rows than is usual: they may be wrong as a whole.

        Three times the usual share, or more than half of the rows and twice the usual share; few
        rows must be more than chance makes of them.
        """
        least = max(2.0 * self.usual, min(0.5, 3.0 * self.usual))
        found = []
        for one in shares:
            expected = self.usual * one.n_rows
            clear = one.n_removed > expected + _CLEAR * expected**0.5
            if clear and one.fraction > least:
                found.append(one)
        return found


def removed_by(fitted: Fitted, columns: Any, time: Any) -> Shares:
    """Shares of the training rows that were removed, by columns (n,) and by times (n,) of X."""
    training, removed = fitted.model.training_rows_, ~fitted.kept
    known = ((name, one[training]) for name, one in _columns(columns, len(fitted.names)))
    labels, name = fitted.names, "row"
    if time is not None:
        name = "time"
        labels = _column("time", time, len(fitted.names))
    return Shares(
        by_category(known, removed),
        by_stretch(name, labels[training], removed),
        float(removed.mean()),
    )


def _columns(columns: Any, n_rows: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """Names and values of columns, checked, one after the other: they may be large."""
    if columns is None:
        return
    framed = hasattr(columns, "iloc") and hasattr(columns, "columns")
    if not framed and not isinstance(columns, Mapping):
        raise TypeError(f"columns must be a DataFrame or a mapping of arrays, got {shown(columns)}")
    names = list(columns.columns) if framed else list(columns)
    for one in names:
        yield str(one), _column(f"columns[{one!r}]", columns[one], n_rows)


def _column(name: str, values: Any, n_rows: int) -> NDArray[Any]:
    column = as_array(name, values)
    if column.shape != (n_rows,):
        raise ValueError(
            f"{name} must have one value per row of X, {n_rows}, got shape {column.shape}"
        )
    return column


def by_category(columns: Iterable[tuple[str, NDArray[Any]]], removed: BoolArray) -> list[Share]:
    """Of columns (n,) that hold categories, the values that lost the largest shares.

    Text, booleans and whole numbers of few different values are categories. Columns with the most
    unequal shares come first, and of each the values with the largest; values with fewer than 20
    rows are left out. O(n log n) a column.
    """
    if not removed.any():
        return []
    found = []
    for name, values in columns:
        labels = _categories(values)
        if labels is None:
            continue
        names, member = labels
        n_rows = np.bincount(member, minlength=len(names))
        n_removed = np.bincount(member, removed, len(names)).astype(np.int64)
        which = np.flatnonzero(n_rows >= _FEWEST)
        if len(which) < 2:
            continue
        fraction = n_removed[which] / n_rows[which]
        order = which[np.lexsort((-n_rows[which], -fraction))][:_SHOWN]
        lines = [Share(name, str(names[i]), int(n_rows[i]), int(n_removed[i])) for i in order]
        found.append((float(fraction.max() - fraction.min()), lines))
    found.sort(key=lambda pair: -pair[0])
    return [line for _, lines in found[:_COLUMNS] for line in lines]


def by_stretch(name: str, labels: NDArray[Any], removed: BoolArray) -> list[Share]:
    """Of rows in order, a dozen stretches of about as many rows, each named by its ends."""
    parts = np.array_split(np.arange(len(removed)), min(_STRETCHES, len(removed)))
    if not removed.any() or len(parts[0]) < _FEWEST:
        return []
    return [
        Share(name, f"{labels[part[0]]} to {labels[part[-1]]}", len(part), int(removed[part].sum()))
        for part in parts
    ]


def _categories(values: NDArray[Any]) -> tuple[NDArray[Any], IntArray] | None:
    """The different values as text and the place of each row's among them; None for quantities."""
    if values.dtype.kind in "iu" or (values.dtype.kind == "f" and _whole(values)):
        known = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if len(np.unique(known)) * _FEWEST > len(values):
            return None
        text = np.array([_number(value) for value in values.tolist()])
    elif values.dtype.kind in "OUSb":
        text = np.array(["(missing)" if _is_missing(one) else str(one) for one in values.tolist()])
    else:
        return None
    names, member = np.unique(text, return_inverse=True)
    return (names, member) if len(names) <= _MOST_VALUES else None


def _whole(values: NDArray[Any]) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known)) and bool((known == np.rint(known)).all())


def _number(value: float) -> str:
    return "(missing)" if value != value else f"{value:.0f}"


def _is_missing(value: Any) -> bool:
    """Whether it is None, NaN, or pandas' mark for what is missing, which equals nothing."""
    if value is None:
        return True
    same = value == value
    return same is not True and not (isinstance(same, np.bool_) and bool(same))
