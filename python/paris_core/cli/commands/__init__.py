"""The subcommands: which one was asked for, and how it ended."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

import paris_core

from ... import _start
from ..._support.signals import ctrl_c
from ...tables.errors import TableError
from ..arguments import Parser, UsageError
from . import audit, compare, demo, explain, prune, verify


def run(argv: Sequence[str]) -> int:
    """Run the command line; return the exit code, or raise KeyboardInterrupt."""
    try:
        args = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse's way of saying "help shown" or "wrong usage"
        return stop.code if isinstance(stop.code, int) else 2
    finally:
        _start.end()
    command: Callable[[argparse.Namespace], int] = args.run
    try:
        with ctrl_c.heeded():  # an import, for one, may make something else of it
            if getattr(args, "explain_table", False):
                from ..fitting import explain_table

                return explain_table(args)
            return command(args)
    except (UsageError, TableError) as error:
        print(f"paris {args.command}: error: {error}", file=sys.stderr)
        return 2


def _parser() -> Parser:
    parser = Parser(
        prog="paris", description="Prune a training set for rare extreme targets (PARIS)."
    )
    parser.add_argument(
        "--version", action="version", version=f"paris-core {paris_core.__version__}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in (audit, compare, prune, verify, explain, demo):
        command.add_parser(commands)
    return parser
