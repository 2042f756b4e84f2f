"""Where to draw: figures and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._support import checks
from .._support.messages import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["new_figure"]

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
    TypeError, ValueError
        If a size is not a positive number.

    Examples
    --------
    >>> new_figure().get_axes()
    []
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    size = checks.positive("width", width), checks.positive("height", height)
    return Figure(figsize=size, layout="constrained")


def given_or_new(ax: Axes | None) -> Axes:
    """`ax`, or axes of a new figure."""
    try:
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError(_ADVICE) from error
    if ax is None:
        from matplotlib import pyplot  # not before: it chooses a backend

        ax = pyplot.subplots(layout="constrained")[1]
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be matplotlib.axes.Axes, got {shown(ax)}")
    return ax


def trim(ax: Axes) -> Axes:
    """Take away the frame where it says nothing."""
    ax.spines[["top", "right"]].set_visible(False)
    return ax
