"""The training rows behind one prediction of a fitted model."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._support import checks
from .._support.scikit_learn import naming, table
from ..influence.explanation import Explanation
from .findings.fitted import Fitted

__all__ = ["RowExplanation", "explain_row"]


class RowExplanation(NamedTuple):
    """What `explain_row` returns.

    Attributes
    ----------
    explanation : Explanation
        Row numbers are positions in `X`.
    class_name : str or None
        The class whose score is explained; None for regression.
    """

    explanation: Explanation
    class_name: str | None


def explain_row(model: Any, X: Any, y: ArrayLike, row: Any, *, k: int = 5) -> RowExplanation:
    """Name the training rows that carry one prediction of a fitted model.

    Parameters
    ----------
    model : PARISRegressor or PARISClassifier
        Fitted to `X` and `y`.
    X : (n, p) array_like or DataFrame
        The inputs it was fitted to.
    y : (n,) array_like
        Their targets.
    row : (1, p) array_like or DataFrame
        Inputs of the prediction.
    k : int
        At most so many rows that pull it up, and as many that pull it down.

    Returns
    -------
    RowExplanation
        ``(explanation, class_name)``. For regression everything is in the unit of `y`, and `rest`
        includes the mean of the training targets, from which the head predicts deviations. For
        classes: the score of the predicted class; `target` is 1 for the rows of this class.

    Raises
    ------
    TypeError, ValueError
        If an argument is not what the model was fitted to, or `row` is not one row.

    Notes
    -----
    It explains a ridge head on the features of the model of the best round, fitted to the training
    rows kept. With ``retrain="head"`` and ``refit=False`` that is the model itself; otherwise the
    output layer of the network, and the last fit to all rows, may predict something else. The
    features of all rows, and ND² time; see `paris_core.explain`.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core import PARISRegressor
    >>> from paris_core.validation import Tail
    >>> from paris_core.report import explain_row
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 2))
    >>> y = 10.0 + X[:, 0]
    >>> model = PARISRegressor(
    ...     lambda X: X, keep=0.5, retrain="head", refit=False, tail=Tail(quantile=0.2),
    ...     random_state=0,
    ... ).fit(X, y)
    >>> explanation, _ = explain_row(model, X, y, X[:1], k=1)
    >>> bool(abs(explanation.prediction - model.predict(X[:1])[0]) < 1e-9)
    True
    """
    wanted = checks.integer("k", k, 1)
    fitted = Fitted.of(model, X, y)
    with naming("row"):
        model.features(checked := table("row", row))  # which checks its columns
        probe = np.asarray(model.round_estimator_.transform(checked))
    if len(probe) != 1:
        raise ValueError(f"row must be one row of inputs, got {len(probe)}")
    return RowExplanation(*fitted.explain(probe[0], k=wanted))
