"""The drawings of a report, as SVG to be written into the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ... import plotting
from ..._support.arrays import FloatArray, IntArray
from ..._support.messages import number
from ...metrics import RemovalCurve
from ..findings.baselines import Baseline, random_curves, tail_curves
from ..findings.fitted import Fitted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...results.rows import PruneResult

__all__ = ["Drawing", "draw_all", "moved"]

_TOP = 6  # rows each way behind the worst prediction


class Drawing(NamedTuple):
    """A picture, what it is called, and what it shows."""

    title: str
    uri: str
    caption: str


def draw_all(
    fitted: Fitted, target: str, baselines: list[Baseline], rng: np.random.Generator
) -> list[Drawing]:
    """All drawings that there is something to draw for, in the order of the page."""
    drawings = [_targets(fitted, target)]
    fewest = min(record.n_kept for record in fitted.path)
    series = tail_curves(fitted) if fewest < len(fitted.training) else {}
    if series:
        curves = None
        if "monitor rows" in series:
            curves = random_curves(fitted, series["monitor rows"][0], rng)
        drawings.append(_removal(fitted, target, baselines, series, curves))
    worst = fitted.model.objective == "worst"
    results = [result for result in fitted.results if worst and len(result.removed)]
    if results:
        figure = plotting.new_figure(7.5, 3.4)
        scale = 1.0 if fitted.classes else fitted.task.scale
        plotting.plot_worst_residual(
            results,
            scale=scale,
            label=f"worst residual, {_literal(_unit(fitted, target))}",
            ax=figure.subplots(),
        )
        drawings.append(
            Drawing(
                "The worst validation row",
                _uri(figure),
                "The largest residual of the validation rows after each deletion (line), and the "
                "row it belongs to (points, positions among the validation rows). "
                + _jumps(results),
            )
        )
    drawings.append(_worst_prediction(fitted, target))
    return drawings


def _targets(fitted: Fitted, target: str) -> Drawing:
    figure = plotting.new_figure(7.5, 3.2)
    ax = figure.subplots()
    caption = "Targets of the training rows, before and after; counts on a logarithmic scale. "
    caption += _who_left(fitted)
    if fitted.classes:
        classes = np.array([_literal(str(name)) for name in fitted.training.y])
        plotting.plot_class_counts(classes, fitted.kept, label=_literal(target), ax=ax)
        return Drawing("Classes before and after", _uri(figure), caption)
    bounds = [bound for bound in (fitted.task.low, fitted.task.high) if np.isfinite(bound)]
    plotting.plot_target_histogram(
        fitted.training.y, fitted.kept, threshold=bounds, label=_literal(target), ax=ax
    )
    return Drawing("Targets before and after", _uri(figure), caption)


def _removal(
    fitted: Fitted,
    target: str,
    baselines: list[Baseline],
    series: dict[str, tuple[IntArray, FloatArray]],
    curves: RemovalCurve | None,
) -> Drawing:
    references = {
        f"{line.label} (monitor)": line.tail_error
        for line in baselines
        if "validation" in line.label and "kept" not in line.label and "monitor rows" in series
    }
    figure = plotting.new_figure(8.5, 3.6)
    ax = plotting.plot_removal(
        series,
        random=None if curves is None else (len(fitted.training) - curves.n_removed, curves.scores),
        references=references,
        best=fitted.final_round.n_kept,
        label=f"tail error, {_literal(_unit(fitted, target))}",
        ax=figure.subplots(),
    )
    ax.locator_params(axis="x", nbins=6)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    caption = (
        "From all training rows (left) to the fewest (right); the grey bar is the model of this "
        f"report. {moved(series, fitted.final_round.n_kept)} "
    )
    if curves is not None:
        caption += "Grey: as many rows removed at random, on the monitor rows" + (
            ", with a ridge head on the final features." if _retrained(fitted) else "."
        )
    return Drawing("Error against rows kept", _uri(figure), caption)


def _worst_prediction(fitted: Fitted, target: str) -> Drawing:
    """The kept rows behind the validation row that the final model predicts worst."""
    rows = fitted.validation
    scores = rows.Phi @ fitted.head(fitted.training.at(fitted.kept))
    squares = ((rows.encoded - scores) ** 2).reshape(len(rows), -1).sum(axis=1)
    worst = int(np.argmax(squares))
    explanation, name = fitted.explain(rows.Phi[worst], k=_TOP)
    figure = plotting.new_figure(8.5, 0.9 + 0.26 * len(explanation.row))
    rows_and_targets = zip(fitted.names[explanation.row], explanation.target, strict=True)
    if name is None:
        names = [f"row {row}: {number(value)}" for row, value in rows_and_targets]
        told = f"Row {fitted.validation_names[worst]} has {target} {number(rows.y[worst])}."
    else:
        names = [f"row {row}: {name if value else 'other'}" for row, value in rows_and_targets]
        told = (
            f"Row {fitted.validation_names[worst]} is {rows.y[worst]}; explained is the score of "
            f"{name}."
        )
    plotting.plot_explanation(
        explanation, names=[_literal(name) for name in names], ax=figure.subplots()
    )
    return Drawing(
        "The rows behind the worst prediction of a validation row",
        _uri(figure),
        f"{told} Contributions (left) of the strongest training rows, named by row and "
        "target; with all the others they sum to the prediction. They are not effects: what "
        "deleting the row would do is on the right, with its own scale.",
    )


def moved(series: dict[str, tuple[IntArray, FloatArray]], n_kept: int) -> str:
    """Where the curves go: up to the model of the report, or if that is the first, to the end."""
    told, change = [], {}
    for name, (kept, errors) in series.items():
        place = int(np.argmin(np.abs(kept - n_kept)))
        where = "there" if place else "with the fewest rows"
        last = errors[place] if place else errors[-1]
        told.append(f"{name} {number(errors[0])}, {where} {number(last)}")
        change[name] = last - errors[0]
    text = f"Tail error with all rows: {'; '.join(told)}."
    steered = change.get("validation rows", np.nan)
    watched = change.get("monitor rows", np.nan)
    if steered < 0.0 <= watched:
        text += " Validation rows gain because deletion looks at them; the monitor rows do not."
    elif steered < 0.0 and watched < 0.0:
        text += " What helps the validation rows helps the monitor rows, which deletion never saw."
    elif steered >= 0.0:
        text += " In the tail not even the validation rows gain, which deletion looks at."
    return text


def _jumps(results: Sequence[PruneResult]) -> str:
    """To how many rows the worst residual belongs."""
    rows = len(np.unique(np.concatenate([result.val_index for result in results])))
    if rows == 1:
        return "It is the same row throughout."
    return f"These are {rows:,} rows in turn: what helps one may cost another."


def _who_left(fitted: Fitted) -> str:
    """Whether it is the tail that left."""
    if fitted.kept.all():
        return "None was removed."
    if fitted.classes:
        left = fitted.training.y[~fitted.kept]
        counts = [f"{int((left == name).sum()):,} of {name}" for name in fitted.model.classes_]
        return f"Removed: {', '.join(counts)}."
    (inside,) = fitted.task.tails(fitted.training.y).values()
    parts = []
    for what, rows in (("the tail", inside), ("all others", ~inside)):
        gone = int((rows & ~fitted.kept).sum())
        parts.append(f"{gone:,} of {int(rows.sum()):,} rows of {what}")
    return f"Removed: {' and '.join(parts)}."


def _retrained(fitted: Fitted) -> bool:
    return bool(fitted.model.retrain != "head")


def _unit(fitted: Fitted, target: str) -> str:
    return "that of the worst class" if fitted.classes else f"unit of {target}"


def _literal(text: str) -> str:
    """`text` for matplotlib, to which dollars mean mathematics."""
    return text.replace("$", r"\$")


def _uri(figure: Figure) -> str:
    """The figure as a data URI: nothing is loaded, and no names clash within the page."""
    import matplotlib

    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "paris_core", "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode("ascii")
