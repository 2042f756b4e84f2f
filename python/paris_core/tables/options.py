"""How a table is to be read where guessing must be overruled."""

from __future__ import annotations

import codecs
import datetime
from dataclasses import dataclass

from .errors import TableError

__all__ = ["Options"]

_SEPARATORS = {"tab": "\t", "\\t": "\t", "space": " "}


@dataclass(frozen=True)
class Options:
    """What the user says of a table; None, or nothing, is to be found out.

    Attributes
    ----------
    sep : str or None
        What separates cells: one character, or "tab" or "space".
    decimal : {".", ","} or None
        The decimal mark.
    encoding : str or None
        A codec of Python.
    na : tuple of str or None
        What stands for a missing value, besides an empty cell; if given, even empty, numbers that
        stand apart are taken for what they are.
    date_format : str or None
        As `datetime.datetime.strptime` takes it.
    categories : tuple of str
        Columns that hold names, whatever they look like.

    Raises
    ------
    TableError
        If one of them is not of this kind.
    """

    sep: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    na: tuple[str, ...] | None = None
    date_format: str | None = None
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.sep is not None:
            sep = _SEPARATORS.get(self.sep, self.sep)
            if len(sep) != 1 or sep.isalnum() or sep in "\r\n\"'.":
                raise TableError(
                    "sep must be one character such as , or ; or |, or tab or space, got "
                    f"{self.sep!r}"
                )
            object.__setattr__(self, "sep", sep)
        if self.decimal not in (None, ".", ","):
            raise TableError(f"decimal must be . or , got {self.decimal!r}")
        if self.sep is not None and self.sep == self.decimal:
            raise TableError(f"sep and decimal are both {self.sep!r}; they must differ")
        if self.encoding is not None:
            _check_codec(self.encoding)
        if self.date_format is not None:
            _check_format(self.date_format)


def _check_codec(name: str) -> None:
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise TableError(
            f"encoding must be one of Python's, such as utf-8, latin-1 or cp1250, got {name!r}"
        ) from error
    try:
        is_text = isinstance(known.decode(b"")[0], str)
    except Exception:  # codecs of bytes refuse nothing at all in ways of their own
        is_text = False
    if not is_text:
        raise TableError(f"encoding must be one of text, such as utf-8 or latin-1, got {name!r}")


def _check_format(text: str) -> None:
    day = datetime.datetime(2001, 12, 31, 23, 58, 59)
    try:
        read = datetime.datetime.strptime(day.strftime(text), text)
        usable = read.year == day.year
    except ValueError:
        usable = False
    if not usable:
        raise TableError(
            f"date_format must name the year, such as %d.%m.%Y or %Y-%m-%d %H:%M do, got {text!r}"
        )
