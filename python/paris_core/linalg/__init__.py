"""Rank-one changes of a Cholesky factor, and ridge regression from which rows can be removed."""

from ..errors import NotPositiveDefiniteError
from .cholesky import cholesky_downdate, cholesky_update
from .ridge_factor import RidgeFactor

__all__ = ["NotPositiveDefiniteError", "RidgeFactor", "cholesky_downdate", "cholesky_update"]
