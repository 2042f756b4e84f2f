"""From a command line to its tables, and to the model of ``paris prune`` and ``paris explain``."""

from __future__ import annotations

import argparse
import contextlib
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import _start
from .._support.signals import ctrl_c
from ..progress import Stage, aside
from . import model
from .arguments import UsageError, progress_of
from .columns import Data, check_apart, inputs, prepare, prepare_like
from .files import check_output, read_source, reading, tell

if TYPE_CHECKING:
    from ..tables import Table

__all__ = ["Fitted", "Remarks", "Tables", "explain_table", "fit", "read_tables", "remarked"]


@dataclass
class Remarks:
    """What the user should know: kept for the report, and said on stderr unless asked not to."""

    command: str
    quiet: bool
    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        """Take a remark."""
        if line not in self.lines:
            self.lines.append(line)
            if not self.quiet:
                with aside(), contextlib.suppress(OSError):  # a full disk ends no run
                    print(f"paris {self.command}: {line}", file=sys.stderr, flush=True)


class Tables(NamedTuple):
    """What was read.

    Attributes
    ----------
    source, trusted : Table
        The tables of TRAIN and of --val; None if there is no --val.
    data, held_out : Data
        Inputs and targets of these.
    """

    source: Table
    data: Data
    trusted: Table | None
    held_out: Data | None


def read_tables(
    args: argparse.Namespace,
    say: Remarks,
    needs: str,
    *,
    numbers: bool,
    no_input: str | None = None,
) -> Tables:
    """Read the tables, while what the command needs is loaded.

    Parameters
    ----------
    args : argparse.Namespace
        With the options of `add_columns`.
    say : callable
        Told of what is not obvious.
    needs : str
        A part of the package that takes a moment to load.
    numbers : bool
        Whether the targets must be numbers.
    no_input : str or None
        A column that is no input, if TRAIN has it.
    """
    if args.table.is_file():  # wrong usage should not wait
        _start.load("pandas", "tqdm", f"paris_core.{needs}", "sklearn.compose", "sklearn.impute")
    with progress_of(args), Stage("reading"):
        return _tables(args, say, numbers, no_input)


def _tables(args: argparse.Namespace, say: Remarks, numbers: bool, no_input: str | None) -> Tables:
    keep = any(getattr(args, name, None) is not None for name in ("out", "removed"))
    source = _train(args, keep=keep)
    time = getattr(args, "time_column", None)
    data = prepare(
        source,
        target=args.target,
        time=time,
        group=args.group_column,
        drop=[*args.drop, *([no_input] if no_input in source.names else [])],
        classify=getattr(args, "classify", False),
        say=say,
    )
    if numbers and data.classes:
        raise UsageError(
            f"{args.table}: target {args.target!r} must be numeric, its values are text: paris "
            f"{args.command} is for regression"
        )
    if args.val is None:
        return Tables(source, data, None, None)
    trusted = _like_train(args, "--val", args.val, source, data)
    held_out = prepare_like(trusted, data, target=args.target, time=time, say=say)
    check_apart(source, data, trusted, held_out, say)
    return Tables(source, data, trusted, held_out)


def _train(args: argparse.Namespace, *, keep: bool) -> Table:
    named = [args.target] if getattr(args, "classify", False) else []
    return read_source("TRAIN", args.table, reading(args, [*named, args.group_column]), keep=keep)


def _like_train(
    args: argparse.Namespace, what: str, path: Path, source: Table, data: Data
) -> Table:
    """Another table, whose columns hold what those of TRAIN hold."""
    named = [*data.categorical, *([args.target] if data.classes else [])]
    options = reading(args, [*named, getattr(args, "val_group_column", None)])
    return read_source(what, path, options, like=source)


def explain_table(args: argparse.Namespace) -> int:
    """Print what was understood of the tables, and what they are used for; the exit code."""
    from ..tables.explaining import explained

    table = _train(args, keep=False)
    units = getattr(args, "val_group_column", None)
    roles = {
        args.target: "target",
        getattr(args, "time_column", None): "time",
        args.group_column: "group",
        **dict.fromkeys(args.drop, "dropped"),
    }
    used = inputs(table, {*roles, units})
    named = {**dict.fromkeys(used, "input"), **{k: v for k, v in roles.items() if k is not None}}
    tell(explained(table, named))
    say = Remarks(args.command, args.quiet)
    read_tables(args, say, "tables", numbers=False, no_input=units)
    return 0


@dataclass(frozen=True)
class Fitted:
    """A model and what it was fitted to."""

    model: Any
    parameters: dict[str, Any]
    source: Table
    data: Data
    held_out: Data | None
    val_digest: str | None

    def like(self, args: argparse.Namespace, what: str, path: Path) -> Table:
        """Another table, whose columns hold what those of TRAIN hold."""
        return _like_train(args, what, path, self.source, self.data)


def fit(args: argparse.Namespace, say: Remarks) -> Fitted:
    """Read the tables and fit the model."""
    with ctrl_c.heeded():
        return _fitted(args, say)


def _fitted(args: argparse.Namespace, say: Remarks) -> Fitted:
    check_output("--checkpoint", args.checkpoint, ("",))
    chosen = model.parameters(args)
    source, data, trusted, held_out = read_tables(args, say, "estimators", numbers=False)
    estimator = model.estimator(data, chosen)
    estimator.set_params(n_jobs=args.jobs or -1, checkpoint=args.checkpoint)
    with progress_of(args):
        _fit(estimator, data, held_out, say)
    val_digest = None if trusted is None else trusted.origin.digest
    return Fitted(estimator, chosen, source, data, held_out, val_digest)


def _fit(estimator: Any, data: Data, held_out: Data | None, say: Remarks) -> None:
    rows: dict[str, Any] = {}
    if held_out is not None:
        rows = {"X_val": held_out.X, "y_val": held_out.y}
    if data.groups is not None:
        rows["groups"] = data.groups
    with remarked(say):
        estimator.fit(data.X, data.y, **rows)


@contextlib.contextmanager
def remarked(say: Remarks) -> Iterator[None]:
    """Make warnings remarks, and errors that the data bring about those of the user."""
    from sklearn.exceptions import ConvergenceWarning

    from ..errors import NotPositiveDefiniteError

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, UserWarning):  # at once: a checkpoint that fails is news
            say(str(message))

    with warnings.catch_warnings():
        warnings.showwarning = show
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant
        try:
            yield
        except (ValueError, NotPositiveDefiniteError) as error:
            raise UsageError(str(error)) from error
