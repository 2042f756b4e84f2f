"""An error against the number of rows kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .._support import arrays, checks
from .._support.arrays import FloatArray
from .._support.messages import shown
from .figure import given_or_new, trim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_removal"]

_T = TypeVar("_T")
_Pair = tuple[ArrayLike, ArrayLike]


def plot_removal(
    series: Mapping[str, _Pair],
    *,
    random: _Pair | None = None,
    references: Mapping[str, float] | None = None,
    best: int | None = None,
    label: str = "tail error",
    ax: Axes | None = None,
) -> Axes:
    """Draw errors against the number of training rows kept, from all of them to the fewest.

    Parameters
    ----------
    series : mapping of str to (array_like, array_like), shapes (m,)
        For each label the rows kept and the errors: columns of a `history_`, or of a `RemovalCurve`
        ``(N - curve.n_removed, curve.scores)``.
    random : (array_like, array_like), shapes (m,) and (n_curves, m), optional
        The same for rows removed at random, with several curves: their mean is a line, their range
        a band. See `paris_core.metrics.random_removal_curves`.
    references : mapping of str to float, optional
        Errors that do not depend on the rows kept, such as of a model of the validation rows alone:
        horizontal lines.
    best : int, optional
        Rows kept in the end: a vertical line.
    label : str
        Name and unit of the error.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on. The number of rows falls from left to right, as in a run.

    Raises
    ------
    ImportError
        If `ax` is None and matplotlib is not installed.
    TypeError
        If an argument does not hold numbers, or is no mapping where it should be.
    ValueError
        If `series` is empty, or the rows and errors of a pair do not match or are not finite.

    Examples
    --------
    >>> from paris_core.plotting import new_figure
    >>> ax = plot_removal(
    ...     {"pruned": ([400, 300, 200], [2.0, 1.4, 1.5])},
    ...     random=([400, 300, 200], [[2.0, 2.1, 2.3], [2.0, 2.0, 2.1]]),
    ...     ax=new_figure().subplots(),
    ... )
    >>> [line.get_label() for line in ax.lines]
    ['random rows removed, mean of 2', 'pruned']
    >>> bool(ax.xaxis_inverted())
    True
    """
    pairs = [(name, _pair(f"series[{name!r}]", pair)) for name, pair in _items("series", series)]
    if not pairs:
        raise ValueError("series must hold at least one pair (rows kept, errors), got none")
    several = None if random is None else _pair("random", random, several=True)
    levels = [
        (name, checks.finite(f"references[{name!r}]", value))
        for name, value in _items("references", {} if references is None else references)
    ]
    kept = None if best is None else checks.integer("best", best, 0, 2**53)
    title = checks.string("label", label)

    axes = given_or_new(ax)
    if several is not None:
        _draw_random(axes, *several)
    for place, (name, (rows, errors)) in enumerate(pairs):
        color = f"C{(3, 0, 1, 2)[place % 4]}"
        axes.plot(rows, errors[0], color=color, marker="o", markersize=3.5, label=name)
    for place, (name, value) in enumerate(levels):
        style = ("--", ":", "-.")[place % 3]
        axes.axhline(value, color="0.35", linestyle=style, linewidth=1.1, label=name)
    if kept is not None:
        axes.axvline(kept, color="0.75", linewidth=5.0, zorder=0, label=f"{kept:,} rows kept")
    axes.invert_xaxis()
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_xlabel("training rows kept")
    axes.set_ylabel(title)
    axes.legend(frameon=False)
    return trim(axes)


def _items(name: str, value: Mapping[str, _T]) -> list[tuple[str, _T]]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping of labels, got {shown(value)}")
    return [(checks.string(f"a label of {name}", label), item) for label, item in value.items()]


def _draw_random(ax: Axes, rows: FloatArray, errors: FloatArray) -> None:
    label = f"random rows removed, mean of {len(errors)}"
    ax.plot(rows, errors.mean(axis=0), color="0.6", label=label)
    low, high = errors.min(axis=0), errors.max(axis=0)
    ax.fill_between(rows, low, high, color="0.9", linewidth=0, label="their range")


def _pair(name: str, pair: _Pair, *, several: bool = False) -> tuple[FloatArray, FloatArray]:
    """The rows (m,) and the errors (n_curves, m)."""
    try:
        given_rows, given_errors = pair
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a pair (rows kept, errors)") from error
    rows = arrays.series(f"{name}[0]", given_rows)
    errors = np.atleast_2d(arrays.real_array(f"{name}[1]", given_errors))
    if errors.ndim != 2 or errors.shape[1] != rows.size or (len(errors) > 1 and not several):
        wanted = f"({rows.size},)" + (f" or (n_curves, {rows.size})" if several else "")
        raise ValueError(
            f"{name}[1] must have shape {wanted}, an error for every number of rows, "
            f"got shape {np.shape(given_errors)}"
        )
    return rows, errors
