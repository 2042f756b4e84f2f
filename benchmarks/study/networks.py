"""The network of the study, and the training budget that all methods share."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from paris_core.features import last_hidden_layer
from paris_core.linalg import RidgeFactor
from paris_core.regularization import select_lambda

from .rows import Rows

Predict = Callable[[np.ndarray], np.ndarray]

HIDDEN = (64, 32)
BATCH = 200


class Network:
    """A network (64, 32) on standardised inputs and targets.

    `updates` is the number of gradient steps, whatever the number of rows: the same for every
    method, so that fewer rows are seen more often.
    """

    def __init__(self, updates: int, seed: int) -> None:
        self.updates, self.seed = updates, seed

    def fit(self, rows: Rows, weight: np.ndarray | None = None) -> Network:
        self._scaler = StandardScaler().fit(rows.X)
        self._mean, self._scale = rows.y.mean(), rows.y.std() or 1.0
        self._mlp = mlp(self.updates, len(rows), self.seed)
        weights = {} if weight is None else {"sample_weight": weight / weight.mean()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are meant
            self._mlp.fit(*self._standardised(rows), **weights)
        return self

    def tuned(self, rows: Rows, passes: int) -> Network:
        """A copy that has trained on these rows, too."""
        other = copy.deepcopy(self)
        inputs, targets = self._standardised(rows)
        other._mlp.set_params(batch_size=min(BATCH, len(rows)))
        for _ in range(passes):
            other._mlp.partial_fit(inputs, targets)
        return other

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self._in_units(self._mlp.predict(self._scaler.transform(X)))

    def table(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Rows as a head sees them: features and standardised targets."""
        inputs, targets = self._standardised(rows)
        return last_hidden_layer(self._mlp, inputs), targets

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

    def _standardised(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        return self._scaler.transform(rows.X), (rows.y - self._mean) / self._scale

    def _in_units(self, z: np.ndarray) -> np.ndarray:
        return self._mean + self._scale * z


class SteadyMLP(MLPRegressor):
    """A network that makes about so many gradient steps, however many rows it is given."""

    def __init__(
        self,
        updates: int = 1_000,
        hidden_layer_sizes: tuple[int, ...] = HIDDEN,
        random_state: int | None = None,
    ) -> None:
        super().__init__(hidden_layer_sizes=hidden_layer_sizes, random_state=random_state)
        self.updates = updates

    def fit(self, X: np.ndarray, y: np.ndarray) -> SteadyMLP:
        self.max_iter = epochs(self.updates, len(X))
        self.n_iter_no_change = self.max_iter + 1
        return super().fit(X, y)


def epochs(updates: int, n_rows: int) -> int:
    """Passes over so many rows that make about so many gradient steps."""
    return max(1, round(updates * min(BATCH, n_rows) / n_rows))


def mlp(updates: int, n_rows: int, seed: int) -> MLPRegressor:
    """A network that makes about so many gradient steps on so many rows."""
    passes = epochs(updates, n_rows)
    return MLPRegressor(  # batches of 200 by default, or all rows if there are fewer
        hidden_layer_sizes=HIDDEN,
        max_iter=passes,
        n_iter_no_change=passes + 1,
        random_state=seed,
    )


def estimator(updates: int, n_rows: int, seed: int) -> Pipeline:
    """The same for `PARISRegressor`, which standardises the targets itself."""
    return make_pipeline(StandardScaler(), mlp(updates, n_rows, seed))


def steady(updates: int, seed: int) -> Pipeline:
    """The same with as many steps on fewer rows, not as many passes."""
    return make_pipeline(StandardScaler(), SteadyMLP(updates, random_state=seed))
