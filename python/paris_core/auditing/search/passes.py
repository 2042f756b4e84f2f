"""Models that judge rows which they have not seen: one for every fold of groups and rows."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.utils import _safe_indexing

from ..._support.arrays import BoolArray, FloatArray, IntArray
from ..._support.scikit_learn import seeded
from ..._support.signals import ctrl_c
from ...features import as_extractor, default_network
from ...progress import Stage, training
from ...pruning import prune
from .score import Reference, Scores, reference, score

__all__ = ["Pass", "Table", "Trainer"]


class Table(NamedTuple):
    """Training rows, then validation rows.

    Attributes
    ----------
    X : table
        Inputs of all.
    y : (N + V,) ndarray
        Targets.
    group_of : (N,) ndarray of int
        The group of each training row, a number below `n_groups`.
    n_groups : int
    """

    X: Any
    y: FloatArray
    group_of: IntArray
    n_groups: int

    @property
    def n_val(self) -> int:
        """How many validation rows there are."""
        return len(self.y) - len(self.group_of)

    def at(self, rows: IntArray) -> Any:
        """Inputs of some rows."""
        return _safe_indexing(self.X, rows)


class Pass(NamedTuple):
    """What models that were trained on the groups `kept` say of rows that they have not seen.

    Attributes
    ----------
    kept : (G,) ndarray of bool
        The groups that were trained on, and all validation rows.
    loss : (V,) or (N,) ndarray
        Squared errors of the validation rows; without such, of the training rows.
    scores : Scores
        Of all groups.
    right : Reference
        By which they were scored.
    predicted : (N,) ndarray
        Predictions of the training rows.
    """

    kept: BoolArray
    loss: FloatArray
    scores: Scores
    right: Reference
    predicted: FloatArray


class Trainer:
    """Trains, and counts how often.

    Parameters
    ----------
    table : Table
    estimator : estimator
        What is trained; copies of it, on targets that are standardised.
    n_folds : int
    rng : numpy.random.Generator
        Draws divisions, and seeds for estimators that have none.
    trained : Stage
        Counts trainings.
    """

    def __init__(
        self,
        table: Table,
        estimator: Any,
        n_folds: int,
        rng: np.random.Generator,
        trained: Stage,
    ) -> None:
        self.table = table
        self.n_trainings = 0
        self._estimator, self._n_folds, self._trained = estimator, n_folds, trained
        self._seeds = rng.integers(2**31 - 1, size=3)
        self._passes: dict[tuple[int, bytes], Pass] = {}

    def fit(self, rows: IntArray, seed: int) -> Any:
        """A model of these rows of the table."""
        whole = TransformedTargetRegressor(
            clone(self._estimator), transformer=StandardScaler(), check_inverse=False
        )
        model = seeded(whole, _seeds([int(self._seeds[0]), seed]))
        with ctrl_c.heeded(), training(model):
            model.fit(self.table.at(rows), self.table.y[rows])
        self.n_trainings += 1
        self._trained.step()
        return model

    def final(self, kept: BoolArray) -> Any:
        """The model of all rows that are kept, and all validation rows."""
        n_rows = len(self.table.group_of)
        rows = np.flatnonzero(kept[self.table.group_of])
        return self.fit(np.concatenate([rows, np.arange(n_rows, len(self.table.y))]), 0)

    def at_random(self, count: int) -> BoolArray:
        """All groups but so many, drawn at random."""
        kept = np.ones(self.table.n_groups, dtype=bool)
        rng = np.random.default_rng([int(self._seeds[1]), count])
        kept[rng.choice(len(kept), count, replace=False)] = False
        return kept

    def judge_deletions(self, counts: list[int]) -> tuple[Callable[[], IntArray], list[FloatArray]]:
        """Losses (V,) after so many deletions of rows, and what makes their order for all.

        Each fold of validation rows judges the deletions that the others steered.
        """
        n_rows = len(self.table.group_of)
        everything = np.ones(self.table.n_groups, dtype=bool)
        fold_of = self._folds(everything, 0)
        losses = [np.empty(self.table.n_val) for _ in counts]
        for fold in range(int(fold_of.max()) + 1):
            rows, out = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
            out = out[out >= n_rows]
            order = self._order(rows, counts[-1])
            for loss, count in zip(losses, counts, strict=True):
                gone = order[: count * int((rows < n_rows).sum()) // n_rows]
                model = self.fit(np.setdiff1d(rows, gone), 1 + fold)
                predicted = model.predict(self.table.at(out)).reshape(-1)
                loss[out - n_rows] = (self.table.y[out] - predicted) ** 2
        known: list[IntArray] = []

        def order_of_all() -> IntArray:
            if not known:
                known.append(self._order(np.arange(len(self.table.y)), counts[-1]))
            return known[0]

        return order_of_all, losses

    def _order(self, rows: IntArray, count: int) -> IntArray:
        """The training rows among `rows` that leave, in order; the validation rows steer."""
        n_rows = len(self.table.group_of)
        may_leave = rows[rows < n_rows]
        Phi, targets = self._features(rows)
        left = rows < n_rows
        result = prune(
            Phi[left],
            targets[left],
            Phi[~left],
            targets[~left],
            min(count, len(may_leave) - 1),
            criterion="refit",
            objective="mean",
        )
        return np.asarray(may_leave[result.removed])

    def _features(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Features of rows by a model of them, or by the default network; their targets, scaled."""
        try:
            extractor = clone(as_extractor(self._estimator), safe=False)
        except TypeError:  # no model that is linear in features
            extractor = as_extractor(default_network())
        extractor = seeded(extractor, _seeds([int(self._seeds[2]), len(rows)]))
        y = self.table.y[rows]
        targets = (y - y.mean()) / (y.std() or 1.0)
        with ctrl_c.heeded(), Stage("training"):
            extractor.fit(self.table.at(rows), targets)
        self.n_trainings += 1
        self._trained.step()
        return extractor.transform(self.table.at(rows)), targets

    def judge(self, kept: BoolArray, division: int) -> Pass:
        """Train without each fold of groups and validation rows, and judge the fold by that."""
        known = division, kept.tobytes()
        if known not in self._passes:
            self._passes[known] = self._judged(kept, division)
        return self._passes[known]

    def _judged(self, kept: BoolArray, division: int) -> Pass:
        table = self.table
        n_rows = len(table.group_of)
        fold_of = self._folds(kept, division)
        trained = np.concatenate([kept[table.group_of], np.ones(table.n_val, dtype=bool)])
        predicted = np.empty(len(table.y))
        for fold in range(int(fold_of.max()) + 1):
            rows = np.flatnonzero(trained & (fold_of != fold))
            out = np.flatnonzero(fold_of == fold)
            model = self.fit(rows, 1 + 1000 * division + fold)
            predicted[out] = model.predict(table.at(out)).reshape(-1)
        y, own = table.y[:n_rows], predicted[:n_rows]
        if table.n_val:
            loss = (table.y[n_rows:] - predicted[n_rows:]) ** 2
            right = reference(table.y[n_rows:], predicted[n_rows:])
        else:
            loss = (y - own) ** 2
            right = _of_the_median_group(y, own, table, kept)
        scores = score(y, own, table.group_of, table.n_groups, right)
        return Pass(copy.copy(kept), loss, scores, right, own)

    def _folds(self, kept: BoolArray, division: int) -> IntArray:
        """The fold of every row; each has its share of the groups that are kept."""
        rng = np.random.default_rng([int(self._seeds[1]), division])
        order = rng.permutation(len(kept))
        order = order[np.argsort(~kept[order], kind="stable")]
        fold_of_group = np.empty(len(kept), dtype=np.int64)
        fold_of_group[order] = np.arange(len(kept)) % self._n_folds
        fold_of_val = rng.permutation(np.arange(self.table.n_val) % self._n_folds)
        return np.concatenate([fold_of_group[self.table.group_of], fold_of_val])


def _of_the_median_group(
    y: FloatArray, predicted: FloatArray, table: Table, kept: BoolArray
) -> Reference:
    """Without validation rows: most of the groups that are kept are taken to be right."""
    inside = kept[table.group_of]
    right = reference(y[inside], predicted[inside])
    right = right._replace(line=(0.0, 1.0))
    scores = score(y, predicted, table.group_of, table.n_groups, right)
    usual = float(np.median(scores.square[kept]))
    return right._replace(spread=right.spread * max(usual, 1e-6) ** 0.5)


def _seeds(of: list[int]) -> Callable[[], int]:
    """What draws seeds."""
    rng = np.random.default_rng(of)
    return lambda: int(rng.integers(2**31 - 1))
