"""Remedies side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._support.messages import shown
from .figure import given_or_new, trim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_comparison"]


def plot_comparison(comparison: Any, *, ax: Axes | None = None) -> Axes:
    """Draw by how much each remedy changes the error, over all rows and in the tail.

    Parameters
    ----------
    comparison : paris_core.comparison.Comparison
        What `paris_core.compare` returned.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on: a point and its 95 % interval for each remedy, the least error on top.
        Filled points are better than training on everything beyond chance.

    Raises
    ------
    ImportError
        If `ax` is None and matplotlib is not installed.
    TypeError
        If `comparison` is none.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from paris_core import compare
    >>> from paris_core.plotting import new_figure, plot_comparison
    >>> X = np.linspace(-1.0, 1.0, 60)[:, None]
    >>> names = ["validation only", "everything + validation"]
    >>> result = compare(
    ...     X, np.abs(X[:, 0]), X, X[:, 0], estimator=LinearRegression(), remedies=names)
    >>> ax = plot_comparison(result, ax=new_figure().subplots())
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['validation only', 'everything + validation']
    """
    if not hasattr(comparison, "table") or not hasattr(comparison, "left_out"):
        raise TypeError(
            f"comparison must be what paris_core.compare returns, got {shown(comparison)}"
        )
    axes = given_or_new(ax)
    lines = [line for line in comparison.table if np.isfinite(line.change)]
    places = np.arange(len(lines))
    for offset, label, color, names in (
        (-0.12, "all rows", "C0", ("change", "change_low", "change_high")),
        (0.12, "tail", "C1", ("tail_change", "tail_low", "tail_high")),
    ):
        values = 100.0 * np.array([[getattr(line, name) for name in names] for line in lines])
        middle, low, high = values.reshape(-1, 3).T
        axes.hlines(places + offset, low, high, color=color)
        filled = np.array([line.better and label == "all rows" for line in lines], dtype=bool)
        for which, face in ((filled, color), (~filled, "white")):
            axes.scatter(
                middle[which],
                places[which] + offset,
                color=color,
                facecolor=face,
                zorder=3,
                label=label if face == "white" else None,
            )
    axes.axvline(0.0, color="0.6", linewidth=1.0)
    axes.set_yticks(places, [line.remedy for line in lines])
    axes.invert_yaxis()
    axes.set_xlabel("change of the error against everything, %")
    if lines:
        axes.legend(frameon=False)
    return trim(axes)
