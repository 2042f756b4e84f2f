"""From a file to a table."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

from . import parquet
from .columns.cells import Cells
from .columns.understand import Context, finished, in_text, mark_of_file
from .delimited.dialect import is_number
from .delimited.records import parsed
from .errors import TableError
from .options import Options
from .table import Origin, Table

__all__ = ["SUFFIXES", "content", "read", "read_table", "suffix_of"]

SUFFIXES = (".csv", ".csv.gz", ".parquet", ".tsv", ".tsv.gz", ".txt", ".txt.gz")


def suffix_of(path: Path) -> str | None:
    """Which of `SUFFIXES` the name of a file ends in; None if in none."""
    name = path.name.lower()
    return next((one for one in SUFFIXES if name.endswith(one)), None)


def read_table(
    path: str | os.PathLike[str],
    *,
    sep: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    na: Sequence[str] | None = None,
    date_format: str | None = None,
    categories: Sequence[str] = (),
) -> Table:
    r"""Read a table from a file, as the command line does.

    What is not said is found out: the encoding, what separates cells, the header, decimal marks,
    missing values, dates. What cannot be told is refused, never guessed.

    Parameters
    ----------
    path : path-like
        A text with a header (.csv, .tsv, .txt; packed with gzip: .csv.gz) or a Parquet file.
    sep : str, optional
        What separates cells: one character, or "tab" or "space".
    decimal : {".", ","}, optional
        The decimal mark.
    encoding : str, optional
        A codec of Python, such as "latin-1".
    na : sequence of str, optional
        What stands for a missing value besides empty cells, NaN and the like. If given, even
        empty, a number such as -999 that stands apart is taken for a number.
    date_format : str, optional
        How dates are written, such as "%d/%m/%Y %H:%M".
    categories : sequence of str, optional
        Columns that hold names, though they look like numbers.

    Returns
    -------
    Table
        Its `to_frame` gives the values.

    Raises
    ------
    TableError
        If the file does not exist, is damaged, or is not what the options say; a ValueError.

    Notes
    -----
    About 1 s for a million cells of text. Needs pyarrow, for text CleverCSV as well, for
    `to_frame` and dates pandas: ``pip install 'paris-core[cli]'``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "storms.csv")
    ...     _ = file.write_text("# made by hand\nhour,dst\n7,-319\n8,-?\n9,-358\n")
    ...     table = read_table(file, na=["-?"])
    >>> table.to_frame()["dst"].to_list()
    [-319.0, nan, -358.0]
    """
    options = Options(
        sep,
        decimal,
        encoding,
        None if na is None else tuple(na),
        date_format,
        tuple(categories),
    )
    return read(str(path), Path(path), options, keep=False)


def read(
    what: str, path: Path, options: Options, *, keep: bool, like: Table | None = None
) -> Table:
    """Read a table; `keep` what its rows can be written again from.

    `what` names it in messages; `like` is the table whose columns it should have.
    """
    suffix = suffix_of(path)
    if suffix is None:
        raise TableError(f"{what}: the suffix should be one of {', '.join(SUFFIXES)}")
    packed = content(what, path)
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise TableError(f"{what} needs pyarrow: pip install 'paris-core[cli]'") from error
    origin = Origin(suffix, hashlib.sha256(packed).hexdigest())
    try:
        if suffix == ".parquet":
            return _parquet(what, packed, origin, options, keep, like)
        text = _unpacked(packed) if suffix.endswith(".gz") else packed
        del packed
        return _text(what, text, origin, options, keep, like)
    except TableError as error:
        message = str(error)
        raise TableError(message if message.startswith(what) else f"{what}: {message}") from error


def _text(
    what: str,
    content: bytes,
    origin: Origin,
    options: Options,
    keep: bool,
    like: Table | None,
) -> Table:
    records = parsed(content, options)
    names, columns = records.header.names, records.columns
    _check_names(names)
    mark = options.decimal or mark_of_file(columns)
    context = Context(options, mark, {} if like is None else like.columns)
    found = {}
    for name in names:
        cells = Cells(columns.pop(0))  # what has been looked at is let go
        found[name] = finished(in_text(name, cells, context), options)
    origin = Origin(
        origin.suffix,
        origin.digest,
        content if keep else None,
        records.codec,
        records.starts,
        records.ends,
        records.header.end,
    )
    headless = 2 * sum(map(is_number, names)) >= len(names)
    return Table(
        what, found, len(records.starts), origin, records.notes, records.remarks, mark, headless
    )


def _parquet(
    what: str,
    content: bytes,
    origin: Origin,
    options: Options,
    keep: bool,
    like: Table | None,
) -> Table:
    arrow = parquet.load(content)
    names = [str(name) for name in arrow.column_names]
    _refuse_doubles(names)
    if not arrow.num_rows:
        raise TableError("no rows")
    context = Context(options, options.decimal, {} if like is None else like.columns)
    coded = parquet.named_by_pandas(arrow)
    found = {}
    for place, name in enumerate(names):
        column = parquet.typed(name, arrow.column(place), context, coded=name in coded)
        found[name] = finished(column, options)
    origin = Origin(origin.suffix, origin.digest, arrow=arrow if keep else None)
    notes = ["Parquet, which says itself what its columns hold"]
    return Table(what, found, arrow.num_rows, origin, notes, [], None)


def _check_names(names: list[str]) -> None:
    """Refuse names that occur twice, or that are a row of values."""
    numeric = [name for name in names if is_number(name)]
    if len(set(names)) < len(names) and 2 * len(numeric) >= len(names):
        raise TableError(
            f"the first line seems to hold values, such as {numeric[0]!r}, not the names of "
            "columns: add a line of names"
        )
    _refuse_doubles(names)


def _refuse_doubles(names: list[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise TableError(
                f"two columns are named {name!r}, the {_nth(names.index(name) + 1)} and the "
                f"{_nth(place + 1)}; rename one of them"
            )


def _nth(n: int) -> str:
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def content(what: str, path: Path) -> bytes:
    """The bytes of a file; TableError, which begins with `what`, if there is none."""
    if not path.is_file():
        raise TableError(f"{what}: {'is a directory' if path.is_dir() else 'no such file'}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise TableError(f"{what}: {error.strerror or error}") from error


def _unpacked(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"not a whole gzip file ({error})") from error
