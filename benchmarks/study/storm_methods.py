"""Ways to forecast storms: the rows, weights and models to compare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np

from paris_core.validation import GroupedSplit

from . import trials
from .choosing import Choice, all_rows, random_rows, weighted
from .learning import Outcome, boosting, everything, head, kept_by, learned
from .rows import Rows

TAIL = -50.0  # nT: what is oversampled; -100 alone would leave few rows


@dataclass
class Trial(trials.Trial):
    """All storms but the one that is left out."""

    storm: np.ndarray  # (n,) of each row


Method = Callable[[Trial], Outcome]


def dense_weight(trial: Trial) -> Choice:
    """DenseWeight (Steininger et al. 2021) with the defaults of its authors' package."""
    from denseweight import DenseWeight

    choice = all_rows(trial)
    return replace(choice, weight=DenseWeight(alpha=1.0).fit(choice.rows.y))


def oversampled(trial: Trial) -> Choice:
    """Rows of the tail three times more, with noise of 2 % of the deviation of each input."""
    train = trial.train
    tail = train.at(np.flatnonzero(train.y <= TAIL))
    noise = trial.rng.normal(size=(3 * len(tail), train.X.shape[1])) * 0.02 * train.X.std(axis=0)
    more = Rows(np.tile(tail.X, (3, 1)) + noise, np.tile(tail.y, 3))
    return Choice(train.and_(more))


def paris(**options: object) -> Method:
    """`PARISRegressor` with these options, which deals out whole storms by itself."""

    def method(trial: Trial) -> Outcome:
        model = trial.regressor({"groups": trial.storm}, validation_split=GroupedSplit(), **options)
        return kept_by(model, len(trial.train))

    return method


def paris_by_all(**options: object) -> Method:
    """`PARISRegressor` with these options; all rows steer, too."""

    def method(trial: Trial) -> Outcome:
        rows = trial.train
        model = trial.regressor({"X_val": rows.X, "y_val": rows.y}, monitor=None, **options)
        return kept_by(model, len(rows))

    return method


METHODS: dict[str, Method] = {
    "everything": everything,
    "random 50 %": learned(random_rows, keep=0.5),
    "inverse density": learned(weighted, power=1.0),
    "inverse root density": learned(weighted, power=0.5),
    "oversampled": learned(oversampled),
    "weighted head": learned(weighted, head, power=1.0),
    "weighted head, lam 300": learned(weighted, head, power=1.0, lam=300.0),
    "boosting": learned(all_rows, boosting),
    "boosting, weighted": learned(weighted, boosting, power=0.5),
    "PARIS": paris(),
    "PARIS head": paris(retrain="head"),
    "PARIS density head": paris(retrain="head", val_weight="inverse-density"),
    "PARIS density 10 % head lam 100, by all": paris_by_all(
        retrain="head", val_weight="inverse-density", keep=0.1, lam=100.0
    ),
    "paper": paris(paper=True),
}
if find_spec("denseweight") is not None:  # no dependency: it is under the GPL
    METHODS["denseweight"] = learned(dense_weight)
