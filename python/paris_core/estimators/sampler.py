"""PARIS as a sampler, in the conventions of imbalanced-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import _safe_indexing, assert_all_finite
from sklearn.utils._metadata_requests import RequestMethod
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import column_or_1d

from .._support.messages import short
from .._support.scikit_learn import naming
from .._support.state import all_or_nothing
from ._base import BasePARIS
from .classifier import PARISClassifier
from .regressor import PARISRegressor

__all__ = ["PARISUnderSampler"]

_FEW = 10  # different whole numbers that are taken for classes


class PARISUnderSampler(BaseEstimator):  # type: ignore[misc]
    """Remove training rows for the sake of rare targets, and return the others.

    For regression and classification; use it like a sampler of imbalanced-learn, alone or in its
    pipelines. Which rows leave says a `PARISRegressor` or `PARISClassifier`. Rows that steer and
    monitor are never removed, so those that were split off `X` are among the rows returned.

    Parameters
    ----------
    estimator : PARISRegressor or PARISClassifier, optional
        What finds the rows, with all its parameters (in a grid search ``estimator__keep`` and the
        like). Default: one of the two with its defaults, but ``refit=False``, as its predictions
        are not asked for: text, truth values and whole numbers of ten different values at most are
        classes, other numbers are not. Give one of the two where that is not what they are.

    Attributes
    ----------
    estimator_ : PARISRegressor or PARISClassifier
        Fitted: with its history, its parts and what it has learned.
    sample_indices_ : ndarray of int64
        Positions in `X` of the rows returned, ascending.
    ranking_ : ndarray of int64
        Positions in `X` of the removed rows, in the order of their deletion.
    n_features_in_ : int
        Columns of `X`.
    feature_names_in_ : ndarray of str
        Their names, if `X` has such.

    Notes
    -----
    In a pipeline of imbalanced-learn `X_val`, `y_val` and `groups` arrive by metadata routing
    (`set_fit_resample_request`). Its ``transform_input`` reaches transformers only (version 0.14):
    `X_val` comes as it was given, without the steps before the sampler. Let the estimator do what
    these would.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core import PARISRegressor, PARISUnderSampler
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1200, 3))
    >>> y = X.sum(axis=1) + rng.normal(size=1200)
    >>> sampler = PARISUnderSampler(PARISRegressor(keep=0.5, random_state=0))
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> X_res.shape, sampler.ranking_.shape  # half of the 840 training rows are gone
    ((780, 3), (420,))
    """

    def __init__(self, estimator: PARISRegressor | PARISClassifier | None = None) -> None:
        self.estimator = estimator

    def fit_resample(
        self,
        X: Any,
        y: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> tuple[Any, Any]:
        """Remove rows and return the others.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as the estimator takes them. Sparse matrices are refused.
        y : (n,) array_like
            Targets, or class labels.
        sample_weight : (n,) array_like of float, optional
            Weights >= 0 of the rows, as for `PARISRegressor.fit`; those of the rows returned are
            ``sample_weight[sample_indices_]``.
        X_val : (V, p) array_like or DataFrame, optional
            Trusted rows that steer and monitor, instead of rows of `X`.
        y_val : (V,) array_like, optional
            Their targets.
        sample_weight_val : (V,) array_like of float, optional
            Their weights >= 0.
        groups : (n,) array_like, optional
            Groups of the rows, as for `PARISRegressor.fit`.

        Returns
        -------
        X_res : (n_res, p) array_like or DataFrame
            The rows that are left, of the type of `X`.
        y_res : (n_res,) array_like or Series
            Their targets, of the type of `y`.

        Raises
        ------
        NotPositiveDefiniteError
            If ``Phi'Phi + lam I`` is not positive definite to working precision.
        TypeError, ValueError
            If a parameter or an argument has the wrong type, shape or value, or a checkpoint
            belongs to another run.
        KeyboardInterrupt
            As in `PARISRegressor.fit`.

        Warns
        -----
        ScaleWarning, DuplicateRowsWarning, TailWarning, WeakModelWarning, ManyRemovedWarning
            If the rows, the first model or the deletions are in doubt, as in `PARISRegressor.fit`.
        CheckpointWarning
            Once, if the checkpoint cannot be written.

        Notes
        -----
        As `PARISRegressor.fit`.
        """
        self._find(
            X,
            y,
            sample_weight=sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
            groups=groups,
        )
        return _safe_indexing(X, self.sample_indices_), _safe_indexing(y, self.sample_indices_)

    # scikit-learn makes this for methods it knows; of this one imbalanced-learn tells it.
    set_fit_resample_request = RequestMethod(
        "fit_resample", ["X_val", "groups", "sample_weight", "sample_weight_val", "y_val"]
    )

    def fit(self, X: Any, y: ArrayLike) -> PARISUnderSampler:
        """Do `fit_resample` and keep its attributes.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs.
        y : (n,) array_like
            Targets, or class labels.

        Returns
        -------
        PARISUnderSampler
            self.
        """
        self._find(X, y)
        return self

    def _find(self, X: Any, y: Any, **rows: Any) -> None:
        """Set all attributes."""
        with all_or_nothing(self):
            model = self._model(y)
            model.fit(X, y, **rows)
            stays = np.ones(len(model.support_), dtype=np.bool_)
            stays[model.removed_] = False
            self.estimator_ = model
            self.ranking_ = model.removed_
            self.sample_indices_ = np.flatnonzero(stays).astype(np.int64)
            self.n_features_in_ = model.n_features_in_
            self.__dict__.pop("feature_names_in_", None)  # of another fit
            if hasattr(model, "feature_names_in_"):
                self.feature_names_in_ = model.feature_names_in_

    def _model(self, y: Any) -> Any:
        """One like `estimator`, not fitted."""
        if self.estimator is not None:
            if not isinstance(self.estimator, BasePARIS):
                raise TypeError(
                    "estimator must be a PARISRegressor or PARISClassifier, got "
                    f"{short(self.estimator)}"
                )
            # Not a clone: callbacks are to be those of the user, and fit changes no parameter.
            return type(self.estimator)(**self.estimator.get_params(deep=False))
        if y is None:
            return PARISRegressor()  # which refuses it
        with naming("y"):
            labels = column_or_1d(y)
            assert_all_finite(labels, input_name="y")
            discrete = type_of_target(labels) in ("binary", "multiclass")
            if labels.dtype.kind in "iuf":
                discrete = discrete and len(np.unique(labels)) <= _FEW
        return (PARISClassifier if discrete else PARISRegressor)(refit=False)
