"""What the extractors without a head of their own share: a ridge regression on the features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ... import regularization
from ..._support import arrays, checks
from ..._support.arrays import FloatArray
from ..._support.signals import ctrl_c, interruptible
from ..._support.state import all_or_nothing
from ...linalg import weighting
from ...linalg.ridge_factor import RidgeFactor


class RidgeHead(RegressorMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Base of extractors whose `predict` is ridge regression on what `transform` returns.

    A subclass has a parameter `lam` and defines `_fit_features` and `_features`.
    """

    lam: float | str

    @abstractmethod
    def _fit_features(self, X: Any, y: FloatArray) -> Any:
        """Learn the features and return those of `X`, unchecked."""

    @abstractmethod
    def _features(self, X: Any) -> Any:
        """Features of `X`, unchecked."""

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Learn the features, then the head.

        Parameters
        ----------
        X : (n, p) array_like
            Inputs.
        y : (n,) or (n, C) array_like of float
            Targets, a column an output; for classes see `paris_core.one_hot`.
        sample_weight : (n,) array_like of float, optional
            Weights >= 0 of the squared errors in the head. The features do not depend on them.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If an argument has the wrong type, shape or value.

        Notes
        -----
        nD² time on top of the features.
        """
        with all_or_nothing(self):
            self._fit(X, arrays.real_array("y", y), sample_weight)
        return self

    def _fit(self, X: Any, y: FloatArray, sample_weight: ArrayLike | None) -> None:
        with ctrl_c.heeded():
            found = self._fit_features(X, y)
        Phi = dense("the features of X", found, len(y))
        targets = arrays.targets("y", y, len(Phi), "X")
        weight = weighting.checked("sample_weight", sample_weight, len(Phi), "X")
        Phi, targets = weighting.scaled(Phi, targets, weight)
        n_threads = checks.n_threads(None)
        self.lam_ = regularization.parse(self.lam, Phi, targets, n_threads, weight)
        self.coef_ = RidgeFactor(Phi, targets, self.lam_, n_threads=n_threads).weights

    def transform(self, X: Any) -> FloatArray:
        """Return the features of `X`.

        Parameters
        ----------
        X : (n, p) array_like
            Inputs, as for `fit`.

        Returns
        -------
        (n, D) ndarray of float64

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        TypeError, ValueError
            If `X` does not fit.
        """
        check_is_fitted(self, "coef_")
        Phi = dense("the features of X", self._features(X))
        if Phi.shape[1] != len(self.coef_):
            raise ValueError(
                f"X must give {len(self.coef_)} features as in fit, got {Phi.shape[1]}"
            )
        return Phi

    def predict(self, X: Any) -> FloatArray:
        """Return the predictions ``transform(X) @ coef_``.

        Parameters
        ----------
        X : (n, p) array_like
            Inputs, as for `fit`.

        Returns
        -------
        (n,) or (n, C) ndarray of float64
        """
        return interruptible.product(self.transform(X), self.coef_)


def dense(name: str, value: Any, n_rows: int | None = None) -> FloatArray:
    """`value` (n, D), which may be sparse, as a table of finite numbers."""
    Phi = arrays.matrix(name, value.toarray() if hasattr(value, "toarray") else value)
    if n_rows is not None and len(Phi) != n_rows:
        raise ValueError(f"{name} must have {n_rows} rows like y, got {len(Phi)}")
    return Phi
