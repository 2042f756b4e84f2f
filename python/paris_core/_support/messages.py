"""What is said to users: numbers and values as people write them, and warnings where they look."""

from __future__ import annotations

import math
import reprlib
import sys
import warnings
from typing import Any

import numpy as np

__all__ = ["number", "short", "shown", "warn"]

_LONGEST = 60  # characters of a value in a message
_PACKAGE = __name__.partition(".")[0]


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


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the nearest line of whoever called this package."""
    level = 1
    frame = sys._getframe()
    while frame.f_back is not None and _is_own(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_own(module: str) -> bool:
    return module == _PACKAGE or module.startswith(f"{_PACKAGE}.")


_REPR = reprlib.Repr()
_REPR.maxlong = _REPR.maxstring = _REPR.maxother = _LONGEST
