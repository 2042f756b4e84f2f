"""Showing stages: a thread that looks at them now and then, so that the work need not draw."""

from __future__ import annotations

import contextlib
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any, Protocol, TextIO

from .lines import Lines
from .stages import WATCHED, Stage

__all__ = ["aside", "say", "showing"]


class _Drawn(Protocol):
    interval: float

    def draw(self, stages: list[Stage]) -> None: ...

    def clear(self) -> None: ...

    def close(self) -> None: ...


@contextlib.contextmanager
def showing(shown: bool = True, name: str = "paris_core") -> Iterator[None]:
    """Show the stages of the block on stderr, as bars of tqdm or, in a file, as lines.

    Within another such block nothing changes. What cannot be written, because a disk is full or
    stderr closed, is not shown, and ends nothing. Warnings that come meanwhile, and what is written
    within `aside`, take the place of the bars, which go on below.

    Parameters
    ----------
    shown : bool, default True
        Whether to do so.
    name : str
        Begins every line.
    """
    stream = sys.stderr
    if not shown or WATCHED.get() is not None or stream is None:  # None without a console
        yield
        return
    stages: list[Stage] = []
    display = _Display(stages, _drawn(stream, name))
    token = WATCHED.set(stages)
    try:
        display.begin()
        yield
    finally:
        WATCHED.reset(token)
        display.end()


@contextlib.contextmanager
def aside() -> Iterator[None]:
    """Let the block write lines where bars are."""
    with contextlib.ExitStack() as stack:
        for display in list(_displays):
            stack.enter_context(display.paused())
        yield


def say(line: str) -> None:
    """Print a line."""
    with aside():
        print(line)


class _Display:
    """A thread that draws."""

    def __init__(self, stages: list[Stage], drawn: _Drawn) -> None:
        self._stages, self._drawn = stages, drawn
        self._ended = threading.Event()
        self._lock = threading.RLock()
        self._n_paused = 0
        self._thread = threading.Thread(
            target=self._draw_on, name="paris_core progress", daemon=True
        )

    def begin(self) -> None:
        _enlist(self)
        with contextlib.suppress(RuntimeError):  # no more threads: nothing is shown
            self._thread.start()

    def end(self) -> None:
        self._ended.set()
        _strike_out(self)
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._drawn.close()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Draw nothing meanwhile."""
        with self._lock:
            self._n_paused += 1
            with contextlib.suppress(OSError, ValueError):
                self._drawn.clear()
        try:
            yield
        finally:
            with self._lock:
                self._n_paused -= 1

    def _draw_on(self) -> None:
        while not self._ended.wait(self._drawn.interval):
            with self._lock:
                stages = _plainly(list(self._stages))
                if not self._n_paused and not self._ended.is_set():
                    with contextlib.suppress(OSError, ValueError):  # full, or closed
                        self._drawn.draw(stages)


def _plainly(stages: list[Stage]) -> list[Stage]:
    """Without those that have another of the same name within: whoever is nearer knows more."""
    pairs = zip(stages, [*stages[1:], None], strict=False)
    return [one for one, inner in pairs if inner is None or one.what != inner.what]


def _drawn(stream: TextIO, name: str) -> _Drawn:
    """Bars where they can move, lines elsewhere."""
    with contextlib.suppress(AttributeError, ValueError, ImportError):
        if stream.isatty() or "ipykernel" in sys.modules:
            from .bars import Bars

            return Bars(stream)
    return Lines(stream, name)


_displays: list[_Display] = []
_guard = threading.RLock()
_usual: Any = None  # what showed warnings before


def _enlist(display: _Display) -> None:
    global _usual
    with _guard:
        if warnings.showwarning is not _show:
            _usual, warnings.showwarning = warnings.showwarning, _show
        _displays.append(display)


def _strike_out(display: _Display) -> None:
    with _guard:
        _displays[:] = [one for one in _displays if one is not display]
        if not _displays and warnings.showwarning is _show:
            warnings.showwarning = _usual


def _show(*args: Any, **options: Any) -> None:
    """A warning, as it was shown before."""
    with aside():
        _usual(*args, **options)
