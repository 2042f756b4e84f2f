"""The network that ships: what estimators, command line, demo and study train by default."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from .._support import checks

__all__ = ["StoppedMLPClassifier", "StoppedMLPRegressor", "default_network"]

_FEW = 4  # rows, fewer than which say when to stop by chance
_PASSES = 200  # where no rows can be spared


class _Stopped:
    """Stops early where rows can be spared to say when, and else after so many passes.

    scikit-learn's networks refuse to be fitted early stopped to a handful of rows, or to a class
    with a single row.
    """

    early_stopping: bool
    max_iter: int
    validation_fraction: float

    def _can_spare(self, y: Any) -> bool:
        """Whether there are enough rows for some of them to say when to stop."""
        return self._n_spared(y) >= _FEW

    def _n_spared(self, y: Any) -> int:
        return math.ceil(self.validation_fraction * len(y))

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit the network; scikit-learn's, but for few rows.

        Parameters
        ----------
        X : (n, p) array_like
            Inputs.
        y : (n,) or (n, C) array_like
            Targets.
        sample_weight : (n,) array_like of float, optional
            Weights of the rows; needs scikit-learn 1.7 or later.

        Returns
        -------
        self
        """
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        wanted = self.early_stopping, self.max_iter
        if not wanted[0] or self._can_spare(y):
            return super().fit(X, y, **weights)  # type: ignore[misc]
        self.early_stopping, self.max_iter = False, min(_PASSES, wanted[1])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # so many passes are meant
                return super().fit(X, y, **weights)  # type: ignore[misc]
        finally:
            self.early_stopping, self.max_iter = wanted


class StoppedMLPRegressor(_Stopped, MLPRegressor):  # type: ignore[misc]
    """scikit-learn's MLPRegressor, which ``early_stopping`` does not keep from fitting few rows.

    With fewer than 31 rows, of which a tenth would say nothing, it is trained without early
    stopping, for at most 200 passes.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.features import StoppedMLPRegressor
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> network = StoppedMLPRegressor(early_stopping=True, random_state=0)
    >>> network.fit(X, X[:, 0]).predict(X).shape
    (3,)
    """


class StoppedMLPClassifier(_Stopped, MLPClassifier):  # type: ignore[misc]
    """scikit-learn's MLPClassifier, likewise; also for classes with a single row.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.features import StoppedMLPClassifier
    >>> X = np.linspace(-1.0, 1.0, 50)[:, None]
    >>> rare = np.where(X[:, 0] == 1.0, "rare", "common")
    >>> network = StoppedMLPClassifier(early_stopping=True, max_iter=500, random_state=0)
    >>> network.fit(X, rare).classes_.tolist()
    ['common', 'rare']
    """

    def _can_spare(self, y: Any) -> bool:
        """Whether a tenth of the rows, dealt out by class, has rows of each class."""
        if not super()._can_spare(y):
            return False
        count = np.unique(np.asarray(y), return_counts=True)[1]
        return bool(count.min() >= 2 and self._n_spared(y) >= len(count))


def default_network(*, classes: bool = False) -> Pipeline:
    """Return the network that the estimators train if they are given none.

    Two hidden layers of 64 and 32 units on standardised inputs. A tenth of the rows says when to
    stop: after twenty passes that made it no better there, or after 500; the best pass counts.

    Parameters
    ----------
    classes : bool, default False
        Whether it tells classes apart.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted; its random_state is None.

    Raises
    ------
    TypeError
        If `classes` is no bool.

    Notes
    -----
    Among early stopping, fewer passes, weight decay and passes chosen on held-out rows this had the
    least error on twelve public tables, see docs/study.md.

    Examples
    --------
    >>> from paris_core.features import default_network
    >>> default_network()[-1].hidden_layer_sizes
    (64, 32)
    """
    kind = StoppedMLPClassifier if checks.flag("classes", classes) else StoppedMLPRegressor
    network = kind(
        hidden_layer_sizes=(64, 32),
        early_stopping=True,
        n_iter_no_change=20,
        max_iter=500,
    )
    return make_pipeline(StandardScaler(), network)
