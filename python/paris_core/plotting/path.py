"""What a run looked at: the worst validation row and its residual."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._support import checks
from ..results.rows import PruneResult
from .figure import given_or_new, trim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_worst_residual"]


def plot_worst_residual(
    result: PruneResult | Sequence[PruneResult],
    *,
    scale: float = 1.0,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the worst residual after every deletion, and which validation row it belongs to.

    Parameters
    ----------
    result : PruneResult or sequence of PruneResult
        A run, or the rounds of one, such as `results_` of `paris_core.PARISRegressor`. The line
        begins afresh in every round: the features, and with them the loss, may have changed.
    scale : float
        Factor from the targets that were pruned with to the unit of the drawing: their standard
        deviation, if they were standardised.
    label : str, optional
        Name and unit of the line. Default: "worst residual", or "root of the loss" where the
        objective is a mean over several rows.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the line, sqrt(`loss`), against the number of deletions. The points, `val_index`
        (v*), lie on a twin of these axes with its scale on the right: ``ax.figure.axes[-1]``.
        There are none for objective "mean", where `val_index` is -1 because no row is the worst.

    Raises
    ------
    ImportError
        If `ax` is None and matplotlib is not installed.
    TypeError, ValueError
        If `result` is or holds something else, is empty, or `scale` is not positive.

    Notes
    -----
    With ``objective="worst"`` and without validation weights the line is |r_v*|. A line that falls
    while v* stays is one row being served; points that jump between a few rows are rows that take
    turns, and then a deletion for one of them is paid for by the others.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> from paris_core.plotting import new_figure
    >>> rng = np.random.default_rng(0)
    >>> Phi, Phi_val = rng.normal(size=(60, 3)), rng.normal(size=(9, 3))
    >>> result = paris_core.prune(Phi, rng.normal(size=60), Phi_val, Phi_val[:, 0], 20, lam=1.0)
    >>> ax = plot_worst_residual(result, ax=new_figure().subplots())
    >>> bool(np.all(ax.lines[0].get_ydata() == np.sqrt(result.loss)))
    True
    """
    given = [result] if isinstance(result, PruneResult) else result
    rounds = checks.members("result", given, "PruneResult, or a single one")
    if not rounds:
        raise ValueError("result must hold at least one PruneResult, got none")
    for item in rounds:
        if not isinstance(item, PruneResult):
            raise TypeError(f"result must be PruneResult, got {type(item).__name__}")
    factor = checks.positive("scale", scale)
    title = None if label is None else checks.string("label", label)
    starts = np.cumsum([0, *(len(item.removed) for item in rounds)])
    worst = any((item.val_index >= 0).any() for item in rounds)

    axes = given_or_new(ax)
    for place, item in enumerate(rounds):
        deletions = starts[place] + np.arange(len(item.loss))
        axes.plot(deletions, factor * np.sqrt(item.loss), color="C3", zorder=3)
    for start in starts[1:-1]:
        axes.axvline(start, color="0.85", linewidth=0.8, zorder=0)
    axes.set_xlabel("rows removed" + (", a line per round" if len(rounds) > 1 else ""))
    axes.set_ylabel(title or ("worst residual" if worst else "root of the loss"), color="C3")
    axes.set_ylim(bottom=0.0)
    trim(axes)
    if worst:
        twin = axes.twinx()
        for start, item in zip(starts, rounds, strict=False):
            twin.plot(
                start + 1 + np.arange(len(item.val_index)),
                item.val_index,
                linestyle="none",
                marker=".",
                markersize=2.5,
                color="C0",
                alpha=0.6,
                rasterized=True,  # thousands of points would swell a vector file
            )
        twin.locator_params(axis="y", integer=True)
        twin.set_ylabel("v*, position of the worst validation row", color="C0")
        twin.spines["top"].set_visible(False)
        axes.set_zorder(twin.get_zorder() + 1)  # the line above the points
        axes.patch.set_visible(False)
    return axes
