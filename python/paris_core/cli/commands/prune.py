"""``paris prune``: remove training rows of a table."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ... import _start
from ..._support.messages import number
from ...progress import Stage
from ...tables.writing import write_frame, write_rows
from .. import model, record
from ..arguments import UsageError, add_out, progress_of
from ..files import Output, check_distinct, check_drawing, check_output, tell, write_all

if TYPE_CHECKING:
    from ...report.findings.groups import GroupLine
    from ..arguments import Commands
    from ..fitting import Fitted

_EXAMPLES = """\
examples:
  paris prune train.csv --target dst --out kept.csv --report report.html
      Keep what is best for rows that were held out to find out.

  paris prune train.csv --target dst --keep 0.25 --time-column t --tail-side lower --out kept.csv
      A time series: keep a quarter; hold out blocks of time; low values are what matters.

  paris prune train.csv --target dst --delete groups --group-column month --val trusted.csv
      Errors come by month: remove whole months, judged by rows that are right.

  paris prune claims.parquet --target paid --val audited.csv --weight tail --report report.html
      Let audited rows say which claims mislead the model about the extremes.

files: tables are text (.csv, .tsv, .txt, also with .gz) or .parquet; --explain-table tells what was
understood of one. Files that exist are overwritten, never half-way; they
keep their mode, and a link its target. What cannot be written is said before the run; if a disk is
full after it, the file is put among the temporary ones, and the error says where.
A missing number is replaced by the median, and an input beside it says so; a missing category is
a category. Rows without a target are left out.
exit codes: 0 done, 1 an output could not be written, 2 wrong usage or data, 130 interrupted.
"""


def add_parser(commands: Commands) -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "prune",
        help="remove the rows of a table that mislead a model about rare targets",
        description="Train a network on a table, remove the training rows that mislead it, judged "
        "by rows that are held out, and write what is left.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    model.add_options(parser)
    outputs = add_out(parser, "the removed rows, all columns")
    outputs.add_argument(
        "--removed", metavar="FILE", type=Path, help="the removed rows, in the order of deletion"
    )
    outputs.add_argument(
        "--report", metavar="FILE", type=Path, help="an .html file that tells and draws it all"
    )
    outputs.add_argument(
        "--result",
        metavar="FILE",
        type=Path,
        help="an .npz file with which paris verify makes the run again",
    )
    outputs.add_argument(
        "--groups-out",
        metavar="FILE",
        type=Path,
        help="a table of the groups of --group-column: how many of their rows left, and how far "
        "off their targets are",
    )
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Run it; return the exit code."""
    _check_outputs(args)
    # Imported here: the parser and its errors should not wait for scikit-learn.
    from ..fitting import Remarks, fit

    say = Remarks(args.command, args.quiet)
    fitted = fit(args, say)
    found = _concluded(args, fitted)
    tell("\n".join([*found.lines, "", _summary(fitted)]))
    again = f"the run is in {args.checkpoint}: the same command goes on from there"
    advice = "" if args.checkpoint is None else again
    return write_all(args, _outputs(args, fitted, found, say.lines), advice)


def _outputs(
    args: argparse.Namespace, fitted: Fitted, found: _Conclusion, remarks: list[str]
) -> Iterator[Output]:
    """What is to be written."""
    removed = fitted.data.rows[fitted.model.removed_]
    if args.out is not None:
        left = np.setdiff1d(fitted.data.rows, removed)  # ascending
        line = _what_is_left(args, fitted, len(left))
        yield "--out", args.out, lambda path: write_rows(path, fitted.source, left), line
    if args.removed is not None:
        line = f"{args.removed}: the {len(removed):,} rows removed, in the order of deletion"
        yield "--removed", args.removed, lambda path: write_rows(path, fitted.source, removed), line
    if args.result is not None:
        run = record.record(args, fitted)
        line = f"{args.result}: the record of the run, for paris verify"
        yield "--result", args.result, lambda path: record.save(path, run), line
    if args.report is not None:
        line = f"{args.report}: the report"
        yield (
            "--report",
            args.report,
            lambda path: _report(path, args, fitted, found, remarks),
            line,
        )
    if args.groups_out is not None:
        line = (
            f"{args.groups_out}: the groups, how many of their rows left and how far off they are"
        )
        yield "--groups-out", args.groups_out, found.write_groups, line


def _check_outputs(args: argparse.Namespace) -> None:
    """Find out before the long run what cannot be written after it."""
    check_output("--out", args.out)
    check_output("--removed", args.removed)
    check_output("--report", args.report, (".html", ".htm"))
    check_output("--result", args.result, (".npz",))
    check_output("--groups-out", args.groups_out)
    if args.groups_out is not None and args.group_column is None:
        raise UsageError("--groups-out needs --group-column: whose groups is the table of?")
    check_distinct(args, ("val", "checkpoint", "out", "removed", "report", "result", "groups_out"))
    if args.report is not None:
        check_drawing("--report")


class _Columns(Mapping[str, NDArray[Any]]):
    """The columns of a table but the target, in the order of the rows that were read."""

    def __init__(self, fitted: Fitted, target: str) -> None:
        self._columns, self._rows = fitted.source.columns, fitted.data.rows
        self._names = [
            name
            for name, column in self._columns.items()
            if name != target and column.problem is None and column.kind != "empty"
        ]

    def __getitem__(self, name: str) -> NDArray[Any]:
        column = self._columns[name]
        if column.times is not None:
            return column.times[self._rows].astype("datetime64[us]").astype("datetime64[m]")
        if column.numbers is None:
            return column.labels(self._rows)
        values = column.numbers[self._rows]
        whole = np.isfinite(values).all() and (values == np.rint(values)).all()
        return values.astype(np.int64) if whole and abs(values).max() < 2**53 else values

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True)
class _Conclusion:
    """What is said first, and what a report is told beside the model."""

    lines: list[str]
    groups: list[GroupLine]
    held_out: dict[str, Any]
    columns: Mapping[str, NDArray[Any]]
    time: NDArray[Any] | None

    def write_groups(self, path: Path) -> None:
        """A table of the groups, as the report lists them."""
        import pandas as pd

        frame = pd.DataFrame(self.groups)
        frame["order"] = frame["order"].astype("Int64")
        frame.insert(3, "share_removed", frame["n_removed"] / frame["n_rows"])
        write_frame(path, frame)


def _concluded(args: argparse.Namespace, fitted: Fitted) -> _Conclusion:
    """Look at a model that has been fitted."""
    _start.load("paris_core.report")
    from ...report.answering import answer_of, far_off, hints
    from ...report.findings.fitted import Fitted as Seen
    from ...report.findings.groups import lines_of_groups
    from ...report.findings.shares import removed_by

    held_out: dict[str, Any] = {}
    if fitted.held_out is not None:
        held_out = {"X_val": fitted.held_out.X, "y_val": fitted.held_out.y}
    with progress_of(args), Stage("looking at the result"):
        seen = Seen.of(fitted.model, fitted.data.X, fitted.data.y, **held_out)
        columns = _Columns(fitted, args.target)
        time = None if args.time_column is None else columns[args.time_column]
        found = answer_of(seen, command=True)
        more = hints(seen, removed_by(seen, columns, time), command=True)
        groups = []
        if fitted.data.groups is not None:
            groups = lines_of_groups(seen, fitted.data.groups)
            if not fitted.data.classes:
                more += far_off(groups, command=True)
    return _Conclusion([found.sentence, *found.next_steps, *more], groups, held_out, columns, time)


def _summary(fitted: Fitted) -> str:
    """Rows and errors before and after, as a short table."""
    chosen = fitted.model
    first = chosen.history_[0]
    # With keep="auto" the model is that of the best round, otherwise of the last one.
    last = chosen.history_[chosen.best_round_ if chosen.keep == "auto" else -1]
    names = ("error rate", "worst class's error") if fitted.data.classes else ("RMSE", "RMSE, tail")
    lines: list[tuple[str, str, str]] = [
        ("", "before", "after"),
        ("training rows", f"{first.n_kept:,}", f"{last.n_kept:,}"),
    ]
    groups = fitted.data.groups
    if groups is not None and chosen.delete == "groups":
        trained = len(set(groups[chosen.training_rows_]))
        left = trained - len(chosen.removed_groups_)
        lines.append(("training groups", f"{trained:,}", f"{left:,}"))
    for what, prefix, rows in (
        ("validation", "", chosen.validation_rows_),
        ("monitor", "monitor_", chosen.monitor_rows_),
    ):
        if not len(rows):
            continue
        for name, field in zip(names, ("error", "tail_error"), strict=True):
            values = (getattr(record, prefix + field) for record in (first, last))
            before, after = (number(value) for value in values)
            lines.append((f"{what} {name} ({len(rows):,} rows)", before, after))
    width = [max(len(line[column]) for line in lines) for column in range(3)]
    text = [f"{a:<{width[0]}}  {b:>{width[1]}}  {c:>{width[2]}}".rstrip() for a, b, c in lines]
    seconds = [
        sum(getattr(record, name) for record in chosen.history_)
        for name in ("training_seconds", "pruning_seconds", "seconds")
    ]
    text.append(
        f"seconds: training {seconds[0]:.1f}, pruning {seconds[1]:.1f}, all {seconds[2]:.1f}; "
        f"round {last.round} of {chosen.n_iter_}"
    )
    text.append(chosen.stop_reason_)
    return "\n".join(text)


def _what_is_left(args: argparse.Namespace, fitted: Fitted, n_left: int) -> str:
    n_kept = int(fitted.model.support_.sum())
    others = n_left - n_kept
    parts = f"{n_kept:,} trained on" + (f" and {others:,} held out" if others else "")
    return f"{args.out}: {n_left:,} of {len(fitted.source):,} rows, {parts}"


def _report(
    path: Path, args: argparse.Namespace, fitted: Fitted, found: _Conclusion, remarks: list[str]
) -> None:
    _start.load("paris_core.report")
    from ...report import write_report
    from ..script import as_command, as_script

    write_report(
        path,
        fitted.model,
        fitted.data.X,
        fitted.data.y,
        **found.held_out,
        target=args.target,
        source=str(args.table),
        remarks=remarks,
        groups=fitted.data.groups,
        columns=found.columns,
        time=found.time,
        command=as_command(args),
        script=as_script(args, fitted),
    )
