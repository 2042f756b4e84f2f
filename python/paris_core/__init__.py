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
from ._record import Record
from ._verification import Verification
from .config import show_config
from .encoding import one_hot
from .errors import CheckpointWarning, NotPositiveDefiniteError, TailWarning
from .explanation import Explanation, explain
from .group_pruning import prune_groups
from .group_result import GroupPruneResult
from .influence import deletion_residuals, influence_matrix, representer_weights
from .pruner import Pruner
from .pruning import prune
from .result import Deletion, PruneResult

_LAZY = (
    "cross_validation",
    "datasets",
    "estimators",
    "features",
    "metrics",
    "plotting",
    "quotas",
    "report",
    "selection",
    "splitting",
    "weights",
)
_ESTIMATORS = ("PARISClassifier", "PARISRegressor", "PARISUnderSampler")

__all__ = [
    "CheckpointWarning",
    "Deletion",
    "Explanation",
    "GroupPruneResult",
    "NotPositiveDefiniteError",
    "PruneResult",
    "Pruner",
    "Record",
    "TailWarning",
    "Verification",
    "__version__",
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
    *_ESTIMATORS,
    *_LAZY,
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _ESTIMATORS:
        return getattr(importlib.import_module(f"{__name__}.estimators"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


_start.end()
