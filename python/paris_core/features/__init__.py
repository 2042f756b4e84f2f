"""Tables of features: from a time series, and from models that learn them.

`lagged_features` builds a forecasting table. A `FeatureExtractor` gives the features that `prune`
works on together with the predictions that are linear in them: `MLPExtractor`,
`TransformerExtractor`, `CallableExtractor`, `IdentityExtractor`, `FrozenExtractor` and
`PipelineExtractor` are such, and `as_extractor` picks one; `TablePreprocessor` makes numbers of
gaps and categories; `default_network` is what the estimators train by default.
`paris_core.features.torch` has the one for PyTorch modules, `TorchExtractor`; it is loaded when it
is imported, and needs the extra ``torch``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .hidden_layer import last_hidden_layer
from .lagged import LaggedFeatures, lagged_features
from .protocol import FeatureExtractor

if TYPE_CHECKING:
    from .conversion import as_extractor
    from .mlp import MLPExtractor
    from .networks import StoppedMLPClassifier, StoppedMLPRegressor, default_network
    from .preparation import PipelineExtractor, TablePreprocessor
    from .ridge.frozen import FrozenExtractor
    from .ridge.function import CallableExtractor, IdentityExtractor
    from .ridge.transformer import TransformerExtractor

_LAZY = {  # these need scikit-learn
    "CallableExtractor": "ridge.function",
    "FrozenExtractor": "ridge.frozen",
    "IdentityExtractor": "ridge.function",
    "MLPExtractor": "mlp",
    "PipelineExtractor": "preparation",
    "StoppedMLPClassifier": "networks",
    "StoppedMLPRegressor": "networks",
    "TablePreprocessor": "preparation",
    "TransformerExtractor": "ridge.transformer",
    "as_extractor": "conversion",
    "default_network": "networks",
}

__all__ = [
    "CallableExtractor",
    "FeatureExtractor",
    "FrozenExtractor",
    "IdentityExtractor",
    "LaggedFeatures",
    "MLPExtractor",
    "PipelineExtractor",
    "StoppedMLPClassifier",
    "StoppedMLPRegressor",
    "TablePreprocessor",
    "TransformerExtractor",
    "as_extractor",
    "default_network",
    "lagged_features",
    "last_hidden_layer",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
