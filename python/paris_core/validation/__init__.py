"""Validation rows: which rows they are, and how much each of them counts."""

from . import quotas, weights
from .blocks import BlockSplit, block_split
from .encoding import one_hot

__all__ = ["BlockSplit", "block_split", "one_hot", "quotas", "weights"]
