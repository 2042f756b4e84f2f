"""What is compared on the public sets: methods of the other studies, on one kind of trial."""

from __future__ import annotations

import functools
from collections.abc import Callable

from . import repair_methods
from .choosing import all_rows, held_out_only, random_rows, weighted, with_held_out
from .learning import Outcome, boosting, everything, head, learned
from .repair_trial import Trial
from .trials import PAPER


def huber(trial: Trial) -> Outcome:
    return Outcome(repair_methods.huber(trial).predict)


def paris(trial: Trial, **options: object) -> Outcome:
    found = repair_methods.paris(trial, **options)
    return Outcome(found.predict, found.n_kept / len(trial.train))


_DENSITY = {"val_weight": "inverse-density"}

METHODS: dict[str, Callable[[Trial], Outcome]] = {
    "everything": everything,
    "held-out rows only": learned(held_out_only),
    "everything + held-out rows": learned(with_held_out),
    "random 50 %": learned(random_rows, keep=0.5),
    "inverse density": learned(weighted, power=1.0),
    "inverse root density": learned(weighted, power=0.5),
    "weighted head, both": learned(weighted, head, power=1.0, of=with_held_out),
    "weighted head, both, lam 30": learned(weighted, head, power=1.0, of=with_held_out, lam=30.0),
    "Huber, both": huber,
    "boosting": learned(all_rows, boosting),
    "boosting, weighted": learned(weighted, boosting, power=0.5),
    "PARIS": paris,
    "PARIS head": functools.partial(paris, retrain="head"),
    "PARIS density head": functools.partial(paris, retrain="head", **_DENSITY),
    "PARIS density 50 % head": functools.partial(paris, retrain="head", keep=0.5, **_DENSITY),
    "PARIS density 50 % head lam 30": functools.partial(
        paris, retrain="head", keep=0.5, lam=30.0, **_DENSITY
    ),
    "paper 50 %": functools.partial(paris, keep=0.5, **PAPER),
}
