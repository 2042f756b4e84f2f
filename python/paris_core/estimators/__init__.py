"""The outer loop around any feature extractor, for people who use scikit-learn.

`PARISRegressor` and `PARISClassifier` train a model, prune by its features, and train again;
`PARISUnderSampler` returns the rows that are left.
"""

from .classifier import PARISClassifier
from .history import Round
from .regressor import PARISRegressor
from .sampler import PARISUnderSampler

__all__ = ["PARISClassifier", "PARISRegressor", "PARISUnderSampler", "Round"]
