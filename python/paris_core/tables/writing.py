"""Rows of a table, as they stand in its file, into another file."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._support.arrays import IntArray
from .._support.storage.files import replacing
from .reading import suffix_of
from .table import Origin, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_frame", "write_rows"]


def write_rows(path: Path, table: Table, rows: IntArray) -> None:
    """Write these rows, in this order; OSError if that fails.

    From text to text lines are copied, with the header and what is above it; from Parquet to
    Parquet values and types are. Otherwise values are written as they were understood.
    """
    to_parquet = suffix_of(path) == ".parquet"
    origin = table.origin
    if origin.content is not None and not to_parquet:
        _write_text(path, _lines(origin, rows))
    elif origin.arrow is not None:
        taken = origin.arrow.take(np.asarray(rows))
        if to_parquet:
            _write_parquet(path, taken)
        else:
            _write_delimited(path, taken.to_pandas(ignore_metadata=True))
    else:
        write_frame(path, table.to_frame(rows))


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a DataFrame without its index; OSError if that fails."""
    if suffix_of(path) == ".parquet":
        import pyarrow as pa

        _write_parquet(path, pa.Table.from_pandas(frame, preserve_index=False))
    else:
        _write_delimited(path, frame)


def _write_delimited(path: Path, frame: Any) -> None:
    tabs = ".tsv" in path.name.lower()
    text = frame.to_csv(index=False, sep="\t" if tabs else ",", lineterminator="\n")
    _write_text(path, iter([text.encode()]))


def _write_text(path: Path, pieces: Iterator[bytes]) -> None:
    with replacing(path) as part, open(part, "wb") as file:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                packed.writelines(pieces)
        else:
            file.writelines(pieces)


def _write_parquet(path: Path, table: Any) -> None:
    import pyarrow.parquet as pq

    with replacing(path) as part:
        pq.write_table(table, part)


def _lines(origin: Origin, rows: IntArray) -> Iterator[bytes]:
    """What is above the first row, then these rows, byte for byte."""
    assert origin.content is not None
    assert origin.starts is not None
    assert origin.ends is not None
    starts, ends = np.asarray(origin.starts), np.asarray(origin.ends)
    first = np.full(int(ends[-1]) + 1, -1, dtype=np.int64)  # the row that a line belongs to
    wanted = np.zeros(len(starts), dtype=np.bool_)
    wanted[rows] = True
    for place in np.flatnonzero(wanted):
        first[starts[place] : ends[place] + 1] = place
    found: dict[int, str] = {}
    head: list[str] = []
    end = "\n"
    stream = io.TextIOWrapper(io.BytesIO(origin.content), origin.codec, newline="")
    for number, line in enumerate(stream, 1):
        if number <= origin.header_end:
            head.append(line)
            end = line[len(line.rstrip("\r\n")) :] or end
        elif number >= len(first):
            break
        elif first[number] >= 0:
            row = int(first[number])
            found[row] = found.get(row, "") + line
    yield "".join(head).encode(origin.codec)
    for place in rows:
        text = found[int(place)]
        yield (text if text.endswith(("\r", "\n")) else text + end).encode(origin.codec)
