"""The record of a run of ``paris prune``: enough to make it again, and to say whether it is."""

from __future__ import annotations

import argparse
import math
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from .._support.arrays import IntArray
from .._support.storage import archive
from ..results.fields import check_removed
from . import model
from .arguments import Parser, UsageError

if TYPE_CHECKING:
    from .fitting import Fitted

__all__ = ["RunRecord", "load", "record", "save", "settings"]

_KIND = "run"
_RUNNING = ("table", "val", "jobs", "checkpoint", "quiet", "explain_table")  # what decides nothing
_TEXTS = ("drop", "category", "na")  # options that take any number of texts


class RunRecord(NamedTuple):
    """What a run was made of, and what came of it.

    Attributes
    ----------
    versions : dict of str to str
        Of all that computes.
    options : dict
        Those of the command line that decide what is removed.
    inputs : dict of str to str
        SHA-256 of the files, by the argument that named them: TRAIN and --val.
    history : list of dict
        The records of the rounds, without seconds; None stands for NaN.
    n_rows : int
        Rows of the table.
    removed : ndarray of int64
        The rows removed, in order.
    """

    versions: dict[str, str]
    options: dict[str, Any]
    inputs: dict[str, str]
    history: list[dict[str, Any]]
    n_rows: int
    removed: IntArray


class _Options(Parser):
    """A parser whose errors are exceptions."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def record(args: argparse.Namespace, fitted: Fitted) -> RunRecord:
    """The record of a run that has ended."""
    inputs = {"TRAIN": fitted.source.origin.digest}
    if fitted.val_digest is not None:
        inputs["--val"] = fitted.val_digest
    return RunRecord(
        _versions(),
        {name: getattr(args, name) for name in _names()},
        inputs,
        [_plain(one._asdict()) for one in fitted.model.history_],
        len(fitted.source),
        fitted.data.rows[fitted.model.removed_],
    )


def save(path: Path, run: RunRecord) -> None:
    """Write it; OSError if that fails."""
    document = run._asdict()
    del document["removed"]
    archive.save(path, _KIND, document, {"removed": run.removed})


def load(path: Path) -> RunRecord:
    """Read it; UsageError if it is none."""
    try:
        document, arrays = archive.load(path, _KIND)
    except OSError as error:
        raise UsageError(f"RUN {path}: {error.strerror}") from error
    except ValueError as error:
        hint = ""
        for kind in ("PruneResult", "GroupPruneResult"):
            if f"holds a {kind}," in str(error):
                hint = f"; paris_core.{kind}.load(...).verify(...) is for that"
        raise UsageError(f"RUN {error}{hint}") from error
    try:
        run = RunRecord(**document, removed=arrays["removed"])
        _check(run)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"RUN {path} is no whole record of a run: {error}") from error
    return run


def settings(run: RunRecord, table: Path, val: Path | None) -> argparse.Namespace:
    """The arguments of the run, as its command line would give them, with these files."""
    parser = _options()
    words = [str(table)] if val is None else [str(table), f"--val={val}"]
    for name, value in run.options.items():
        option = f"--{name.replace('_', '-')}"
        if value is None or value is False or (value == [] and name != "na"):
            continue
        if value is True or value == []:
            words.append(option)
        elif name in _TEXTS:  # what begins with a dash is no option then
            words += [f"{option}={one}" for one in value]
        elif isinstance(value, list) and len(value) > 1:
            words += [option, *map(str, value)]
        else:
            words.append(f"{option}={value[0] if isinstance(value, list) else value}")
    try:
        return parser.parse_args(words)
    except ValueError as error:
        raise UsageError(f"RUN holds options that are none: {error}") from error


def _options() -> _Options:
    parser = _Options(add_help=False)
    model.add_options(parser)
    return parser


def _names() -> list[str]:
    """The options that decide what is removed."""
    return [one.dest for one in _options()._actions if one.dest not in _RUNNING]


def _versions() -> dict[str, str]:
    import pandas
    import sklearn

    from .. import show_config

    facts = show_config("dict")
    return {
        "paris_core": str(facts["version"]),
        "instruction-set level": str(facts["simd"]),
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "pandas": pandas.__version__,
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """A round in terms of JSON, without what depends on the clock."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
        if not name.endswith("seconds")
    }


def _check(run: RunRecord) -> None:
    """Raise ValueError unless this can be a record."""
    for table in (run.versions, run.inputs):
        if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
            raise ValueError("versions or inputs are not texts")
    if "TRAIN" not in run.inputs or set(run.inputs) - {"TRAIN", "--val"}:
        raise ValueError("its inputs are others")
    if not isinstance(run.options, dict) or set(run.options) != set(_names()):
        raise ValueError("its options are others")
    if not isinstance(run.history, list) or not all(isinstance(one, dict) for one in run.history):
        raise ValueError("its history is none")
    if type(run.n_rows) is not int or run.n_rows < 1:
        raise ValueError("its number of rows is none")
    if run.removed.dtype != np.int64 or run.removed.ndim != 1:
        raise ValueError("its rows are none")
    check_removed(run.removed, run.n_rows)
