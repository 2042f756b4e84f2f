"""A table that was read from a file."""

from __future__ import annotations

import shlex
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .._support.arrays import IntArray
from .columns.column import Column, Problem
from .errors import TableError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Origin", "Table"]

_LONGEST = 20  # characters of a word for a missing value


@dataclass(frozen=True)
class Origin:
    """Where a table is from: enough to write its rows again as they stand there.

    Attributes
    ----------
    suffix : str
        What the name of the file ended in.
    digest : str
        SHA-256 of the file.
    content : bytes or None
        The text, unpacked.
    codec : str
        Its encoding.
    starts, ends : array of int or None
        First and last line of each row.
    header_end : int
        The last line above the first row.
    arrow : pyarrow.Table or None
        The rows of a Parquet file.
    """

    suffix: str
    digest: str
    content: bytes | None = None
    codec: str = "utf-8"
    starts: array[int] | None = None
    ends: array[int] | None = None
    header_end: int = 0
    arrow: Any = None


@dataclass
class Table:
    r"""A table that was read from a file, and what was understood of it.

    Attributes
    ----------
    what : str
        What messages call it.
    columns : dict of str to Column
        In the order of the file.
    n_rows : int
        Rows, without the header.
    origin : Origin
        The file.
    notes : list of str
        What was understood of the file as a whole.
    remarks : list of str
        What of that should be known.
    mark : str or None
        The decimal mark that all columns have that need one.
    headless : bool
        Whether the header seems to be a row of values.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from paris_core.tables import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "storms.csv")
    ...     _ = file.write_text("station;dst\nKyoto;-12,5\nNA;3,0\nHermanus;1,5\n")
    ...     table = read_table(file)
    >>> print(table.to_frame())
        station   dst
    0     Kyoto -12.5
    1        NA   3.0
    2  Hermanus   1.5
    """

    what: str
    columns: dict[str, Column]
    n_rows: int
    origin: Origin
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    mark: str | None = None
    headless: bool = False

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.n_rows

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.columns)

    def where(self, row: int) -> str:
        """A row, as messages name it: counted from 0, with its line in a text."""
        if self.origin.starts is None:
            return f"row {row}"
        return f"row {row} (line {self.origin.starts[row]})"

    def said(self, problem: Problem) -> str:
        """A line for the user about a column."""
        return "".join(self.where(one) if isinstance(one, int) else one for one in problem)

    def error(self, problem: Problem) -> TableError:
        """The same as an error."""
        return TableError(f"{self.what}: {self.said(problem)}")

    def column(self, name: str, *, target: bool = False) -> Column:
        """A column that is to be used, perhaps as the target.

        Raises
        ------
        TableError
            If its cells cannot be read, or not with certainty.
        """
        column = self.columns[name]
        if column.problem is not None:
            raise self.error((*column.problem, _advice(column, target)))
        return column

    def to_frame(
        self, rows: IntArray | None = None, names: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Its rows as a DataFrame: numbers as float64, dates in UTC, all else as text or None.

        Parameters
        ----------
        rows : (m,) array of int, optional
            These rows only.
        names : sequence of str, optional
            These columns only.

        Returns
        -------
        DataFrame
            The index is the position in the table.

        Raises
        ------
        TableError
            If a column cannot be read with certainty.
        """
        import pandas as pd

        at = np.arange(self.n_rows) if rows is None else np.asarray(rows)
        values: dict[str, Any] = {}
        for name in self.names if names is None else names:
            is_other = self.columns[name].kind == "other"
            values[name] = _values(self.columns[name] if is_other else self.column(name), at)
        return pd.DataFrame(values, index=at)


def _advice(column: Column, target: bool) -> str:
    """What to do about a cell that is no number."""
    if column.odd is None:
        return ""
    name = shlex.quote(column.name)
    missing = f"say --na={shlex.quote(column.odd)} if it is a missing value, "
    if not column.odd.isprintable() or len(column.odd) > _LONGEST:
        missing = "say "  # nobody calls a missing value so
    names = f"--category {name} if the column holds names, --drop {name} to do without"
    if target:
        names = "--classify if every value is a class"
    return f"; {missing}{names}, or mend it"


def _values(column: Column, rows: IntArray) -> Any:
    import pandas as pd

    if column.numbers is not None:
        return column.numbers[rows]
    if column.times is not None and column.missing is not None:
        moments = pd.Series(column.times[rows].astype("datetime64[us]"))
        moments = moments.mask(column.missing[rows]).dt.tz_localize("UTC")
        return moments.array
    if column.names is not None:
        names = column.names[rows]
        names[[one is None for one in names]] = np.nan  # as scikit-learn has it
        return pd.Series(names, dtype=object).array
    return pd.Series([None] * len(rows), dtype=object).array
