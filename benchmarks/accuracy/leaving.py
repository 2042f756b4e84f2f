"""A row with a huge target, or a huge row, leaves: what is left of it?"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

import paris_core
from paris_core.linalg import RidgeFactor

from .data import Table, gaussian
from .exact import Ridge, relative_error
from .findings import Findings, shown

N_ROWS, N_VAL, DIMENSION, LAM = 500, 100, 8, 1.0
SIZES = (1e6, 1e9, 1e12, 1e15, 1e20, 1e30, 1e37)
FACTORS = (1e1, 1e2, 1e3, 1e4, 1e6, 1e8)
AFTERWARDS = 100  # further removals


def targets(quick: bool) -> Findings:
    """The error of the weights against the exact fit without the bad rows."""
    found = Findings(
        ("target", "one row", "100 removals later", "50 rows", "100 later", "100 first, then one")
    )
    for size in SIZES[::2] if quick else SIZES:
        one, fifty = (spoilt_targets(size, n_bad) for n_bad in (1, 50))
        bad, good = list(range(50)), list(range(50, 50 + AFTERWARDS))
        errors = [
            *(error_after(one, order) for order in (bad[:1], bad[:1] + good)),
            *(error_after(fifty, order) for order in (bad, bad + good)),
            error_after(one, good + bad[:1]),
        ]
        found.note("huge targets", *errors)
        found.add(shown(size), *errors)
    return found


def rows(quick: bool) -> Findings:
    """The same for rows whose features are huge, and their targets with them."""
    found = Findings(("row", "one row", "100 removals later", "5 rows", "100 later", "rebuilds"))
    for factor in FACTORS[::2] if quick else FACTORS:
        one, five = (spoilt_rows(factor, n_bad) for n_bad in (1, 5))
        bad, good = list(range(5)), list(range(5, 5 + AFTERWARDS))
        errors = [
            *(error_after(one, order) for order in (bad[:1], bad[:1] + good)),
            *(error_after(five, order) for order in (bad, bad + good)),
        ]
        found.note("huge rows", *errors)
        found.add(shown(factor), *errors, removed(five, bad + good).n_refactorizations)
    return found


def order(quick: bool) -> Findings:
    """Prune a table with a bad target, and the same table without that row."""
    found = Findings(
        (
            "target",
            "criterion, objective",
            "next 100 deletions that are the same",
            "loss",
            "weights",
        )
    )
    sizes = (1e6, 1e37) if quick else (1e6, 1e12, 1e37)
    for size, (criterion, objective) in itertools.product(sizes, PAIRS):
        same, loss_error, w_error = deletions_after(size, criterion, objective)
        found.note("deletions after a huge target", AFTERWARDS - same)
        found.note("huge targets", w_error)
        found.add(shown(size), f"{criterion}, {objective}", same, loss_error, w_error)
    return found


PAIRS = tuple(itertools.product(("representer", "refit"), ("worst", "mean")))


def deletions_after(size: float, criterion: str, objective: str) -> tuple[int, float, float]:
    """Of the deletions after the bad row's: how many are the same; errors of loss and weights."""
    table = spoilt_targets(size, 1)
    train, val = table.rows(slice(0, N_ROWS)), table.rows(slice(N_ROWS, None))
    options = {"lam": LAM, "criterion": criterion, "objective": objective}
    pruner = paris_core.Pruner(train.Phi, train.y, val.Phi, val.y, **options)
    first = paris_core.prune(
        train.Phi, train.y, val.Phi, val.y, 1, protect=np.arange(N_ROWS) > 0, **options
    )
    pruner.replay(first)
    pruner.run(AFTERWARDS)
    result = pruner.result()
    rest = train.rows(slice(1, None))
    without = paris_core.prune(rest.Phi, rest.y, val.Phi, val.y, AFTERWARDS, **options)
    same = int(np.sum(result.removed[1:] == without.removed + 1))
    loss_error = np.max(np.abs(result.loss[1:] / without.loss - 1.0))
    exact = Ridge(rest.Phi, rest.y, LAM)
    exact.remove(result.removed[1:] - 1)
    return same, float(loss_error), relative_error(result.weights, exact.weights())


def spoilt_targets(size: float, n_bad: int) -> Table:
    table = gaussian(N_ROWS + N_VAL, DIMENSION, seed=0)
    table.y[:n_bad] = size * np.linspace(1.0, 0.5, n_bad)
    return table


def spoilt_rows(factor: float, n_bad: int) -> Table:
    table = gaussian(N_ROWS, DIMENSION, seed=0)
    table.Phi[:n_bad] *= factor
    table.y[:n_bad] *= factor
    return table


def removed(table: Table, order: Sequence[int]) -> RidgeFactor:
    factor = RidgeFactor(table.Phi, table.y, LAM, n_threads=1)
    for row in order:
        factor.remove(row)
    return factor


def error_after(table: Table, order: Sequence[int]) -> float:
    exact = Ridge(table.Phi, table.y, LAM)
    exact.remove(np.array(order))
    return relative_error(removed(table, order).weights, exact.weights())
