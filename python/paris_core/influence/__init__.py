"""What training rows do to predictions."""

from .deletion import deletion_residuals, influence_matrix, representer_weights
from .effects import deletion_effects
from .explanation import Explanation, explain

__all__ = [
    "Explanation",
    "deletion_effects",
    "deletion_residuals",
    "explain",
    "influence_matrix",
    "representer_weights",
]
