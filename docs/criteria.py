"""Draw the plots of criteria.md: what each pair of criterion and objective does to the test error.

    python docs/criteria.py [--out docs/images] [--quick]

Needs matplotlib and Pillow: pip install 'paris-core[plot]'. All data are generated.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import paris_core
from paris_core.linalg import RidgeFactor
from paris_core.metrics import conditional_rmse, rmse
from paris_core.plotting import new_figure
from paris_core.validation import Tail

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TASKS = {
    "sensor": "half of the training targets\nsaturate at 2",
    "clean": "nothing is wrong",
    "outlier": "one validation target is false,\nnothing else is wrong",
}
N_TRAIN, N_VAL, N_TEST = 4000, 200, 4000
FRACTIONS = np.concatenate([[0.0], np.geomspace(0.0025, 0.5, 24)])
LAMBDAS = {  # of the runs; the upper axes show the first
    ("representer", "worst"): (100.0, 1.0, 1000.0),
    ("representer", "mean"): (1000.0, 1.0, 300.0),
    ("refit", "worst"): (1.0,),
    ("refit", "mean"): (1.0,),
}
LAMBDA_PLAIN = 1.0  # of the fits without the method


@dataclass(frozen=True)
class Curves:
    """One run; an array holds a number for each of `FRACTIONS`."""

    objective: np.ndarray  # on the validation rows, in the unit of a residual
    monitor: np.ndarray  # RMSE
    test: np.ndarray  # (2, len(FRACTIONS)), over all rows and over the tail
    best: float  # fraction removed at best_k


@dataclass(frozen=True)
class Baselines:
    """Test errors without the method, over all rows and over the tail."""

    random: np.ndarray  # (2, len(FRACTIONS))
    validation: np.ndarray  # (2,)
    both: np.ndarray  # (2,)


class Task:
    """Rows of one seed: training, validation, monitor, test."""

    def __init__(self, name: str, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        W, b = self.rng.normal(size=(6, 100)), self.rng.normal(size=100)

        def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
            x = self.rng.normal(size=(n, 6))
            y = np.exp(0.6 * x[:, 0] + 0.6 * x[:, 1]) + 0.1 * self.rng.normal(size=n)
            return np.hstack([np.maximum(x @ W + b, 0.0), np.ones((n, 1))]), y

        self.train, self.val, self.monitor = draw(N_TRAIN), draw(N_VAL), draw(N_VAL)
        self.test = draw(N_TEST)
        if name == "sensor":
            y = self.train[1]
            y[: N_TRAIN // 2] = np.minimum(y[: N_TRAIN // 2], 2.0)
        elif name == "outlier":
            self.val[1][0] += 50.0

    def errors(self, weights: np.ndarray) -> np.ndarray:
        """Test RMSE (2,) over all rows, and over those with the highest 5 % of the targets."""
        y, prediction = self.test[1], self.test[0] @ weights
        tail = conditional_rmse(y, prediction, Tail("upper", quantile=0.95))
        return np.array([rmse(y, prediction), tail])

    def fit(self, Phi: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Weights of a ridge regression."""
        return RidgeFactor(Phi, y, LAMBDA_PLAIN).weights

    def run(self, criterion: str, objective: str, lam: float) -> Curves:
        """Remove half of the rows."""
        result = paris_core.prune(
            *self.train,
            *self.val,
            0.5,
            lam=lam,
            criterion=criterion,
            objective=objective,
            monitor=self.monitor,
        )
        counts = (FRACTIONS * N_TRAIN).astype(int)
        errors = [self.errors(result.truncate(int(k)).weights) for k in counts]
        return Curves(
            objective=np.sqrt(result.loss[counts]),
            monitor=np.sqrt(result.monitor_loss[counts]),
            test=np.transpose(errors),
            best=result.best_k / N_TRAIN,
        )

    def baselines(self) -> Baselines:
        """What to compare with."""
        Phi, y = self.train
        order = self.rng.permutation(N_TRAIN)
        kept = [order[int(fraction * N_TRAIN) :] for fraction in FRACTIONS]
        both = np.vstack([Phi, self.val[0]]), np.concatenate([y, self.val[1]])
        return Baselines(
            random=np.transpose([self.errors(self.fit(Phi[rows], y[rows])) for rows in kept]),
            validation=self.errors(self.fit(*self.val)),
            both=self.errors(self.fit(*both)),
        )


def mean(runs: list[Any], name: str) -> Any:
    """Average a field over seeds."""
    return np.mean([getattr(run, name) for run in runs], axis=0)


def draw_errors(ax: Axes, runs: list[Curves], baselines: list[Baselines], objective: str) -> None:
    """Draw what the run sees, and what it does not see, relative to no deletion."""
    test = mean(runs, "test")[0]
    lines = {
        "validation rows" if objective == "mean" else "worst validation row": "objective",
        "monitor rows": "monitor",
    }
    for (label, field), colour in zip(lines.items(), ("C0", "C1"), strict=True):
        values = mean(runs, field)
        ax.plot(100 * FRACTIONS, values / values[0], color=colour, label=label)
    ax.plot(100 * FRACTIONS, test / test[0], color="k", label="test rows")
    ax.axhline(mean(baselines, "both")[0] / test[0], color="C2", linestyle="--")
    ax.axhline(mean(baselines, "validation")[0] / test[0], color="C2")
    best = 100 * np.median([run.best for run in runs])
    ax.axvline(best, color="C1", linestyle=":", label="best_k")


def draw_tail(ax: Axes, runs: dict[float, list[Curves]], baselines: list[Baselines]) -> None:
    """Draw the tail error of the pruned fit and of what to compare it with."""
    x = 100 * FRACTIONS
    ax.plot(x, mean(baselines, "random")[1], color="0.6", label="random rows removed")
    ax.axhline(
        mean(baselines, "both")[1], color="C2", linestyle="--", label="training + validation rows"
    )
    ax.axhline(mean(baselines, "validation")[1], color="C2", label="validation rows only")
    for colour, (lam, with_lam) in zip(("k", "C3", "C4"), runs.items(), strict=False):
        tails = np.array([run.test[1] for run in with_lam])
        ax.plot(x, tails.mean(axis=0), color=colour, label=f"pruned, λ = {lam:g}")
        if colour == "k" and len(tails) > 1:
            error = tails.std(axis=0, ddof=1) / np.sqrt(len(tails))
            low, high = tails.mean(axis=0) - error, tails.mean(axis=0) + error
            ax.fill_between(x, low, high, color="0.85", linewidth=0)


def draw_pair(criterion: str, objective: str, tasks: dict[str, list[Task]]) -> Figure:
    """Two rows of axes, a column for each task."""
    figure = new_figure(10.5, 5.6)
    axes = figure.subplots(2, len(tasks), sharex=True, sharey="row")
    lams = LAMBDAS[criterion, objective]
    for (upper, lower), (name, seeds) in zip(axes.T, tasks.items(), strict=True):
        runs = {lam: [task.run(criterion, objective, lam) for task in seeds] for lam in lams}
        baselines = [task.baselines() for task in seeds]
        draw_errors(upper, runs[lams[0]], baselines, objective)
        draw_tail(lower, runs, baselines)
        upper.set_title(TASKS[name], fontsize=10)
        lower.set_xlabel("training rows removed, %")
    for ax in axes.flat:
        ax.set_xscale("symlog", linthresh=0.5, linscale=0.3)
        ax.set_xticks([0, 1, 3, 10, 30], ["0", "1", "3", "10", "30"])
        ax.minorticks_off()
        ax.set_xlim(0, 50)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_yscale("log")
    axes[0, 0].set_ylim(0.45, 3)
    axes[0, 0].set_yticks([0.5, 0.7, 1, 1.5, 2, 3], ["0.5", "0.7", "1", "1.5", "2", "3"])
    axes[0, 0].minorticks_off()
    axes[0, 0].set_ylabel(f"error / error before, λ = {lams[0]:g}")
    axes[1, 0].set_ylabel("test RMSE, highest 5 %")
    axes[0, 1].legend(fontsize=8, frameon=False, loc="lower left")
    axes[1, 1].legend(fontsize=8, frameon=False, loc="upper left")
    figure.suptitle(f'criterion="{criterion}", objective="{objective}"', fontsize=11)
    return figure


def print_figures(tasks: list[Task], with_outlier: list[Task]) -> None:
    """Print the numbers that the text quotes."""
    lams = [paris_core.regularization.select_lambda(*task.train) for task in tasks]
    print(f"sensor: λ by cross-validation {min(lams):.1f} to {max(lams):.1f}")
    for label, options in {
        **{f"{n} worst": {"objective": ("worst", n)} for n in (1, 5, 20)},
        "mean": {"objective": "mean"},
    }.items():
        rise = []
        for task in with_outlier:
            arrays = *task.train, *task.val
            result = paris_core.prune(*arrays, 0.1, lam=1.0, criterion="refit", **options)
            before = task.errors(task.fit(*task.train))[0]
            rise.append(task.errors(result.weights)[0] / before - 1)
        print(f"outlier, refit, {label}, 10 % removed: test error +{np.mean(rise):.0%}")


def save(figure: Figure, file: Path) -> None:
    """Write a PNG with a palette: half the size."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(90)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    image.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    parser.add_argument("--quick", action="store_true", help="one seed instead of five")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    seeds = range(1 if chosen.quick else 5)
    print_figures(*([Task(name, seed) for seed in seeds] for name in ("sensor", "outlier")))
    for criterion, objective in LAMBDAS:
        tasks = {name: [Task(name, seed) for seed in seeds] for name in TASKS}
        file = chosen.out / f"{criterion}-{objective}.png"
        save(draw_pair(criterion, objective, tasks), file)
        print(f"{file}: {file.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
