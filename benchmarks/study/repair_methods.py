"""What can be done about training targets that may be wrong, with a few trusted rows.

A method gets the problem, a seed, and the network that was trained on everything, and returns what
predicts. Choices are made on a third of the trusted rows, the same for all methods.
"""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from networks import Network, estimator
from sklearn.exceptions import ConvergenceWarning

import paris_core
from paris_core import PARISRegressor
from paris_core.linalg import RidgeFactor
from paris_core.regularization import select_lambda
from problems import Problem, Rows

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Outcome:
    predict: Predict
    n_kept: int | None = None  # training rows; None where the method has no such number
    removed: np.ndarray | None = None  # in the order of deletion


@dataclass
class Trial:
    """A problem and a seed, and what several methods share."""

    problem: Problem
    seed: int
    seconds: dict[str, float] = field(default_factory=dict)

    @functools.cached_property
    def everything(self) -> Network:
        return self.network(self.problem.train)

    def network(self, rows: Rows, weight: np.ndarray | None = None) -> Network:
        return Network(self.problem.updates, self.seed).fit(rows.X, rows.y, weight)

    @functools.cached_property
    def parts(self) -> tuple[Rows, Rows]:
        """Trusted rows to fit or steer by, and to choose by."""
        order = np.random.default_rng(self.seed).permutation(len(self.problem.trusted))
        third = len(order) // 3
        return self.problem.trusted.at(order[third:]), self.problem.trusted.at(order[:third])

    def loss(self, predict: Predict) -> float:
        chooser = self.parts[1]
        return float(np.mean((predict(chooser.X) - chooser.y) ** 2))


def everything(trial: Trial) -> Outcome:
    return Outcome(trial.everything.predict, len(trial.problem.train))


def clean(trial: Trial) -> Outcome:
    """The true targets: what cannot be had."""
    return Outcome(trial.network(trial.problem.clean).predict, len(trial.problem.train))


def trusted(trial: Trial) -> Outcome:
    """The trusted rows alone; how many updates, chosen."""
    rows, _ = trial.parts
    updates = [trial.problem.updates // n for n in (16, 4, 1)]
    found = [Network(n, trial.seed).fit(rows.X, rows.y) for n in updates]
    best = updates[int(np.argmin([trial.loss(network.predict) for network in found]))]
    every = trial.problem.trusted
    return Outcome(Network(best, trial.seed).fit(every.X, every.y).predict, 0)


def with_trusted(trial: Trial) -> Outcome:
    """Training and trusted rows; how often the latter count, chosen."""
    rows, _ = trial.parts
    times = [1, 10, 100]
    problem = trial.problem

    def fit(more: Rows, n: int) -> Network:
        weight = np.concatenate([np.ones(len(problem.train)), np.full(len(more), float(n))])
        return trial.network(problem.train.and_(more), weight)

    losses = [trial.loss(fit(rows, n).predict) for n in times]
    best = times[int(np.argmin(losses))]
    return Outcome(fit(problem.trusted, best).predict, len(problem.train))


def fine_tuned(trial: Trial) -> Outcome:
    """The network trained on everything goes on with the trusted rows; how long, chosen."""
    rows, _ = trial.parts
    passes = [1, 3, 10, 30, 100]
    tuned = [trial.everything.tuned(rows.X, rows.y, n) for n in passes]
    best = passes[int(np.argmin([trial.loss(network.predict) for network in tuned]))]
    every = trial.problem.trusted
    return Outcome(trial.everything.tuned(every.X, every.y, best).predict, 0)


def head_on_trusted(trial: Trial) -> Outcome:
    """Features learned on everything, a ridge head fitted to the trusted rows."""
    network, every = trial.everything, trial.problem.trusted
    Phi, z = network.features(every.X), network.standardised(every.y)
    head = RidgeFactor(Phi, z, select_lambda(Phi, z)).weights
    return Outcome(lambda X: network.in_units(network.features(X) @ head), 0)


def huber(trial: Trial) -> Outcome:
    """Huber's loss, by reweighting three times; the corner at 1.345 sd of the residuals."""
    rows = trial.problem.train.and_(trial.problem.trusted)
    network = trial.network(rows)
    for _ in range(3):
        error = np.abs(rows.y - network.predict(rows.X))
        corner = 1.345 * 1.4826 * np.median(error)
        network = trial.network(rows, np.minimum(1.0, corner / np.maximum(error, 1e-12)))
    return Outcome(network.predict, len(trial.problem.train))


def trimmed(trial: Trial) -> Outcome:
    """Without the rows of the largest residuals; how many, chosen."""
    problem = trial.problem
    error = np.abs(problem.train.y - trial.everything.predict(problem.train.X))
    order = np.argsort(-error, kind="stable")
    networks, counts = [trial.everything], [0]
    for share in (0.01, 0.03, 0.1, 0.2, 0.4):
        counts.append(int(share * len(order)))
        networks.append(trial.network(problem.train.at(np.sort(order[counts[-1] :]))))
    best = int(np.argmin([trial.loss(network.predict) for network in networks]))
    n_kept = len(order) - counts[best]
    return Outcome(networks[best].predict, n_kept, order[: counts[best]])


def paris(trial: Trial, *, add_trusted: bool = False, **options: object) -> Outcome:
    """`PARISRegressor` with its defaults, or with these options."""
    problem = trial.problem
    model = PARISRegressor(
        estimator(problem.updates, len(problem.train), trial.seed),
        random_state=trial.seed,
        tail_side=problem.side,
        **options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", paris_core.TailWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are meant
        model.fit(
            problem.train.X, problem.train.y, X_val=problem.trusted.X, y_val=problem.trusted.y
        )
    n_kept = int(model.support_.sum())
    if not add_trusted:
        return Outcome(model.predict, n_kept, model.removed_)
    rows = problem.train.at(np.flatnonzero(model.support_)).and_(problem.trusted)
    return Outcome(trial.network(rows).predict, n_kept, model.removed_)


METHODS: dict[str, Callable[[Trial], Outcome]] = {
    "clean": clean,
    "everything": everything,
    "trusted": trusted,
    "everything + trusted": with_trusted,
    "fine-tuned on trusted": fine_tuned,
    "head on trusted": head_on_trusted,
    "Huber": huber,
    "trimmed": trimmed,
    "PARIS": paris,
    "PARIS + trusted": functools.partial(paris, add_trusted=True),
    "PARIS head": functools.partial(paris, retrain="head"),
    "PARIS representer/mean": functools.partial(paris, criterion="representer", lam=300.0),
    "PARIS representer/worst": functools.partial(
        paris, criterion="representer", objective="worst", lam=30.0
    ),
}


def run(method: str, trial: Trial) -> tuple[Outcome, float]:
    """The outcome, and the seconds it took beyond the network on everything."""
    trial.everything  # noqa: B018  (trained once for all)
    began = time.perf_counter()
    outcome = METHODS[method](trial)
    return outcome, time.perf_counter() - began
