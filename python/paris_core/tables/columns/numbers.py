"""Numbers as people write them: decimal commas, thousands marks."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._support.arrays import FloatArray
from .cells import Cells, Mask, matches

__all__ = ["Evidence", "are_codes", "are_numbers", "evidence", "may_have_commas", "parsed", "units"]

_FIRST = 1000
_EXPONENT = r"([eE][+-]?\d+)?"
_SPECIAL = r"(?i:inf|infinity)"
_SPACES = r"['\x{2019} \x{00a0}\x{202f}]"
_SIGN = r"[+\x{2212}-]?"
_PATTERNS = {
    ".": (
        rf"^{_SIGN}((\d+\.?\d*|\.\d+){_EXPONENT}|{_SPECIAL})$",
        rf"^{_SIGN}[1-9]\d{{0,2}}(,\d{{3}})+(\.\d*)?$",
        rf"^{_SIGN}[1-9]\d{{0,2}}({_SPACES}\d{{3}})+(\.\d*)?$",
    ),
    ",": (
        rf"^{_SIGN}((\d+,?\d*|,\d+){_EXPONENT}|{_SPECIAL})$",
        rf"^{_SIGN}[1-9]\d{{0,2}}(\.\d{{3}})+(,\d*)?$",
        rf"^{_SIGN}[1-9]\d{{0,2}}({_SPACES}\d{{3}})+(,\d*)?$",
    ),
}
_GROUPS = {
    # 1,234 is 1234 or 1.234; 0,123 and 12,34 are no thousands, 1,234.5 and 1,234,567 nothing else.
    ".": rf"^{_SIGN}[1-9]\d{{0,2}}\.\d{{3}}$",
    ",": rf"^{_SIGN}[1-9]\d{{0,2}},\d{{3}}$",
}
_UNIT = r"^[€$£]?\s*[+-]?\d[\d.,]*\s*(%|[€$£]|[^\d\s.,:/+()_-][^\d\s]{0,5})?$"


class Evidence(NamedTuple):
    """Which decimal marks the numbers of a column can have only, each with a value that says so.

    Attributes
    ----------
    dot, comma : int or None
        Place of a value that needs this mark, of those with the mark that most rows need.
    either_dot, either_comma : int or None
        Place of a value with one such mark and three digits behind it.
    """

    dot: int | None
    comma: int | None
    either_dot: int | None
    either_comma: int | None


def evidence(cells: Cells) -> Evidence:
    """Look for values that can be read in one way only."""
    values = cells.values
    if not may_have_commas(values):
        return Evidence(*_points(cells))
    sides = {}
    for mark, other in ((".", ","), (",", ".")):
        plain, grouped, spaced = (matches(values, one) for one in _PATTERNS[mark])
        has_mark = matches(values, rf"\{mark}")
        doubtful = matches(values, _GROUPS[mark])
        foreign = matches(values, _GROUPS[other])
        needs = (plain | spaced) & has_mark & ~doubtful | grouped & ~foreign
        sides[mark] = needs, doubtful
    weight = {mark: int(cells.counts[needs].sum()) for mark, (needs, _) in sides.items()}

    def place(mark: str, other: str) -> int | None:
        needs = sides[mark][0]
        # A cell that differs from most of its column is a slip in it, and no sign of anything.
        return cells.most(needs) if weight[mark] and weight[mark] >= weight[other] else None

    def either(mark: str) -> int | None:
        doubtful = sides[mark][1]
        return cells.most(doubtful) if doubtful.any() else None

    return Evidence(place(".", ","), place(",", "."), either("."), either(","))


def may_have_commas(values: Any) -> bool:
    """Whether a decimal comma may be in some of these strings of pyarrow; if so, look closer."""
    import pyarrow.compute as pc

    several = pc.greater(pc.count_substring(values, "."), 1)
    return bool(pc.any(pc.match_substring(values, ",")).as_py() or pc.any(several).as_py())


def _points(cells: Cells) -> tuple[int | None, None, int | None, None]:
    """The evidence of a column without commas, as in most files: the first values will do."""
    for part in (cells.values[:_FIRST], cells.values):
        doubtful = matches(part, _GROUPS["."])
        needs = matches(part, rf"^{_SIGN}\d*\.\d*([eE][+-]?\d+)?$") & ~doubtful
        if needs.any():
            return int(np.argmax(needs)), None, None, None
        if len(part) == len(cells.values):
            break
    return None, None, int(np.argmax(doubtful)) if doubtful.any() else None, None


def are_numbers(values: Any, decimal: str) -> Mask:
    """Which strings are numbers with this decimal mark."""
    import pyarrow as pa

    plain, *others = _PATTERNS[decimal]
    found = matches(values, plain)
    rest = np.flatnonzero(~found)
    if len(rest):  # few, or the column holds no numbers
        left = values.take(pa.array(rest))
        for pattern in others:
            found[rest] |= matches(left, pattern)
    return found


def parsed(values: Any, mask: Mask, decimal: str) -> FloatArray:
    """The numbers among these strings; NaN for the others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = values if mask.all() else values.filter(pa.array(mask))
    numbers = np.full(len(values), np.nan)
    if decimal == ",":
        text = pc.replace_substring(text, ".", "")
    else:
        text = pc.replace_substring(text, ",", "")
    text = pc.replace_substring(text, ",", ".")
    try:
        found = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        text = pc.replace_substring_regex(text, rf"{_SPACES}|^\+", "")
        text = pc.replace_substring(text, "\u2212", "-")  # as typesetters write minus
        found = pc.cast(text, pa.float64())
    numbers[mask] = found.to_numpy(zero_copy_only=False)
    return numbers


def are_codes(values: Any) -> bool:
    """Whether some of these numbers begin with a zero, or are too long, as only names do."""
    return bool(matches(values, r"^0\d+$|^[+-]?\d{16,}$").any())


def units(cells: Cells, present: Mask) -> NDArray[np.bool_]:
    """Which values are numbers with the unit that most of them have; none without such a unit."""
    import collections
    import re

    some = present & matches(cells.values, _UNIT)
    found: collections.Counter[str] = collections.Counter()
    for place in np.flatnonzero(some)[:200]:
        bare = re.sub(r"[\d.,\s+-]", "", cells.value(int(place)))
        found[bare] += int(cells.counts[place])
    found.pop("", None)
    if not found:
        return np.zeros(len(some), dtype=np.bool_)
    unit, _ = found.most_common(1)[0]
    return some & matches(cells.values, re.escape(unit))
