"""Rows with a leverage close to 1: what `refit` says of their deletion, and what is left."""

from __future__ import annotations

import itertools

import numpy as np

import paris_core

from .data import Table, gaussian
from .exact import Fixed, Ridge, numbers, relative_error, solve
from .findings import Findings, shown

N_ROWS, N_VAL, DIMENSION = 200, 30, 6
ROW = 7
SLACKS = (1e-2, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 1e-13, 1e-14, 1e-15)


def leverages(quick: bool) -> Findings:
    """The reported ΔL, the loss and the weights after the row, against 50 digits."""
    found = Findings(("1 - h", "row", "ΔL, worst", "ΔL, mean", "loss", "w", "rebuilds"))
    seeds = range(1 if quick else 5)
    slacks = SLACKS[::2] if quick else SLACKS
    for slack, (name, make) in itertools.product(slacks, KINDS.items()):
        errors, rebuilds = [], []
        for seed in seeds:
            table, lam = make(slack, seed)
            worst, mean = (deleted(table, lam, objective) for objective in ("worst", "mean"))
            errors.append((worst[0], mean[0], *np.maximum(worst[1:3], mean[1:3])))
            rebuilds.append(worst[3])
            if name == "alone" or slack >= 1e-10:
                found.note("ΔL near 1", worst[0], mean[0])
            found.note("state after a leverage near 1", *errors[-1][2:])
        found.add(shown(slack), name, *np.max(errors, axis=0), max(rebuilds))
    return found


def huge(slack: float, seed: int) -> tuple[Table, float]:
    """A row so large that it has the leverage, among ordinary ones."""
    table = gaussian(N_ROWS + N_VAL, DIMENSION, seed)
    lam, phi = 1.0, table.Phi[ROW]
    others = np.delete(table.Phi[:N_ROWS], ROW, axis=0)
    A = Fixed.of(others).T @ Fixed.of(others) + Fixed.of(lam * np.eye(DIMENSION))
    g = float(numbers(phi) @ solve(A, Fixed.of(phi[:, None]))[:, 0])
    factor = np.sqrt((1.0 / slack - 1.0) / g)  # 1 - h = 1 / (1 + g factor²)
    table.Phi[ROW] *= factor
    table.y[ROW] *= factor
    return table, lam


def alone(slack: float, seed: int) -> tuple[Table, float]:
    """The only row with a certain feature, and a small λ."""
    table = gaussian(N_ROWS + N_VAL, DIMENSION, seed)
    table.Phi[:N_ROWS, 2] = 0.0
    table.Phi[ROW, 2] = 1.0
    return table, slack


KINDS = {"huge": huge, "alone": alone}


def deleted(table: Table, lam: float, objective: str) -> tuple[float, float, float, int]:
    """Errors of ΔL, of the loss and of the weights; rebuilds. ROW is the only one that may go."""
    train, val = table.rows(slice(0, N_ROWS)), table.rows(slice(N_ROWS, None))
    result = paris_core.prune(
        train.Phi,
        train.y,
        val.Phi,
        val.y,
        1,
        lam=lam,
        criterion="refit",
        objective=objective,
        protect=np.arange(N_ROWS) != ROW,
    )
    ridge = Ridge(train.Phi, train.y, lam)
    Phi_val, y_val = numbers(val.Phi), numbers(val.y)
    before = (y_val - Phi_val @ ridge.weights()) ** 2
    ridge.remove(ROW)
    exact = ridge.weights()
    after = (y_val - Phi_val @ exact) ** 2
    if objective == "worst":
        v = result.val_index[0]
        change, loss, terms = after[v] - before[v], np.max(after), after[v] + before[v]
    else:
        change, loss, terms = map(np.mean, (after - before, after, after + before))
    return (
        float(abs(result.delta_loss[0] - change) / terms),
        float(abs(result.loss[1] - loss) / loss),
        relative_error(result.weights, exact),
        result.n_refactorizations,
    )
