"""What is compared on the public sets: methods of the other studies, on one kind of trial."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import repair_methods
import repair_trial
import storm_methods
from storm_methods import Outcome

from problems import Rows


@dataclass
class Trial(repair_trial.Trial):
    """Has what methods of the storms ask for, too."""

    @property
    def train(self) -> Rows:
        return self.problem.train

    @property
    def held_out(self) -> Rows:
        return self.problem.trusted

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, 2])


def huber(trial: Trial) -> Outcome:
    return Outcome(repair_methods.huber(trial).predict)


def paris(trial: Trial, **options: object) -> Outcome:
    found = repair_methods.paris(trial, **options)
    return Outcome(found.predict, found.n_kept / len(trial.train))


_DENSITY = {"val_weight": "inverse-density"}
_PAPER = {"criterion": "representer", "objective": "worst"}

METHODS: dict[str, Callable[[Trial], Outcome]] = {
    "everything": storm_methods.everything,
    "held-out rows only": storm_methods.steering_only,
    "everything + held-out rows": storm_methods.with_steering,
    "random 50 %": functools.partial(storm_methods.random_rows, keep=0.5),
    "inverse density": functools.partial(storm_methods.weighted, power=1.0),
    "inverse root density": functools.partial(storm_methods.weighted, power=0.5),
    "weighted head, both": functools.partial(storm_methods.weighted_head, rows="both"),
    "weighted head, both, lam 30": functools.partial(
        storm_methods.weighted_head, rows="both", lam=30.0
    ),
    "Huber, both": huber,
    "boosting": functools.partial(storm_methods.boosting, power=None),
    "boosting, weighted": functools.partial(storm_methods.boosting, power=0.5),
    "PARIS": paris,
    "PARIS head": functools.partial(paris, retrain="head"),
    "PARIS density head": functools.partial(paris, retrain="head", **_DENSITY),
    "PARIS density 50 % head": functools.partial(paris, retrain="head", keep=0.5, **_DENSITY),
    "PARIS density 50 % head lam 30": functools.partial(
        paris, retrain="head", keep=0.5, lam=30.0, **_DENSITY
    ),
    "paper 50 %": functools.partial(paris, keep=0.5, **_PAPER),
}
