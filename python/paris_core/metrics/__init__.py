"""Metrics for rare and extreme targets.

`rmse`, `conditional_rmse` and `sera` are errors of a regression, `worst_group_recall` is a score of
a classification, and `removal_curve` follows either while rows leave the training set.

`sklearn.metrics.make_scorer` makes of them what ``cross_val_score`` and ``GridSearchCV`` take:

>>> from sklearn.linear_model import LinearRegression
>>> from sklearn.metrics import make_scorer
>>> from paris_core.validation import Tail
>>> tail = Tail("lower", threshold=-100.0)
>>> scorer = make_scorer(conditional_rmse, greater_is_better=False, tail=tail)
>>> model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
>>> round(scorer(model, [[0.0], [-120.0]], [50.0, -150.0]), 6)
-30.0
"""

from .classification import worst_group_recall
from .curves import RemovalCurve, random_removal_curves, removal_curve
from .regression import conditional_rmse, relevance, rmse, sera

__all__ = [
    "RemovalCurve",
    "conditional_rmse",
    "random_removal_curves",
    "relevance",
    "removal_curve",
    "rmse",
    "sera",
    "worst_group_recall",
]
