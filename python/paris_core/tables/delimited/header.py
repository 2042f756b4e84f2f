"""The names of the columns of a text."""

from __future__ import annotations

import collections
from typing import NamedTuple

from ..._support.messages import short
from ..errors import TableError
from .dialect import MARKERS, Dialect, is_number

__all__ = ["Header", "find"]

_Record = tuple[list[str], int, int]


class Header(NamedTuple):
    """Names, and where they stand.

    Attributes
    ----------
    names : list of str
        One a column; a column without a name is called Unnamed and its place, from 0.
    width : int
        Cells of a record.
    end : int
        The last line above the first record.
    """

    names: list[str]
    width: int
    end: int


def find(
    records: list[_Record], above: str, dialect: Dialect, remarks: list[str]
) -> tuple[Header, list[_Record]]:
    """Find the header among the first records; return the records below it, too.

    Raises
    ------
    TableError
        If the first record cannot be the header of the others.
    """
    if len(records) > 1 and "".join(records[0][0]) == f"sep={''.join(records[0][0])[4:]}":
        records = records[1:]
    widths = collections.Counter(len(cells) for cells, _, _ in records[1:] or records)
    width = max(widths, key=lambda one: (widths[one], one))
    while width > 1 and len(records) > 1 and len(records[0][0]) == 1 and len(records[1][0]) > 1:
        (text, *_), line, _ = records.pop(0)
        remarks.append(f"line {line} is above the header: {short(text)}")
    names, start, end = records[0]
    named = _from_comment(above, width, dialect)
    if named is not None and len(names) == width and any(map(is_number, names)):
        remarks.append(f"the comment above the first row is the header: {short(above)}")
        return Header(_named(named), width, start - 1), records
    below = records[1:]
    if len(names) == width - 1:
        names = _one_short(names, below, width, remarks)
    if len(names) != width:
        raise TableError(
            f"the header, in line {start}, has {len(names)} cells, most lines below it {width}: "
            f"{short(dialect.delimiter.join(names))}; mend it, or say --sep"
        )
    return Header(_named(names), width, end), below


def _from_comment(above: str, width: int, dialect: Dialect) -> list[str] | None:
    """The names in a comment."""
    for one in MARKERS:
        if above.startswith(one):
            text = above.removeprefix(one).strip()
            cells: list[str] = next(iter(dialect.reader([text])), [])
            if len(cells) == width and not any(map(is_number, cells)):
                return cells
    return None


def _one_short(names: list[str], below: list[_Record], width: int, remarks: list[str]) -> list[str]:
    """A header with a cell less than its rows."""
    if all(not cells[-1].strip() for cells, _, _ in below if len(cells) == width):
        return [*names, ""]  # rows end with a delimiter
    remarks.append("the header has a name less than rows have cells: the first column has none")
    return ["", *names]


def _named(names: list[str]) -> list[str]:
    return [name.strip() or f"Unnamed: {place}" for place, name in enumerate(names)]
