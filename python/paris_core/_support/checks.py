"""Checks of single arguments of public functions: numbers, names, choices, functions, paths.

Every function returns the value as what it stands for, or raises TypeError or ValueError that names
the argument, what it was and what it should be. Arrays are checked in `arrays`.
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .messages import short, shown

_PENALTIES = 1e-100, 1e100


def integer(name: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as an int in [low, high]."""
    if not is_integer(value):
        raise TypeError(f"{name} must be an integer, got {shown(value)}")
    number = int(value)
    if number < low or (high is not None and number > high):
        wanted = f">= {low}" if high is None else f"in [{low}, {high}]"
        raise ValueError(f"{name} must be {wanted}, got {short(number)}")
    return number


def is_integer(value: Any) -> bool:
    """Whether `value` is a whole number by its type, not a bool."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))


def is_number(value: Any) -> bool:
    """Whether `value` is a real number by its type, not a bool."""
    return isinstance(value, numbers.Real) and not isinstance(
        value, (bool, np.bool_, np.timedelta64)
    )


def number(name: str, value: Any, wanted: str = "a number") -> float:
    """`value` as a float, perhaps NaN or infinite; beyond what a float can hold, infinite."""
    if not is_number(value):
        raise TypeError(f"{name} must be {wanted}, got {shown(value)}")
    try:
        return float(value)
    except OverflowError:  # of an int or a Fraction
        return math.inf if value > 0 else -math.inf


def finite(name: str, value: Any) -> float:
    """`value` as a finite float."""
    result = number(name, value)
    if not math.isfinite(result):
        raise ValueError(f"{name} must be finite, got {short(value)}")
    return result


def positive(name: str, value: Any) -> float:
    """`value` as a finite float > 0."""
    result = number(name, value, "a number > 0")
    if not (result > 0 and math.isfinite(result)):
        raise ValueError(f"{name} must be a finite number > 0, got {short(value)}")
    return result


def not_negative(name: str, value: Any) -> float:
    """`value` as a finite float >= 0."""
    result = number(name, value, "a number >= 0")
    if not (result >= 0 and math.isfinite(result)):
        raise ValueError(f"{name} must be a finite number >= 0, got {short(value)}")
    return result


def penalty(name: str, value: Any) -> float:
    """`value` as a ridge parameter."""
    low, high = _PENALTIES
    result = number(name, value, "a number > 0")
    if not low <= result <= high:
        raise ValueError(f"{name} must be in [{low:.0e}, {high:.0e}], got {short(value)}")
    return result


def choice(name: str, value: Any, options: tuple[str, ...]) -> str:
    """`value` if it is one of `options`."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, one of {_listed(options)}, got {shown(value)}")
    if value not in options:
        raise ValueError(f"{name} must be one of {_listed(options)}, got {short(value)}")
    return value


def flag(name: str, value: Any) -> bool:
    """`value` as a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def string(name: str, value: Any) -> str:
    """`value` if it is text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string, got {shown(value)}")
    return value


def members(name: str, value: Any, what: str) -> list[Any]:
    """What `value`, a sequence of `what`, holds."""
    try:
        if not isinstance(value, (str, bytes, bytearray)):
            return list(value)
    except TypeError:  # not iterable, or an array of no dimension
        pass
    raise TypeError(f"{name} must be a sequence of {what}, got {shown(value)}")


def strings(name: str, value: Any) -> list[str]:
    """`value` as a list of texts."""
    found = members(name, value, "strings")
    return [string(f"{name}[{i}]", item) for i, item in enumerate(found)]


def function(name: str, value: Any) -> Callable[..., Any]:
    """`value` if it can be called."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, got {shown(value)}")
    return value  # type: ignore[no-any-return]


def path(name: str, value: Any) -> Path:
    """`value` as the path of a file."""
    if not isinstance(value, (str, os.PathLike)) or not isinstance(os.fspath(value), str):
        raise TypeError(f"{name} must be a path, got {shown(value)}")
    if "\0" in os.fspath(value):
        raise ValueError(f"{name} must be a path, got one with a null character")
    return Path(value)


def n_deletions(k: Any, n_rows: int, name: str = "k") -> int:
    """`k` as a number of rows: an int in [0, N), or a fraction in (0, 1) of N, rounded down."""
    share = fraction(name, k, 0, n_rows - 1)
    return integer(name, k, 0, n_rows - 1) if share is None else math.floor(share * n_rows)


def n_kept(keep: Any, n_rows: int) -> int:
    """`keep` as a number of rows: an int in [1, N], or a fraction in (0, 1) of N, rounded."""
    share = fraction("keep", keep, 1, n_rows)
    if share is None:
        return integer("keep", keep, 1, n_rows)
    if not round(share * n_rows):
        raise ValueError(f"keep must leave at least one of the {n_rows} rows, got {keep}")
    return round(share * n_rows)


def fraction(name: str, value: Any, low: int, high: int) -> float | None:
    """`value` as a fraction in (0, 1), or None if it is no float but should be an int."""
    if is_integer(value) or not is_number(value):
        return None
    share = number(name, value)
    if not 0 < share < 1:
        raise ValueError(
            f"{name} must be an int in [{low}, {high}] or a fraction in (0, 1), got {short(value)}"
        )
    return share


def generator(name: str, value: Any) -> np.random.Generator:
    """`value` as a random generator: an int >= 0 seeds one, None makes one that is never twice."""
    if value is None or isinstance(value, np.random.Generator):
        return np.random.default_rng(value)
    if not is_integer(value):
        raise TypeError(
            f"{name} must be an int, a numpy.random.Generator or None, got {shown(value)}"
        )
    return np.random.default_rng(integer(name, value, 0))


def n_threads(value: Any) -> int:
    """`value` as a number of threads; all the cores this process may use if None."""
    if value is None:
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1
    return integer("n_threads", value, 1, 1024)


def _listed(options: tuple[str, ...]) -> str:
    return ", ".join(repr(option) for option in options)
