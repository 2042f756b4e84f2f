"""A scikit-learn network as a feature extractor."""

from __future__ import annotations

import copy
from typing import Any

import sklearn
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from .._support.arrays import FloatArray
from .._support.signals import ctrl_c
from .._support.state import all_or_nothing
from ..progress import training
from .hidden_layer import last_hidden_layer

__all__ = ["MLPExtractor"]


class MLPExtractor(BaseEstimator):  # type: ignore[misc]
    """Features from the last hidden layer of a scikit-learn network.

    `transform` is `last_hidden_layer`, with its constant column; `predict` is the network's own.

    Parameters
    ----------
    network : MLPRegressor, MLPClassifier or Pipeline
        A pipeline must end in such a network: one that scales the inputs first, as a rule. A copy
        is fitted. With ``warm_start=True`` in the network, a second `fit` continues the training
        where the first one ended, with the parameters that `network` then has; other steps of a
        pipeline are fitted afresh.

    Attributes
    ----------
    network_ : MLPRegressor, MLPClassifier or Pipeline
        The fitted network.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neural_network import MLPRegressor
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from paris_core.features import MLPExtractor
    >>> X = np.linspace(0.0, 100.0, 60)[:, None]
    >>> network = MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0)
    >>> extractor = MLPExtractor(make_pipeline(StandardScaler(), network)).fit(X, X[:, 0])
    >>> extractor.transform(X).shape
    (60, 9)
    >>> extractor.predict(X).shape
    (60,)
    """

    network_: Any

    def __init__(self, network: Any) -> None:
        self.network = network

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> MLPExtractor:
        """Train the network.

        Parameters
        ----------
        X : (n, p) array_like of float
            Inputs.
        y : (n,) or (n, C) array_like
            Targets as the network takes them; class labels for an MLPClassifier.
        sample_weight : (n,) array_like of float, optional
            Weights of the rows in the network's loss; needs scikit-learn 1.7 or later. Steps of a
            pipeline before the network do not use them.

        Returns
        -------
        MLPExtractor
            self.

        Raises
        ------
        TypeError
            If `network` is no such network, or does not support `sample_weight`.
        ValueError
            As the network's own `fit`.
        KeyboardInterrupt
            On Ctrl-C, which scikit-learn's networks take for the end of their training. `network_`
            is then what it was before.
        """
        last = final_network(self.network)
        if last is None:
            raise TypeError(
                "network must be a scikit-learn MLPRegressor or MLPClassifier, or a Pipeline that "
                f"ends in one, got {type(self.network).__name__}"
            )
        weights: dict[str, Any] = {}
        if sample_weight is not None:
            if not (
                has_fit_parameter(last, "sample_weight")
                and has_fit_parameter(MLPRegressor, "sample_weight")
            ):
                raise TypeError(
                    f"sample_weight is not supported by the {type(last).__name__} of scikit-learn "
                    f"{sklearn.__version__}; it needs scikit-learn 1.7 or later"
                )
            step = f"{self.network.steps[-1][0]}__" if isinstance(self.network, Pipeline) else ""
            weights[f"{step}sample_weight"] = sample_weight
        network = clone(self.network)
        before = final_network(getattr(self, "network_", None))
        if last.warm_start and type(before) is type(last):
            before = copy.deepcopy(before)  # so that `network_` stays as it is until the end
            before.set_params(**last.get_params())
            if isinstance(network, Pipeline):
                network.steps[-1] = (network.steps[-1][0], before)
            else:
                network = before
        with all_or_nothing(self), ctrl_c.heeded(), training(network):
            self.network_ = network.fit(X, y, **weights)
        return self

    def transform(self, X: ArrayLike) -> FloatArray:
        """Return the activations of the last hidden layer, and a constant.

        Parameters
        ----------
        X : (n, p) array_like of float
            Inputs, as for `fit`.

        Returns
        -------
        (n, h + 1) ndarray of float64
            The last column is 1.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `X` does not fit.
        """
        check_is_fitted(self, "network_")
        if isinstance(self.network_, Pipeline):
            if len(self.network_) > 1:
                X = self.network_[:-1].transform(X)
            return last_hidden_layer(self.network_[-1], X)
        return last_hidden_layer(self.network_, X)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the network's predictions.

        Parameters
        ----------
        X : (n, p) array_like of float
            Inputs, as for `fit`.

        Returns
        -------
        (n,) or (n, C) ndarray
            Targets, or class labels.
        """
        check_is_fitted(self, "network_")
        return self.network_.predict(X)  # type: ignore[no-any-return]

    @available_if(  # type: ignore[untyped-decorator]
        lambda self: isinstance(final_network(self.network), MLPClassifier)
    )
    def predict_proba(self, X: ArrayLike) -> FloatArray:
        """Return the probability of every class; for an MLPClassifier only.

        Parameters
        ----------
        X : (n, p) array_like of float
            Inputs, as for `fit`.

        Returns
        -------
        (n, C) ndarray of float64
            A column a class, in ascending order of the labels.
        """
        check_is_fitted(self, "network_")
        return self.network_.predict_proba(X)  # type: ignore[no-any-return]

    @property
    def _estimator_type(self) -> str | None:  # is_classifier before scikit-learn 1.6
        return getattr(self.network, "_estimator_type", None)

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import get_tags

        tags = super().__sklearn_tags__()
        tags.estimator_type = get_tags(self.network).estimator_type
        return tags


def final_network(model: Any) -> Any:
    """The MLP that `model` is or, as a pipeline, ends in; None if there is none."""
    last = model[-1] if isinstance(model, Pipeline) else model
    return last if isinstance(last, (MLPRegressor, MLPClassifier)) else None
