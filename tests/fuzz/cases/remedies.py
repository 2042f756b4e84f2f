"""Audits and comparisons: small tables, linear models."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import Ridge

import paris_core
from paris_core.auditing import trainings
from paris_core.comparison import Outcome, Task
from paris_core.plotting import new_figure, plot_comparison

from ..calls import Case
from .models import _QUIET

_TRIED = ("validation only", "Huber loss", "groups trimmed", "rows trimmed")


def table(case: Case) -> tuple[Any, ...]:
    """Inputs and targets, some groups of which are wrong; rows that are right; groups."""
    source = case.source
    rng = source.rng()
    n_rows, n_groups = source.integer(16, 60), source.integer(4, 8)
    X, X_val = rng.normal(size=(n_rows, 2)), rng.normal(size=(source.integer(10, 30), 2))
    y, y_val = (table.sum(axis=1) + 0.2 * rng.normal(size=len(table)) for table in (X, X_val))
    group = rng.permutation(np.arange(n_rows) % n_groups)
    if source.chance(60):
        wrong = group == 0
        y[wrong] = source.pick([-y[wrong], y[wrong] + 4.0, np.full(wrong.sum(), 0.3)])
    if source.chance(10):
        y[:] = 1.0
    size = source.pick([1.0, 1.0, 1e-12, 1e12])
    return X, size * y, X_val, size * y_val, group


def audits(case: Case) -> None:
    """What leaves is whole groups, or rows, once each; the model predicts."""
    source = case.source
    X, y, X_val, y_val, group = table(case)
    given: dict[str, Any] = {"X_val": X_val, "y_val": y_val} if source.chance(70) else {}
    if source.chance(80):
        given["groups"] = group
    given |= {"estimator": Ridge(), "folds": 2, "divisions": 1, "random_state": 0}
    outcome = case.make(paris_core.audit, (X, y), given, allowed=(), quiet=_QUIET)
    if outcome:
        result = outcome.value
        gone = np.isin(np.arange(len(y)), result.removed)
        case.check("not complementary", gone.sum() == len(result.removed), "a row left twice")
        if "groups" in given:
            whole = np.isin(group, result.removed_groups)
            case.check("not complementary", np.array_equal(gone, whole), "groups are not whole")
        case.check("wrong state", np.isfinite(result.model.predict(X)).all(), "no prediction")
        case.check("wrong state", len(case.must(result.summary).value) > 0, "no words")
        frame = case.must(result.to_frame).value
        left = frame["order"].notna().sum()
        case.check("wrong state", left == len(result.removed_groups), f"{left} have an order")
        most = case.must(
            trainings, 2, 1, validation="X_val" in given, rows="groups" not in given
        ).value
        case.check("wrong state", result.n_trainings <= most, f"more trainings than {most}")
    bad = given | {"folds": source.pick([1, 0, 1.5, None])}
    case.refused("folds", paris_core.audit, X, y, **bad)
    case.refused("y", paris_core.audit, X, y[:-1], **given)
    case.refused("divisions", trainings, 2, source.pick([0, -1, "1", None]))


def every_second(task: Task) -> Outcome:
    """A remedy of one's own."""
    removed = np.arange(0, len(task.y), 2)
    return Outcome(task.fit(removed), removed)


def comparisons(case: Case) -> None:
    """The table has a line a remedy, the best of them is one, and it can be fitted."""
    source = case.source
    X, y, X_val, y_val, group = table(case)
    remedies = {"everything": None, source.pick(_TRIED): None, "every second": every_second}
    given = {"groups": group, "estimator": Ridge(), "folds": 2, "random_state": 0}
    given |= {"remedies": remedies}
    outcome = case.make(paris_core.compare, (X, y, X_val, y_val), given, allowed=(), quiet=_QUIET)
    if outcome:
        result = outcome.value
        names = [line.remedy for line in result.table]
        case.check("wrong state", sorted(names) == sorted(remedies), f"lines {names}")
        case.check("wrong state", result.best in remedies, f"best {result.best}")
        case.check("wrong state", len(case.must(result.summary).value) > 0, "no words")
        case.must(result.to_frame)
        fitted = case.make(result.fit, (), {}, allowed=(), quiet=_QUIET)
        if fitted:
            finite = np.isfinite(fitted.value.model.predict(X)).all()
            case.check("wrong state", finite, "no prediction")
        case.must(plot_comparison, result, ax=new_figure().gca())
    case.refused("folds", paris_core.compare, X, y, X_val, y_val, **(given | {"folds": 1}))
    bad = source.pick(["none such", {"mine": 3}, 7])
    case.refused("remedies", paris_core.compare, X, y, X_val, y_val, **(given | {"remedies": bad}))


GENERATORS = {"audits": (1, audits), "comparisons": (1, comparisons)}
