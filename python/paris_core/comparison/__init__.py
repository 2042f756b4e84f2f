"""Which remedy for training rows that may be wrong: tried side by side on trusted rows.

`compare` trains the same estimator with each of `REMEDIES`, judges them on validation rows that
none of them has seen, and says which one to use.
"""

from .comparing import compare
from .remedies import REMEDIES, Remedy
from .result import Comparison, Line
from .task import Outcome, Task

__all__ = ["REMEDIES", "Comparison", "Line", "Outcome", "Remedy", "Task", "compare"]
