"""The sections of a report: what the numbers are called, and what is said about them."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn

from ... import __version__, show_config
from ..._support.messages import number
from ...pruning.objective import parse as parse_objective
from ..findings.baselines import Baseline, without_deletion
from ..findings.fitted import Fitted
from ..findings.groups import GroupLine, lines_of_rows
from ..findings.shares import Share
from . import html as page

__all__ = [
    "comparison",
    "data",
    "in_short",
    "rounds",
    "settings",
    "tiles",
    "to_look_at",
    "where_rows_left",
]

_MOST_NAMES = 50  # of groups
_MOST_GROUPS, _MOST_ROWS = 40, 20  # to look at
_QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def _error_names(fitted: Fitted) -> tuple[str, str]:
    return ("error rate", "worst class's error") if fitted.classes else ("RMSE", "tail RMSE")


def tiles(fitted: Fitted) -> list[tuple[str, str]]:
    """The numbers to see first."""
    first, last = fitted.model.history_[0], fitted.final_round
    name, tail_name = _error_names(fitted)
    part = _judges(fitted)
    prefix = "monitor_" if part == "monitor" else ""
    tiles = [(f"{last.n_kept:,}", f"of {first.n_kept:,} training rows kept")]
    for what, field in ((tail_name, "tail_error"), (name, "error")):
        values = (getattr(record, prefix + field) for record in (first, last))
        tiles.append((" → ".join(number(value) for value in values), f"{what}, {part} rows"))
    seconds = sum(record.seconds for record in fitted.model.history_)
    return [*tiles, (f"{seconds:.1f} s", "training and pruning")]


def _judges(fitted: Fitted) -> str:
    """The rows whose errors are shown first, and by which a round was chosen."""
    return "monitor" if len(fitted.monitor) else "validation"


def in_short(fitted: Fitted, baselines: list[Baseline]) -> list[str]:
    """What the numbers say, and what they cannot say."""
    lines = []
    reason = fitted.model.stop_reason_
    lines.append(f"{reason[0].upper()}{reason[1:]}.")
    if fitted.model.refit:
        lines.append(
            "The final model was fitted once more, to every row that was not removed, validation "
            "and monitor rows included. Errors here are those of the rounds before that fit: no "
            "row is left to judge the final model, so a test set has the last word."
        )
    if not baselines:
        folds = fitted.model.losses_ is not None
        lines.append(
            "Validation rows monitored in turn, each by a model that it had not steered: the "
            "answer above is by these. The errors on validation rows are of models that they have "
            "steered, and too good to be true."
            if folds
            else "No rows monitored, and errors on the validation rows are too good to be true: "
            "whether deletion helped cannot be told from this report."
        )
        return [page.element("p", line) for line in lines]
    own, first = baselines[:2]
    for tail, name in enumerate(_error_names(fitted)):
        value = (own.error, own.tail_error)[tail]
        if np.isnan(value):
            lines.append(f"No monitor row lies in the tail, so there is no {name} to compare.")
            continue
        rivals = [line for line in without_deletion(baselines) if line is not first]
        best = min(rivals, key=lambda line: (line.error, line.tail_error)[tail])
        text = f"{name[0].upper()}{name[1:]} of the monitor rows: {number(value)}."
        for line, what in (
            (first, "round 0, with all training rows"),
            (best, f"the best of the heads without deletion, “{best.label}”"),
        ):
            other = (line.error, line.tail_error)[tail]
            told = own.against(line, fitted, tail=bool(tail)).told
            text += f" Against {what} ({number(other)})"
            text += "." if fitted.classes else f": {told}."
        lines.append(text)
    return [page.element("p", line) for line in lines]


def to_look_at(fitted: Fitted, groups: Sequence[GroupLine] | None, target: str) -> list[str]:
    """The groups, or without such the rows, that deserve a look: a table to be copied."""
    if groups is not None:
        head = ["group", "rows", "removed", "share removed", "left as number"]
        head += ["share misclassified"] if fitted.classes else ["mean error", "RMS error"]
        lines = [
            [
                str(line.group),
                str(line.n_rows),
                str(line.n_removed),
                f"{line.n_removed / line.n_rows:.2f}",
                "" if line.order is None else str(line.order),
                *(_plain(value) for value in _errors_of(line, fitted.classes)),
            ]
            for line in groups[:_MOST_GROUPS]
        ]
        more = len(groups) - len(lines)
        note = "Error: target less prediction, by a ridge head on the rows kept." + (
            f" {more:,} more groups are not shown." if more else ""
        )
        return [
            page.element("h2", "Groups to look at"),
            page.table(head, lines),
            page.element("p", note, "note"),
        ]
    rows = lines_of_rows(fitted, _MOST_ROWS)
    if not rows:
        return []
    names = ["row", target, "predicted without it"]
    cells = [[str(row.row), _plain(row.target), _plain(row.prediction)] for row in rows]
    return [
        page.element("h2", "Rows to look at"),
        page.table(names, cells),
        page.element(
            "p",
            f"The first {len(rows):,} of {len(fitted.model.removed_):,} rows to leave, with what "
            "a ridge head on the rows kept predicts.",
            "note",
        ),
    ]


def _errors_of(line: GroupLine, classes: bool) -> tuple[float, ...]:
    return (line.mean_error,) if classes else (line.mean_error, line.error)


def _plain(value: Any) -> str:
    """A number that a spreadsheet takes for one, or a class."""
    return str(value) if isinstance(value, str) else f"{value:.6g}"


def where_rows_left(shares: Sequence[Share]) -> list[str]:
    """How many rows of each category, and of each stretch of the table, were removed."""
    if not shares:
        return []
    cells = [
        [one.column, one.value, str(one.n_rows), str(one.n_removed), f"{one.fraction:.2f}"]
        for one in shares
    ]
    return [
        page.element("h2", "Where rows left"),
        page.element(
            "p",
            "Training rows by category, the largest shares first, and by place in the table or "
            "time. Shares that differ much between categories: rows may be wrong together.",
        ),
        page.table(["", "rows with", "training rows", "removed", "share removed"], cells),
    ]


def data(
    fitted: Fitted, X: Any, target: str, source: str | None, remarks: Sequence[str]
) -> list[str]:
    """What was read, and the targets of every part."""
    shape = np.shape(X)
    model = fitted.model
    facts = [
        ("file", source),
        ("rows, inputs", f"{shape[0]:,}, {shape[1]:,}"),
        ("target", target),
        ("training rows", f"{len(fitted.training):,}"),
        ("validation rows (decide what is removed)", f"{len(fitted.validation):,}"),
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
        "validation rows": fitted.validation.y,
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


def rounds(fitted: Fitted) -> list[str]:
    """How deletions were judged, and a line for every round."""
    model = fitted.model
    name, tail_name = _error_names(fitted)
    unit, objective = "training row", "all validation rows"
    if model.delete == "groups":
        unit = "whole group of training rows"
    name_of_objective, n_worst = parse_objective(model.objective)
    if name_of_objective == "worst":
        objective = "the worst validation row"
        if n_worst > 1:
            objective = f"the {n_worst} worst validation rows"
    retrain = {
        "head": "The network was trained once, on all training rows; after each round the ridge "
        "head on its last hidden layer was fitted again to the rows left.",
        "estimator": "After each round the whole network was trained again on the rows left.",
        "continue": "After each round the training of the network went on, on the rows left.",
    }[model.retrain]
    lines = [
        f"Each deletion took the {unit} with the best effect on {objective}, judged by the "
        f"criterion “{model.criterion}” at λ = {number(fitted.lam)}. {retrain}"
    ]
    if model.keep == "auto":
        lines.append(
            f"The rows removed are those of round {fitted.final_round.round}: the last that was "
            f"better on the {_judges(fitted)} rows beyond chance, and than without as many rows at "
            "random; round 0 if none was."
        )
    if model.history_[-1].sweep > 1:
        lines.append(
            "A sweep begins with all training rows again, judged by the features of the best round "
            "before it."
        )
    groups = fitted.removed_groups
    if groups:
        others = len(groups) - _MOST_NAMES
        names = ", ".join(groups[:_MOST_NAMES]) + (f", and {others:,} more" if others > 0 else "")
        lines.append(f"Groups removed, in the order of deletion: {names}.")
    head = [
        "round",
        "rows left",
        "λ",
        f"validation {name}",
        tail_name,
        f"monitor {name}",
        tail_name,
        "training, s",
        "pruning, s",
    ]
    rows = [
        [
            str(record.round) + (f", sweep {record.sweep}" if record.sweep > 1 else ""),
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


def comparison(fitted: Fitted, baselines: list[Baseline]) -> list[str]:
    """The table of baselines."""
    if not baselines:
        return [page.element("p", "There are no monitor rows to compare models on.")]
    name, tail_name = _error_names(fitted)
    first = baselines[1]

    def cell(value: float, spread: float) -> str:
        return number(value) + (f" ± {number(spread, 2)}" if spread else "")

    def against(line: Baseline) -> list[str]:
        if fitted.classes:
            return []
        pair = (line.against(first, fitted, tail=tail).told for tail in (False, True))
        return ["" if line is first else told for told in pair]

    rows = []
    for line in baselines:
        whole, tail = cell(line.error, line.spread), cell(line.tail_error, line.tail_spread)
        change, tail_change = against(line) or ("", "")
        columns = [whole, tail] if fitted.classes else [whole, change, tail, tail_change]
        rows.append([line.label, f"{line.n_rows:,}", *columns])
    head = [name, tail_name] if fitted.classes else [name, "change", tail_name, "change"]
    heads = "The others are ridge heads on the features of its round's model"
    lines = [
        f"Round 0 is the same estimator, trained on all training rows. {heads}, all with the same "
        "λ, fitted to other rows; errors are those of the monitor rows, which none was fitted to.",
        "A gain over “all training rows” alone proves nothing: the validation rows have told "
        "deletion what they know, so the models that were simply given them are the ones to beat."
        + ("" if fitted.classes else " Change: against round 0, with its 95 % interval."),
    ]
    return [
        *(page.element("p", line) for line in lines),
        page.table(["fitted to", "rows", *head], rows, [0]),
    ]


def settings(fitted: Fitted, command: str | None, script: str | None) -> list[str]:
    """What runs again, and on what it ran."""
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
