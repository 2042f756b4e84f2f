"""Metrics for rare and extreme targets.

`rmse`, `conditional_rmse` and `sera` are errors of a regression, `worst_group_recall` is a score of
a classification, and `removal_curve` follows either while rows leave the training set. The
submodule ``scorers``, which needs scikit-learn, has scorers of them.
"""

from __future__ import annotations

import importlib
from typing import Any

from .classification import worst_group_recall
from .curves import RemovalCurve, random_removal_curves, removal_curve
from .regression import conditional_rmse, relevance, rmse, sera

__all__ = [
    "RemovalCurve",
    "conditional_rmse",
    "random_removal_curves",
    "relevance",
    "removal_curve",
    "rmse",
    "scorers",
    "sera",
    "worst_group_recall",
]


def __getattr__(name: str) -> Any:
    if name == "scorers":
        return importlib.import_module(f"{__name__}.scorers")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
