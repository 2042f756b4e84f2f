"""Drawings of a pruning run; they need matplotlib, the extra ``plot``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["new_figure", "plot_errors", "plot_target_histogram"]

_ADVICE = "plotting needs matplotlib: pip install 'paris-core[plot]'"


def new_figure(width: float = 11.0, height: float = 4.5) -> Figure:
    """Return an empty figure that is saved without any window or global state.

    Parameters
    ----------
    width, height : float
        Size in inches.

    Returns
    -------
    matplotlib.figure.Figure
        Not registered with pyplot.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> new_figure().get_axes()
    []
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    return Figure(figsize=(width, height), layout="constrained")


def plot_target_histogram(
    y: ArrayLike,
    mask: ArrayLike,
    *,
    threshold: float | None = None,
    label: str = "target",
    bins: int = 50,
    ax: Axes | None = None,
) -> Axes:
    """Draw the targets before and after pruning, counts on a logarithmic scale.

    Parameters
    ----------
    y : array_like, shape (N,)
        Targets of all training rows.
    mask : array_like of bool, shape (N,)
        True where the row is kept, as `PruneResult.mask`.
    threshold : float, optional
        Bound of the tail, drawn as a vertical line.
    label : str
        Name and unit of the target.
    bins : int
        Bins of equal width over the range of `y`.
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
    TypeError
        If `mask` is not boolean.
    ValueError
        If shapes differ or `y` is empty or not finite.

    Examples
    --------
    >>> ax = plot_target_histogram([1.0, 2.0, 3.0], [True, False, True], ax=new_figure().subplots())
    >>> ax.get_yscale()
    'log'
    """
    targets, kept = np.asarray(y, dtype=np.float64), np.asarray(mask)
    if kept.dtype != np.bool_:
        raise TypeError(f"mask must be boolean, got dtype {kept.dtype}")
    if targets.ndim != 1 or not targets.size or kept.shape != targets.shape:
        raise ValueError(
            "y and mask must be one-dimensional, of equal length and not empty, "
            f"got shapes {targets.shape} and {kept.shape}"
        )
    if not np.isfinite(targets).all():
        raise ValueError(f"y must be finite; row {np.argmin(np.isfinite(targets))} is not")
    axes = _axes(ax)
    edges = np.histogram_bin_edges(targets, bins).tolist()
    axes.hist(targets, edges, color="0.8", label=f"all {targets.size:,} rows")
    axes.hist(
        targets[kept], edges, histtype="step", color="C3", label=f"kept {int(kept.sum()):,} rows"
    )
    axes.set_yscale("log")
    if threshold is not None:
        axes.axvline(threshold, color="0.3", linestyle=":", label=f"tail bound {threshold:g}")
    axes.set_xlabel(label)
    axes.set_ylabel("training rows")
    axes.legend()
    return axes


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
        Lower and upper ends of an interval about each error.
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
    ValueError
        If lengths differ.

    Examples
    --------
    >>> ax = plot_errors(["all", "kept"], [9.0, 8.0], ax=new_figure().subplots())
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['all', 'kept']
    """
    errors = np.asarray(values, dtype=np.float64)
    if errors.shape != (len(labels),):
        raise ValueError(f"values must have shape ({len(labels)},) like labels, got {errors.shape}")
    ends = None if intervals is None else np.asarray(intervals, dtype=np.float64)
    if ends is not None and ends.shape != (errors.size, 2):
        raise ValueError(f"intervals must have shape ({errors.size}, 2), got {ends.shape}")
    axes = _axes(ax)
    places = np.arange(errors.size)
    axes.barh(places, errors, color="0.8")
    if ends is not None:
        axes.hlines(places, ends[:, 0], ends[:, 1], color="0.2")
    axes.set_yticks(places, list(labels))
    axes.invert_yaxis()
    axes.set_xlabel(label)
    return axes


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    axes: Axes = pyplot.subplots(layout="constrained")[1]
    return axes
