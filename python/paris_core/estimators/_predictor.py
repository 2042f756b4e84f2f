"""What regressor and classifier share: `fit` and predictions of the final model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from .._support.arrays import FloatArray
from .._support.fitting import all_or_nothing
from ._base import BasePARIS
from ._compat import remember_columns, table


class PARISPredictor(BasePARIS):
    """Base of the estimators that predict."""

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        *,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Any:
        """Train, prune and train again.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as the estimator takes them. Sparse matrices are refused.
        y : (n,) array_like
            Targets, or class labels.
        X_val : (V, p) array_like or DataFrame, optional
            Trusted rows that steer and monitor, instead of a share of `X`.
        y_val : (V,) array_like, optional
            Their targets.
        groups : (n,) array_like, optional
            Groups of the rows. With ``delete="groups"``, of int, bool or str: those that leave as a
            whole. Without `X_val` they also go to `validation_split`, which must be a splitter that
            uses them; with ``delete="rows"`` that is all they are for.

        Returns
        -------
        self

        Raises
        ------
        NotPositiveDefiniteError
            If ``Phi'Phi + lam I`` is not positive definite to working precision.
        TypeError, ValueError
            If a parameter or an argument has the wrong type, shape or value, or a checkpoint
            belongs to another run.
        KeyboardInterrupt
            On Ctrl-C, also in an estimator that takes it for the end of its training. The fitted
            attributes are then what they were before, and a checkpoint is what was saved last.

        Warns
        -----
        TailWarning
            If the steering or the monitor rows have fewer than five in a tail, or of a class.
        CheckpointWarning
            Once, if the checkpoint cannot be written.

        Notes
        -----
        One training of the estimator for ``retrain="head"``, one a round and one more for
        "network"; and the deletions (`paris_core.prune`).
        """
        self._find(X, y, X_val, y_val, groups)
        return self

    def _find(self, X: Any, y: Any, X_val: Any, y_val: Any, groups: Any) -> None:
        """Set all attributes."""
        with all_or_nothing(self):
            n_samples = self._go_through_rounds(X, y, X_val, y_val, groups)
            self.support_ = np.zeros(n_samples, dtype=np.bool_)
            self.support_[self.training_rows_[self._model.kept]] = True

    def features(self, X: Any) -> FloatArray:
        """Return the features of `X` that the final model is linear in.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n, D) ndarray of float64
        """
        inputs = self._checked_inputs(X)
        return np.asarray(self.estimator_.transform(inputs))

    def _scores(self, X: Any) -> FloatArray:
        inputs = self._checked_inputs(X)
        return self._model.scores(inputs)

    def _checked_inputs(self, X: Any) -> Any:
        check_is_fitted(self)
        inputs = table("X", X)
        remember_columns(self, inputs, reset=False)
        return inputs
