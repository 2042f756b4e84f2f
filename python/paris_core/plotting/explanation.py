"""The training rows that carry one prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._support import checks
from .._support.messages import number
from ..influence.explanation import Explanation
from .figure import given_or_new, trim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_explanation"]

_UP, _DOWN = "C3", "C0"


def plot_explanation(
    explanation: Explanation,
    *,
    names: Sequence[str] | None = None,
    unit: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw what single training rows contribute to a prediction, and what their deletion does.

    Parameters
    ----------
    explanation : Explanation
        From `paris_core.explain`.
    names : sequence of str, optional
        A name for each of its rows. Default: the row's number and target.
    unit : str
        Unit of the target, for the labels.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the contributions, a bar for each row from top to bottom. The changes of the
        prediction on deletion are on new axes, ``ax.figure.axes[-1]``, which take the right third
        of the place and have their own scale: they are smaller by orders of magnitude, as a rule.

    Raises
    ------
    ImportError
        If `ax` is None and matplotlib is not installed.
    TypeError
        If `explanation` is something else, or `names` or `unit` are no text.
    ValueError
        If there are not as many names as rows.

    Examples
    --------
    >>> import paris_core
    >>> from paris_core.plotting import new_figure
    >>> Phi = [[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]
    >>> explanation = paris_core.explain(Phi, [0.0, 1.0, 2.0, 7.0], [1.0, 4.0], lam=1.0, k=1)
    >>> ax = plot_explanation(explanation, ax=new_figure().subplots())
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['row 3, target 7', 'row 2, target 2']
    """
    if not isinstance(explanation, Explanation):
        raise TypeError(
            f"explanation must be a paris_core.Explanation, got {type(explanation).__name__}"
        )
    n = len(explanation.row)
    if names is None:
        pairs = zip(explanation.row, explanation.target, strict=True)
        names = [f"row {row:,}, target {number(target)}" for row, target in pairs]
    given = checks.strings("names", names)
    if len(given) != n:
        raise ValueError(f"names must have an entry for each of {n} rows, got {len(given)}")
    suffix = f", {unit}" if checks.string("unit", unit) else ""
    axes = given_or_new(ax)
    places = np.arange(n)
    _bars(axes, explanation.contribution)
    axes.set_yticks(places, given)
    axes.invert_yaxis()
    axes.set_xlabel("contribution" + suffix)
    axes.set_title(
        f"prediction {number(explanation.prediction)} = these {n} rows: "
        f"{number(explanation.prediction - explanation.rest)}, "
        f"{explanation.n_rest:,} others: {number(explanation.rest)}",
        fontsize="medium",
        loc="left",
    )
    beside = _split(axes)
    _bars(beside, explanation.change_on_deletion)
    beside.tick_params(left=False, labelleft=False)
    beside.spines["left"].set_visible(False)
    beside.set_xlabel("change on deletion" + suffix)
    return axes


def _split(ax: Axes) -> Axes:
    """New axes on the right third of the place of `ax`."""
    spec = ax.get_subplotspec()
    if spec is None:  # placed by hand
        box = ax.get_position()
        ax.set_position((box.x0, box.y0, 0.62 * box.width, box.height))
        right = (box.x0 + 0.67 * box.width, box.y0, 0.33 * box.width, box.height)
        return ax.figure.add_axes(right, sharey=ax)
    parts = spec.subgridspec(1, 2, width_ratios=(2, 1))
    ax.set_subplotspec(parts[0])
    return ax.figure.add_subplot(parts[1], sharey=ax)


def _bars(ax: Axes, values: np.ndarray) -> None:
    ax.barh(np.arange(len(values)), values, color=[_UP if v > 0 else _DOWN for v in values])
    ax.axvline(0.0, color="0.3", linewidth=0.8)
    ax.locator_params(axis="x", nbins=5)
    trim(ax)
