"""Tables in files: CSV and Parquet, in and out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._files import replacing
from .arguments import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["check_output", "read_table", "write_rows"]

_TABLES = (".csv", ".csv.gz", ".parquet")
_ADVICE = "pip install 'paris-core[cli]'"


def read_table(what: str, path: Path) -> pd.DataFrame:
    """Read a table; `what` names the argument in messages."""
    suffix = _suffix(what, path, _TABLES)
    if not path.is_file():
        raise UsageError(f"{what} {path}: {'is a directory' if path.is_dir() else 'no such file'}")
    try:
        import pandas as pd
    except ImportError as error:
        raise UsageError(f"this command needs pandas: {_ADVICE}") from error
    try:
        if suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, low_memory=False)
    except ImportError as error:
        raise UsageError(f"{what} {path}: Parquet needs pyarrow: {_ADVICE}") from error
    except pd.errors.EmptyDataError as error:
        raise UsageError(f"{what} {path}: the file is empty") from error
    except (OSError, ValueError, EOFError) as error:  # the parsers' errors derive from these
        raise UsageError(f"{what} {path}: {_first_line(error)}") from error
    table.columns = [str(name) for name in table.columns]
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise UsageError(f"{what} {path}: two columns are named {twice[0]!r}")
    if table.empty:
        raise UsageError(f"{what} {path}: no rows")
    return table.reset_index(drop=True)


def check_output(what: str, path: Path | None, suffixes: tuple[str, ...] = _TABLES) -> None:
    """Find out before the long run whether a file can be written after it."""
    if path is None:
        return
    _suffix(what, path, suffixes)
    if path.is_dir():
        raise UsageError(f"{what} {path}: is a directory")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"{what} {path}: the directory does not exist")


def write_rows(what: str, path: Path, source: Path, table: pd.DataFrame, rows: Any) -> None:
    """Write rows of `table`, which was read from `source`, as they stand there."""
    suffix = _suffix(what, path, _TABLES)
    if suffix != ".parquet" and source.name.lower().endswith((".csv", ".csv.gz")):
        import pandas as pd

        # As text: "007" stays "007", and "NA" stays "NA".
        table = pd.read_csv(source, dtype=str, keep_default_na=False)
    try:
        with replacing(path) as part:
            if suffix == ".parquet":
                table.iloc[rows].to_parquet(part, index=False)
            else:
                packing: Any = {"method": "gzip", "mtime": 0} if suffix == ".csv.gz" else None
                table.iloc[rows].to_csv(part, index=False, compression=packing)
    except ImportError as error:
        raise UsageError(f"{what} {path}: Parquet needs pyarrow: {_ADVICE}") from error
    except OSError as error:
        raise UsageError(f"{what} {path}: {_first_line(error)}") from error


def _suffix(what: str, path: Path, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if path.name.lower().endswith(suffix):
            return suffix
    raise UsageError(f"{what} {path}: the suffix should be one of {', '.join(suffixes)}")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
