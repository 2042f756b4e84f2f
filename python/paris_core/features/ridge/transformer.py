"""Any scikit-learn transformer as a feature extractor."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from ..._support.arrays import FloatArray
from ..._support.messages import shown
from ..hidden_layer import with_constant
from .head import RidgeHead, dense

__all__ = ["TransformerExtractor"]


class TransformerExtractor(RidgeHead):
    """Features from a scikit-learn transformer, a constant column and a ridge head.

    Parameters
    ----------
    transformer : transformer or Pipeline
        An object with ``fit(X, y)`` and ``transform(X)``, such as Nystroem, RBFSampler or PCA; a
        copy of it is fitted. A sparse result is made dense.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter of the head, as for `paris_core.prune`. The constant is penalised like every
        other feature.

    Attributes
    ----------
    transformer_ : object
        The fitted transformer.
    coef_ : (D,) or (D, C) ndarray of float64
        The head; the last row belongs to the constant.
    lam_ : float
        Its ridge parameter.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.kernel_approximation import Nystroem
    >>> from paris_core.features import TransformerExtractor
    >>> X = np.linspace(-3.0, 3.0, 200)[:, None]
    >>> y = np.sin(X[:, 0])
    >>> extractor = TransformerExtractor(Nystroem(n_components=10, random_state=0)).fit(X, y)
    >>> extractor.transform(X).shape
    (200, 11)
    >>> bool(np.abs(extractor.predict(X) - y).max() < 0.05)
    True
    """

    def __init__(self, transformer: Any, *, lam: float | str = "auto") -> None:
        self.transformer = transformer
        self.lam = lam

    def _fit_features(self, X: Any, y: FloatArray) -> FloatArray:
        if not hasattr(self.transformer, "get_params") or isinstance(self.transformer, type):
            raise TypeError(
                f"transformer must be a scikit-learn transformer, got {shown(self.transformer)}"
            )
        self.transformer_ = clone(self.transformer).fit(X, y)
        return self._features(X)

    def _features(self, X: Any) -> FloatArray:
        table = self.transformer_.transform(X)
        return with_constant(dense("transformer.transform(X)", table))
