"""The files of a command: its tables, and what it writes."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from .. import _start
from .._support.storage.files import check_writable
from ..progress import Stage
from ..tables import Table
from ..tables.options import Options
from ..tables.reading import SUFFIXES, content, read
from .arguments import UsageError, progress_of

__all__ = [
    "TABLES",
    "Output",
    "check_distinct",
    "check_drawing",
    "check_output",
    "digest",
    "read_source",
    "reading",
    "tell",
    "write_all",
]

TABLES = SUFFIXES
_ADVICE = "pip install 'paris-core[cli]'"

#: What is to be written: argument, file, what writes it, and what is said of it then.
Output = tuple[str, Path, Callable[[Path], None], str]


def reading(args: argparse.Namespace, names: Iterable[str | None] = ()) -> Options:
    """How tables are to be read, from the options of `add_reading`.

    `names` are columns that hold names, whatever they look like.
    """
    return Options(
        args.sep,
        args.decimal,
        args.encoding,
        None if args.na is None else tuple(args.na),
        args.date_format,
        (*args.category, *(name for name in names if name is not None)),
    )


def read_source(
    what: str, path: Path, options: Options, *, keep: bool = False, like: Table | None = None
) -> Table:
    """Read a table; `keep` what its rows can be written again from.

    `what` names the argument in messages; `like` is the table whose columns it should have.
    """
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise UsageError(f"this command needs pandas: {_ADVICE}") from error
    table = read(f"{what} {path}", path, options, keep=keep, like=like)
    return replace(table, what=str(path))


def digest(what: str, path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(content(f"{what} {path}", path)).hexdigest()


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


def check_drawing(what: str) -> None:
    """Find out before the long run whether figures can be drawn after it."""
    _start.load("matplotlib.backends.backend_agg")
    from ..plotting import new_figure

    try:
        new_figure()
    except ImportError as error:
        raise UsageError(f"{what}: {error}") from error


def write_all(args: argparse.Namespace, outputs: Iterable[Output], advice: str = "") -> int:
    """Write files and say so; return the exit code. `advice` is for what could not be written."""
    failures = []
    for what, path, write, line in outputs:
        with progress_of(args), Stage(f"writing {path.name}"):
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
        print(f"paris {args.command}: error: {'; '.join(failures)}", file=sys.stderr)
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
