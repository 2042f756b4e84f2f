"""PARIS: prune a training set so that a model does better on rare, extreme targets.

The main function is `prune`. Submodules that need more than NumPy load when they are first used.
"""

from __future__ import annotations

from . import _start  # before all that takes time

# isort: split
import importlib
from importlib.metadata import version as _version
from typing import Any

__version__ = _version("paris-core")

from . import linalg, regularization
from .config import show_config
from .errors import (
    CheckpointWarning,
    DuplicateRowsWarning,
    ManyRemovedWarning,
    NotPositiveDefiniteError,
    ScaleWarning,
    TailWarning,
    WeakModelWarning,
)
from .influence import (
    Explanation,
    deletion_effects,
    deletion_residuals,
    explain,
    influence_matrix,
    representer_weights,
)
from .pruning import Pruner, choose_k, choose_k_groups, prune, prune_groups
from .results import Deletion, GroupPruneResult, PruneResult, Record, Verification
from .validation import one_hot

_LAZY = (
    "auditing",
    "comparison",
    "datasets",
    "estimators",
    "evidence",
    "features",
    "metrics",
    "plotting",
    "report",
    "selection",
    "validation",
)
_ESTIMATORS = ("PARISClassifier", "PARISRegressor", "PARISUnderSampler")
_ROOM_OF = dict.fromkeys(_ESTIMATORS, "estimators")
_ROOM_OF |= {"audit": "auditing", "compare": "comparison"}

__all__ = [
    "CheckpointWarning",
    "Deletion",
    "DuplicateRowsWarning",
    "Explanation",
    "GroupPruneResult",
    "ManyRemovedWarning",
    "NotPositiveDefiniteError",
    "PruneResult",
    "Pruner",
    "Record",
    "ScaleWarning",
    "TailWarning",
    "Verification",
    "WeakModelWarning",
    "__version__",
    "choose_k",
    "choose_k_groups",
    "deletion_effects",
    "deletion_residuals",
    "explain",
    "influence_matrix",
    "linalg",
    "one_hot",
    "prune",
    "prune_groups",
    "regularization",
    "representer_weights",
    "show_config",
    *_ROOM_OF,
    *_LAZY,
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _ROOM_OF:
        return getattr(importlib.import_module(f"{__name__}.{_ROOM_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


_start.end()
