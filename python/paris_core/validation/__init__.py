"""Validation rows: which rows they are, and how much each of them counts.

The splitters need scikit-learn, and load when they are first used.
"""

from __future__ import annotations

import importlib
from typing import Any

from . import quotas, weights
from .encoding import one_hot
from .tail import Tail

_SPLITTERS = ("BlockedSplit", "GroupedSplit", "RandomSplit", "TailStratifiedSplit")

__all__ = ["Tail", "one_hot", "quotas", "weights", *_SPLITTERS]


def __getattr__(name: str) -> Any:
    if name in _SPLITTERS:
        return getattr(importlib.import_module(f"{__name__}.splitters"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
