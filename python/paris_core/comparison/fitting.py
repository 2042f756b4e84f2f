"""The estimator that all remedies train: its weights, and the one by default."""

from __future__ import annotations

from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

from .._support.messages import shown
from .._support.scikit_learn import takes_labels
from ..features import default_network

__all__ = ["checked_estimator", "weight_parameter"]


def checked_estimator(estimator: Any) -> Any:
    """A regressor of scikit-learn's kind; the default network if it is None."""
    if estimator is None:
        return TransformedTargetRegressor(default_network(), transformer=StandardScaler())
    wanted = "estimator must be a regressor of scikit-learn's kind, not fitted"
    if isinstance(estimator, type) or not all(
        callable(getattr(estimator, name, None)) for name in ("fit", "predict", "get_params")
    ):
        raise TypeError(f"{wanted}, got {shown(estimator)}")
    if takes_labels(estimator):
        raise TypeError(
            f"estimator must be a regressor, compare is for regression only, got {shown(estimator)}"
        )
    return estimator


def weight_parameter(estimator: Any) -> str | None:
    """What `fit` calls the weights of rows; None if it takes none."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        found = weight_parameter(last)
        return None if found is None else f"{name}__{found}"
    if isinstance(estimator, TransformedTargetRegressor):
        return None if estimator.regressor is None else weight_parameter(estimator.regressor)
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None
