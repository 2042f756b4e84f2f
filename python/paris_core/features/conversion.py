"""Which extractor wraps what."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from sklearn.base import BaseEstimator

from .mlp import MLPExtractor, final_network
from .protocol import FeatureExtractor
from .ridge.function import CallableExtractor
from .ridge.transformer import TransformerExtractor

__all__ = ["as_extractor"]


def as_extractor(model: Any) -> FeatureExtractor:
    """Make a feature extractor of a network, a transformer or a function.

    Parameters
    ----------
    model : object
        What it becomes:

        - scikit-learn MLPRegressor or MLPClassifier, or a Pipeline that ends in one:
          `MLPExtractor`;
        - an object with `fit` and `transform`, without a `predict` for targets: a scikit-learn
          transformer, a Pipeline that ends in one, a clusterer: `TransformerExtractor`;
        - an object that follows `FeatureExtractor`: itself;
        - a PyTorch module: `paris_core.features.torch.TorchExtractor`;
        - any other callable: `CallableExtractor`.

    Returns
    -------
    FeatureExtractor
        Not fitted, unless `model` is itself a fitted extractor.

    Raises
    ------
    TypeError
        If `model` is none of these, or a model whose `predict` may have nothing to do with its
        `transform`, such as LinearDiscriminantAnalysis: wrap it yourself.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from sklearn.neural_network import MLPRegressor
    >>> from paris_core.features import as_extractor
    >>> as_extractor(MLPRegressor())
    MLPExtractor(network=MLPRegressor())
    >>> as_extractor(PCA(2))
    TransformerExtractor(transformer=PCA(n_components=2))
    """
    if inspect.isclass(model):
        raise TypeError(f"model must be an instance, got the class {model.__name__}")
    if final_network(model) is not None:
        return MLPExtractor(model)
    if hasattr(model, "fit") and hasattr(model, "transform"):
        if not hasattr(model, "predict") or _is_clusterer(model):
            return TransformerExtractor(model)
        if "sample_weight" in inspect.signature(model.fit).parameters:
            return model  # type: ignore[no-any-return]
        raise TypeError(
            f"model has fit, transform and predict, but fit of {type(model).__name__} does not "
            "take sample_weight as a FeatureExtractor should; to use its transform alone, give "
            "TransformerExtractor(model)"
        )
    if _is_torch_module(model):
        from .torch import TorchExtractor

        return TorchExtractor(model)
    if callable(model):
        return CallableExtractor(model)
    raise TypeError(
        "model must be a scikit-learn MLP or transformer, a PyTorch module, a callable X -> Phi, "
        f"or follow FeatureExtractor, got {type(model).__name__}"
    )


def _is_torch_module(model: Any) -> bool:
    torch = sys.modules.get("torch")  # loaded by whoever made a module
    return torch is not None and isinstance(model, torch.nn.Module)


def _is_clusterer(model: Any) -> bool:
    from sklearn import base

    if hasattr(base, "is_clusterer"):  # scikit-learn 1.6 or later
        return isinstance(model, BaseEstimator) and bool(base.is_clusterer(model))
    return getattr(model, "_estimator_type", None) == "clusterer"
