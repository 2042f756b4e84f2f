"""The errors of several models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .figure import given_or_new, trim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_errors"]


def plot_errors(
    labels: Sequence[str],
    values: ArrayLike,
    *,
    intervals: ArrayLike | None = None,
    label: str = "RMSE",
    ax: Axes | None = None,
) -> Axes:
    """Draw one horizontal bar per model, with its interval as a whisker.

    Parameters
    ----------
    labels : sequence of str
        Names of the models, drawn from top to bottom.
    values : array_like, shape (m,)
        Errors.
    intervals : array_like, shape (m, 2), optional
        Lower and upper ends of an interval about each error; NaN where there is none.
    label : str
        Name and unit of the error.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    ImportError
        If `ax` is None and matplotlib is not installed.
    TypeError, ValueError
        If `labels` are no strings, numbers are not finite, or lengths differ.

    Examples
    --------
    >>> from paris_core.plotting import new_figure
    >>> ax = plot_errors(["all", "kept"], [9.0, 8.0], ax=new_figure().subplots())
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['all', 'kept']
    """
    names = checks.strings("labels", labels)
    errors = arrays.vector("values", values, len(names), "labels")
    ends = None if intervals is None else arrays.real_dtype("intervals", intervals)
    if ends is not None and ends.shape != (errors.size, 2):
        raise ValueError(f"intervals must have shape ({errors.size}, 2), got shape {ends.shape}")
    title = checks.string("label", label)
    axes = given_or_new(ax)
    places = np.arange(errors.size)
    axes.barh(places, errors, color="0.8")
    if ends is not None:
        axes.hlines(places, ends[:, 0], ends[:, 1], color="0.2")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlabel(title)
    return trim(axes)
