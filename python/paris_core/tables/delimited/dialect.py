"""What separates the cells of a text, and where its header is."""

from __future__ import annotations

import collections
import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import TableError
from ..options import Options

__all__ = ["MARKERS", "Dialect", "detect", "is_number"]

#: What comment lines begin with.
MARKERS = ("#", "%", "//", "!")
_SAMPLE = 120  # lines that are looked at
_DELIMITERS = (",", ";", "\t", "|", ":", " ")
_SPOKEN = {"\t": "tabs", " ": "spaces", ",": "commas", ";": "semicolons", "|": "'|'", ":": "colons"}
_NUMBER = re.compile(r"[+-]?(\d[\d.,]*|[.,]\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Dialect:
    """How a text is taken apart.

    Attributes
    ----------
    delimiter, quote : str
        One character each; no quote is "".
    escape : str or None
        What a quote within quotes is preceded by, if it is not doubled.
    why : str
        What says so.
    """

    delimiter: str
    quote: str
    escape: str | None
    why: str

    def reader(self, lines: Iterable[str]) -> Any:
        """Records of these lines, as lists of cells."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            doublequote=self.escape is None,
            # Of spaces a run separates; behind other delimiters a quote may follow one.
            skipinitialspace=True,
        )

    @property
    def spoken(self) -> str:
        """The delimiter in words."""
        return _SPOKEN.get(self.delimiter, repr(self.delimiter))


def detect(lines: Iterable[str], options: Options) -> Dialect:
    """Find the dialect of the lines that are neither blank nor comments.

    Raises
    ------
    TableError
        If CleverCSV is not installed.
    """
    sample = [line.strip("\r\n") for line, _ in zip(lines, range(_SAMPLE), strict=False)]
    if options.sep is not None:
        quote = "'" if _quoted(sample, "'", options.sep) else '"'
        return Dialect(options.sep, quote, None, "as --sep says")
    if sample and (directive := re.fullmatch(r"sep=(.)", sample[0])):
        return Dialect(directive[1], '"', None, "as its first line says")
    return _sniffed(sample)


def _sniffed(sample: list[str]) -> Dialect:
    """What CleverCSV finds, where its answer is one that separates."""
    try:
        import clevercsv
    except ImportError as error:
        raise TableError("it needs clevercsv: pip install 'paris-core[cli]'") from error
    collapsed = [re.sub(" {2,}", " ", line.strip(" ")) for line in sample]
    # Columns aligned by runs of spaces are one space apart then.
    for text in (sample, collapsed):
        try:
            found = clevercsv.Sniffer().sniff("\n".join(text) + "\n", list(_DELIMITERS))
        except Exception:  # of texts that are none it raises whatever its parts do
            continue
        if found is None or not found.delimiter:
            continue
        dialect = _usable(found, text)
        if dialect is not None:
            return dialect
    return Dialect(",", '"', None, "as nothing else separates them")


def _usable(found: Any, text: list[str]) -> Dialect | None:
    delimiter = found.delimiter
    quote = found.quotechar if found.quotechar in ('"', "'") else '"'
    escape = found.escapechar if found.escapechar in ("\\",) else None
    dialect = Dialect(delimiter, quote, escape, "as most lines have equally many cells so")
    try:
        widths = collections.Counter(len(cells) for cells in dialect.reader(text) if cells)
    except csv.Error:
        return None
    width, count = widths.most_common(1)[0]
    return dialect if width > 1 and 2 * count > sum(widths.values()) else None


def _quoted(sample: list[str], quote: str, delimiter: str) -> bool:
    """Whether cells stand between these quotes."""
    edge = re.escape(quote)
    between = re.escape(delimiter)
    pattern = re.compile(f"(^|{between}){edge}[^{edge}]*{edge}({between}|$)")
    return sum(bool(pattern.search(line)) for line in sample) * 2 > max(len(sample), 1)


def is_number(text: str) -> bool:
    """Whether a cell of a header is a number: perhaps there is no header."""
    return _NUMBER.fullmatch(text.strip()) is not None
