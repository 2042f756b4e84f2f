"""Splitters that give every part its share of rare targets, for estimators and scikit-learn.

Each of them draws at random which rows are held out, as scikit-learn's ShuffleSplit does. They
serve `cross_val_score`, `GridSearchCV` and the like as `cv`, and the estimators of this package as
`validation_split`: these deal the rows held out further out, to steer and to monitor, in the same
way. They are scikit-learn estimators as far as parameters go: `get_params`, `set_params` and
`clone` work, also where they are nested in another.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._support import arrays, checks
from .._support.arrays import FloatArray
from .dealing import Dealing
from .splitter import Splitter, refuse_groups

__all__ = ["BlockedSplit", "GroupedSplit", "RandomSplit", "TailStratifiedSplit"]


class TailStratifiedSplit(Splitter):
    """Hold out rows so that every part has its share of every range of the target.

    Rows are ranked by the target, and of every few that are neighbours some are drawn: of the most
    extreme ones, too. Labels that are not numbers are stratified by class.

    Parameters
    ----------
    test_size : float, default 0.3
        Share of the rows that is held out, in (0, 1).
    n_splits : int, default 5
        How many times `split` draws; estimators of this package draw once.
    random_state : int, RandomState or None
        Decides which rows are drawn; None in an estimator: by that one's `random_state`.

    See Also
    --------
    paris_core.PARISRegressor : takes it as `validation_split`.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.validation import TailStratifiedSplit
    >>> y = np.arange(10.0)
    >>> splitter = TailStratifiedSplit(0.5, n_splits=1, random_state=0)
    >>> for train, test in splitter.split(y, y):
    ...     print(train, test)  # one of every two neighbours
    [1 2 5 7 9] [0 3 4 6 8]
    """

    def dealing(self, rank: FloatArray, groups: Any = None) -> Dealing:
        """Rows one by one, neighbours in `rank` to all parts.

        Parameters
        ----------
        rank : (n,) ndarray of float64
            Numbers by which rows with like targets are neighbours.
        groups : object
            Refused unless None.

        Returns
        -------
        Dealing
        """
        refuse_groups(self, groups)
        return Dealing(len(rank), rank)


class RandomSplit(Splitter):
    """Hold out any rows, whatever their targets: to compare with.

    As scikit-learn's ShuffleSplit; but an estimator of this package deals the rows held out further
    out, to steer and to monitor.

    Parameters
    ----------
    test_size : float, default 0.3
        Share of the rows that is held out, in (0, 1).
    n_splits : int, default 5
        How many times `split` draws; estimators of this package draw once.
    random_state : int, RandomState or None
        Decides which rows are drawn; None in an estimator: by that one's `random_state`.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.validation import RandomSplit
    >>> next(RandomSplit(0.5, random_state=0).split(np.arange(6)))
    (array([3, 4, 5]), array([0, 1, 2]))
    """

    def dealing(self, rank: FloatArray, groups: Any = None) -> Dealing:
        """Rows one by one.

        Parameters
        ----------
        rank : (n,) ndarray of float64
            Only its length matters.
        groups : object
            Refused unless None.

        Returns
        -------
        Dealing
        """
        refuse_groups(self, groups)
        return Dealing(len(rank), None)


class BlockedSplit(Splitter):
    """Hold out whole runs of neighbouring rows of a time series.

    The rows, which must be in the order of time, are cut into blocks of about equal length. Blocks
    are ranked by their rarest target, and of every few that are alike some are drawn: each part has
    its share of storms, and no storm is in two parts.

    Parameters
    ----------
    test_size : float, default 0.3
        Share of the blocks that is held out, in (0, 1).
    n_blocks : int, default 50
        Into how many blocks the rows are cut; at least 2. Rows fewer than that are blocks alone.
    gap : int, default 0
        How many rows next to a block that is held out (or in another part, or fold) are in no part;
        at least as many as two rows must be apart for their inputs and targets to share no hour.
    n_splits : int, default 5
        How many times `split` draws; estimators of this package draw once.
    random_state : int, RandomState or None
        Decides which blocks are drawn; None in an estimator: by that one's `random_state`.

    See Also
    --------
    sklearn.model_selection.TimeSeriesSplit : holds out what comes last.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.validation import BlockedSplit
    >>> splitter = BlockedSplit(0.25, n_blocks=4, gap=1, n_splits=1, random_state=0)
    >>> for train, test in splitter.split(np.arange(12.0), np.arange(12.0)):
    ...     print(train, test)
    [ 4  5  6  7  8  9 10 11] [0 1 2]
    """

    def __init__(
        self,
        test_size: float = 0.3,
        *,
        n_blocks: int = 50,
        gap: int = 0,
        n_splits: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(test_size, n_splits=n_splits, random_state=random_state)
        self.n_blocks = n_blocks
        self.gap = gap

    def dealing(self, rank: FloatArray, groups: Any = None) -> Dealing:
        """Blocks of rows, those with the rarest targets first.

        Parameters
        ----------
        rank : (n,) ndarray of float64
            Numbers of which those far from the median are rare.
        groups : object
            Refused unless None.

        Returns
        -------
        Dealing
        """
        refuse_groups(self, groups)
        n_blocks = checks.integer("n_blocks", self.n_blocks, 2)
        gap = checks.integer("gap", self.gap, 0, 2**53)
        unit = np.arange(len(rank)) * min(n_blocks, len(rank)) // max(len(rank), 1)
        return Dealing(len(rank), rank, unit, "blocks", gap)


class GroupedSplit(Splitter):
    """Hold out whole groups of rows: all rows of a station, a patient, a month.

    Groups are ranked by their rarest target, and of every few that are alike some are drawn.

    Parameters
    ----------
    test_size : float, default 0.3
        Share of the groups that is held out, in (0, 1).
    n_splits : int, default 5
        How many times `split` draws; estimators of this package draw once.
    random_state : int, RandomState or None
        Decides which groups are drawn; None in an estimator: by that one's `random_state`.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.validation import GroupedSplit
    >>> month = np.repeat([1, 2, 3], 3)
    >>> splitter = GroupedSplit(n_splits=1, random_state=0)
    >>> for train, test in splitter.split(month, groups=month):
    ...     print(month[train], month[test])
    [2 2 2 3 3 3] [1 1 1]
    """

    __metadata_request__split: ClassVar = {"groups": True}

    def dealing(self, rank: FloatArray, groups: Any = None) -> Dealing:
        """Groups of rows, those with the rarest targets first.

        Parameters
        ----------
        rank : (n,) ndarray of float64
            Numbers of which those far from the median are rare.
        groups : (n,) array_like of int, bool or str
            The group of every row.

        Returns
        -------
        Dealing
        """
        if groups is None:
            raise ValueError("groups must be given: GroupedSplit keeps the rows of each together")
        names = arrays.labels("groups", groups, len(rank), "X")
        unit = np.unique(names, return_inverse=True)[1].astype(np.int64)
        return Dealing(len(rank), rank, unit, "groups")
