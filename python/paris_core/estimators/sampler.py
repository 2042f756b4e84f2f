"""PARIS as a sampler, in the conventions of imbalanced-learn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import _safe_indexing, assert_all_finite
from sklearn.utils._metadata_requests import RequestMethod
from sklearn.utils.multiclass import type_of_target

from .._support import checks
from .._support.fitting import all_or_nothing
from ..validation.tail import Bound
from ._base import BasePARIS
from ._tasks import (
    Classification,
    Regression,
    Task,
    Weighting,
    checked_labels,
    numeric_targets,
    rarity,
)
from .history import Round

__all__ = ["PARISUnderSampler"]


class PARISUnderSampler(BasePARIS):
    """Remove training rows for the sake of rare targets, and return the others.

    For regression and classification; use it like a sampler of imbalanced-learn, alone or in its
    pipelines. Rows that steer and monitor are never removed, so those that were split off `X` are
    among the rows returned.

    Parameters
    ----------
    estimator : object, optional
        What the features come from, as for `PARISRegressor` or `PARISClassifier`.
    keep, rounds, remove_per_round, sweeps, delete, warm_start_rounds, retrain : optional
        As for `PARISRegressor`.
    criterion, objective, n_worst, lam, val_weight : optional
        As for `PARISRegressor`.
    validation_fraction, monitor_fraction, folds, validation_split, n_blocks, gap : optional
        As for `PARISRegressor`.
    target_type : {"auto", "regression", "classification"}, default "auto"
        What `y` is. "auto" goes by scikit-learn's ``type_of_target``: whole numbers are classes,
        others are not.
    tail_side, tail_threshold, tail_quantile : optional
        For regression, as for `PARISRegressor`.
    min_per_class : int, default 1
        For classification, as for `PARISClassifier`.
    random_state, n_jobs, verbose, callbacks, checkpoint : optional
        As for `PARISRegressor`.

    Attributes
    ----------
    sample_indices_ : ndarray of int64
        Positions in `X` of the rows returned, ascending.
    ranking_ : ndarray of int64
        Positions in `X` of the removed rows, in the order of their deletion.
    history_ : list of Round
        Errors, rows and seconds of each round.
    estimator_, training_rows_, steering_rows_, monitor_rows_ : object
        As for `PARISRegressor`.
    folds_, results_, best_round_, n_iter_, lam_, n_features_in_, feature_names_in_ : object
        As for `PARISRegressor`.

    Notes
    -----
    In a pipeline of imbalanced-learn `X_val`, `y_val` and `groups` arrive by metadata routing
    (`set_fit_resample_request`). Its ``transform_input`` reaches transformers only (version 0.14):
    `X_val` comes as it was given, without the steps before the sampler. Let `estimator` do what
    these would.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core import PARISUnderSampler
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(1200, 3))
    >>> y = X.sum(axis=1) + rng.normal(size=1200)
    >>> sampler = PARISUnderSampler(keep=0.5, random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> X_res.shape, sampler.ranking_.shape  # half of the 840 training rows are gone
    ((780, 3), (420,))
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        keep: float | str = "auto",
        rounds: int | None = None,
        remove_per_round: float | None = None,
        sweeps: int = 1,
        delete: str = "rows",
        warm_start_rounds: bool = False,
        retrain: str = "network",
        criterion: str = "refit",
        objective: str = "mean",
        n_worst: int = 1,
        lam: float | str = "auto",
        val_weight: Weighting = None,
        validation_fraction: float = 0.3,
        monitor_fraction: float = 0.33,
        folds: int | None = None,
        validation_split: Any = "tail-stratified",
        n_blocks: int = 50,
        gap: int = 0,
        target_type: str = "auto",
        tail_side: str = "both",
        tail_threshold: Bound | None = None,
        tail_quantile: Bound | None = None,
        min_per_class: int = 1,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callbacks: Callable[[Round], Any] | Iterable[Callable[[Round], Any]] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(
            estimator,
            keep=keep,
            rounds=rounds,
            remove_per_round=remove_per_round,
            sweeps=sweeps,
            delete=delete,
            warm_start_rounds=warm_start_rounds,
            retrain=retrain,
            criterion=criterion,
            objective=objective,
            n_worst=n_worst,
            lam=lam,
            val_weight=val_weight,
            validation_fraction=validation_fraction,
            monitor_fraction=monitor_fraction,
            folds=folds,
            validation_split=validation_split,
            n_blocks=n_blocks,
            gap=gap,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
            callbacks=callbacks,
            checkpoint=checkpoint,
        )
        self.target_type = target_type
        self.tail_side = tail_side
        self.tail_threshold = tail_threshold
        self.tail_quantile = tail_quantile
        self.min_per_class = min_per_class

    def fit_resample(
        self,
        X: Any,
        y: ArrayLike,
        *,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> tuple[Any, Any]:
        """Remove rows and return the others.

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
        TailWarning
            If the steering or the monitor rows have fewer than five in a tail, or of a class.
        CheckpointWarning
            Once, if the checkpoint cannot be written.

        Notes
        -----
        As `PARISRegressor.fit`.
        """
        self._find(X, y, X_val, y_val, groups)
        return _safe_indexing(X, self.sample_indices_), _safe_indexing(y, self.sample_indices_)

    # scikit-learn makes this for methods it knows; of this one imbalanced-learn tells it.
    set_fit_resample_request = RequestMethod("fit_resample", ["X_val", "groups", "y_val"])

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
        self._find(X, y, None, None, None)
        return self

    def _find(self, X: Any, y: Any, X_val: Any, y_val: Any, groups: Any) -> None:
        """Set all attributes."""
        with all_or_nothing(self):
            stays = np.ones(self._go_through_rounds(X, y, X_val, y_val, groups), dtype=np.bool_)
            stays[self.removed_] = False
            self.ranking_ = self.removed_
            self.sample_indices_ = np.flatnonzero(stays).astype(np.int64)

    def _classifies(self) -> bool:
        return self._type == "classification"

    def _default_estimator(self) -> Any:
        network = MLPClassifier if self._classifies() else MLPRegressor
        return make_pipeline(StandardScaler(), network(hidden_layer_sizes=(64, 32)))

    def _check_targets(self, name: str, y: NDArray[Any]) -> NDArray[Any]:
        if name == "y":
            self._type = checks.choice(
                "target_type", self.target_type, ("auto", "regression", "classification")
            )
            if self._type == "auto":
                assert_all_finite(y, input_name=name)
                discrete = type_of_target(y) in ("binary", "multiclass")
                self._type = "classification" if discrete else "regression"
        if self._classifies():
            return checked_labels(name, y)
        return numeric_targets(name, y)

    def _rank(self, y: NDArray[Any]) -> NDArray[np.float64]:
        return rarity(y) if self._classifies() else y

    def _task(self, y: NDArray[Any], y_training: NDArray[Any], y_held_out: NDArray[Any]) -> Task:
        if self._classifies():
            try:
                return Classification(y, y_training)
            except ValueError as error:
                if self.target_type == "auto":
                    hint = "(if y holds numbers, not classes: target_type='regression')"
                    raise ValueError(f"{error} {hint}") from error
                raise
        return Regression(
            y_training,
            y_held_out,
            threshold=self.tail_threshold,
            quantile=self.tail_quantile,
            side=self.tail_side,
        )

    def _least_of_stratum(self) -> int:
        return checks.integer("min_per_class", self.min_per_class, 1, 2**53)
