"""Stages as lines of text, for files and other places where a bar cannot move."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TextIO

from .stages import Stage, duration

__all__ = ["Lines"]


class Lines:
    """A line every few seconds.

    Parameters
    ----------
    stream : text file
        Where they go.
    name : str
        Begins every line.
    """

    #: Seconds between two lines: nothing is to take five without one.
    interval = 4.0

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def draw(self, stages: Sequence[Stage]) -> None:
        """Say what is being done."""
        if stages:
            print(f"{self._name}: {told(stages, time.time())}", file=self._stream, flush=True)

    def clear(self) -> None:
        """Lines stay."""

    close = clear


def told(stages: Sequence[Stage], now: float) -> str:
    """The stages from the outermost to the innermost, in words."""
    parts = []
    for stage in stages:
        left = stage.left(now)
        end = "" if left is None else f"{'at most' if stage.at_most else 'about'} {duration(left)}"
        remarks = ", ".join(filter(None, (stage.note, end and f"{end} left")))
        parts.append(stage.text() + (f" ({remarks})" if remarks else ""))
    return "; ".join([*parts, duration(now - stages[0].began)])
