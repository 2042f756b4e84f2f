"""A row with a huge target, or a huge row, leaves: what is left of it?"""

from __future__ import annotations

import functools
import itertools

import numpy as np

import paris_core
from paris_core.linalg import RidgeFactor

from .data import Table, exactly_summed
from .exact import relative_error, solve, sums
from .findings import Findings, shown

N_ROWS, N_VAL, LAM = 500, 100, 1.0
DIMENSIONS = 8, 264  # from 256 on the core holds the inverse's factor
SIZES = (1e6, 1e9, 1e12, 1e15, 1e20, 1e30, 1e37)
FACTORS = (1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e8)
FEW, MANY, AFTERWARDS = 5, 50, 100  # bad rows, and further removals
PAIRS = tuple(itertools.product(("representer", "refit"), ("worst", "mean")))

Order = tuple[int, ...]  # in which rows leave


def targets(quick: bool) -> Findings:
    """The error of the weights against the exact fit of the rows that are left."""
    found = Findings(
        (
            "target",
            "D",
            "one row",
            "100 removals later",
            "50 rows",
            "100 later",
            "100 first, then one",
            "rebuilds",
        )
    )
    for dimension, size in itertools.product(DIMENSIONS, SIZES[::3] if quick else SIZES):
        table = exactly_summed(N_ROWS, dimension, seed=0)
        ways = [(n_bad, order) for n_bad in (1, MANY) for order in orders(n_bad)]
        ways.append((1, (*range(1, 1 + AFTERWARDS), 0)))
        runs = [removed(spoilt_targets(table, size, n_bad), order) for n_bad, order in ways]
        errors, rebuilds = zip(*runs, strict=True)
        found.note("huge targets", *errors)
        found.add(shown(size), dimension, *errors, max(rebuilds))
    return found


def rows(quick: bool) -> Findings:
    """The same for rows whose features are huge, and their targets with them."""
    found = Findings(
        ("row", "D", "one row", "100 removals later", "5 rows", "100 later", "rebuilds")
    )
    for dimension, factor in itertools.product(DIMENSIONS, FACTORS[::3] if quick else FACTORS):
        table = exactly_summed(N_ROWS, dimension, seed=0)
        ways = [(n_bad, order) for n_bad in (1, FEW) for order in orders(n_bad)]
        try:
            runs = [removed(spoilt_rows(table, factor, n_bad), order) for n_bad, order in ways]
        except paris_core.NotPositiveDefiniteError:
            found.add(shown(factor), dimension, *["refused"] * len(ways), "")
            continue
        errors, rebuilds = zip(*runs, strict=True)
        found.note("huge rows", *errors)
        found.add(shown(factor), dimension, *errors, max(rebuilds))
    return found


def orders(n_bad: int) -> tuple[Order, Order]:
    """The first rows, which are bad; these and good ones after them."""
    return tuple(range(n_bad)), tuple(range(n_bad + AFTERWARDS))


def spoilt_targets(table: Table, size: float, n_bad: int) -> Table:
    y = table.y.copy()
    y[:n_bad] = size * np.linspace(1.0, 0.5, n_bad)
    return table.changed(y=y)


def spoilt_rows(table: Table, factor: float, n_bad: int) -> Table:
    factors = np.where(np.arange(len(table)) < n_bad, factor, 1.0)
    return table.changed(Phi=table.Phi * factors[:, None], y=table.y * factors)


def removed(table: Table, order: Order) -> tuple[float, int]:
    """The error of w when these rows have left, and how often the factor was rebuilt."""
    factor = RidgeFactor(table.Phi, table.y, LAM, n_threads=1)
    for row in order:
        factor.remove(row)
    exact = weights_without(order, table.Phi.shape[1])
    return relative_error(factor.weights, exact), factor.n_refactorizations


@functools.cache
def weights_without(order: Order, dimension: int) -> np.ndarray:
    """Whatever was wrong with these rows: the others are as they were."""
    table = exactly_summed(N_ROWS, dimension, seed=0)
    return exact_weights(table.rows(np.delete(np.arange(N_ROWS), order)))


def exact_weights(table: Table) -> np.ndarray:
    return solve(*sums(table, LAM))[:, 0]


def deletions(quick: bool) -> Findings:
    """Prune a table with a bad target, and the same table without that row."""
    found = Findings(("target", "criterion, objective", "the same, of 100", "loss", "w"))
    sizes = (1e6, 1e37) if quick else (1e6, 1e12, 1e37)
    for size, (criterion, objective) in itertools.product(sizes, PAIRS):
        same, loss_error, w_error = deletions_after(size, criterion, objective)
        found.note("deletions after a huge target", AFTERWARDS - same)
        found.note("huge targets", w_error, loss_error)
        found.add(shown(size), f"{criterion}, {objective}", same, loss_error, w_error)
    return found


def deletions_after(size: float, criterion: str, objective: str) -> tuple[int, float, float]:
    """Of the deletions after the bad row's: how many are the same; errors of loss and weights."""
    good = exactly_summed(N_ROWS + N_VAL, DIMENSIONS[0], seed=0)
    table = spoilt_targets(good, size, 1)
    train, val = table.rows(slice(0, N_ROWS)), table.rows(slice(N_ROWS, None))
    options = {"lam": LAM, "criterion": criterion, "objective": objective}
    first = paris_core.prune(
        train.Phi, train.y, val.Phi, val.y, 1, protect=np.arange(N_ROWS) > 0, **options
    )
    pruner = paris_core.Pruner(train.Phi, train.y, val.Phi, val.y, **options)
    pruner.replay(first)
    pruner.run(AFTERWARDS)
    result = pruner.result()
    rest = train.rows(slice(1, None))
    without = paris_core.prune(rest.Phi, rest.y, val.Phi, val.y, AFTERWARDS, **options)
    same = int(np.sum(result.removed[1:] == without.removed + 1))
    loss_error = float(np.max(np.abs(result.loss[1:] / without.loss - 1.0)))
    exact = exact_weights(train.rows(result.kept))
    return same, loss_error, relative_error(result.weights, exact)
