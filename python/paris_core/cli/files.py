"""Tables in files: CSV and Parquet, in and out."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _start
from .._support.storage.files import check_writable, replacing
from .arguments import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TABLES",
    "Output",
    "Source",
    "check_distinct",
    "check_drawing",
    "check_output",
    "digest",
    "read_source",
    "read_table",
    "tell",
    "write_all",
    "write_rows",
    "write_table",
]

#: What is to be written: argument, file, what writes it, and what is said of it then.
Output = tuple[str, Path, Callable[[Path], None], str]

TABLES = (".csv", ".csv.gz", ".parquet")
_ADVICE = "pip install 'paris-core[cli]'"


@dataclass(frozen=True)
class Source:
    """A table that was read from a file, once.

    Attributes
    ----------
    table : DataFrame
        Its rows.
    content : bytes or None
        The file, if rows may have to be written as they stand there, and it is CSV.
    suffix : str
        One of `TABLES`.
    digest : str
        SHA-256 of the file.
    """

    table: pd.DataFrame
    content: bytes | None
    suffix: str
    digest: str


def read_table(what: str, path: Path) -> pd.DataFrame:
    """Read a table; `what` names the argument in messages."""
    return read_source(what, path).table


def read_source(what: str, path: Path, *, keep: bool = False) -> Source:
    """Read a table, and keep the file's content if `keep`."""
    suffix = _suffix(what, path, TABLES)
    content = _content(what, path)
    try:
        import pandas as pd
    except ImportError as error:
        raise UsageError(f"this command needs pandas: {_ADVICE}") from error
    try:
        if suffix == ".parquet":
            table = pd.read_parquet(io.BytesIO(content))
        else:
            table = pd.read_csv(io.BytesIO(content), low_memory=False, compression=_packing(suffix))
    except ImportError as error:
        raise UsageError(f"{what} {path}: Parquet needs pyarrow: {_ADVICE}") from error
    except pd.errors.EmptyDataError as error:
        raise UsageError(f"{what} {path}: the file is empty") from error
    except Exception as error:  # of a damaged file the parsers raise anything: KeyError, zlib.error
        raise UsageError(f"{what} {path}: {_first_line(error)}") from error
    table.columns = [str(name) for name in table.columns]
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise UsageError(f"{what} {path}: two columns are named {twice[0]!r}")
    if table.empty:
        raise UsageError(f"{what} {path}: no rows")
    kept = content if keep and suffix != ".parquet" else None
    return Source(table.reset_index(drop=True), kept, suffix, hashlib.sha256(content).hexdigest())


def digest(what: str, path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(_content(what, path)).hexdigest()


def check_output(what: str, path: Path | None, suffixes: tuple[str, ...] = TABLES) -> None:
    """Find out before the long run whether a file can be written after it."""
    if path is None:
        return
    if _suffix(what, path, suffixes) == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise UsageError(f"{what} {path}: Parquet needs pyarrow: {_ADVICE}") from error
    if path.is_dir():
        raise UsageError(f"{what} {path}: is a directory")
    try:
        check_writable(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"{what} {path}: the directory does not exist") from error
    except OSError as error:
        raise UsageError(f"{what} {path}: cannot be written: {_reason(error)}") from error


def check_distinct(args: argparse.Namespace, names: Sequence[str]) -> None:
    """Refuse files of these options that are the table, or each other."""
    taken = {str(args.table): args.table}
    for name in names:
        path, option = getattr(args, name), f"--{name.replace('_', '-')}"
        if path is None:
            continue
        for other, its_path in taken.items():
            if _same_file(path, its_path):
                raise UsageError(f"{option} {path} is also {other}")
        taken[option] = path


def write_rows(path: Path, source: Source, rows: Any) -> None:
    """Write rows of a table as they stand in its file; OSError if that fails."""
    suffix = _suffix("the file", path, TABLES)
    table = source.table
    if suffix != ".parquet" and source.content is not None:
        import pandas as pd

        # As text: "007" stays "007", and "NA" stays "NA".
        table = pd.read_csv(
            io.BytesIO(source.content),
            dtype=str,
            keep_default_na=False,
            compression=_packing(source.suffix),
        )
    write_table(path, table.iloc[rows])


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table; OSError if that fails."""
    suffix = _suffix("the file", path, TABLES)
    with replacing(path) as part:
        if suffix == ".parquet":
            table.to_parquet(part, index=False)
        else:
            packing: Any = {"method": "gzip", "mtime": 0} if suffix == ".csv.gz" else None
            table.to_csv(part, index=False, compression=packing)


def check_drawing(what: str) -> None:
    """Find out before the long run whether figures can be drawn after it."""
    _start.load("matplotlib.backends.backend_agg")
    from ..plotting import new_figure

    try:
        new_figure()
    except ImportError as error:
        raise UsageError(f"{what}: {error}") from error


def write_all(command: str, outputs: Iterable[Output], advice: str = "") -> int:
    """Write files and say so; return the exit code. `advice` is for what could not be written."""
    failures = []
    for what, path, write, line in outputs:
        failed = _failure(what, path, write)
        if failed is None:
            tell(line)
        else:
            failures.append(failed)
    if not failures:
        return 0
    if advice:
        failures.append(advice)
    with contextlib.suppress(OSError):
        print(f"paris {command}: error: {'; '.join(failures)}", file=sys.stderr)
    return 1


def tell(text: str) -> None:
    """Print it; whoever reads no more, or has no space for it, still gets the files."""
    try:
        print(text, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # for the rest of the process


def _failure(what: str, path: Path, write: Callable[[Path], None]) -> str | None:
    """Write a file; what to say if that failed, and where it is instead; None if all went well."""
    try:
        write(path)
    except OSError as error:
        said = f"{what} {path}: {_reason(error)}"
    else:
        return None
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix="paris-"))  # perhaps on another disk
        write(folder / path.name)
    except OSError:
        if folder is not None:
            os.rmdir(folder)
        return said
    return f"{said}; it is in {folder / path.name} instead"


def _content(what: str, path: Path) -> bytes:
    if not path.is_file():
        raise UsageError(f"{what} {path}: {'is a directory' if path.is_dir() else 'no such file'}")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{what} {path}: {_reason(error)}") from error


def _packing(suffix: str) -> Any:
    return "gzip" if suffix == ".csv.gz" else None


def _suffix(what: str, path: Path, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if path.name.lower().endswith(suffix):
            return suffix
    raise UsageError(f"{what} {path}: the suffix should be one of {', '.join(suffixes)}")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or _first_line(error)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return os.path.realpath(one) == os.path.realpath(other)
