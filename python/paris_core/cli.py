"""The console script ``paris``: one function per subcommand."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

__all__ = ["main"]

_DEFAULT_HOURS = 40_000


class _UsageError(Exception):
    """Something the user can put right; the message says how."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        Exit code: 0 done, 2 wrong usage (with a line of advice on stderr), 130 interrupted.

    Examples
    --------
    >>> main(["demo", "--keep", "0.5", "--hours", "10"])
    2
    """
    try:
        args = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse's way of saying "help shown" or "wrong usage"
        return stop.code if isinstance(stop.code, int) else 2
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        return run(args)
    except _UsageError as error:
        print(f"paris {args.command}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"paris {args.command}: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    import paris_core

    parser = _Parser(
        prog="paris", description="Prune a training set for rare extreme targets (PARIS)."
    )
    parser.add_argument(
        "--version", action="version", version=f"paris-core {paris_core.__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_demo(commands)
    return parser


def _add_demo(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "demo",
        help="prune the training rows of a Dst storm forecast and compare test errors",
        description="Forecast the geomagnetic index Dst with a small network, prune the training "
        "rows of its last layer, and print test errors beside those of fair baselines.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--omni",
        metavar="FILE",
        type=Path,
        help="real data: an OMNI hourly CSV, an omni2_YYYY.dat file or a directory of them; "
        "without it, synthetic storms",
    )
    parser.add_argument(
        "--hours",
        metavar="N",
        type=_integer(2000),
        default=_DEFAULT_HOURS,
        help="length of the synthetic series; of real data use at most so many hours, "
        "the blocks with the lowest Dst",
    )
    parser.add_argument(
        "--horizon", metavar="H", type=_integer(1), default=3, help="hours to forecast ahead"
    )
    parser.add_argument(
        "--keep",
        metavar="F",
        type=_fraction,
        default=0.5,
        help="fraction of the training rows to keep",
    )
    parser.add_argument("--seed", metavar="S", type=_integer(0), default=0, help="random seed")
    parser.add_argument(
        "--lam",
        metavar="LAM",
        type=_penalty,
        default="auto",
        help="ridge penalty: a positive number, auto, gcv or evidence",
    )
    parser.add_argument(
        "--threshold",
        metavar="NT",
        type=_number,
        default=-100.0,
        help="the tail is Dst <= this many nT",
    )
    parser.add_argument("--plot", metavar="OUT", type=Path, help="draw the outcome to this file")
    parser.add_argument(
        "--quiet", action="store_true", help="print the table alone, without progress"
    )
    parser.set_defaults(run=_demo)


def _demo(args: argparse.Namespace) -> int:
    # Imported here: the parser and its errors should not wait for scikit-learn.
    from .datasets import load_omni, make_storms
    from .demo import DemoError, draw_report, format_report, run_demo

    def log(message: str) -> None:
        if not args.quiet:
            print(message, file=sys.stderr, flush=True)

    if args.plot is not None:
        _check_plot(args.plot)
    if args.omni is None:
        series = make_storms(args.hours, args.seed)
    else:
        log(f"reading {args.omni} ...")
        try:
            series = load_omni(args.omni)
        except (OSError, ValueError) as error:
            raise _UsageError(str(error)) from error
    try:
        report = run_demo(
            series,
            horizon=args.horizon,
            keep=args.keep,
            lam=args.lam,
            threshold=args.threshold,
            max_hours=args.hours,
            random_state=args.seed,
            progress=not args.quiet,
            log=log,
        )
    except DemoError as error:
        raise _UsageError(str(error)) from error
    print(format_report(report), flush=True)
    if args.plot is not None:
        try:
            draw_report(report, args.plot)
        except OSError as error:
            raise _UsageError(f"--plot: {error}") from error
        log(f"drew {args.plot}")
    return 0


def _check_plot(path: Path) -> None:
    """Find out before the long run whether the figure can be saved after it."""
    from .plotting import new_figure

    try:
        formats = new_figure().canvas.get_supported_filetypes()
    except ImportError as error:
        raise _UsageError(f"--plot: {error}") from error
    if path.suffix[1:].lower() not in formats:
        raise _UsageError(f"--plot {path}: the suffix should be one of {', '.join(formats)}")
    if not path.resolve().parent.is_dir():
        raise _UsageError(f"--plot {path}: the directory does not exist")


def _integer(low: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low:
            raise argparse.ArgumentTypeError(f"expected an integer >= {low}, got {text!r}")
        return value

    return parse


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text!r}")
    return value


def _fraction(text: str) -> float:
    value = _number(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, got {text!r}")
    return value


def _penalty(text: str) -> float | str:
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
