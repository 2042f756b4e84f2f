"""What is learned from rows, however they were chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sklearn.ensemble import HistGradientBoostingRegressor

from paris_core import PARISRegressor

from .choosing import Choice
from .networks import Predict
from .trials import Trial


def network(trial: Trial, choice: Choice) -> Predict:
    """A new network."""
    return trial.network(choice.rows, choice.weight).predict


def head(trial: Trial, choice: Choice) -> Predict:
    """A ridge head on the features of the network trained on everything."""
    lam = trial.lam if choice.lam is None else choice.lam
    return trial.everything.head(choice.rows, choice.weight, lam)


def boosting(trial: Trial, choice: Choice) -> Predict:
    """No network at all."""
    model = HistGradientBoostingRegressor(random_state=trial.seed)
    rows = choice.rows
    return model.fit(rows.X, rows.y, sample_weight=choice.weight).predict


Refit = Callable[[Trial, Choice], Predict]


@dataclass(frozen=True)
class Outcome:
    predict: Predict
    kept: float = 1.0  # share of the training rows


def everything(trial: Trial) -> Outcome:
    """The network that the trial has, not trained again."""
    return Outcome(trial.everything.predict)


def learned(
    choose: Callable[..., Choice], refit: Refit = network, **options: object
) -> Callable[[Trial], Outcome]:
    """The method that learns from rows; the options are those of `choose`."""

    def method(trial: Trial) -> Outcome:
        choice = choose(trial, **options)
        return Outcome(refit(trial, choice), choice.kept)

    return method


def kept_by(model: PARISRegressor, n_rows: int) -> Outcome:
    """What PARIS predicts, and of so many rows the share that it has not removed."""
    return Outcome(model.predict, 1.0 - len(model.removed_) / n_rows)
