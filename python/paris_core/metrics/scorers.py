"""The metrics as scikit-learn scorers, for `cross_val_score`, `GridSearchCV` and the like.

Greater is better in a scorer: those of errors give the error with its sign changed. Each function
checks its options at once and returns a scorer; where a fold has no row in the tail, scoring fails,
so use folds that have some.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike
from sklearn.metrics import make_scorer

from .._support.checks import FloatArray
from ..validation import tail
from ..validation.tail import Bound
from . import classification, regression

__all__ = ["conditional_rmse", "rmse", "sera", "worst_group_recall"]


def rmse() -> Any:
    """Scorer of minus the root mean squared error.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from paris_core.metrics import scorers
    >>> model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    >>> round(scorers.rmse()(model, [[2.0], [3.0]], [5.0, 6.0]), 6)
    -3.0
    """
    return make_scorer(regression.rmse, greater_is_better=False)


def conditional_rmse(
    *, threshold: Bound | None = None, quantile: Bound | None = None, side: str = "lower"
) -> Any:
    """Scorer of minus the root mean squared error in the tail.

    Parameters
    ----------
    threshold, quantile, side
        As for `paris_core.metrics.conditional_rmse`; a quantile is that of the rows scored.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``.

    Raises
    ------
    TypeError, ValueError
        If an option has the wrong type or value.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from paris_core.metrics import scorers
    >>> model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    >>> scorer = scorers.conditional_rmse(threshold=-100.0)
    >>> round(scorer(model, [[0.0], [-120.0]], [50.0, -150.0]), 6)
    -30.0
    """
    tail.check(threshold=threshold, quantile=quantile, side=side)
    return make_scorer(
        regression.conditional_rmse,
        greater_is_better=False,
        threshold=threshold,
        quantile=quantile,
        side=side,
    )


def sera(*, relevance: Callable[[FloatArray], ArrayLike]) -> Any:
    """Scorer of minus the squared error-relevance area.

    Parameters
    ----------
    relevance : callable
        Relevance in [0, 1] of an array of targets; ``functools.partial(metrics.relevance,
        points=...)`` can be pickled, which parallel searches need.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``.

    Raises
    ------
    TypeError
        If `relevance` is not callable: an array would not follow the rows of a fold.

    Examples
    --------
    >>> from functools import partial
    >>> from sklearn.linear_model import LinearRegression
    >>> from paris_core import metrics
    >>> model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    >>> deep = partial(metrics.relevance, points=[(-100.0, 1.0), (-50.0, 0.0)])
    >>> scorer = metrics.scorers.sera(relevance=deep)
    >>> round(scorer(model, [[0.0], [-120.0]], [50.0, -150.0]), 6)
    -900.0
    """
    if not callable(relevance):
        raise TypeError(
            f"relevance must be a function of the targets, got {type(relevance).__name__}"
        )
    return make_scorer(regression.sera, greater_is_better=False, relevance=relevance)


def worst_group_recall() -> Any:
    """Scorer of the smallest recall over the classes.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from paris_core.metrics import scorers
    >>> model = DummyClassifier().fit([[0.0]] * 3, [1, 1, 0])
    >>> scorers.worst_group_recall()(model, [[0.0]] * 2, [0, 1])
    0.0
    """
    return make_scorer(classification.worst_group_recall)
