"""What a pruning run returns, in a file, and made again."""

from .groups import GroupPruneResult
from .record import Record
from .rows import Deletion, PruneResult
from .verification import Verification

__all__ = ["Deletion", "GroupPruneResult", "PruneResult", "Record", "Verification"]
