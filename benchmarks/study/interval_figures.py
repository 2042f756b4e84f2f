"""Figures with a line for each method: a mean and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from paris_core.plotting import new_figure

from .grid import Row
from .repair_tables import FIELDS, TRUTH, complete, ratios
from .tables import interval, number, whole_cells

# Of Okabe and Ito, told apart by the colour-blind, too.
COLOURS = {"PARIS": "#0072B2", "audit": "#009E73", "paper": "#D55E00"}
OTHER = "0.4"
MULTIPLES = (0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 10.0, 30.0)  # ticks of log axes


def storms(rows: list[Row]) -> Figure:
    """The first task: change of two errors against everything."""
    from .storm_tables import Pool

    task = [row for row in rows if all(row[k] == rows[0][k] for k in ("inputs", "horizon"))]
    pool = Pool(task, "all")
    regions = {"hours at Dst ≤ -100 nT": " -100", "all hours": ""}

    others = (method for method in pool.methods if method != "everything")
    methods = sorted(others, key=lambda method: -pool.change(method, " -100")[0])
    figure = new_figure(10.0, 1.2 + 0.21 * len(methods))
    axes = figure.subplots(1, 2, sharey=True)
    for ax, (title, region) in zip(axes, regions.items(), strict=True):
        for place, method in enumerate(methods):
            change = (100.0 * part for part in pool.change(method, region))
            _interval(ax, place, *change, _colour(method))
        ax.axvline(0.0, color="0.75", linewidth=1.0, zorder=0)
        ax.set_title(title)
        ax.set_xlabel("change of RMSE against everything, %")
    _names(axes[0], methods)
    figure.suptitle(
        f"{rows[0]['inputs']}, {rows[0]['horizon']} h ahead, {number(len(pool.storms), 'storm')}, "
        f"{number(len(pool.seeds), 'seed')}: 95 % intervals over storms"
    )
    return figure


def repair(rows: list[Row]) -> Figure:
    """The first number of trusted rows: errors against those with the true labels."""
    first = [row for row in rows if row["n_trusted"] == rows[0]["n_trusted"]]
    methods, _ = whole_cells(first, FIELDS)
    corruptions = complete(first, methods)
    shown = [method for method in reversed(methods) if method != TRUTH]
    columns = 3
    lines = -(-len(corruptions) // columns)
    figure = new_figure(10.0, 0.8 + lines * (0.5 + 0.17 * len(shown)))
    axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for ax, (corruption, units) in zip(axes.flat, corruptions.items(), strict=False):
        for place, method in enumerate(shown):
            for error, up, style in (("rmse", 0.15, "o"), ("rmse_tail", -0.15, "D")):
                found = np.log(ratios(units, method, TRUTH, error))
                middle, *bounds = np.exp([found.mean(), *interval(found)])
                _interval(ax, place + up, middle, *bounds, _colour(method), style)
        ax.axvline(1.0, color="0.75", linewidth=1.0, zorder=0)
        ax.set_title(f"{corruption} ({number(len(units), 'cell')})")
        ax.set_xscale("log")
        multiples(ax.xaxis)
        ax.tick_params(labelbottom=True)
    for ax in list(axes.flat)[len(corruptions) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        _names(ax, shown)
    figure.suptitle(
        f"{rows[0]['n_trusted']} trusted rows: RMSE as a multiple of that with the true labels, "
        "95 % intervals over cells\ncircles: all test rows; diamonds: the tail"
    )
    return figure


def ranks(rows: list[Row]) -> Figure:
    """Public sets: mean ranks, and change of the tail error."""
    from .public_tables import Pool

    pool = Pool(rows, list(dict.fromkeys(row["set"] for row in rows)))
    tail, everywhere = pool.ranks("rmse_tail"), pool.ranks("rmse")
    change = 100.0 * (pool.ratios("rmse_tail") - 1.0)  # (sets, methods)
    order = np.argsort(-tail)
    names = [pool.methods[place] for place in order]
    figure = new_figure(10.0, 1.2 + 0.21 * len(names))
    axes = figure.subplots(1, 2, sharey=True)
    for y, place in enumerate(order):
        colour = _colour(pool.methods[place])
        axes[0].plot(tail[place], y, marker="D", color=colour)
        axes[0].plot(everywhere[place], y, marker="o", color=colour, markerfacecolor="none")
        own = change[:, place]
        _interval(axes[1], y, own.mean(), *interval(own), colour, "D")
    axes[0].set_xlabel("mean rank: diamonds by the tail, circles by all rows")
    axes[1].axvline(0.0, color="0.75", linewidth=1.0, zorder=0)
    axes[1].set_xlabel("change of RMSE of the tail against everything, %")
    _names(axes[0], names)
    figure.suptitle(f"{number(len(pool.sets), 'public set')}: means, and 95 % intervals over sets")
    return figure


def _interval(
    ax: Axes, y: float, middle: float, low: float, high: float, colour: str, marker: str = "o"
) -> None:
    ax.plot([low, high], [y, y], color=colour, linewidth=1.4, solid_capstyle="butt")
    ax.plot(middle, y, color=colour, marker=marker, markersize=4.0)


def _colour(method: str) -> str:
    return next((c for name, c in COLOURS.items() if name in method), OTHER)


def _names(ax: Axes, methods: Sequence[str]) -> None:
    ax.set_yticks(range(len(methods)), methods, fontsize=8)
    ax.set_ylim(-0.7, len(methods) - 0.3)


def multiples(axis: Axis) -> None:
    """Round multiples on a log axis."""
    axis.set_major_locator(FixedLocator(MULTIPLES))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
