"""Dates as people write them."""

from __future__ import annotations

import datetime
import re
import warnings
from typing import Any, NamedTuple

import numpy as np

from ..._support.arrays import IntArray
from .cells import Cells, Mask, matches

__all__ = ["Order", "are_dates", "day_first", "read"]

_CLOCK = r"([T ,]+(\d{1,2}):(\d{2})(:(\d{2})([.,]\d+)?)?\s*([aApP]\.?[mM]\.?)?)?"
_ZONE = r"\s*(Z|UTC|GMT|[+-]\d{2}:?(\d{2})?)?"
_YEAR_FIRST = rf"^(\d{{4}})([-/.])(\d{{1,2}})(?:[-/.](\d{{1,2}}))?{_CLOCK}{_ZONE}$"
_YEAR_LAST = rf"^(\d{{1,2}})([-/.])(\d{{1,2}})[-/.](\d{{4}}|\d{{2}}){_CLOCK}{_ZONE}$"
_HOUR_ONLY = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}$"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED = rf"(?i)^[a-z0-9 ,.:/+-]*\b\d*-?({_MONTHS})[a-z]*\b[a-z0-9 ,.:/+-]*\d[a-z0-9 ,.:/+-]*$"
_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_NO_DATE = np.iinfo(np.int64).min

_year_first = re.compile(_YEAR_FIRST)
_year_last = re.compile(_YEAR_LAST)


class Order(NamedTuple):
    """Whether the day or the month comes first, and which values say so.

    Attributes
    ----------
    day_first : bool or None
        None if it cannot be told.
    day, month : int or None
        Place of a value whose first number can be a day only, and of one whose second can.
    doubtful : int or None
        Place of a value that can be read in both ways.
    """

    day_first: bool | None
    day: int | None
    month: int | None
    doubtful: int | None


def are_dates(values: Any, date_format: str | None) -> Mask:
    """Which strings are written as dates; they need not be days that there are."""
    if date_format is not None:
        return np.asarray(_in_format(values, date_format) != _NO_DATE)
    found = np.zeros(len(values), dtype=np.bool_)
    for pattern in (_YEAR_FIRST, _YEAR_LAST, _HOUR_ONLY, _NAMED):
        found |= matches(values, pattern)
    return found


def day_first(cells: Cells, present: Mask, like: bool | None) -> Order:
    """Find out whether 03/04/2020 is in March or in April; `like` is what another table has."""
    places = np.flatnonzero(present & matches(cells.values, _YEAR_LAST))
    day = month = doubtful = None
    points = False
    for place in places:
        found = _year_last.match(cells.value(int(place)))
        if found is None:  # what RE2 calls a digit or a space
            continue
        first, second = int(found[1]), int(found[3])
        points = points or found[2] == "."
        if first > 12 and day is None:
            day = int(place)
        elif second > 12 and month is None:
            month = int(place)
        elif first <= 12 and second <= 12 and first != second and doubtful is None:
            doubtful = int(place)
        if day is not None and month is not None:
            break
    if day is not None or month is not None:
        both = day is not None and month is not None
        return Order(None if both else day is not None, day, month, doubtful)
    if points or doubtful is None:  # 03.04.2020 is written where days come first
        return Order(True, None, None, None)
    return Order(like, None, None, doubtful)


def read(values: Any, first: bool, date_format: str | None) -> IntArray:
    """Microseconds since 1970, UTC, of these strings; the least integer for what is no date."""
    if date_format is not None:
        return _in_format(values, date_format)
    times = np.full(len(values), _NO_DATE, dtype=np.int64)
    named = []
    for place, text in enumerate(values.to_pylist()):
        found = _year_first.match(text)
        if found is not None:
            date = found[1], found[3], found[4] or "1"
            times[place] = _time(date, found, 5)
            continue
        found = _year_last.match(text)
        if found is not None:
            day, month = (found[1], found[3]) if first else (found[3], found[1])
            times[place] = _time((_year(found[4]), month, day), found, 5)
        elif re.match(_HOUR_ONLY, text):
            times[place] = _whole_hour(text)
        elif re.match(_NAMED, text):
            named.append(place)
    if named:
        times[named] = _by_pandas([values[place].as_py() for place in named], format="mixed")
    return times


def _year(text: str) -> str:
    """Two digits are of 1969 to 2068, as POSIX has it."""
    return text if len(text) == 4 else f"{'19' if int(text) >= 69 else '20'}{text}"


def _time(date: tuple[str, str, str], found: re.Match[str], at: int) -> int:
    """From year, month, day and the groups of a pattern from clock to zone."""
    hour, minute, second = (int(found[at + k] or 0) for k in (1, 2, 4))
    fraction = found[at + 5]
    half = found[at + 6]
    if half:
        if not 1 <= hour <= 12:
            return _NO_DATE
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    try:
        moment = datetime.datetime(int(date[0]), int(date[1]), int(date[2]), hour, minute, second)
    except ValueError:
        return _NO_DATE
    time = (moment - _EPOCH) // _MICROSECOND
    if fraction:
        time += int(f"{fraction[1:]:0<6}"[:6])
    return time - _offset(found[at + 7])


def _offset(zone: str | None) -> int:
    """Microseconds by which a zone is ahead of UTC."""
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return (-1 if zone[0] == "-" else 1) * minutes * 60_000_000


def _whole_hour(text: str) -> int:
    try:
        moment = datetime.datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H")
    except ValueError:
        return _NO_DATE
    return (moment - _EPOCH) // _MICROSECOND


def _in_format(values: Any, date_format: str) -> IntArray:
    return _by_pandas(values.to_pylist(), format=date_format)


def _by_pandas(texts: list[str], **options: Any) -> IntArray:
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it cannot infer
        times = pd.to_datetime(pd.Series(texts, dtype=object), utc=True, errors="coerce", **options)
    missing = times.isna().to_numpy()
    # The unit differs between versions of pandas.
    found = times.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.where(missing, _NO_DATE, found)
