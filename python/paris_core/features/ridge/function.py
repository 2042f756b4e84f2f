"""Features which need no fitting: a function of the inputs, or the inputs themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import ArrayLike

from ..._support import arrays
from ..._support.arrays import FloatArray
from ..._support.conversion import names_of_columns
from .head import RidgeHead

__all__ = ["CallableExtractor", "IdentityExtractor"]


class CallableExtractor(RidgeHead):
    """Features from a function, and a ridge head.

    Parameters
    ----------
    function : callable
        ``function(X)`` returns Phi (n, D), a row for every row of `X`; no constant column is added.
        Pickling the extractor needs a function that can be pickled, so no lambda.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter of the head, as for `paris_core.prune`.

    Attributes
    ----------
    coef_ : (D,) or (D, C) ndarray of float64
        The head.
    lam_ : float
        Its ridge parameter.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.features import CallableExtractor
    >>> def cubic(x):
    ...     return np.vander(x, 4)
    >>> x = np.linspace(-1.0, 1.0, 50)
    >>> extractor = CallableExtractor(cubic, lam=1e-9).fit(x, x**3 - x)
    >>> np.abs(np.round(extractor.coef_, 6))
    array([1., 0., 1., 0.])
    """

    def __init__(self, function: Callable[[Any], ArrayLike], *, lam: float | str = "auto") -> None:
        self.function = function
        self.lam = lam

    def _fit_features(self, X: Any, y: FloatArray) -> ArrayLike:
        if not callable(self.function):
            raise TypeError(f"function must be callable, got {type(self.function).__name__}")
        return self.function(X)

    def _features(self, X: Any) -> ArrayLike:
        return self.function(X)


class IdentityExtractor(RidgeHead):
    """The inputs as features, with a ridge head: for features which were computed elsewhere.

    `transform` adds no constant column and may return `X` itself.

    Parameters
    ----------
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter of the head, as for `paris_core.prune`.

    Attributes
    ----------
    coef_ : (D,) or (D, C) ndarray of float64
        The head.
    lam_ : float
        Its ridge parameter.
    columns_ : (D,) ndarray of str, or None
        Column names, if `fit` got a data frame.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.features import IdentityExtractor
    >>> Phi = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    >>> extractor = IdentityExtractor(lam=1e-9).fit(Phi, [1.0, 3.0, 5.0])
    >>> np.round(extractor.predict([[1.0, 10.0]]), 6)
    array([21.])
    """

    def __init__(self, *, lam: float | str = "auto") -> None:
        self.lam = lam

    def _fit_features(self, X: Any, y: FloatArray) -> FloatArray:
        self.columns_ = names_of_columns(X)
        return self._features(X)

    def _features(self, X: Any) -> FloatArray:
        arrays.check_column_names(X, self.columns_)
        return arrays.matrix("X", X)
