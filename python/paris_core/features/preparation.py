"""What comes before features: columns made numbers, and the steps of a pipeline."""

from __future__ import annotations

import copy
import numbers as numbers_of
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._support.arrays import FloatArray
from .._support.conversion import as_array, columns, is_frame, is_missing
from .._support.messages import shown
from .._support.scikit_learn import remember_columns, table
from .._support.state import all_or_nothing

__all__ = ["PipelineExtractor", "TablePreprocessor", "categories", "numbers"]

_LARGEST = 1e40  # squares must not overflow


def numbers() -> Pipeline:
    """Steps for columns of numbers: a missing one is the median, and a column beside says so."""
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
    )


def categories() -> OneHotEncoder:
    """The step for columns of categories; a missing one is a value."""
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=10,
        max_categories=50,
        sparse_output=False,
    )


class TablePreprocessor(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Make numbers of a table with gaps and categories, as ``paris prune`` does.

    Numbers and truth values are standardised, a missing one is the median, and a column beside says
    so. Everything else is a category: a column of zeros and ones for each value of ten rows or
    more, fifty at most, and one for the others; a missing value is a value.

    Attributes
    ----------
    numbers_, categories_ : transformer or None
        Fitted to the columns of either kind; None where there are none.
    numeric_, categorical_ : list
        Names, or places, of the columns.
    n_features_in_ : int
        Columns of `X`.
    feature_names_in_ : ndarray of str
        Their names, if `X` has such.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from paris_core.features import TablePreprocessor
    >>> X = pd.DataFrame({"wind": [3.0, np.nan] * 10, "place": ["sea", "land"] * 10})
    >>> TablePreprocessor().fit_transform(X)[:2]
    array([[ 0., -1.,  0.,  1.],
           [ 0.,  1.,  1.,  0.]])
    """

    def fit(self, X: Any, y: Any = None) -> TablePreprocessor:
        """Look at the columns.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs.
        y : object
            Not used.

        Returns
        -------
        TablePreprocessor
            self.

        Raises
        ------
        TypeError, ValueError
            If `X` is no table, or a column holds dates, or infinity.
        """
        given = _two_dimensional(X)
        with all_or_nothing(self):
            remember_columns(self, given, reset=True)
            numeric: list[Any] = []
            categorical: list[Any] = []
            for name, values in _columns(given):
                (numeric if _is_number(name, values) else categorical).append(name)
            self.numeric_, self.categorical_ = numeric, categorical
            self.numbers_ = numbers().fit(self._numbers(given)) if numeric else None
            self.categories_ = categories().fit(self._texts(given)) if categorical else None
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the columns as numbers.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n, D) ndarray of float64
        """
        check_is_fitted(self, "numeric_")
        given = _two_dimensional(X)
        remember_columns(self, given, reset=False)
        parts = []
        if self.numbers_ is not None:
            parts.append(np.asarray(self.numbers_.transform(self._numbers(given))))
        if self.categories_ is not None:
            parts.append(np.asarray(self.categories_.transform(self._texts(given))))
        return np.hstack(parts)

    def _numbers(self, X: Any) -> FloatArray:
        found = []
        for name, values in _columns(X, self.numeric_):
            try:
                column = as_array(f"column {name!r} of X", values).astype(np.float64)
            except (TypeError, ValueError) as error:
                raise TypeError(
                    f"column {name!r} of X must hold numbers as in fit: {error}"
                ) from error
            bad = np.flatnonzero(np.abs(column) > _LARGEST)  # false for NaN
            if len(bad):
                raise ValueError(
                    f"column {name!r} of X must be at most {_LARGEST:.0e} in size, or NaN where it "
                    f"is missing, got {column[bad[0]]:.3g} in row {bad[0]}"
                )
            found.append(column)
        return np.column_stack(found)

    def _texts(self, X: Any) -> NDArray[Any]:
        found = np.empty((X.shape[0], len(self.categorical_)), dtype=object)
        for place, (_, values) in enumerate(_columns(X, self.categorical_)):
            found[:, place] = [
                None if is_missing(one) else str(one) for one in np.asarray(values, dtype=object)
            ]
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def _two_dimensional(X: Any) -> Any:
    given = table("X", X)
    if len(given.shape) != 2 or 0 in given.shape:
        raise ValueError(f"X must be 2-D (rows, columns) and not empty, got shape {given.shape}")
    return given


def _columns(X: Any, names: list[Any] | None = None) -> Iterator[tuple[Any, Any]]:
    """Name, or place, and values of columns."""
    every = columns(X) if is_frame(X) else ((place, X[:, place]) for place in range(X.shape[1]))
    return (one for one in every if names is None or one[0] in names)


def _is_number(name: Any, values: Any) -> bool:
    """Whether a column holds numbers or truth values; TypeError if it holds dates."""
    if str(values.dtype) == "category":
        return False
    array = as_array(f"column {name!r} of X", values)
    some = [one for one in array if not is_missing(one)] if array.dtype.kind == "O" else []
    if array.dtype.kind in "mM" or any(hasattr(one, "isoformat") for one in some[:1]):
        raise TypeError(
            f"column {name!r} of X must hold numbers or categories, got dates: leave it out, or "
            "make numbers of it, such as the hour of the day"
        )
    if array.dtype.kind == "O":
        return bool(some) and all(isinstance(one, numbers_of.Real) for one in some)
    return array.dtype.kind in "biuf"


class PipelineExtractor(BaseEstimator):  # type: ignore[misc]
    """Steps of a scikit-learn pipeline before another extractor, such as one of a PyTorch module.

    `as_extractor` makes it of a Pipeline that ends in a module or an extractor.

    Parameters
    ----------
    steps : transformer or Pipeline
        What makes of `X` what the extractor takes; a copy is fitted.
    extractor : FeatureExtractor
        A copy is fitted, or goes on from where it is if it has ``warm_start=True``.

    Attributes
    ----------
    steps_ : object
        The fitted steps.
    extractor_ : FeatureExtractor
        The fitted extractor.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from paris_core.features import IdentityExtractor, as_extractor
    >>> X = np.array([[100.0], [200.0], [300.0]])
    >>> extractor = as_extractor(make_pipeline(StandardScaler(), IdentityExtractor(lam=1e-9)))
    >>> np.round(extractor.fit(X, [-1.0, 0.0, 1.0]).predict([[400.0]]), 6)
    array([2.])
    """

    def __init__(self, steps: Any, extractor: Any) -> None:
        self.steps = steps
        self.extractor = extractor

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Fit the steps, then the extractor.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs.
        y : (n,) or (n, C) array_like
            Targets.
        sample_weight : (n,) array_like of float, optional
            Weights of the rows, for the extractor alone.

        Returns
        -------
        self
        """
        for name, needed in (
            ("steps", ("fit", "transform", "get_params")),
            ("extractor", ("fit", "transform", "predict")),
        ):
            part = getattr(self, name)
            if isinstance(part, type) or not all(hasattr(part, method) for method in needed):
                raise TypeError(
                    f"{name} must have {', '.join(needed[:-1])} and {needed[-1]}, got {shown(part)}"
                )
        with all_or_nothing(self):
            steps = clone(self.steps)
            inputs = steps.fit_transform(X, y)
            before = getattr(self, "extractor_", None)
            if before is not None and getattr(self.extractor, "warm_start", False):
                extractor = copy.deepcopy(before)
                extractor.set_params(**self.extractor.get_params(deep=False))
            else:
                extractor = clone(self.extractor, safe=False)
            weights = {} if sample_weight is None else {"sample_weight": sample_weight}
            self.steps_, self.extractor_ = steps, extractor.fit(inputs, y, **weights)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the features of `X`.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n, D) ndarray of float64
        """
        return np.asarray(self.extractor_.transform(self._prepared(X)))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the extractor's predictions.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n,) or (n, C) ndarray
        """
        return np.asarray(self.extractor_.predict(self._prepared(X)))

    @available_if(  # type: ignore[untyped-decorator]
        lambda self: hasattr(self.extractor, "predict_proba")
    )
    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of every class, where the extractor has them.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n, C) ndarray of float64
        """
        return np.asarray(self.extractor_.predict_proba(self._prepared(X)))

    def _prepared(self, X: Any) -> Any:
        check_is_fitted(self, "extractor_")
        return self.steps_.transform(X)
