"""The console script ``paris``: one module per subcommand."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .. import _start

__all__ = ["main"]

_start.begin()


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

    Notes
    -----
    Modules are loaded here, not with this one: Ctrl-C ends in the exit code from the beginning.

    Examples
    --------
    >>> main(["demo", "--keep", "0.5", "--hours", "10"])
    2
    """
    words = sys.argv[1:] if argv is None else argv
    _start.begin()
    try:
        from . import commands

        return commands.run(words)
    except KeyboardInterrupt:
        return _start.interrupted(words)
    finally:
        _start.begin()  # Python, too, takes a moment to end
