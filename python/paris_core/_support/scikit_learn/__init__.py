"""Tables and estimators as scikit-learn has them."""

from .seeds import seeded
from .tables import Rows, check_columns, stacked, table
from .versions import naming, remember_columns, takes_labels

__all__ = [
    "Rows",
    "check_columns",
    "naming",
    "remember_columns",
    "seeded",
    "stacked",
    "table",
    "takes_labels",
]
