"""What a report says, in which order."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn
from numpy.typing import ArrayLike

from .. import __version__, _arguments, show_config
from .._files import replacing
from .._text import number
from . import _page as page
from ._baselines import Baseline, compare, random_curves
from ._figures import draw_all
from ._fitted import Fitted

__all__ = ["write_report"]

_QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def write_report(
    path: str | os.PathLike[str],
    model: Any,
    X: Any,
    y: ArrayLike,
    *,
    X_val: Any = None,
    y_val: ArrayLike | None = None,
    target: str = "y",
    source: str | None = None,
    remarks: Sequence[str] = (),
    command: str | None = None,
    script: str | None = None,
    random_state: int | np.random.Generator | None = 0,
) -> None:
    """Write what a run of the outer loop did to a single HTML file that needs nothing else.

    Parameters
    ----------
    path : str or path-like
        The file; replaced as a whole if it exists.
    model : PARISRegressor or PARISClassifier
        Fitted to the rows that follow.
    X : (n, p) array_like or DataFrame
        Inputs. Rows are named by the index of a data frame, otherwise by position.
    y : (n,) array_like
        Targets.
    X_val, y_val : array_like, optional
        The rows that steered and monitored, if `fit` was given such.
    target : str
        Name of the target, and its unit.
    source : str, optional
        Where the rows come from.
    remarks : sequence of str
        What else the reader should know.
    command, script : str, optional
        A command line and Python code that repeat the run. Default of `script`: the model with its
        parameters.
    random_state : int, numpy.random.Generator or None
        Decides which rows are drawn at random for comparison.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If `model` is not such a model, not fitted, or was fitted to other rows.

    Notes
    -----
    Features of all rows once more, about 25 fits of the ridge head, and up to 200,000 deletions of
    rows at random; a second for 15,000 rows with the network of the default.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from paris_core import PARISRegressor
    >>> from paris_core.report import write_report
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(600, 3))
    >>> y = X[:, 0] + rng.normal(size=600)
    >>> model = PARISRegressor(lambda X: X, keep=0.5, tail_quantile=0.2, random_state=0).fit(X, y)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> write_report(path, model, X, y)
    >>> "of 420 training rows kept" in path.read_text(encoding="utf-8")
    True
    """
    rng = _arguments.generator("random_state", random_state)
    fitted = Fitted.of(model, X, y, X_val, y_val)
    monitored = bool(len(fitted.monitor))
    baselines = compare(fitted, rng) if monitored else []
    curves = random_curves(fitted, rng) if monitored else None
    drawings = draw_all(fitted, target, baselines, curves)
    title = f"Pruning report: {target}" + (f" in {os.path.basename(source)}" if source else "")
    now = datetime.datetime.now().astimezone().isoformat(" ", "minutes")
    parts = [
        page.element("h1", title),
        page.element("p", f"paris_core {__version__}, {now}", "sub"),
        page.tiles(_tiles(fitted)),
        *_in_short(fitted, baselines),
        page.element("h2", "Data"),
        *_data(fitted, X, target, source, remarks),
        page.element("h2", "What was done"),
        *_rounds(fitted),
        page.element("h2", "Drawings"),
        *(page.figure(*drawing) for drawing in drawings),
        page.element("h2", "Compared with models without deletion"),
        *_comparison(fitted, baselines),
        page.element("h2", "Settings that reproduce it"),
        *_settings(fitted, command, script),
    ]
    with replacing(path) as part:
        part.write_text(page.page(title, parts), encoding="utf-8")


def _error_names(fitted: Fitted) -> tuple[str, str]:
    return ("error rate", "worst class's error") if fitted.classes else ("RMSE", "tail RMSE")


def _tiles(fitted: Fitted) -> list[tuple[str, str]]:
    first, last = fitted.model.history_[0], fitted.final_round
    name, tail_name = _error_names(fitted)
    part, prefix = ("monitor", "monitor_") if len(fitted.monitor) else ("steering", "")
    tiles = [(f"{last.n_kept:,}", f"of {first.n_kept:,} training rows kept")]
    for what, field in ((tail_name, "tail_error"), (name, "error")):
        values = (getattr(record, prefix + field) for record in (first, last))
        tiles.append((" → ".join(number(value) for value in values), f"{what}, {part} rows"))
    seconds = sum(record.seconds for record in fitted.model.history_)
    return [*tiles, (f"{seconds:.1f} s", "training and pruning")]


def _in_short(fitted: Fitted, baselines: list[Baseline]) -> list[str]:
    """What the numbers say, and what they cannot say."""
    lines = []
    if fitted.final_round.n_kept == fitted.model.history_[0].n_kept:
        lines.append(
            "No rows were removed: no round was better on the monitor rows than the first."
        )
    if not baselines:
        lines.append(
            "No rows monitored, and errors on the steering rows are too good to be true: whether "
            "deletion helped cannot be told from this report."
        )
        return [page.element("p", line) for line in lines]
    own, *others = baselines
    others = [line for line in others if "kept" not in line.label]  # no deletion
    for name, field in zip(_error_names(fitted), ("error", "tail_error"), strict=True):
        value = getattr(own, field)
        if np.isnan(value):
            lines.append(f"No monitor row lies in the tail, so there is no {name} to compare.")
            continue
        best = min(others, key=lambda line: getattr(line, field))
        least = getattr(best, field)
        gap = "" if not least else f" ({100.0 * (value / least - 1.0):+.1f} %)"
        lines.append(
            f"On the monitor rows the {name} is {number(value)}{gap}, against {number(least)} of "
            f"the best of the models without deletion: {best.label}."
        )
    if fitted.model.keep == "auto":
        lines.append(
            "The monitor rows also chose the round, so that these errors flatter the model a "
            "little: rows that took no part, a test set, have the last word."
        )
    return [page.element("p", line) for line in lines]


def _data(
    fitted: Fitted, X: Any, target: str, source: str | None, remarks: Sequence[str]
) -> list[str]:
    shape = np.shape(X)
    model = fitted.model
    facts = [
        ("file", source),
        ("rows, inputs", f"{shape[0]:,}, {shape[1]:,}"),
        ("target", target),
        ("training rows", f"{len(fitted.training):,}"),
        ("steering rows (decide what is removed)", f"{len(fitted.steering):,}"),
        ("monitor rows (tell whether it helped)", f"{len(fitted.monitor):,}"),
    ]
    if not fitted.classes:
        task = fitted.task
        bounds = []
        if np.isfinite(task.low):
            bounds.append(f"{target} ≤ {number(task.low, 6)}")
        if np.isfinite(task.high):
            bounds.append(f"{target} ≥ {number(task.high, 6)}")
        facts.append(("the tail", " or ".join(bounds)))
    rows = [(name, value) for name, value in facts if value is not None]
    kept = fitted.training.at(fitted.kept)
    parts = {
        "training rows": fitted.training.y,
        "rows kept": kept.y,
        "rows removed": fitted.training.y[~fitted.kept],
        "steering rows": fitted.steering.y,
        "monitor rows": fitted.monitor.y,
    }
    parts = {name: y for name, y in parts.items() if len(y)}
    if fitted.classes:
        names = [str(name) for name in model.classes_]
        table = page.table(
            [f"rows of each {target}", *names],
            [
                [name, *(f"{int((y == label).sum()):,}" for label in model.classes_)]
                for name, y in parts.items()
            ],
        )
    else:
        table = page.table(
            [f"quantiles of {target}", *("least", *(f"{q:.0%}" for q in _QUANTILES[1:-1]), "most")],
            [[name, *(number(q) for q in np.quantile(y, _QUANTILES))] for name, y in parts.items()],
        )
    return [
        page.facts(rows),
        *(page.element("p", remark, "note") for remark in remarks),
        "<p></p>",
        table,
    ]


def _rounds(fitted: Fitted) -> list[str]:
    model = fitted.model
    name, tail_name = _error_names(fitted)
    objective = "all steering rows"
    if model.objective == "worst":
        objective = "the worst steering row"
        if model.n_worst > 1:
            objective = f"the {model.n_worst} worst steering rows"
    retrain = {
        "head": "The network was trained once, on all training rows; after each round the ridge "
        "head on its last hidden layer was fitted again to the rows left.",
        "network": "After each round the whole network was trained again on the rows left.",
    }[model.retrain]
    lines = [
        f"Each deletion took the training row with the best effect on {objective}, judged by the "
        f"criterion “{model.criterion}” at λ = {number(fitted.lam)}. {retrain}"
    ]
    if model.keep == "auto":
        lines.append(
            f"The model is that of round {fitted.final_round.round}, the best on the monitor rows."
        )
    head = [
        "round",
        "rows left",
        "λ",
        f"steering {name}",
        tail_name,
        f"monitor {name}",
        tail_name,
        "training, s",
        "pruning, s",
    ]
    rows = [
        [
            str(record.round),
            f"{record.n_kept:,}",
            *(
                number(value)
                for value in (
                    record.lam,
                    record.error,
                    record.tail_error,
                    record.monitor_error,
                    record.monitor_tail_error,
                )
            ),
            f"{record.training_seconds:.1f}",
            f"{record.pruning_seconds:.1f}",
        ]
        for record in model.history_
    ]
    chosen = [model.history_.index(fitted.final_round)]
    return [*(page.element("p", line) for line in lines), page.table(head, rows, chosen)]


def _comparison(fitted: Fitted, baselines: list[Baseline]) -> list[str]:
    if not baselines:
        return [page.element("p", "There are no monitor rows to compare models on.")]
    name, tail_name = _error_names(fitted)

    def cell(value: float, spread: float) -> str:
        return number(value) + (f" ± {number(spread, 2)}" if spread else "")

    rows = [
        [
            line.label,
            f"{line.n_rows:,}",
            cell(line.error, line.spread),
            cell(line.tail_error, line.tail_spread),
        ]
        for line in baselines
    ]
    return [
        page.element(
            "p",
            "Ridge heads on the features of the final model, all with the same λ, fitted to other "
            "rows; errors are those of the monitor rows, which none was fitted to. A gain over "
            "“all training rows” alone proves nothing: the steering rows have told deletion what "
            "they know, so the models that were simply given them are the ones to beat.",
        ),
        page.table(["fitted to", "rows", name, tail_name], rows, [0]),
    ]


def _settings(fitted: Fitted, command: str | None, script: str | None) -> list[str]:
    parts = []
    if command is not None:
        parts += [page.element("p", "Command line:"), page.code(command)]
    text = script
    if text is None:
        text = fitted.model.__repr__(N_CHAR_MAX=100_000) + ".fit(X, y)"
    facts = show_config(mode="dict")
    versions = (
        f"paris_core {__version__} ({facts['simd']}), scikit-learn {sklearn.__version__}, "
        f"numpy {np.__version__}, Python {platform.python_version()}, {platform.machine()}; "
        f"random seed {fitted.model.random_state}"
    )
    return [
        *parts,
        page.element("p", "Python:"),
        page.code(text),
        page.element("p", versions, "note"),
    ]
