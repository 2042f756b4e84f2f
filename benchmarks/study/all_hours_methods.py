"""All hours of two decades: how rows are chosen or weighted, and what then learns from them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from learning import Choice, Teacher
from quota_rows import quota_rows
from rows import Rows

from paris_core import weights

KEEP = 0.25


@dataclass(frozen=True)
class Trial:
    """A network trained on all training hours, and hours that may steer."""

    teacher: Teacher
    held_out: Rows


def everything(trial: Trial) -> Choice:
    return Choice(trial.teacher.train)


def steering_only(trial: Trial) -> Choice:
    return Choice(trial.held_out, 0.0)


def with_steering(trial: Trial) -> Choice:
    return Choice(trial.teacher.train.and_(trial.held_out))


def weighted(trial: Trial, power: float, choose: Callable[[Trial], Choice] = everything) -> Choice:
    """Weights by a power of the inverse density of the targets."""
    choice = choose(trial)
    weight = weights.inverse_density(choice.rows.y, power=power)
    return Choice(choice.rows, choice.kept, weight)


def random_rows(trial: Trial) -> Choice:
    n_rows = len(trial.teacher.train)
    rng = np.random.default_rng([trial.teacher.seed, 2])
    return trial.teacher.choice(np.sort(rng.choice(n_rows, round(KEEP * n_rows), replace=False)))


def random_quotas(trial: Trial) -> Choice:
    teacher = trial.teacher
    y, predict = teacher.train.y, teacher.network.predict
    return teacher.choice(quota_rows(y, trial.held_out, predict, KEEP, teacher.seed))


def deletion(trial: Trial, **options: object) -> Choice:
    n_kept = round(KEEP * len(trial.teacher.train))
    result = trial.teacher.deletions(trial.held_out, n_kept, **options)
    return trial.teacher.choice(result.kept, result.lam)


class Method(NamedTuple):
    choose: Callable[[Trial], Choice]
    refits: tuple[str, ...] = ("network", "head")  # of `learning.REFITS`


paris = functools.partial(deletion, criterion="refit", objective="mean")
paper = functools.partial(deletion, criterion="representer", objective="worst")
TREES = ("network", "head", "boosting")

METHODS: dict[str, Method] = {
    "everything": Method(everything, TREES),
    "steering rows only": Method(steering_only),
    "everything + steering": Method(with_steering),
    "random 25 %": Method(random_rows),
    "inverse density": Method(functools.partial(weighted, power=1.0)),
    "inverse root density": Method(functools.partial(weighted, power=0.5), TREES),
    "everything + steering, inverse density": Method(
        functools.partial(weighted, power=1.0, choose=with_steering)
    ),
    "random quotas 25 %": Method(random_quotas),
    "PARIS 25 %": Method(paris),
    "PARIS density 25 %": Method(functools.partial(paris, density=True)),
    "PARIS density 25 % lam 30": Method(functools.partial(paris, density=True, lam=30.0)),
    "paper 25 %": Method(paper),
    "paper 25 % lam 30": Method(functools.partial(paper, lam=30.0)),
}
