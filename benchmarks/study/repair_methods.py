"""What can be done about training targets that may be wrong, with a few trusted rows.

All end with the network that ships, trained on what a method leaves and on the trusted rows, unless
the method is another way to learn. Where a method has a choice to make, trusted rows make it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from paris_core import audit

from .choosing import held_out_only, robust, with_held_out
from .learning import learned
from .networks import Network, Predict, seeded
from .repair_trial import Outcome, Trial
from .rows import Rows
from .trials import expected

Option = TypeVar("Option")


def true_labels(trial: Trial) -> Outcome:
    """What cannot be had."""
    rows = trial.problem.clean.and_(trial.held_out)
    return Outcome(trial.network(rows).predict)


def right_rows(trial: Trial) -> Outcome:
    """Without exactly the wrong rows."""
    return Outcome(trial.without(np.flatnonzero(trial.problem.bad)).predict)


def everything(trial: Trial) -> Outcome:
    return Outcome(trial.untouched.predict)


def simple(method: Callable[[Trial], object]) -> Callable[[Trial], Outcome]:
    """A method of all studies."""
    return lambda trial: Outcome(method(trial).predict)


def weighted(trial: Trial) -> Outcome:
    """Trusted rows count several times; how many, chosen on a third of them."""
    fitting, choosing = trial.parts

    def network(rows: Rows, times: int) -> Network:
        weight = np.repeat([1.0, times], [len(trial.train), len(rows)])
        return trial.network(trial.train.and_(rows), weight)

    times = least((1, 10, 100), lambda n: loss(network(fitting, n).predict, choosing))
    return Outcome(network(trial.held_out, times).predict)


def fine_tuned(trial: Trial) -> Outcome:
    """The network of the training rows goes on with the trusted ones; how long, chosen likewise."""
    fitting, choosing = trial.parts
    passes = least(
        (0, 1, 3, 10, 30, 100),
        lambda n: loss(trial.everything.tuned(fitting, n).predict, choosing),
    )
    return Outcome(trial.everything.tuned(trial.held_out, passes).predict)


def head_on_trusted(trial: Trial) -> Outcome:
    """Features learned on the training rows, a ridge head fitted to the trusted ones."""
    return Outcome(trial.everything.head(trial.held_out))


def boosting_absolute(trial: Trial) -> Outcome:
    """With a loss that wrong targets spoil less."""
    rows = trial.train.and_(trial.held_out)
    model = HistGradientBoostingRegressor(loss="absolute_error", random_state=trial.seed)
    return Outcome(model.fit(rows.X, rows.y).predict)


def trimmed(trial: Trial) -> Outcome:
    """Without the rows of the largest residuals; how many, chosen on the trusted rows."""
    order = np.argsort(-squares(trial.everything.predict, trial.train), kind="stable")
    shares = (0.01, 0.03, 0.1, 0.2, 0.4)
    return shortened(trial, [order[: int(share * len(order))] for share in shares])


def trimmed_batches(trial: Trial) -> Outcome:
    """Without the batches of the largest mean squares of residuals; how many, chosen likewise."""
    names, member = np.unique(trial.problem.batch, return_inverse=True)
    sums = np.bincount(member, squares(trial.everything.predict, trial.train))
    order = np.argsort(-sums / np.bincount(member), kind="stable")
    rows = [np.flatnonzero(member == batch) for batch in order]
    counts = sorted({max(1, round(share * len(names))) for share in (0.05, 0.1, 0.2, 0.4, 0.6)})
    return shortened(trial, [np.concatenate(rows[:n]) for n in counts])


def shortened(trial: Trial, choices: list[np.ndarray]) -> Outcome:
    """Without some of the rows, or with all of them; judged by networks without trusted rows."""

    def error(removed: np.ndarray) -> float:
        network = trial.network(trial.train.without(removed)) if len(removed) else trial.everything
        return loss(network.predict, trial.held_out)

    removed = least([np.empty(0, dtype=int), *choices], error)
    return Outcome(trial.without(removed).predict, removed)


def least(options: Sequence[Option], error: Callable[[Option], float]) -> Option:
    """The option with the least error."""
    return options[int(np.argmin([error(option) for option in options]))]


def squares(predict: Predict, rows: Rows) -> np.ndarray:
    return (rows.y - predict(rows.X)) ** 2


def loss(predict: Predict, rows: Rows) -> float:
    return float(squares(predict, rows).mean())


def paris(trial: Trial, **options: object) -> Outcome:
    """`PARISRegressor` with these options; groups are batches."""
    fit_options = {"X_val": trial.held_out.X, "y_val": trial.held_out.y}
    if options.get("delete") == "groups":
        fit_options["groups"] = trial.problem.batch
    model = trial.regressor(fit_options, **options)
    return Outcome(model.predict, model.removed_)


def audited(trial: Trial) -> Outcome:
    """Without the batches that `audit` removes; the network has the seed that all have."""
    with expected():
        result = audit(
            trial.train.X,
            trial.train.y,
            trial.held_out.X,
            trial.held_out.y,
            groups=trial.problem.batch,
            estimator=seeded(None),
            random_state=trial.seed,
        )
    return Outcome(trial.without(result.removed).predict, result.removed)


METHODS: dict[str, Callable[[Trial], Outcome]] = {
    "true labels": true_labels,
    "right rows only": right_rows,
    "everything": everything,
    "trusted": simple(learned(held_out_only)),
    "trusted, weighted": weighted,
    "fine-tuned on trusted": fine_tuned,
    "head on trusted": head_on_trusted,
    "boosting, absolute error": boosting_absolute,
    "Huber": simple(learned(robust, of=with_held_out)),
    "trimmed": trimmed,
    "trimmed batches": trimmed_batches,
    "PARIS": paris,
    "PARIS by batches": functools.partial(paris, delete="groups"),
    "PARIS head": functools.partial(paris, retrain="head"),
    "paper": functools.partial(paris, paper=True),
    "audit": audited,
}
