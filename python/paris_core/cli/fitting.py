"""From a command line to a fitted model: what ``paris prune`` and ``paris explain`` share."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._text import number
from . import model
from .arguments import UsageError
from .columns import Data, prepare, prepare_like
from .files import read_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Fitted", "Remarks", "fit"]


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
                print(f"paris {self.command}: {line}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Fitted:
    """A model and what it was fitted to."""

    model: Any
    parameters: dict[str, Any]
    table: pd.DataFrame
    data: Data
    held_out: Data | None


def fit(args: argparse.Namespace, say: Remarks) -> Fitted:
    """Read the tables and fit the model."""
    if args.checkpoint is not None and not args.checkpoint.resolve().parent.is_dir():
        raise UsageError(f"--checkpoint {args.checkpoint}: the directory does not exist")
    chosen = model.parameters(args)
    table = read_table("TRAIN", args.table)
    data = prepare(
        str(args.table),
        table,
        target=args.target,
        time=args.time_column,
        group=args.group_column,
        drop=args.drop,
        classify=args.classify,
        say=say,
    )
    held_out = None
    if args.val is not None:
        held_out = prepare_like(
            str(args.val),
            read_table("--val", args.val),
            data,
            target=args.target,
            time=args.time_column,
            say=say,
        )
    estimator = model.estimator(data, chosen)
    with _progress(estimator, hidden=args.quiet) as bar:
        estimator.set_params(
            n_jobs=args.jobs or -1, checkpoint=args.checkpoint, callbacks=bar.follow
        )
        _fit(estimator, data, held_out, say)
    return Fitted(estimator, chosen, table, data, held_out)


def _fit(estimator: Any, data: Data, held_out: Data | None, say: Remarks) -> None:
    from sklearn.exceptions import ConvergenceWarning

    from ..errors import NotPositiveDefiniteError

    rows: dict[str, Any] = {}
    if held_out is not None:
        rows = {"X_val": held_out.X, "y_val": held_out.y}
    if data.groups is not None:
        rows["groups"] = data.groups
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant
        # scikit-learn turns Ctrl-C into this warning and goes on; we mean to stop.
        warnings.filterwarnings("error", message="Training interrupted by user")
        try:
            estimator.fit(data.X, data.y, **rows)
        except UserWarning as error:
            raise KeyboardInterrupt from error
        except (ValueError, NotPositiveDefiniteError) as error:
            raise UsageError(str(error)) from error
    for warning in caught:
        if issubclass(warning.category, UserWarning):
            say(str(warning.message))


class _Bar:
    """A tqdm bar over the rows to remove."""

    def __init__(self, estimator: Any, hidden: bool) -> None:
        from tqdm import tqdm

        self._estimator = estimator
        self._bar = tqdm(total=0, unit="row", desc="training", disable=hidden, file=sys.stderr)
        self._all = 0

    def follow(self, record: Any) -> None:
        """Show a round."""
        from ..estimators._schedule import parse

        if not self._all:
            chosen = self._estimator
            self._all = record.n_kept
            plan = parse(
                chosen.keep, chosen.rounds, chosen.remove_per_round, chosen.retrain, self._all
            )
            several = plan.adaptive or chosen.sweeps > 1
            self._bar.total = None if several else sum(plan.counts)
            self._bar.set_description("pruning", refresh=False)
        watched = record.monitor_tail_error
        shown = record.tail_error if math.isnan(watched) else watched
        self._bar.set_postfix_str(f"tail error {number(shown)}", refresh=False)
        self._bar.update(self._all - record.n_kept - self._bar.n)

    def close(self) -> None:
        self._bar.close()


@contextlib.contextmanager
def _progress(estimator: Any, *, hidden: bool) -> Iterator[_Bar]:
    bar = _Bar(estimator, hidden)
    try:
        yield bar
    finally:
        bar.close()
