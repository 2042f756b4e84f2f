"""What scikit-learn's versions do differently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn import base
from sklearn.utils import validation

__all__ = ["naming", "remember_columns", "takes_labels"]


def takes_labels(extractor: Any) -> bool:
    """Whether `extractor` is a classifier in scikit-learn's sense."""
    if not isinstance(extractor, base.BaseEstimator):  # of which versions from 1.6 on know no tags
        return getattr(extractor, "_estimator_type", None) == "classifier"
    return bool(base.is_classifier(extractor))


def remember_columns(estimator: Any, X: Any, *, reset: bool) -> None:
    """Set, or compare with, `n_features_in_` and `feature_names_in_`."""
    if hasattr(validation, "validate_data"):  # 1.6 or later
        validation.validate_data(estimator, X, reset=reset, skip_check_array=True)
        return
    estimator._check_feature_names(X, reset=reset)
    estimator._check_n_features(X, reset=reset)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Put the name of an argument before scikit-learn's words about it."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        if re.search(rf"\b{name}\b", str(error)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}: {error}") from error
