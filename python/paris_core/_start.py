"""Ctrl-C in the program ``paris``: exit code 130, at once and without a traceback.

While modules load, the signal's handler ends the program: a KeyboardInterrupt in the middle of an
import may come out as an ImportError, or be reported and forgotten, and nothing has begun that
would have to be ended in order. In other programs that import this package nothing is changed.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys

TYPE_CHECKING = False  # that of typing, whose import takes a moment in which Ctrl-C would show
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any


def _is_program() -> bool:
    """Whether this process is the console script or ``python -m paris_core``."""
    if sys.argv[:1] == ["-m"]:  # while runpy looks for the module
        options = sys.orig_argv[1:]
        return "-mparis_core" in options or ("-m", "paris_core") in itertools.pairwise(options)
    return bool(sys.argv) and os.path.basename(sys.argv[0]) in ("paris", "paris.exe")


_PROGRAM = _is_program()
_previous: Any = None


def begin() -> None:
    """Let Ctrl-C end the program at once, until `end`."""
    global _previous
    current = signal.getsignal(signal.SIGINT)
    if _PROGRAM and callable(current) and current is not _on_signal:
        _previous = current
        signal.signal(signal.SIGINT, _on_signal)


def end() -> None:
    """Let Ctrl-C do again what it did before `begin`."""
    if signal.getsignal(signal.SIGINT) is _on_signal:
        signal.signal(signal.SIGINT, _previous)


def load(*names: str) -> None:
    """Import modules that take long; one that is missing is left to those who need it."""
    from importlib import import_module

    begin()
    try:
        for name in names:
            try:
                import_module(name)
            except ImportError:
                continue
    finally:
        end()


def interrupted(words: Sequence[str]) -> int:
    """Say that the command line (without the program's name) was interrupted; the exit code.

    The program ends here, without the half second that Python takes to clear away its modules.
    """
    command = f" {words[0]}" if words and words[0].isalpha() else ""
    line = f"paris{command}: interrupted\n"
    if not _PROGRAM:
        sys.stderr.write(line)
        return 130
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(2, line.encode())
    finally:
        os._exit(130)


def _on_signal(number: int, frame: FrameType | None) -> None:
    interrupted(sys.argv[1:])


begin()
