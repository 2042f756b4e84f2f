"""PARIS for classification."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from .._support import checks
from .._support.arrays import FloatArray
from ..features import default_network
from ..validation.dealing import rarity
from ._base import BasePARIS
from ._loop.tasks import Classification, Weighting, checked_labels
from .history import Round

__all__ = ["PARISClassifier"]


class PARISClassifier(ClassifierMixin, BasePARIS):  # type: ignore[misc]
    """Classification that prunes its training rows for the sake of rare classes.

    As `PARISRegressor`, on one-hot targets: what counts is the squared error of the scores.

    Parameters
    ----------
    estimator : object, optional
        As for `PARISRegressor`. A classifier in scikit-learn's sense, such as MLPClassifier, is
        trained on the labels, anything else on one-hot targets (n, C). Default:
        `paris_core.features.default_network`.
    keep, rounds, delete, retrain, criterion, objective, lam : optional
        As for `PARISRegressor`.
    val_weight : "inverse-density", callable or None, default None
        Weights of the validation rows, and of the monitor rows in `monitor_loss`: the same total
        for every class, or a function of the labels (n,) that returns weights (n,). Default: ones.
    validation_split : float, str or splitter, default 0.3
        As for `PARISRegressor`; a fraction, and "tail-stratified", is stratified by class.
    monitor : "auto", float, int or None, default "auto"
        As for `PARISRegressor`.
    refit : bool, default True
        As for `PARISRegressor`.
    min_per_class : int, default 1
        Training rows of each class that must stay, or all if it has fewer. With
        ``delete="groups"`` a round ends before a group whose removal would leave fewer.
    random_state, n_jobs, verbose, callbacks, checkpoint : optional
        As for `PARISRegressor`.

    Attributes
    ----------
    classes_ : (C,) ndarray
        The labels, ascending.
    coef_ : (D, C) ndarray of float64
        With ``retrain="head"``: the head on the features.
    estimator_, round_estimator_, support_, stop_reason_, gain_, losses_, removed_groups_ : object
        As for `PARISRegressor`; the tail that must not be worse is every class by itself.
    training_rows_, validation_rows_, monitor_rows_, removed_ : object
        As for `PARISRegressor`.
    history_ : list of Round
        As for `PARISRegressor`; `error` is the error rate, `tail_error` one minus the recall of the
        class that fares worst.
    folds_, results_, best_round_, n_iter_, lam_, task_, round_task_ : object
        As for `PARISRegressor`.
    n_features_in_, feature_names_in_ : object
        As for `PARISRegressor`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from paris_core import PARISClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = PARISClassifier(keep=0.5, validation_split=0.5, random_state=0).fit(X, y)
    >>> int(model.support_.sum()), bool(model.score(X, y) > 0.8)
    (113, True)
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        keep: float | str = "auto",
        rounds: int | None = None,
        delete: str = "rows",
        retrain: str = "estimator",
        criterion: str = "refit",
        objective: str | tuple[str, int] = "mean",
        lam: float | str = "auto",
        val_weight: Weighting = None,
        validation_split: Any = 0.3,
        monitor: float | str | None = "auto",
        refit: bool = True,
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
            delete=delete,
            retrain=retrain,
            criterion=criterion,
            objective=objective,
            lam=lam,
            val_weight=val_weight,
            validation_split=validation_split,
            monitor=monitor,
            refit=refit,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
            callbacks=callbacks,
            checkpoint=checkpoint,
        )
        self.min_per_class = min_per_class

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict classes.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n,) ndarray
            Labels.
        """
        scores = self._scores(X)
        return np.asarray(self.task_.decode(scores))

    def predict_proba(self, X: Any) -> FloatArray:
        """Predict probabilities of the classes.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n, C) ndarray of float64
            Columns as in `classes_`; rows sum to 1.

        Notes
        -----
        Unless ``retrain="head"``, those of the estimator, if it has such. Otherwise scores are
        least-squares estimates of the probabilities (a linear probability model), cut off at 0 and
        divided by their sum; where none is positive, all are equal.
        """
        scores = self._scores(X)
        if self._model.head is None and hasattr(self.estimator_, "predict_proba"):
            return scores
        positive = np.maximum(scores, 0.0)
        total = positive.sum(axis=1, keepdims=True)
        positive[total[:, 0] == 0.0] = 1.0
        return np.asarray(positive / positive.sum(axis=1, keepdims=True))

    def _default_estimator(self) -> Any:
        return default_network(classes=True)

    def _check_targets(self, name: str, y: NDArray[Any]) -> NDArray[Any]:
        return checked_labels(name, y)

    def _rank(self, y: NDArray[Any]) -> FloatArray:
        return rarity(y)

    def _task(
        self,
        y: NDArray[Any],
        y_training: NDArray[Any],
        y_held_out: NDArray[Any],
        weight: FloatArray | None,
    ) -> Classification:
        task = Classification(y, y_training if weight is None else y_training[weight > 0])
        self.classes_ = task.classes
        return task

    def _least_of_stratum(self) -> int:
        return checks.integer("min_per_class", self.min_per_class, 1, 2**53)
