"""One run of deletions on the Dst task, as an ablation sets it, and the errors on its way.

The blocked Dst task, not the storm windows: one test of 35,909 hours, 234 of them at Dst <= -100 nT
or below, gives a tail error in every run, where windows need twenty storms left out one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from paris_core import Pruner
from paris_core.linalg import RidgeFactor
from paris_core.regularization import select_lambda
from paris_core.validation.weights import inverse_density

from .grid import Row
from .judging import root_mean, short
from .networks import Network
from .problems import load
from .repair_trial import Trial
from .rows import Rows

N_HELD_OUT = 3_000  # two thirds steer
RARE = -50.0  # nT


class Setting(NamedTuple):
    """What an ablation varies."""

    shares: tuple[int, ...]  # % of the training rows kept, descending, where errors are taken
    every: int = 100  # features are learned again whenever so many % have left
    lam: float | str = "auto"  # "auto": chosen again with the features
    rare: float = 1.0  # share of the rare validation rows that steer


class Rule(NamedTuple):
    criterion: str
    objective: str
    by_density: bool = False


RULES = {
    "representer/worst": Rule("representer", "worst"),
    "refit/mean": Rule("refit", "mean"),
    "refit/mean, density": Rule("refit", "mean", by_density=True),
}
METHODS = ("everything", "validation rows only", *RULES)


def task(seed: int, n_train: int) -> Trial:
    problem = load("dst", N_HELD_OUT, seed)
    return Trial(problem.thinned(n_train), seed)


def run(trial: Trial, method: str, setting: Setting) -> Iterator[Row]:
    """Errors of a method at each share kept."""
    validation = thinned(trial.parts[0], setting.rare, np.random.default_rng([trial.seed, 3]))
    if method in RULES:
        yield from deletions(trial, RULES[method], validation, setting)
        return
    rows = trial.train if method == "everything" else validation
    Phi, z = trial.everything.table(rows)
    lam = select_lambda(Phi, z) if setting.lam == "auto" else float(setting.lam)
    factor = RidgeFactor(Phi, z, lam)
    yield {
        "kept": 100 if method == "everything" else 0,
        **stability(factor, factor.weights, lam, 0),
        **errors(trial, trial.everything, factor.weights, trial.network(rows)),
    }


def deletions(trial: Trial, rule: Rule, validation: Rows, setting: Setting) -> Iterator[Row]:
    """At each share: the head that the deletions have left, and a network trained on the rows."""
    train = trial.train
    renewals = range(100 - setting.every, setting.shares[-1], -setting.every)
    kept, network, pruner = np.arange(len(train)), trial.everything, None
    for share in sorted({*setting.shares, *renewals}, reverse=True):
        if pruner is None:
            base = kept
            Phi, z = network.table(train.at(base))
            pruner = Pruner(
                Phi,
                z,
                *network.table(validation),
                lam=setting.lam,
                criterion=rule.criterion,
                objective=rule.objective,
                val_weight=inverse_density(validation.y) if rule.by_density else None,
                n_threads=1,
            )
        pruner.run(len(kept) - share * len(train) // 100)
        result = pruner.result()
        kept = base[result.kept]
        trained = trial.network(train.at(kept))
        if share in setting.shares:
            factor = RidgeFactor(Phi[result.kept], z[result.kept], result.lam)
            yield {
                "kept": share,
                **stability(factor, result.weights, result.lam, result.n_refactorizations),
                **errors(trial, network, result.weights, trained),
            }
        if share in renewals:
            network, pruner = trained, None


def thinned(rows: Rows, share: float, rng: np.random.Generator) -> Rows:
    """With so many of the rare rows, and all others; those of a smaller share are among them."""
    rare = rng.permutation(np.flatnonzero(rows.y <= RARE))
    return rows.at(np.delete(np.arange(len(rows)), rare[round(share * len(rare)) :]))


def stability(factor: RidgeFactor, weights: np.ndarray, lam: float, rebuilds: int) -> Row:
    """How far weights after many downdates are from those of a fresh factor."""
    pivots = np.diag(factor.lower)
    fresh = factor.weights
    return {
        "lam": short(lam),
        "rebuilds": rebuilds,
        "pivot": short((pivots.min() / pivots.max()) ** 2),  # the smallest over the largest
        "drift": short(np.abs(weights - fresh).max() / np.abs(fresh).max()),
    }


def errors(trial: Trial, network: Network, weights: np.ndarray, trained: Network) -> Row:
    """Of a head on the features of `network`, and of another network."""
    row: Row = {}
    test, monitor, tail = trial.problem.test, trial.parts[1], trial.problem.regions["tail"]
    for name, predict in {"head": network.with_head(weights), "network": trained.predict}.items():
        squares = (predict(test.X) - test.y) ** 2
        row[name] = root_mean(squares)
        row[f"{name}_tail"] = root_mean(squares[tail])
        row[f"{name}_monitor"] = root_mean((predict(monitor.X) - monitor.y) ** 2)
    return row
