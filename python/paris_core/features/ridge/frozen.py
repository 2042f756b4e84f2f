"""Features that a model has learned already."""

from __future__ import annotations

from typing import Any

from ..._support.arrays import FloatArray
from ..._support.messages import shown
from ..hidden_layer import last_hidden_layer
from ..mlp import final_network
from .head import RidgeHead

__all__ = ["FrozenExtractor"]


class FrozenExtractor(RidgeHead):
    """Features of a fitted model, which is not trained again, and a ridge head.

    Parameters
    ----------
    model : object
        A fitted extractor, transformer, MLPRegressor or MLPClassifier, or a fitted Pipeline that
        ends in one. It is neither fitted nor copied, by `sklearn.base.clone` neither.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter of the head, as for `paris_core.prune`.

    Attributes
    ----------
    coef_ : (D,) or (D, C) ndarray of float64
        The head.
    lam_ : float
        Its ridge parameter.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neural_network import MLPRegressor
    >>> from paris_core.features import FrozenExtractor
    >>> X = np.linspace(-1.0, 1.0, 50)[:, None]
    >>> mlp = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0).fit(X, X[:, 0])
    >>> extractor = FrozenExtractor(mlp).fit(X, 3.0 * X[:, 0])
    >>> bool(np.abs(extractor.predict(X) - 3.0 * X[:, 0]).max() < 0.1)
    True
    """

    def __init__(self, model: Any, *, lam: float | str = "auto") -> None:
        self.model = model
        self.lam = lam

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, but none of those of the model, which is to stay as it is.

        Parameters
        ----------
        deep : bool, default True
            Not used.

        Returns
        -------
        dict
        """
        return dict(super().get_params(deep=False))

    def __sklearn_clone__(self) -> FrozenExtractor:
        return type(self)(self.model, lam=self.lam)

    def _fit_features(self, X: Any, y: FloatArray) -> Any:
        return self._features(X)

    def _features(self, X: Any) -> Any:
        model = self.model
        if hasattr(model, "fit") and not isinstance(model, type):
            if hasattr(model, "transform"):
                return model.transform(X)
            network = final_network(model)
            if network is not None:
                piped = network is not model and len(model) > 1
                return last_hidden_layer(network, model[:-1].transform(X) if piped else X)
        raise TypeError(
            f"model must be a fitted extractor, transformer or scikit-learn MLP, got {shown(model)}"
        )
