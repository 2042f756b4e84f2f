"""What a remedy is given: rows, an estimator, and fits that remedies share."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from .._support import arrays, checks
from .._support.arrays import FloatArray, IntArray
from .._support.scikit_learn import Rows, seeded
from ..errors import (
    DuplicateRowsWarning,
    ManyRemovedWarning,
    ScaleWarning,
    TailWarning,
    WeakModelWarning,
)
from ..evidence import paired_gain
from ..progress import training
from ..validation import Tail
from .fitting import weight_parameter

__all__ = ["Outcome", "Repeat", "Task"]


# Warnings of PARIS: of parts and models that the user does not see, and that are judged anyway.
_OF_A_RUN = TailWarning, WeakModelWarning, ManyRemovedWarning
_OF_ROWS = ScaleWarning, DuplicateRowsWarning


class Outcome(NamedTuple):
    """What a remedy comes to.

    Attributes
    ----------
    model : object
        Fitted, with a method `predict`.
    removed : ndarray of int64
        Positions of the training rows that it was trained without.
    """

    model: Any
    removed: IntArray = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Repeat:
    """One division of the validation rows: what its folds share, and is fitted once."""

    train: Rows
    validation: Rows
    groups: NDArray[Any] | None
    estimator: Any
    network: Any
    tail: Tail
    seed: int
    n_jobs: int | None
    models: dict[bytes, Any] = field(default_factory=dict)
    losses: dict[bytes, FloatArray] = field(default_factory=dict)
    told: set[type[Warning]] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: {"fits": 0, "runs": 0})

    def fit(self, rows: Rows, seed: int, weight: FloatArray | None = None) -> Any:
        """The estimator, fitted to these rows."""
        model = seeded(clone(self.estimator), lambda: seed)
        parameters = {}
        if weight is not None:
            name = weight_parameter(model)
            if name is None:
                raise TypeError(
                    f"sample_weight is not supported by {type(model).__name__}.fit, the estimator's"
                )
            parameters[name] = weight
        self.counts["fits"] += 1
        with training(model):
            return model.fit(rows.X, rows.y, **parameters)


class Task:
    """What a remedy is given: training rows, validation rows, and the estimator to train.

    Attributes
    ----------
    X, y : array or DataFrame (n, p), ndarray (n,) of float64
        Training rows.
    X_val, y_val : array or DataFrame (V, p), ndarray (V,) of float64
        Validation rows. Those by which the remedy is judged are not among them.
    groups : (n,) ndarray or None
        Groups of the training rows.
    tail : paris_core.validation.Tail
        Which extremes matter.
    random_state : int
        Seed of the fits of this fold.
    n_jobs : int or None
        Threads, as in scikit-learn.

    Examples
    --------
    A remedy of one's own is a function of a task; this one leaves out the largest targets.

    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from paris_core import compare
    >>> from paris_core.comparison import Outcome
    >>> def without_extremes(task):
    ...     removed = np.flatnonzero(task.y > np.quantile(task.y, 0.9))
    ...     return Outcome(task.fit(removed), removed)
    >>> X = np.random.default_rng(0).normal(size=(260, 2))
    >>> y = X[:, 0].copy()
    >>> y[:20] = 50.0
    >>> result = compare(
    ...     X[:200], y[:200], X[200:], y[200:], estimator=LinearRegression(),
    ...     remedies={"everything": None, "no extremes": without_extremes}, random_state=0)
    >>> result.best
    'no extremes'
    """

    def __init__(self, repeat: Repeat, inner: IntArray, seed: int) -> None:
        self._repeat, self._inner = repeat, inner
        self._validation = repeat.validation.at(inner)
        self._models: dict[tuple[bytes, bytes, bool], Any] = {}
        self._runs: dict[str, IntArray] = {}
        self.X, self.y = repeat.train.pair
        self.X_val, self.y_val = self._validation.pair
        self.groups = repeat.groups
        self.tail = repeat.tail
        self.random_state = seed
        self.n_jobs = repeat.n_jobs

    def fit(
        self,
        removed: ArrayLike = (),
        *,
        validation: bool = True,
        sample_weight: ArrayLike | None = None,
    ) -> Any:
        """Fit the estimator, or give the model of an earlier fit to the same rows.

        Parameters
        ----------
        removed : array_like of int
            Positions of training rows to leave out.
        validation : bool, default True
            Whether the validation rows are trained on, too.
        sample_weight : array_like of float, optional
            Weights >= 0 of the rows that are trained on: those of the training rows that are left,
            then those of the validation rows.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type, shape or value, or the estimator takes no weights.
        """
        gone = np.unique(arrays.distinct_rows("removed", removed, len(self.y), "X"))
        rows = self._repeat.train.without(gone)
        both = checks.flag("validation", validation)
        if both:
            rows = rows.and_(self._validation)
        weight = None
        if sample_weight is not None:
            weight = arrays.weight("sample_weight", sample_weight, len(rows.y), "the fit")
        key = gone.tobytes(), b"" if weight is None else weight.tobytes(), both
        if key not in self._models:
            self._models[key] = self._repeat.fit(rows, self.random_state, weight)
        return self._models[key]

    def reference(self, removed: ArrayLike = ()) -> Any:
        """Fit the estimator to training rows alone, once for all folds, to order rows by.

        Parameters
        ----------
        removed : array_like of int
            Positions of training rows to leave out.

        Returns
        -------
        object
            The fitted estimator. Its seed is another one than that of `fit`.

        Raises
        ------
        TypeError, ValueError
            If `removed` does not hold distinct rows of `X`.
        """
        gone = np.sort(arrays.distinct_rows("removed", removed, len(self.y), "X"))
        known = self._repeat.models
        if (key := gone.tobytes()) not in known:
            known[key] = self._without(gone)
        return known[key]

    def fewest(self, candidates: Sequence[ArrayLike]) -> IntArray:
        """Choose, by the validation rows, which training rows to leave out.

        The estimator is trained without each of the candidates, and without the validation rows.

        Parameters
        ----------
        candidates : sequence of array_like of int
            Positions of training rows.

        Returns
        -------
        ndarray of int64
            The candidate with the fewest rows whose squared error on the validation rows is within
            one standard error of the least: that of the paired differences.

        Raises
        ------
        TypeError, ValueError
            If `candidates` is empty, or one of them does not hold distinct rows of `X`.
        """
        given = checks.members("candidates", candidates, "arrays of positions")
        if not given:
            raise ValueError("candidates must not be empty")
        chosen = [
            arrays.distinct_rows(f"candidates[{i}]", removed, len(self.y), "X")
            for i, removed in enumerate(given)
        ]
        losses = [self._losses(removed) for removed in chosen]
        best = losses[int(np.argmin([loss.mean() for loss in losses]))]
        for place in np.argsort([len(removed) for removed in chosen], kind="stable"):
            gain = paired_gain(losses[place], best)
            if gain.mean <= gain.standard_error:
                return np.asarray(chosen[place])
        raise AssertionError("the best is within one standard error of itself")

    def paris(self, delete: str) -> IntArray:
        """Let `paris_core.PARISRegressor` choose the rows to leave out, by its own network.

        Parameters
        ----------
        delete : {"rows", "groups"}
            What leaves.

        Returns
        -------
        ndarray of int64
            Positions of the removed rows, in the order of deletion.

        Raises
        ------
        TypeError, ValueError
            If `delete` is none of these, or there are no groups.
        """
        checks.choice("delete", delete, ("rows", "groups"))
        if delete == "groups" and self.groups is None:
            raise ValueError("delete must be 'rows' without groups, got 'groups'")
        if delete not in self._runs:
            from ..estimators import PARISRegressor

            model = PARISRegressor(
                None if self._repeat.network is None else clone(self._repeat.network),
                delete=delete,
                refit=False,
                tail=self.tail,
                random_state=self.random_state,
                n_jobs=self.n_jobs,
            )
            whole = {"groups": self.groups} if delete == "groups" else {}
            self._repeat.counts["runs"] += 1
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model.fit(self.X, self.y, X_val=self.X_val, y_val=self.y_val, **whole)
            self._tell(caught)
            self._runs[delete] = np.asarray(model.removed_)
        return self._runs[delete]

    def _tell(self, caught: list[warnings.WarningMessage]) -> None:
        """Pass on what a run of PARIS warned of: what concerns the user's rows once."""
        for one in caught:
            if one.category in _OF_A_RUN or one.category in self._repeat.told:
                continue
            if one.category in _OF_ROWS:
                self._repeat.told.add(one.category)
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)

    def _losses(self, removed: IntArray) -> FloatArray:
        """Squared errors on the validation rows of the estimator trained without rows of X."""
        gone = np.sort(removed)
        known = self._repeat.losses
        if (key := gone.tobytes()) not in known:  # for all folds at once
            model = self._repeat.models.get(key)
            if model is None:  # not kept: there are many
                model = self._without(gone)
            known[key] = squares(model, *self._repeat.validation.pair)
        return known[key][self._inner]

    def _without(self, removed: IntArray) -> Any:
        """The estimator fitted to the other training rows, alike for all folds."""
        return self._repeat.fit(self._repeat.train.without(removed), self._repeat.seed)


def squares(model: Any, X: Any, y: FloatArray) -> FloatArray:
    """Squared errors (n,) of a model."""
    prediction = np.asarray(model.predict(X), dtype=np.float64).reshape(-1)
    if prediction.shape != y.shape:
        raise ValueError(
            f"estimator must predict one number a row, got {prediction.size} for {y.size} rows"
        )
    with np.errstate(over="ignore"):
        squared = np.asarray((y - prediction) ** 2)
    if not np.isfinite(squared).all():
        raise ValueError("estimator must predict finite numbers, got NaN, infinity or too large")
    return squared
