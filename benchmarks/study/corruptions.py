"""What can be wrong with training targets, or with the rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .problems import Problem, load, two_sources

Corruption = Callable[[Problem, np.random.Generator], Problem]


def clean(problem: Problem, rng: np.random.Generator) -> Problem:
    """Labels as they are: what a remedy does to them is harm."""
    return problem


def shuffled(share: float) -> Corruption:
    """So many targets at random are those of other rows."""

    def corrupt(problem: Problem, rng: np.random.Generator) -> Problem:
        bad = rng.random(len(problem.train)) < share
        y = problem.clean.y.copy()
        y[bad] = rng.permutation(y[bad])
        return problem.with_targets(y, bad)

    return corrupt


def clipped(problem: Problem, rng: np.random.Generator) -> Problem:
    """A sensor that saturates: at the most extreme 5 % of the targets."""
    y = problem.clean.y
    if problem.side == "lower":
        bound = np.quantile(y, 0.05)
        return problem.with_targets(np.maximum(y, bound), y < bound)
    bound = np.quantile(y, 0.95)
    return problem.with_targets(np.minimum(y, bound), y > bound)


def wrong_sign(percent: int) -> Corruption:
    """One instrument, in service for so many of the batches, has its sign wrong."""

    def corrupt(problem: Problem, rng: np.random.Generator) -> Problem:
        names = np.unique(problem.batch)
        wrong = rng.choice(names, len(names) * percent // 100, replace=False)
        bad = np.isin(problem.batch, wrong)
        y, middle = problem.clean.y.copy(), np.median(problem.clean.y)
        y[bad] = 2.0 * middle - y[bad]
        return problem.with_targets(y, bad)

    return corrupt


def offset(percent: int) -> Corruption:
    """From a date on, which leaves so many of the rows, everything is too high by 1.5 sd."""

    def corrupt(problem: Problem, rng: np.random.Generator) -> Problem:
        n_rows = len(problem.train)
        bad = 100 * np.arange(n_rows) >= (100 - percent) * n_rows
        y = problem.clean.y + 1.5 * problem.clean.y.std() * bad
        return problem.with_targets(y, bad)

    return corrupt


def duplicated(problem: Problem, rng: np.random.Generator) -> Problem:
    """Ten more copies of a tenth of the rows, all from the middle half of the targets."""
    low, high = np.quantile(problem.clean.y, [0.25, 0.75])
    middle = np.flatnonzero((problem.clean.y >= low) & (problem.clean.y <= high))
    chosen = rng.choice(middle, len(problem.train) // 10, replace=False)
    n = len(problem.train)
    more = problem.only(np.concatenate([np.arange(n), np.tile(chosen, 10)]))
    bad = np.arange(len(more.train)) >= n
    return more.with_targets(more.clean.y, bad)


SECOND_SOURCE = "second source"
# Up to more wrong rows than right ones; the most wanted first.
CORRUPTIONS: dict[str, Corruption] = {
    "clean": clean,
    "wrong sign": wrong_sign(20),
    "offset": offset(40),
    "wrong sign 60 %": wrong_sign(60),
    "clipped": clipped,
    "shuffled 10 %": shuffled(0.10),
    "offset 60 %": offset(60),
    "duplicated": duplicated,
}


def spoilt(task: str, corruption: str, n_trusted: int, seed: int) -> Problem:
    if corruption == SECOND_SOURCE:
        return two_sources(n_trusted, seed)  # of Dst only
    rng = np.random.default_rng([seed, 1])
    return CORRUPTIONS[corruption](load(task, n_trusted, seed), rng)
