"""Which extractor wraps what."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from .mlp import MLPExtractor, final_network
from .preparation import PipelineExtractor
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
        - any other Pipeline that ends in a PyTorch module or an extractor: `PipelineExtractor`;
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
    if isinstance(model, Pipeline) and len(model) > 1 and _ends_in_extractor(model):
        return PipelineExtractor(model[:-1], as_extractor(model[-1]))
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
        f"or follow FeatureExtractor, got {type(model).__name__}: a model without features, such "
        "as trees, can be fitted to the rows that a network leaves, those of support_"
    )


def _ends_in_extractor(model: Pipeline) -> bool:
    """Whether its last step is a PyTorch module, or gives features and predictions."""
    last = model[-1]
    if _is_clusterer(last):
        return False
    return _is_torch_module(last) or all(hasattr(last, name) for name in ("transform", "predict"))


def _is_torch_module(model: Any) -> bool:
    torch = sys.modules.get("torch")  # loaded by whoever made a module
    return torch is not None and isinstance(model, torch.nn.Module)


def _is_clusterer(model: Any) -> bool:
    from sklearn import base

    if hasattr(base, "is_clusterer"):  # scikit-learn 1.6 or later
        return isinstance(model, BaseEstimator) and bool(base.is_clusterer(model))
    return getattr(model, "_estimator_type", None) == "clusterer"
