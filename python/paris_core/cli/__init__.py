"""The console script ``paris``: one module per subcommand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from . import demo, explain, prune, verify
from .arguments import Parser, UsageError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; ``sys.argv[1:]`` by default.

    Returns
    -------
    int
        Exit code: 0 done, 1 not done (an output could not be written, a run is not the same), 2
        wrong usage (with a line of advice on stderr), 130 interrupted.

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
    except UsageError as error:
        print(f"paris {args.command}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"paris {args.command}: interrupted", file=sys.stderr)
        return 130


def _parser() -> Parser:
    import paris_core

    parser = Parser(
        prog="paris", description="Prune a training set for rare extreme targets (PARIS)."
    )
    parser.add_argument(
        "--version", action="version", version=f"paris-core {paris_core.__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in (prune, verify, explain, demo):
        command.add_parser(commands)
    return parser
