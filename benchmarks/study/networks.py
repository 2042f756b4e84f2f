"""The network of the study, and the training budget that all methods share."""

from __future__ import annotations

import copy
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from paris_core.features import last_hidden_layer

HIDDEN = (64, 32)
BATCH = 200


class Network:
    """A network (64, 32) on standardised inputs and targets.

    `updates` is the number of gradient steps, whatever the number of rows: the same for every
    method, so that fewer rows are seen more often.
    """

    def __init__(self, updates: int, seed: int) -> None:
        self.updates, self.seed = updates, seed

    def fit(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> Network:
        self._scaler = StandardScaler().fit(X)
        self._mean, self._scale = y.mean(), y.std() or 1.0
        self._mlp = mlp(self.updates, len(y), self.seed)
        weights = {} if weight is None else {"sample_weight": weight / weight.mean()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are meant
            self._mlp.fit(self._scaler.transform(X), self.standardised(y), **weights)
        return self

    def tuned(self, X: np.ndarray, y: np.ndarray, passes: int) -> Network:
        """A copy that has trained on these rows, too."""
        other = copy.deepcopy(self)
        inputs, targets = self._scaler.transform(X), self.standardised(y)
        other._mlp.set_params(batch_size=min(BATCH, len(y)))
        for _ in range(passes):
            other._mlp.partial_fit(inputs, targets)
        return other

    def standardised(self, y: np.ndarray) -> np.ndarray:
        return (y - self._mean) / self._scale

    def in_units(self, z: np.ndarray) -> np.ndarray:
        return self._mean + self._scale * z

    def features(self, X: np.ndarray) -> np.ndarray:
        """Activations of the last hidden layer, and a constant."""
        return last_hidden_layer(self._mlp, self._scaler.transform(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.in_units(self._mlp.predict(self._scaler.transform(X)))


def mlp(updates: int, n_rows: int, seed: int) -> MLPRegressor:
    """A network that makes about so many gradient steps on so many rows."""
    epochs = max(1, round(updates * min(BATCH, n_rows) / n_rows))
    return MLPRegressor(  # batches of 200 by default, or all rows if there are fewer
        hidden_layer_sizes=HIDDEN,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        random_state=seed,
    )


def estimator(updates: int, n_rows: int, seed: int) -> Pipeline:
    """The same for `PARISRegressor`, which standardises the targets itself."""
    return make_pipeline(StandardScaler(), mlp(updates, n_rows, seed))
