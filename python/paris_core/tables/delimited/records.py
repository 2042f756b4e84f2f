"""From the bytes of a text to its header and the cells of its columns."""

from __future__ import annotations

import csv
import itertools
from array import array
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..._support.messages import short
from ..errors import TableError
from ..options import Options
from . import dialect as dialects
from . import encoding
from .dialect import MARKERS, Dialect
from .header import Header, find
from .lines import Lines, marker

__all__ = ["Records", "parsed"]

_CHUNK = 4_000  # records that are taken apart at a time
_SAMPLE = 120
_LONGEST_CELL = 2**31 - 1

_Record = tuple[list[str], int, int]  # cells, first line, last line


class Records(NamedTuple):
    """A text taken apart.

    Attributes
    ----------
    header : Header
        Names, and where they stand.
    columns : list of pyarrow.ChunkedArray
        The cells, as text.
    starts, ends : array of int
        First and last line of each record.
    codec : str
        Its encoding.
    notes : list of str
        What was understood of the text as a whole.
    remarks : list of str
        What of this a user should know at once.
    """

    header: Header
    columns: list[Any]
    starts: array[int]
    ends: array[int]
    codec: str
    notes: list[str]
    remarks: list[str]


def parsed(content: bytes, options: Options) -> Records:
    """Take a text apart.

    Raises
    ------
    TableError
        If it is empty or no text, or a line has other cells than the header.
    """
    if not content or content.isspace():
        raise TableError("the file is empty")
    codec, why = encoding.detect(content, options)
    notes = [f"encoding {codec}, {why}"]
    remarks = [f"is read as Windows-1252, {why}"] if "not UTF-8" in why else []
    comment = marker(content, codec)
    dialect = dialects.detect(_beginnings(Lines(content, codec, comment, bare=False)), options)
    notes.append(f"cells separated by {dialect.spoken}, {dialect.why}")
    csv.field_size_limit(_LONGEST_CELL)
    lines = Lines(content, codec, comment, bare=dialect.delimiter == " ")
    try:
        records = _records(lines, dialect)
        first = next(records, None)
        above = lines.comment  # which np.savetxt writes names into
        sample = list(itertools.islice(records, _SAMPLE))
        if first is None:
            raise TableError("no line of it holds a row")
        header, sample = find([first, *sample], above, dialect, remarks)
        columns, starts, ends = _columns(itertools.chain(sample, records), dialect, header, remarks)
    except csv.Error as error:
        raise TableError(f"line {lines.number}: {error}") from error
    if lines.n_comments:
        what = f"{_left_out(lines.n_comments)}, as comments ({lines.marker})"
        notes.append(what)
        remarks.append(what)
    if lines.n_blank:
        notes.append(f"{_left_out(lines.n_blank)}, blank")
    return Records(header, columns, starts, ends, codec, notes, remarks)


def _beginnings(lines: Lines) -> Iterator[str]:
    for line in lines:
        lines.begins = True
        yield line


def _records(lines: Lines, dialect: Dialect) -> Iterator[_Record]:
    reader = dialect.reader(lines)
    while True:
        lines.begins = True
        try:
            cells = next(reader)
        except StopIteration:
            return
        yield cells, lines.first, lines.number


def _columns(
    records: Iterator[_Record], dialect: Dialect, header: Header, remarks: list[str]
) -> tuple[list[Any], array[int], array[int]]:
    """The cells of all records, and their lines."""
    import pyarrow as pa

    starts, ends = array("q"), array("q")
    parts: list[list[Any]] = [[] for _ in header.names]
    n_more, width = 0, header.width
    while True:
        chunk = []
        for cells, start, end in itertools.islice(records, _CHUNK):
            if len(cells) != width:
                if cells and cells[0].startswith(MARKERS):
                    n_more += 1
                    continue
                raise TableError(_ragged(cells, start, dialect, header))
            chunk.append(cells)
            starts.append(start)
            ends.append(end)
        if not chunk:
            break
        try:
            for part, column in zip(parts, zip(*chunk, strict=True), strict=False):
                part.append(pa.array(column, pa.string()))
        except (pa.ArrowInvalid, UnicodeError) as error:
            raise TableError(f"lines {starts[-len(chunk)]} to {ends[-1]}: {error}") from error
    if n_more:
        remarks.append(f"{_left_out(n_more)}, as comments with other cells than the header")
    if not starts:
        raise TableError("no rows")
    return [pa.chunked_array(part, pa.string()) for part in parts], starts, ends


def _left_out(n_lines: int) -> str:
    return "1 line is left out" if n_lines == 1 else f"{n_lines:,} lines are left out"


def _ragged(cells: list[str], line: int, dialect: Dialect, header: Header) -> str:
    text = short(dialect.delimiter.join(cells))
    n = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
    return (
        f"line {line} has {n}, the header {header.width}: {text}; mend or delete the line, put "
        f'quotes (") around a cell with {dialect.spoken} in it, or say --sep if it is not '
        f"{dialect.spoken} that separate cells"
    )
