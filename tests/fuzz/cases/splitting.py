"""Splitters: parts that are complete, apart, and the same again."""

from __future__ import annotations

from typing import Any

import numpy as np

from paris_core.validation import BlockedSplit, GroupedSplit, RandomSplit, TailStratifiedSplit

from .. import spoil
from ..calls import Case

_KINDS = (TailStratifiedSplit, RandomSplit, BlockedSplit, GroupedSplit)


def _draw(case: Case) -> tuple[Any, dict[str, Any], tuple[Any, Any, Any]]:
    """A kind of splitter, its parameters, and X, y, groups."""
    source = case.source
    kind = source.pick(_KINDS)
    n = source.integer(2, 200)
    rng = source.rng()
    y: Any = rng.standard_normal(n)
    if source.chance(20):
        y = np.array(["low", "high"])[rng.integers(0, 2, n)]
    elif source.chance(20):
        y = None
    chosen = {
        "test_size": source.pick([0.3, 0.5, 0.01, 0.99]),
        "n_splits": source.integer(1, 3),
        "random_state": source.below(1000),
    }
    if kind is BlockedSplit:
        chosen |= {"n_blocks": source.integer(2, 60), "gap": source.integer(0, 5)}
    groups = rng.integers(0, 9, n) if kind is GroupedSplit else None
    return kind, chosen, (np.zeros((n, 1)), y, groups)


def splitters(case: Case) -> None:
    """What is drawn is drawn again, and no row or group is in two parts."""
    kind, chosen, tables = _draw(case)
    made = case.must(kind, **chosen)
    if not made:
        return
    few = ("at least 2", "gap=")
    outcome = case.make(
        lambda: list(made.value.split(*tables)),
        (),
        {},
        allowed=(),
        excused=lambda error: any(part in str(error) for part in few),
    )
    if not outcome:
        return
    again = list(kind(**chosen).split(*tables))
    n, gap = len(tables[0]), chosen.get("gap", 0)
    for (train, test), (train_2, test_2) in zip(outcome.value, again, strict=True):
        same = np.array_equal(train, train_2) and np.array_equal(test, test_2)
        case.check("wrong state", same, "a second draw differs")
        rows = np.concatenate([train, test])
        case.check("not complementary", len(np.unique(rows)) == len(rows), "a row is in both")
        case.check("not complementary", gap > 0 or len(rows) == n, "a row is in neither")
        apart = np.abs(train[:, np.newaxis] - test).min() > gap
        case.check("wrong number", bool(apart), f"parts are nearer than {gap}")
        if tables[2] is not None:
            shared = set(tables[2][train]) & set(tables[2][test])
            case.check("wrong number", not shared, f"groups {shared} are in both")


def bad_splitters(case: Case) -> None:
    """One parameter is no good."""
    source = case.source
    kind, chosen, tables = _draw(case)
    wrong = {
        "test_size": lambda: source.pick([0, 1, -0.5, 1.5, np.nan, "x", None]),
        "n_splits": lambda: spoil.integer(source, 1),
        "random_state": lambda: source.pick([-1, "x", 1.5]),
    }
    if kind is BlockedSplit:
        wrong["n_blocks"] = lambda: source.pick([1, 0, 2.0, None, "x"])
        wrong["gap"] = lambda: source.pick([-1, 0.5, None, "x"])
    name = source.pick(list(wrong))
    made = kind(**chosen | {name: wrong[name]()})
    case.refused((name, "groups", "X", "gap"), lambda: next(made.split(*tables)))


GENERATORS = {"splitters": (2, splitters), "splitters_bad": (1, bad_splitters)}
