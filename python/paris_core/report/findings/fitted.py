"""A fitted model and its rows, as the head sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ... import regularization
from ..._support.arrays import BoolArray, FloatArray, IntArray
from ..._support.scikit_learn import naming, table
from ...influence.explanation import Explanation, explain
from ...linalg.ridge_factor import RidgeFactor

__all__ = ["Fitted", "Rows"]


@dataclass(frozen=True)
class Rows:
    """Some rows: features (n, D), targets as given (n,) and as the head sees them."""

    Phi: FloatArray
    y: NDArray[Any]
    encoded: FloatArray

    def at(self, rows: IntArray | BoolArray) -> Rows:
        """Some of these rows."""
        return Rows(self.Phi[rows], self.y[rows], self.encoded[rows])

    def __add__(self, other: Rows) -> Rows:
        return Rows(
            np.concatenate([self.Phi, other.Phi]),
            np.concatenate([self.y, other.y]),
            np.concatenate([self.encoded, other.encoded]),
        )

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Fitted:
    """A fitted model, as its best round left it, and its rows.

    The model is judged as it was before it was fitted to the rows that judge.

    Attributes
    ----------
    model : PARISRegressor or PARISClassifier
    task : object
        How the model encodes targets and measures errors.
    training, validation, monitor : Rows
        With the features of the model of the round.
    kept : (N,) ndarray of bool
        Which of the training rows that was fitted to.
    lam : float
        Ridge parameter of the heads.
    names, validation_names : ndarray
        What the rows of X, and the validation rows, are called: the index of a data frame.
    """

    model: Any
    task: Any
    training: Rows
    validation: Rows
    monitor: Rows
    kept: BoolArray
    lam: float
    names: NDArray[Any]
    validation_names: NDArray[Any]

    @classmethod
    def of(
        cls,
        model: Any,
        X: Any,
        y: ArrayLike,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
    ) -> Fitted:
        """Look at a model that was fitted to these rows."""
        from ...estimators import PARISClassifier, PARISRegressor

        if not isinstance(model, (PARISClassifier, PARISRegressor)):
            raise TypeError(
                f"model must be a PARISRegressor or PARISClassifier, got {type(model).__name__}"
            )
        check_is_fitted(model)
        X = table("X", X)
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val must be given together")
        task = model.round_task_
        targets = _targets("y", y, X, len(model.support_))
        held_out = (X, targets)
        if X_val is not None:
            X_val = table("X_val", X_val)
            held_out = (X_val, _targets("y_val", y_val, X_val, None))

        def rows(where: tuple[Any, NDArray[Any]], which: IntArray, name: str) -> Rows:
            if len(which) and which.max() >= len(where[1]):
                raise ValueError(
                    f"{name} must hold the rows that the model was fitted with: it has "
                    f"{len(where[1])} rows, and row {which.max()} is missing"
                )
            part = where[1][which]
            if not len(which):
                return Rows(np.empty((0, 0)), part, np.empty(0))
            Phi = np.asarray(model.round_estimator_.transform(_safe_indexing(where[0], which)))
            return Rows(Phi, part, task.encode(part))

        training = rows((X, targets), model.training_rows_, "X")
        name = "X" if X_val is None else "X_val"
        lam = getattr(model, "lam_", None)
        if lam is None:  # nothing was deleted
            lam = regularization.parse(model.lam, training.Phi, training.encoded, 1)
        return cls(
            model,
            task,
            training,
            rows(held_out, model.validation_rows_, name),
            rows(held_out, model.monitor_rows_, name),
            ~np.isin(model.training_rows_, model.removed_),
            float(lam),
            _names(X),
            _names(held_out[0])[model.validation_rows_],
        )

    @property
    def classes(self) -> bool:
        """Whether the target is a class."""
        return hasattr(self.model, "classes_")

    @property
    def final_round(self) -> Any:
        """The record of the round that the model is of."""
        best = self.model.best_round_ if self.model.keep == "auto" else -1
        return self.model.history_[best]

    @property
    def path(self) -> list[Any]:
        """The records from all training rows on, of the sweep that the model is of.

        None of a round that removed nothing.
        """
        first, *others = self.model.history_
        path = [first]
        for one in others:
            if one.sweep == self.final_round.sweep and one.n_kept < path[-1].n_kept:
                path.append(one)
        return path

    @property
    def results(self) -> list[Any]:
        """What the deletions of these rounds did; with features that stay, of all in one."""
        results = self.model.results_
        if self.model.retrain == "head":
            return list(results)
        return [results[one.round - 1] for one in self.path[1:]]

    @property
    def removed_groups(self) -> list[str]:
        """The groups that the final model is without, in the order of their deletion."""
        return [str(name) for name in getattr(self.model, "removed_groups_", ())]

    @property
    def judges(self) -> tuple[str, Rows]:
        """The rows that say whether it helped, and what they are called.

        Those whose losses are in ``model.losses_``: monitor rows, or validation rows in turn.
        """
        if len(self.monitor):
            return "monitor", self.monitor
        return "validation", self.validation

    @property
    def in_tail(self) -> BoolArray:
        """Which of the rows that judge are in the tail; none for classes, which have no tail."""
        judges = self.judges[1]
        if self.classes:
            return np.zeros(len(judges), dtype=np.bool_)
        (inside,) = self.task.tails(judges.y).values()
        return np.asarray(inside)

    @property
    def misses(self) -> FloatArray:
        """How far off a head on the rows kept is, (n,) for training rows.

        Targets less predictions in the unit of y; for classes 1 where the class is another one.
        """
        scores = self.training.Phi @ self.head(self.training.at(self.kept))
        found = self.task.decode(scores)
        if self.classes:
            return np.asarray(found != self.training.y, dtype=np.float64)
        return np.asarray(self.training.y - found)

    def head(self, rows: Rows) -> FloatArray:
        """Weights of a ridge head on these rows."""
        return RidgeFactor(rows.Phi, rows.encoded, self.lam).weights

    def errors(self, rows: Rows, weights: FloatArray) -> tuple[float, float]:
        """The error of a head over all of some rows, and in the tail."""
        error, tail_error = self.task.errors(rows.y, rows.Phi @ weights)
        return float(error), float(tail_error)

    def squares(self, rows: Rows, weights: FloatArray) -> FloatArray:
        """Squared errors (n,) of a head, of encoded targets."""
        squares = (rows.encoded - rows.Phi @ weights) ** 2
        return np.asarray(squares.reshape(len(rows), -1).sum(axis=1))

    def explain(self, phi: FloatArray, *, k: int) -> tuple[Explanation, str | None]:
        """The kept rows that carry the prediction at features `phi` (D,), in the unit of `y`.

        For classes the score of the class that is predicted, and its name.
        """
        rows = self.training.at(self.kept)
        if self.classes:
            column = int(np.argmax(phi @ self.head(rows)))
            name = str(self.model.classes_[column])
            found = explain(rows.Phi, rows.encoded[:, column], phi, lam=self.lam, k=k)
            return replace(found, row=self._positions(found)), name
        found = explain(rows.Phi, rows.encoded, phi, lam=self.lam, k=k)
        scale = self.task.scale
        return replace(
            found,
            row=self._positions(found),
            prediction=self.task.mean + scale * found.prediction,
            target=rows.y[found.row],
            contribution=scale * found.contribution,
            change_on_deletion=scale * found.change_on_deletion,
            rest=self.task.mean + scale * found.rest,
        ), None

    def _positions(self, found: Explanation) -> IntArray:
        """The explanation's rows as positions in X."""
        return np.asarray(self.model.training_rows_[np.flatnonzero(self.kept)[found.row]])


def _names(X: Any) -> NDArray[Any]:
    return np.asarray(X.index) if hasattr(X, "iloc") else np.arange(len(X))


def _targets(name: str, value: Any, X: Any, wanted: int | None) -> NDArray[Any]:
    with naming(name):
        y = column_or_1d(value)
    n_rows = X.shape[0]
    if len(y) != n_rows or (wanted is not None and n_rows != wanted):
        raise ValueError(
            f"{name} must have one entry per row that the model was fitted with"
            + (f", {wanted}" if wanted is not None else f", {n_rows}")
            + f", got {len(y)} for {n_rows} rows of inputs"
        )
    return np.asarray(y)
