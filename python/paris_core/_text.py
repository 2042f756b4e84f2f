"""Numbers as people write them."""

from __future__ import annotations

import math

__all__ = ["number"]


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
