"""The parser, its errors, and the types of arguments and the options that subcommands share."""

from __future__ import annotations

import argparse
import contextlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..progress import showing

__all__ = [
    "Parser",
    "UsageError",
    "add_columns",
    "add_out",
    "add_reading",
    "add_running",
    "add_tail",
    "fraction",
    "integer",
    "keep",
    "number",
    "penalty",
    "progress_of",
    "share",
]


class UsageError(Exception):
    """Something the user can put right; the message says how."""


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are one line, with exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the options are explained."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


if TYPE_CHECKING:  # what `add_parser` of a subcommand is given; not subscriptable at run time
    Commands = argparse._SubParsersAction[Parser]


def integer(low: int) -> Callable[[str], int]:
    """Return the type of an integer >= low."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low:
            raise argparse.ArgumentTypeError(f"expected an integer >= {low}, got {text!r}")
        return value

    return parse


def number(text: str) -> float:
    """Parse a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text!r}")
    return value


def fraction(text: str) -> float:
    """Parse a number strictly between 0 and 1."""
    value = number(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text!r}")
    return value


def penalty(text: str) -> float | str:
    """Parse a ridge penalty: a positive number, or how to choose it."""
    if text in ("auto", "gcv", "evidence"):
        return text
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise argparse.ArgumentTypeError(
            f"expected a positive number, auto, gcv or evidence, got {text!r}"
        )
    return value


def share(text: str) -> float:
    """Parse a number from 0 to below 1."""
    value = number(text)
    if not 0.0 <= value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to below 1, got {text!r}")
    return value


def keep(text: str) -> float | int | str:
    """Parse how many rows to keep: a fraction, a count or auto."""
    if text == "auto":
        return text
    with contextlib.suppress(ValueError):
        if int(text) >= 1:
            return int(text)
    try:
        return fraction(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"expected a number between 0 and 1, a count >= 1, or auto, got {text!r}"
        ) from None


def add_columns(
    parser: argparse.ArgumentParser,
    *,
    target: str = "what is predicted",
    val: str,
    val_required: bool = False,
    group: str,
) -> argparse._ArgumentGroup:
    """Add the options that say which rows and columns of which tables are meant.

    `target`, `val` and `group` are what the help says of these; the group of options is returned,
    for more of them.
    """
    columns = parser.add_argument_group("rows and columns")
    columns.add_argument(
        "table", metavar="TRAIN", type=Path, help=".csv, .tsv, .txt, also with .gz, or .parquet"
    )
    columns.add_argument("--target", metavar="COLUMN", required=True, help=target)
    columns.add_argument(
        "--drop",
        metavar="COLUMN",
        nargs="+",
        action="extend",
        default=[],
        help="columns that are no inputs",
    )
    columns.add_argument(
        "--category",
        metavar="COLUMN",
        nargs="+",
        action="extend",
        default=[],
        help="columns whose values are names, though they look like numbers",
    )
    columns.add_argument("--val", metavar="FILE", type=Path, required=val_required, help=val)
    columns.add_argument("--group-column", metavar="COLUMN", help=group)
    add_reading(parser)
    return columns


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add the options that overrule what is found out about the tables."""
    reading = parser.add_argument_group("how tables are read, where guessing must be overruled")
    reading.add_argument(
        "--explain-table",
        action="store_true",
        help="print what was understood of each column, and why, and do nothing else",
    )
    reading.add_argument(
        "--sep", metavar="CHAR", help="what separates cells: one character, tab or space"
    )
    reading.add_argument("--decimal", choices=(".", ","), help="the decimal mark")
    reading.add_argument(
        "--encoding", metavar="NAME", help="utf-8, latin-1, cp1250, ... (UTF-8 or Windows-1252)"
    )
    reading.add_argument(
        "--na",
        metavar="VALUE",
        nargs="*",
        action="extend",
        help="what stands for a missing value, besides empty cells; with no value nothing does "
        "(-999 and the like, where they stand apart, are asked about)",
    )
    reading.add_argument(
        "--date-format", metavar="FORMAT", help="how dates are written, such as %%d/%%m/%%Y"
    )


def add_tail(parser: argparse.ArgumentParser, what: str) -> None:
    """Add the options that say where the tail is, and what it is for."""
    tail = parser.add_argument_group(f"the tail, for {what} (5 %% on each side)")
    tail.add_argument("--tail-side", choices=("both", "lower", "upper"), help="(both)")
    bound = tail.add_mutually_exclusive_group()
    bound.add_argument(
        "--tail-threshold",
        metavar="Y",
        type=number,
        nargs="+",
        help="bound in the unit of the target; two for both sides",
    )
    bound.add_argument(
        "--tail-quantile",
        metavar="Q",
        type=fraction,
        nargs="+",
        help="bound as a quantile of the held-out targets; one or two for both sides",
    )


def add_running(parser: argparse.ArgumentParser, *, jobs: bool = True) -> argparse._ArgumentGroup:
    """Add the options that say how a command runs, `jobs` among them if it has threads."""
    running = parser.add_argument_group("running")
    running.add_argument("--seed", metavar="S", type=integer(0), default=0, help="random seed (0)")
    if jobs:
        running.add_argument("--jobs", metavar="N", type=integer(1), help="threads (all cores)")
    running.add_argument(
        "--quiet", action="store_true", help="no progress and no remarks on stderr"
    )
    return running


def add_out(parser: argparse.ArgumentParser, what: str) -> argparse._ArgumentGroup:
    """Add --out, TRAIN without `what`; the group of options is returned, for more files."""
    outputs = parser.add_argument_group("what is written")
    outputs.add_argument(
        "--out", metavar="FILE", type=Path, help=f"TRAIN without {what}, in the original order"
    )
    return outputs


def progress_of(args: argparse.Namespace) -> contextlib.AbstractContextManager[None]:
    """Show how far the command is, on stderr, unless it is to be quiet."""
    return showing(not args.quiet, f"paris {args.command}")
