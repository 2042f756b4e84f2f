"""What writer and reader of a checkpoint agree on.

A value is itself if it is None, a bool, a number or a string; otherwise a list whose first entry
says what it is. Objects are the names of their classes and their attributes; they are made without
calling anything of theirs, and only of classes that `Known` has. Functions and the like are not
stored: the present run's estimator has them, at the same place.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["Arrays", "ToBeFitted", "UnstorableError", "field_names"]

Arrays = dict[str, NDArray[Any]]


class UnstorableError(TypeError):
    """Something has no place in such a file."""


class ToBeFitted:
    """Stands for an extractor that is not stored, and is fitted anew.

    Parameters
    ----------
    shown : (n, D) ndarray
        The features that it gave for some rows, and must give again.
    """

    def __init__(self, shown: NDArray[Any]) -> None:
        self.shown = shown


def field_names(kind: type) -> tuple[str, ...]:
    """Of a dataclass or a named tuple."""
    names = tuple(one.name for one in fields(kind)) if is_dataclass(kind) else kind._fields  # type: ignore[attr-defined]
    return tuple(name for name in names if name not in ("training_rows", "recorder"))
