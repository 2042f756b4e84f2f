"""Drawings of a pruning run; they need matplotlib, the extra ``plot``.

Every function draws on the axes given as `ax`, or on those of a new figure, and returns them.
"""

from .comparison import plot_comparison
from .errors import plot_errors
from .explanation import plot_explanation
from .figure import new_figure
from .path import plot_worst_residual
from .removal import plot_removal
from .targets import plot_class_counts, plot_target_histogram

__all__ = [
    "new_figure",
    "plot_class_counts",
    "plot_comparison",
    "plot_errors",
    "plot_explanation",
    "plot_removal",
    "plot_target_histogram",
    "plot_worst_residual",
]
