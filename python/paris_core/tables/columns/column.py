"""A column as it was understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import FloatArray, IntArray
from ..._support.messages import short
from ..errors import TableError

__all__ = ["Column", "Problem", "joined", "plain"]

#: A line for the user; an integer in it is a row, of which the table knows the line.
Problem = tuple["str | int", ...]


@dataclass
class Column:
    """A column of a table, and what it is taken for.

    Attributes
    ----------
    name : str
        As the header has it.
    kind : {"numbers", "categories", "dates", "row numbers", "empty", "other"}
        What it holds; "other" is what nothing can be learned from, such as lists.
    why : str
        What in its cells says so.
    n_missing : int
        Cells without a value.
    numbers : (n,) ndarray of float64 or None
        Its numbers, NaN where there is none.
    names : (n,) ndarray of object or None
        Its cells as text, None where there is none; of numbers only if they are needed.
    times : (n,) ndarray of int64 or None
        Of dates, microseconds since 1970, UTC; those of missing cells mean nothing.
    doubtful : dict of str to int
        Names that are missing values elsewhere, such as NA, and how often they occur.
    odd : str or None
        The cell that is no number, if that is the problem.
    remarks : list of Problem
        What should be known if the column is used.
    problem : Problem or None
        Why the column cannot be used as it is.
    no_dates : Problem or None
        Why it cannot be sorted by, though it can be used.
    """

    name: str
    kind: str
    why: str
    n_missing: int = 0
    numbers: FloatArray | None = None
    names: NDArray[Any] | None = None
    times: IntArray | None = None
    decimal: str | None = None
    day_first: bool | None = None
    remarks: list[Problem] = field(default_factory=list)
    problem: Problem | None = None
    no_dates: Problem | None = None
    missing: NDArray[np.bool_] | None = None
    doubtful: dict[str, int] = field(default_factory=dict)
    odd: str | None = None

    @property
    def absent(self) -> NDArray[np.bool_]:
        """Which rows, of all (n,), have no value."""
        if self.numbers is not None:
            return np.isnan(self.numbers)
        if self.missing is not None:
            return self.missing
        if self.names is not None:
            return np.asarray([one is None for one in self.names], dtype=np.bool_)
        return np.ones(self.n_missing, dtype=np.bool_)

    def labels(self, rows: IntArray) -> NDArray[Any]:
        """What these cells are called: text, "" where there is no value.

        0 and 0.0 are one name, true and True as well, in every file.
        """
        if self.names is not None:
            return np.asarray(["" if one is None else one for one in self.names[rows]], dtype=str)
        if self.numbers is not None:
            return np.asarray([plain(one) for one in self.numbers[rows]], dtype=str)
        if self.times is not None and self.missing is not None:
            moments = self.times[rows].astype("datetime64[us]").astype(str)
            return np.where(self.missing[rows], "", moments)
        raise TableError(f"column {self.name!r} {self.why}: nothing in it can be a name")


def plain(value: float) -> str:
    """A number as a name: 0 of 0.0."""
    if np.isnan(value):
        return ""
    return str(int(value)) if value == np.rint(value) and abs(value) < 1e15 else repr(float(value))


def joined(parts: Sequence[str], most: int = 3) -> str:
    """Some of these, in quotes."""
    shown = ", ".join(short(one) for one in parts[:most])
    return shown + (f" and {len(parts) - most:,} more" if len(parts) > most else "")
