"""The targets before and after pruning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.messages import number
from ..validation.encoding import class_codes
from .figure import given_or_new, trim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_class_counts", "plot_target_histogram"]

_BEFORE, _AFTER = "0.82", "C3"


def plot_target_histogram(
    y: ArrayLike,
    mask: ArrayLike,
    *,
    threshold: float | Sequence[float] | None = None,
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
    threshold : float or sequence of float, optional
        Bound of the tail, or the two of them, drawn as vertical lines.
    label : str
        Name and unit of the target.
    bins : int
        Bins of equal width over the range of `y`, at most 10,000.
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
        If `mask` is not boolean, or an argument of another type than it should be.
    ValueError
        If shapes differ, `y` is empty or not finite, or there are more than two thresholds.

    Examples
    --------
    >>> from paris_core.plotting import new_figure
    >>> ax = plot_target_histogram([1.0, 2.0, 3.0], [True, False, True], ax=new_figure().subplots())
    >>> ax.get_yscale()
    'log'
    """
    targets = arrays.series("y", y)
    kept = arrays.mask("mask", mask, targets.size, "y")
    given: Any = [] if threshold is None else threshold
    if checks.is_number(given):
        given = [given]
    bounds = arrays.real_array("threshold", given)
    if bounds.ndim != 1 or bounds.size > 2:
        raise ValueError(f"threshold must be a number or two, got shape {bounds.shape}")
    title = checks.string("label", label)
    n_bins = checks.integer("bins", bins, 1, 10_000)
    try:
        edges = np.histogram_bin_edges(targets, n_bins).tolist()
    except ValueError as error:  # of numbers that are large and differ in their last digits
        raise ValueError(f"y varies too little for bins={n_bins}: {error}") from error
    axes = given_or_new(ax)
    axes.hist(targets, edges, color=_BEFORE, label=f"all {targets.size:,} rows")
    axes.hist(
        targets[kept], edges, histtype="step", color=_AFTER, label=f"kept {int(kept.sum()):,} rows"
    )
    axes.set_yscale("log")
    for place, bound in enumerate(bounds):
        name = f"tail bound {' and '.join(number(b) for b in bounds)}" if not place else None
        axes.axvline(float(bound), color="0.3", linestyle=":", label=name)
    axes.set_xlabel(title)
    axes.set_ylabel("training rows")
    axes.legend(frameon=False)
    return trim(axes)


def plot_class_counts(
    labels: ArrayLike, mask: ArrayLike, *, label: str = "class", ax: Axes | None = None
) -> Axes:
    """Draw the rows of each class before and after pruning, counts on a logarithmic scale.

    Parameters
    ----------
    labels : array_like of int, bool or str, shape (N,)
        Classes of all training rows.
    mask : array_like of bool, shape (N,)
        True where the row is kept.
    label : str
        Name of the target.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on: for each class a bar before and one after, classes ascending.

    Raises
    ------
    ImportError
        If `ax` is None and matplotlib is not installed.
    TypeError
        If `mask` is not boolean, or `labels` are of another type.
    ValueError
        If shapes differ or `labels` is empty.

    Examples
    --------
    >>> from paris_core.plotting import new_figure
    >>> ax = plot_class_counts(
    ...     ["calm", "calm", "storm"], [True, False, True], ax=new_figure().subplots()
    ... )
    >>> [int(bar.get_height()) for bar in ax.patches]  # calm and storm before, calm and storm after
    [2, 1, 1, 1]
    """
    codes, classes = class_codes("labels", labels)
    kept = arrays.mask("mask", mask, codes.size, "labels")
    title = checks.string("label", label)
    axes = given_or_new(ax)
    places = np.arange(classes.size)
    for shift, rows, color, what in (
        (-0.2, codes, _BEFORE, "all"),
        (0.2, codes[kept], _AFTER, "kept"),
    ):
        counts = np.bincount(rows, minlength=classes.size).astype(np.float64)
        axes.bar(places + shift, counts, 0.4, color=color, label=f"{what} {rows.size:,} rows")
    axes.set_yscale("log")
    axes.set_xticks(places, [str(name) for name in classes])
    axes.set_xlabel(title)
    axes.set_ylabel("training rows")
    axes.legend(frameon=False)
    return trim(axes)
