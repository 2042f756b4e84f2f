"""The network that ships, on standardised targets: the same for every method."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline

from paris_core.features import default_network, last_hidden_layer
from paris_core.linalg import RidgeFactor
from paris_core.regularization import select_lambda

from .rows import Rows

Predict = Callable[[np.ndarray], np.ndarray]

BATCH = 200  # scikit-learn's


def seeded(seed: int | None) -> Pipeline:
    """The network that ships, not fitted, with a seed."""
    network = default_network()
    network[-1].set_params(random_state=seed)
    return network


class Network:
    """That network on standardised targets, as the estimators train it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, rows: Rows, weight: np.ndarray | None = None) -> Network:
        self._mean, self._scale = rows.y.mean(), rows.y.std() or 1.0
        network = seeded(self.seed)
        self._scaler, self._mlp = network[0], network[-1]
        inputs = self._scaler.fit_transform(rows.X)
        weights = {} if weight is None else {"sample_weight": weight / weight.mean()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # so many passes, at most
            self._mlp.fit(inputs, self._standardised(rows.y), **weights)
        return self

    def tuned(self, rows: Rows, passes: int) -> Network:
        """A copy that has trained on these rows, too."""
        other = copy.deepcopy(self)
        other._mlp.set_params(batch_size=min(BATCH, len(rows)), early_stopping=False)
        other._mlp.best_loss_ = np.inf  # what a network without early stopping begins with
        inputs = self._scaler.transform(rows.X)
        for _ in range(passes):
            other._mlp.partial_fit(inputs, self._standardised(rows.y))
        return other

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self._in_units(self._mlp.predict(self._scaler.transform(X)))

    def table(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Rows as a head sees them: features and standardised targets."""
        Phi = last_hidden_layer(self._mlp, self._scaler.transform(rows.X))
        return Phi, self._standardised(rows.y)

    def head(
        self, rows: Rows, weight: np.ndarray | None = None, lam: float | None = None
    ) -> Predict:
        """The features stay, a ridge head is fitted to the rows; its λ, if not given, chosen."""
        Phi, z = self.table(rows)
        if weight is not None:
            root = np.sqrt(weight)
            Phi, z = Phi * root[:, np.newaxis], z * root
        if lam is None:
            lam = select_lambda(Phi, z, n_threads=1)
        return self.with_head(RidgeFactor(Phi, z, lam, n_threads=1).weights)

    def with_head(self, weights: np.ndarray) -> Predict:
        """The features with these weights of a head."""

        def predict(X: np.ndarray) -> np.ndarray:
            return self._in_units(last_hidden_layer(self._mlp, self._scaler.transform(X)) @ weights)

        return predict

    def _standardised(self, y: np.ndarray) -> np.ndarray:
        return (y - self._mean) / self._scale

    def _in_units(self, z: np.ndarray) -> np.ndarray:
        return self._mean + self._scale * z
