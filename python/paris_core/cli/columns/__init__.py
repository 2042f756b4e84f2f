"""Rows and columns of the tables of a command: which are inputs, and what they must not be."""

from .choosing import Data, group_names, inputs, prepare, prepare_like
from .overlap import check_apart

__all__ = ["Data", "check_apart", "group_names", "inputs", "prepare", "prepare_like"]
