"""Runs replayed in 50 digits: was each deletion the best one?"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import mpmath as mp
import numpy as np

import paris_core

from .conditioning import CONDITIONS, LAMS
from .data import Table, conditioned
from .exact import Ridge, numbers
from .findings import Findings, shown

N_ROWS, N_VAL, DIMENSION = 32, 8, 5
TIE = 1e-25  # A may have a condition of 1e25
STEEP = 1e12  # from which on nothing is promised
PAIRS = tuple(itertools.product(("representer", "refit"), ("worst", "mean")))


@dataclass(frozen=True)
class Place:
    """A deletion; differences of ΔL are relative to Σ (r² + S²), the terms that it is made of."""

    is_best: bool  # up to a tie in 50 digits
    excess: float  # how far the row's ΔL lies above the least one
    val_excess: float  # how far the loss of the row aimed at lies below the worst, relatively
    delta_error: float  # of the ΔL reported
    loss_error: float  # of the loss reported, relatively
    steepness: float  # trace(A) / λ: the condition of A is no larger


def tables(n_seeds: int) -> Iterator[tuple[str, Table]]:
    """Tables of N_ROWS + N_VAL rows; the last ones validate."""
    for seed in range(n_seeds):
        for condition in CONDITIONS:
            table = conditioned(N_ROWS + N_VAL, DIMENSION, condition, seed)
            yield f"condition {shown(condition)}", table
        plain = conditioned(N_ROWS + N_VAL, DIMENSION, 1.0, seed)
        for scale in (1e8, 1e-8):
            columns = np.where(np.arange(DIMENSION) % 2, scale, 1.0)
            yield f"every other column {shown(scale)}", plain.changed(Phi=plain.Phi * columns)
        for size in (1e6, 1e15, 1e37):
            y = np.where(np.arange(len(plain)) == seed, size, plain.y)
            yield f"a target of {shown(size)}", plain.changed(y=y)
        factors = np.where(np.arange(len(plain)) == seed, 1e6, 1.0)
        yield "a row 1e6 times as large", Table(plain.Phi * factors[:, None], plain.y * factors)
        yield "each row twice, small integers", doubled(seed)


def doubled(seed: int) -> Table:
    rng = np.random.default_rng(seed)
    half, val = (
        rng.integers(-2, 3, size=(n_rows, DIMENSION + 1)).astype(float)
        for n_rows in (N_ROWS // 2, N_VAL)
    )
    both = np.vstack([half, half, val])
    return Table(np.ascontiguousarray(both[:, :-1]), both[:, -1].copy())


@dataclass(frozen=True)
class Run:
    places: list[Place]
    cut_short: bool  # what was left became singular, and the run was refused


def orders(quick: bool) -> Findings:
    """How many deletions were not the best one, and by how much."""
    found, by_table = with_lams("table", quick)
    for name, by_lam in by_table.items():
        places = [place for runs in by_lam.values() for run in runs for place in run.places]
        promised = [p for p in places if p.steepness < STEEP]
        found.note("order", *(max(p.excess, p.val_excess) for p in promised))
        found.add(name, *map(choices, by_lam.values()))
    return found


def reported(quick: bool) -> Findings:
    """The largest errors of ΔL and of the loss."""
    found, by_table = with_lams("table", quick)
    for name, by_lam in by_table.items():
        found.add(name, *map(numbers_reported, by_lam.values()))
    return found


def with_lams(first: str, quick: bool) -> tuple[Findings, dict[str, dict[float, list[Run]]]]:
    lams = LAMS[1:3] if quick else LAMS
    found = Findings((first, *(f"λ = {shown(lam)}" for lam in lams)))
    return found, all_runs(quick, lams)


@functools.cache
def all_runs(quick: bool, lams: tuple[float, ...]) -> dict[str, dict[float, list[Run]]]:
    """Every criterion and objective; each run goes on to the last row."""
    runs: dict[str, dict[float, list[Run]]] = {}
    pairs = PAIRS[1:3] if quick else PAIRS
    for (name, table), lam, pair in itertools.product(tables(1 if quick else 2), lams, pairs):
        runs.setdefault(name, {}).setdefault(lam, []).append(replayed(table, lam, *pair))
    return runs


def choices(runs: list[Run]) -> str:
    """How many deletions were not the best one, and by how much at most; runs cut short."""
    places = [place for run in runs for place in run.places]
    wrong = [place for place in places if not place.is_best or place.val_excess > TIE]
    text = f"{len(wrong)} of {len(places)}"
    if wrong:
        text += f", by {shown(max(max(p.excess, p.val_excess) for p in wrong))}"
    cut_short = sum(run.cut_short for run in runs)
    return f"{text}; {cut_short} cut short" if cut_short else text


def numbers_reported(runs: list[Run]) -> str:
    places = [place for run in runs for place in run.places]
    largest = (max(p.delta_error for p in places), max(p.loss_error for p in places))
    return " / ".join(map(shown, largest))


def replayed(table: Table, lam: float, criterion: str, objective: str) -> Run:
    """Prune down to the last row."""
    train, val = table.rows(slice(0, N_ROWS)), table.rows(slice(N_ROWS, None))
    arrays = train.Phi, train.y, val.Phi, val.y
    options = {"lam": lam, "criterion": criterion, "objective": objective}
    pruner, cut_short = paris_core.Pruner(*arrays, **options), False
    try:
        pruner.run(N_ROWS - 1)
    except paris_core.NotPositiveDefiniteError:
        cut_short = True
    return Run(list(replay(pruner.result(), arrays, **options)), cut_short)


def replay(
    result: paris_core.PruneResult,
    arrays: tuple[np.ndarray, ...],
    *,
    lam: float,
    criterion: str,
    objective: str,
) -> Iterator[Place]:
    """Follow the rows that the run took, and look at each step for the best one.

    ΔL = 2 a b + a² q with b = gᵀφ, q = φᵀMφ, where g = Φ_valᵀr and M = Φ_valᵀΦ_val over the rows
    that count, for "representer", and A⁻¹g and A⁻¹MA⁻¹ for "refit".
    """
    Phi, y, Phi_val, y_val = map(numbers, arrays)
    ridge = Ridge(*arrays[:2], lam)
    kept = np.arange(len(y))
    for i, row in enumerate(result.removed):
        inverse = mp.inverse(mp.matrix(ridge.A.rounded().tolist()))
        A_inverse = np.array(inverse.tolist(), dtype=object)
        w = A_inverse @ ridge.moment.rounded()[:, 0]
        r = y_val - Phi_val @ w
        worst = np.max(r**2)
        aimed = np.arange(len(r)) if objective == "mean" else result.val_index[[i]]
        r, u = r[aimed], Phi_val[aimed]
        loss, n = r @ r, len(aimed)  # sums; those of the result are means
        phi = Phi[kept]
        a = (y[kept] - phi @ w) / mp.mpf(lam)
        if criterion == "refit":
            h = np.sum((phi @ A_inverse) * phi, axis=1)
            a, u = a * mp.mpf(lam) / (1 - h), u @ A_inverse
        b, q = phi @ (r @ u), np.sum((phi @ (u.T @ u)) * phi, axis=1)
        delta, terms = a * (2 * b + a * q), loss + a * a * q
        best, taken = int(np.argmin(delta)), int(np.searchsorted(kept, row))
        excess = float((delta[taken] - delta[best]) / max(terms[taken], terms[best]))
        yield Place(
            is_best=excess <= TIE,
            excess=excess,
            val_excess=0.0 if objective == "mean" else float((worst - loss) / worst),
            delta_error=float(abs(n * mp.mpf(result.delta_loss[i]) - delta[taken]) / terms[taken]),
            loss_error=float(abs(n * mp.mpf(result.loss[i]) - loss) / loss),
            steepness=float(np.trace(ridge.A.rounded()) / mp.mpf(lam)),
        )
        ridge.remove(int(row))
        kept = np.delete(kept, taken)
