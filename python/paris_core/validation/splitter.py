"""What all splitters have in common."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import _num_samples, column_or_1d

from .._support import checks
from .._support.arrays import FloatArray, IntArray
from .._support.messages import short
from .._support.scikit_learn import naming
from .dealing import Dealing, rank_of

__all__ = ["Splitter", "refuse_groups"]


class Splitter(BaseEstimator, metaclass=ABCMeta):  # type: ignore[misc]
    """Base of the splitters.

    Parameters
    ----------
    test_size : float, default 0.3
        Share of the rows, blocks or groups that is held out, in (0, 1).
    n_splits : int, default 5
        How many times `split` draws. The estimators draw once.
    random_state : int, RandomState or None
        Decides what is drawn. None: chance, and in an estimator that one's `random_state`.
    """

    def __init__(
        self,
        test_size: float = 0.3,
        *,
        n_splits: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.test_size = test_size
        self.n_splits = n_splits
        self.random_state = random_state

    @abstractmethod
    def dealing(self, rank: FloatArray, groups: Any = None) -> Dealing:
        """How rows are dealt out, of checked parameters; `rank` as for `Dealing`."""

    def held_out(self) -> float:
        """`test_size`, checked."""
        share = checks.positive("test_size", self.test_size)
        if share >= 1:
            raise ValueError(f"test_size must be below 1, got {short(self.test_size)}")
        return share

    def generator(self, default: Any = None) -> np.random.RandomState:
        """The source of what is drawn; `default` if there is no `random_state`."""
        given = default if self.random_state is None else self.random_state
        try:
            generator: np.random.RandomState = check_random_state(given)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "random_state must be an int in [0, 2**32), a RandomState or None, got "
                f"{short(given)}"
            ) from error
        return generator

    def split(
        self, X: Any, y: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Draw rows that are held out, `n_splits` times.

        Parameters
        ----------
        X : (n, ...) array_like
            Inputs; only how many there are matters.
        y : (n,) array_like, optional
            Targets: numbers, or labels of another kind, which are ranked by how rare they are.
            Without them any row is as good as another.
        groups : (n,) array_like, optional
            The group of every row, where the splitter uses groups.

        Yields
        ------
        train, test : ndarray of int64
            Positions, ascending. Rows within a gap are in neither.

        Raises
        ------
        TypeError, ValueError
            If a parameter or an argument has the wrong type, shape or value, or there are too few
            rows.

        Notes
        -----
        O(n log n) a split.
        """
        with naming("X"):
            n_rows = _num_samples(X)
        with naming("X, y and groups"):
            check_consistent_length(X, y, groups)
        rank = np.zeros(n_rows)
        if y is not None:
            with naming("y"):
                rank = rank_of(column_or_1d(y))
        share = self.held_out()
        dealing = self.dealing(rank, groups)
        times = checks.integer("n_splits", self.n_splits, 1)
        rng = self.generator()
        rows = np.arange(n_rows)
        if dealing.count(rows) < 2:
            raise ValueError(f"X must hold at least 2 {dealing.units} to split, got {n_rows} rows")
        for _ in range(times):
            marked = dealing.share(rows, share, rng)
            train = dealing.apart(rows[~marked], rows[marked])
            if not len(train):
                raise ValueError(
                    f"gap={dealing.gap} leaves no rows to train on: give a smaller one"
                )
            yield train, rows[marked]

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return how many times `split` draws.

        Parameters
        ----------
        X, y, groups : object
            Not used; scikit-learn gives them.

        Returns
        -------
        int
        """
        return checks.integer("n_splits", self.n_splits, 1)


def refuse_groups(splitter: Splitter, groups: Any) -> None:
    """Raise ValueError if there are groups, which this splitter has no use for."""
    if groups is not None:
        raise ValueError(
            "groups needs a splitter that uses them, such as GroupedSplit or GroupKFold, got "
            f"{splitter!r}"
        )
