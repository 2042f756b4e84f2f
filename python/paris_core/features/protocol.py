"""What the outer loop asks of whatever turns inputs into features."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from numpy.typing import ArrayLike, NDArray

from .._support.arrays import FloatArray

__all__ = ["FeatureExtractor"]


@runtime_checkable
class FeatureExtractor(Protocol):
    """A model that is linear in features which it can show.

    Any object with these three methods will do; no base class is needed. `isinstance` looks at
    their names only: `as_extractor` looks closer.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core.features import FeatureExtractor
    >>> class Squares:
    ...     def fit(self, X, y, sample_weight=None):
    ...         self.coef_ = np.linalg.lstsq(self.transform(X), y)[0]
    ...         return self
    ...     def transform(self, X):
    ...         return np.asarray(X) ** 2
    ...     def predict(self, X):
    ...         return self.transform(X) @ self.coef_
    >>> isinstance(Squares(), FeatureExtractor)
    True
    """

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Learn the features and the head from rows `X`, targets `y` and weights; return self."""
        ...

    def transform(self, X: Any) -> FloatArray:
        """Features Phi (n, D) of the rows `X`, finite float64."""
        ...

    def predict(self, X: Any) -> NDArray[Any]:
        """Predictions (n,), or (n, C) for several outputs, of the rows `X`."""
        ...
