"""The lines of a text, without those that hold no row."""

from __future__ import annotations

import io
from collections.abc import Iterator

from .dialect import MARKERS

__all__ = ["Lines", "marker"]


class Lines(Iterator[str]):
    """Lines for a reader of records, which says when a record begins.

    Blank lines and comments are passed over where a record may begin, not within one: text in
    quotes may hold both.

    Attributes
    ----------
    number : int
        The line that was given last, counted from 1.
    begins : bool
        To be set before a record is asked for.
    first : int
        The line that the record began with.
    marker : str or None
        What comments begin with.
    comment : str
        The last comment passed over.
    n_comments, n_blank : int
        How many lines were passed over.
    """

    def __init__(self, content: bytes, codec: str, marker: str | None, *, bare: bool) -> None:
        """Begin; with `bare` the spaces at both ends of lines say nothing."""
        self._stream = io.TextIOWrapper(io.BytesIO(content), codec, newline="")
        self._bare = bare
        self.number = 0
        self.begins = True
        self.first = 0
        self.marker = marker
        self.comment = ""
        self.n_comments = self.n_blank = 0

    def __next__(self) -> str:
        """Give the next line."""
        while True:
            line = next(self._stream)
            self.number += 1
            if self.number == 1:
                line = line.removeprefix("\ufeff")
            if self.begins:
                if not line.strip(" \r\n\x1a"):  # old editors end a file with Ctrl-Z
                    self.n_blank += 1
                    continue
                if self.marker is not None and line.lstrip().startswith(self.marker):
                    self.n_comments += 1
                    self.comment = line.strip()
                    continue
                self.begins = False
                self.first = self.number
            return line.strip(" ") if self._bare else line


def marker(content: bytes, codec: str) -> str | None:
    """What comments begin with, if the first line that is not blank is one."""
    stream = io.TextIOWrapper(io.BytesIO(content[:100_000]), codec, errors="replace", newline="")
    for line in stream:
        text = line.removeprefix("\ufeff").strip()
        if text:
            return next((one for one in MARKERS if text.startswith(one)), None)
    return None
