"""The answer that a report begins with: is the pruned table to be used, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._support.arrays import FloatArray
from ..evidence.acceptance import FEW_IN_TAIL, verdict
from ..evidence.change import Change, both, change
from .findings.fitted import Fitted
from .findings.groups import GroupLine
from .findings.shares import Share, Shares

__all__ = ["Answer", "answer", "answer_of", "far_off", "hints"]

_UNKNOWN = Change(float("nan"), float("nan"), float("nan"))
_DRAWS = 3  # as the estimators have it
_FAR = 3.0  # times the median error of groups
_FEWEST_GROUPS = 5  # of which there is a usual error
_NAMED = 8  # groups
_NUMBERS = ("no rows", "one row", "two rows", "three rows", "four rows")


class Answer(NamedTuple):
    """What `answer` returns.

    Attributes
    ----------
    verdict : {"use", "do not", "cannot tell"}
        Whether the table without the removed rows is to be used.
    sentence : str
        The same with its reason and its numbers.
    change, tail_change : Change
        By which fraction the root mean squared error over all rows that judge, and over those in
        the tail, is larger (+) or smaller (-) than with all training rows, and the ends of the 95 %
        interval: ``(estimate, low, high)``. NaN where that is not known; for classes there is no
        tail, and the errors are those of the scores of the classes.
    next_steps : tuple of str
        What to do next.
    """

    verdict: str
    sentence: str
    change: Change
    tail_change: Change
    next_steps: tuple[str, ...]


def answer(
    model: Any, X: Any, y: ArrayLike, *, X_val: Any = None, y_val: ArrayLike | None = None
) -> Answer:
    """Say whether the table without the removed rows is to be used, and what to do next.

    Parameters
    ----------
    model : PARISRegressor or PARISClassifier
        Fitted to the rows that follow.
    X : (n, p) array_like or DataFrame
        Inputs.
    y : (n,) array_like
        Targets.
    X_val, y_val : array_like, optional
        The rows that steered and monitored, if `fit` was given such.

    Returns
    -------
    Answer
        ``(verdict, sentence, change, tail_change, next_steps)``.

    Raises
    ------
    TypeError, ValueError
        If `model` is not such a model, not fitted, or was fitted to other rows.

    Notes
    -----
    The model is compared with that of round 0, which was trained on all training rows, on the rows
    that monitored. What is credible is what the estimators go by (`paris_core.evidence`): with
    ``keep="auto"`` they have decided, and with a number to keep the same rule is applied here,
    without the comparison with as many rows at random unless ``retrain="head"``. With fewer than
    five rows in the tail nothing can be told of it. Features of all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from paris_core import PARISRegressor
    >>> from paris_core.report import answer
    >>> rng = np.random.default_rng(0)
    >>> X, X_val = rng.normal(size=(600, 3)), rng.normal(size=(400, 3))
    >>> y, y_val = X.sum(axis=1), X_val.sum(axis=1)
    >>> y[:60] -= 8.0
    >>> trusted = {"X_val": X_val, "y_val": y_val}
    >>> model = PARISRegressor(random_state=0).fit(X, y, **trusted)
    >>> found = answer(model, X, y, **trusted)
    >>> found.verdict, found.sentence.partition(":")[0], found.tail_change.high < 0.0
    ('use', 'Use the pruned table', True)
    """
    return answer_of(Fitted.of(model, X, y, X_val, y_val))


def answer_of(fitted: Fitted, *, command: bool = False) -> Answer:
    """The same, in the words of the command line if `command`."""
    model, losses = fitted.model, fitted.model.losses_
    words = _COMMAND if command else _PYTHON
    if losses is None:
        sentence = "Cannot tell: no rows monitored, and the validation rows have steered."
        return Answer("cannot tell", sentence, _UNKNOWN, _UNKNOWN, (words["monitor"],))
    inside = fitted.in_tail
    whole = change(losses.before, losses.after, losses.units)
    tail = _UNKNOWN
    if inside.any():
        units = None if losses.units is None else losses.units[inside]
        tail = change(losses.before[inside], losses.after[inside], units)
    in_words = f"error of the class scores {whole.told}" if fitted.classes else both(whole, tail)
    n_tail, removed = int(inside.sum()), len(model.removed_) > 0
    chooses = isinstance(model.keep, str)
    if not fitted.classes and n_tail < FEW_IN_TAIL:
        part = fitted.judges[0]
        sentence = f"Cannot tell: {_NUMBERS[n_tail]} in the tail among the {part} rows"
        sentence += f"; over all of them: error {whole.told}." if removed else "; none was removed."
        return Answer("cannot tell", sentence, whole, tail, (words["tail"],))
    if not removed:
        reason = model.stop_reason_.partition(": ")[2]
        return Answer("do not", f"Do not prune: {reason}.", whole, tail, (words["none"],))
    if chooses:
        steps = (words["use"], _flattered(fitted))
        return Answer("use", f"{_use(whole)}: {in_words}.", whole, tail, steps)
    said = verdict(
        losses.before,
        losses.after,
        _at_random(fitted),
        weight=losses.weight,
        units=losses.units,
        tails=fitted.task.tails(fitted.judges[1].y),
        draws=_DRAWS,
    )
    if not said.accepted:
        sentence = f"Do not use the pruned table: {said.reason} ({in_words})."
        return Answer("do not", sentence, whole, tail, (words["no number"],))
    steps = (words["use"], *(() if model.retrain == "head" else (words["random"],)))
    return Answer("use", f"{_use(whole)}: {in_words}.", whole, tail, steps)


def _use(whole: Change) -> str:
    """The tests of the rule are one-sided, and of absolute errors, too; the interval is neither."""
    return "Use the pruned table" + ("" if whole.high < 0.0 else ", by a narrow margin")


def far_off(lines: Sequence[GroupLine], *, command: bool = False) -> list[str]:
    """Groups that stayed, in part at least, and are far more off than is usual."""
    stayed = [line for line in lines if line.n_removed < line.n_rows]
    if len(stayed) < _FEWEST_GROUPS:
        return []
    usual = float(np.median([line.error for line in stayed]))
    found = [str(line.group) for line in stayed if line.error > _FAR * usual]
    if not found:
        return []
    more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
    how = "paris audit --group-column" if command else "paris_core.audit"
    return [
        f"Still far off, {_FAR:g} times as much as is usual or more: {', '.join(found[:_NAMED])}"
        f"{more}. Look at them; {how} judges groups by models that have not seen them."
    ]


def hints(fitted: Fitted, shares: Shares, *, command: bool = False) -> list[str]:
    """What to try where values of a column, or stretches of time, have lost unusually many rows."""
    if fitted.model.delete == "groups":
        return []
    lines = []
    if found := shares.unusual(shares.categories):
        column = found[0].column
        name = shlex.quote(column) if command else repr(column)
        lines.append(f"{_lost(found, column)} is wrong as a whole, {_tried(name, command)}.")
    elif found := shares.unusual(shares.stretches):
        column = found[0].column
        months = "a column of months or of repairs"
        lines.append(f"{_lost(found, column)} is wrong as a whole, {_tried(months, command)}.")
    return lines


def _lost(found: Sequence[Share], column: str) -> str:
    of_column = [share for share in found if share.column == column]
    one = max(of_column, key=lambda share: share.n_removed)
    others = len(of_column) - 1
    return (
        f"Of {column} {one.value}, {one.n_removed:,} of {one.n_rows:,} training rows were removed"
        + (f", and unusually many of {others:,} more" if others else "")
        + ": if it"
    )


def _tried(name: str, command: bool) -> str:
    if command:
        return f"try --delete groups --group-column {name}"
    return f'try delete="groups" with groups of {name}'


def _flattered(fitted: Fitted) -> str:
    return (
        f"Rows that took no part, a test set, have the last word: the {fitted.judges[0]} rows have "
        "also chosen how many leave, so that these numbers flatter a little."
    )


def _at_random(fitted: Fitted) -> Any:
    """What gives losses without as many rows at random; only a head is quickly fitted again."""
    rng = np.random.default_rng(0)

    def losses() -> FloatArray | None:
        if fitted.model.retrain != "head":
            return None
        rows = rng.choice(len(fitted.training), int(fitted.kept.sum()), replace=False)
        return fitted.squares(fitted.judges[1], fitted.head(fitted.training.at(rows)))

    return losses


_COMMAND = {
    "use": "Train on the rows that --out writes.",
    "none": "Train on all rows: none was removed. Other remedies: paris compare; if errors come by "
    "station, instrument or month: paris audit --group-column.",
    "no number": "Train on all rows, or leave --keep out: then rows leave only where that helps "
    "beyond chance.",
    "random": "Not tried: whether as many rows removed at random do as well. Without --keep that "
    "is tried, too.",
    "tail": "Give more trusted rows with such targets (--val), hold out more rows "
    "(--validation-fraction), or take a wider tail (--tail-quantile).",
    "monitor": "Set rows apart that monitor: --monitor-fraction.",
}
_PYTHON = {
    "use": "Train on the rows that were not removed (removed_).",
    "none": "Train on all rows: none was removed. Other remedies: paris_core.compare; if errors "
    "come by station, instrument or month: paris_core.audit.",
    "no number": 'Train on all rows, or let keep be "auto": then rows leave only where that helps '
    "beyond chance.",
    "random": "Not tried: whether as many rows removed at random do as well. With keep="
    '"auto" that is tried, too.',
    "tail": "Give more trusted rows with such targets (X_val), hold out more rows "
    "(validation_split), or take a wider tail.",
    "monitor": "Set rows apart that monitor: monitor, a fraction.",
}
