"""Figures with a curve for each method: errors as multiples of those of everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from paris_core.plotting import new_figure

from .grid import Row
from .interval_figures import multiples
from .tables import interval, number

# Okabe and Ito's colours, without the yellow: told apart by the colour-blind, too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
MARKERS = "osD^vP*X"
KEPT = "training rows kept, %"

Values = Mapping[float, Sequence[float]]  # of the units at each x


def compression(rows: list[Row]) -> Figure:
    """All tasks: errors of what has learned few rows against everything."""
    errors = {"rmse": "all test rows", "rmse_tail": "the tail"}
    refits = list(dict.fromkeys(row["refit"] for row in rows))
    base = {_unit(r): r for r in rows if r["method"] == "everything"}
    some = [r for r in rows if 0.0 < float(r["keep"]) < 1.0 and _unit(r) in base]
    figure = new_figure(10.0, 1.0 + 3.2 * len(refits))
    axes = figure.subplots(len(refits), 2, sharex=True, squeeze=False)
    for refit, line in zip(refits, axes, strict=True):
        for ax, (error, title) in zip(line, errors.items(), strict=True):
            here = [row for row in some if row["refit"] == refit]
            found = _by(
                here,
                "method",
                lambda row: 100.0 * float(row["keep"]),
                lambda row, error=error: float(row[error]) / float(base[_unit(row)][error]),
            )
            _curves(ax, found)
            ax.set_yscale("log")
            ax.set_title(f"{refit} refitted: {title}")
            multiples(ax.yaxis)
        line[0].set_ylabel("RMSE / that of everything")
    shares = sorted({round(100.0 * float(row["keep"])) for row in some})
    for ax in axes[-1]:
        ax.set_xscale("log")
        ax.set_xticks(shares, map(str, shares))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xlabel(KEPT)
    axes[0, 0].invert_xaxis()  # shared by all
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False, fontsize=8)
    units = number(len(base) // len(refits), "pair")
    figure.suptitle(f"means and 95 % intervals over {units} of task and seed")
    return figure


def ablations(rows: list[Row]) -> Figure:
    """Tail errors of networks trained on the rows kept, and what lambda does to the factor."""
    base = {r["seed"]: float(r["network_tail"]) for r in rows if r["method"] == "everything"}
    parts = {
        name: [r for r in rows if r["ablation"] == name and "/" in r["method"]]
        for name in ("retraining", "lambda", "rare events")
    }

    def ratio(row: Row) -> float:
        return float(row["network_tail"]) / base[row["seed"]]

    figure = new_figure(11.0, 7.0)
    axes = figure.subplots(2, 3)
    for ax in axes[0, 1:]:
        ax.sharey(axes[0, 0])
    rules = list(dict.fromkeys(r["method"] for r in rows if "/" in r["method"]))
    for ax, rule in zip(axes[0], rules, strict=False):
        here = [row for row in parts["retraining"] if row["method"] == rule]
        _curves(ax, _by(here, "setting", lambda row: float(row["kept"]), ratio))
        ax.invert_xaxis()
        ax.set_xlabel(KEPT)
        ax.set_title(rule)
    axes[0, 0].legend(title="features learned again", frameon=False, fontsize=8)
    steps = [row for row in parts["lambda"] if row["setting"] != "auto"]
    of_lambda, of_drift, of_rare = axes[1]
    _curves(of_lambda, _by(steps, "method", lambda row: float(row["setting"]), ratio))
    drift = _by(
        steps,
        "method",
        lambda row: float(row["setting"]),
        lambda row: float(np.log10(max(float(row["drift"]), 1e-17))),
    )
    _curves(of_drift, drift, level=None)
    for ax, title in ((of_lambda, "25 % kept"), (of_drift, "log10 of the drift of the weights")):
        ax.set_xscale("log")
        ax.set_xlabel("λ")
        ax.set_title(title)
    shares = _by(parts["rare events"], "method", lambda row: float(row["setting"][:-2]), ratio)
    _curves(of_rare, shares)
    of_rare.set_xlabel("rare validation rows that steer, %")
    of_rare.set_title("50 % kept")
    of_lambda.legend(frameon=False, fontsize=8)
    for ax in (axes[0, 0], of_lambda):
        ax.set_ylabel("RMSE of the tail / that of everything")
    figure.suptitle(
        f"network trained on the rows kept, {number(len(base), 'seed')}, 95 % intervals"
    )
    return figure


def _unit(row: Row) -> tuple[str, ...]:
    return row["task"], row["seed"], row["refit"]


def _by(
    rows: list[Row], line: str, x: Callable[[Row], float], y: Callable[[Row], float]
) -> dict[str, Values]:
    """The values of all units, for each x of each line."""
    found: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row[line]][x(row)].append(y(row))
    return found


def _curves(ax: Axes, found: Mapping[str, Values], level: float | None = 1.0) -> None:
    """Means and 95 % intervals over units, a line for each name."""
    for place, (name, values) in enumerate(found.items()):
        x = sorted(values)
        means = np.array([np.mean(values[at]) for at in x])
        bounds = np.array([interval(np.array(values[at])) for at in x]).T
        ax.errorbar(
            x,
            means,
            yerr=np.abs(bounds - means),
            color=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
            linestyle="-" if place < len(COLOURS) else "--",
            markersize=4.0,
            linewidth=1.2,
            elinewidth=0.8,
            label=name,
        )
    if level is not None:
        ax.axhline(level, color="0.75", linewidth=1.0, zorder=0)
    ax.spines[["top", "right"]].set_visible(False)
