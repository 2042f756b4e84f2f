"""Numbers and values as people write them."""

from __future__ import annotations

import math
import reprlib
from typing import Any

import numpy as np

__all__ = ["number", "short", "shown"]

_LONGEST = 60  # characters of a value in a message


def number(value: float, digits: int = 4) -> str:
    """`value` to so many significant digits, without an exponent if it is of ordinary size."""
    if not math.isfinite(value):
        return "-" if math.isnan(value) else str(value)
    size = abs(value)
    if size and not 1e-4 <= size < 1e9:
        return f"{value:.{digits}g}"
    decimals = digits - 1 - math.floor(math.log10(size)) if size else 0
    rounded = round(value, decimals)
    text = f"{rounded:,.{max(decimals, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(value: Any) -> str:
    """`value` as a message says what it was: its type, and what it looks like."""
    return f"{type(value).__name__} {short(value)}"


def short(value: Any) -> str:
    """What `value` looks like, in a few words whatever its size, on one line."""
    if isinstance(value, (np.number, np.bool_)):
        value = value.item()
    try:
        text = " ".join(_REPR.repr(value).split())
    except Exception:  # an int of thousands of digits, or a class that cannot show itself
        return "that is too long to be shown" if isinstance(value, int) else "that cannot be shown"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


_REPR = reprlib.Repr()
_REPR.maxlong = _REPR.maxstring = _REPR.maxother = _LONGEST
