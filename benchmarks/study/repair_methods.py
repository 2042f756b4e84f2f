"""What can be done about training targets that may be wrong, with a few trusted rows.

A method gets the problem, a seed, and the network that was trained on everything, and returns what
predicts. Choices are made on a third of the trusted rows, the same for all methods.
"""

from __future__ import annotations

import functools
import time
import warnings
from collections.abc import Callable

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from paris_core import PARISRegressor
from paris_core.validation import weights

from .networks import Network, Predict, estimator
from .optional import available
from .repair_trial import Outcome, Trial
from .rows import Rows

Weight = Callable[[np.ndarray], np.ndarray]  # of targets


def everything(trial: Trial) -> Outcome:
    return Outcome(trial.everything.predict, len(trial.train))


def mean_of_five(trial: Trial, method: Callable[[Trial], Outcome]) -> Outcome:
    """The mean of five models, with seeds and divisions of the trusted rows of their own."""
    models = [method(other).predict for other in trial.others]
    return Outcome(lambda X: np.mean([predict(X) for predict in models], axis=0))


def clean(trial: Trial) -> Outcome:
    """The true targets: what cannot be had."""
    return Outcome(trial.network(trial.problem.clean).predict, len(trial.train))


def right_rows(trial: Trial) -> Outcome:
    """Without exactly the wrong rows."""
    rows = np.flatnonzero(~trial.problem.bad)
    return Outcome(trial.network(trial.train.at(rows)).predict, len(rows))


def trusted(trial: Trial) -> Outcome:
    """The trusted rows alone; how many updates, chosen."""
    rows, _ = trial.parts
    updates = [trial.updates // n for n in (16, 4, 1)]
    found = [Network(n, trial.seed).fit(rows) for n in updates]
    best = updates[int(np.argmin([trial.loss(network.predict) for network in found]))]
    return Outcome(Network(best, trial.seed).fit(trial.problem.trusted).predict, 0)


def with_trusted(
    trial: Trial,
    fit: Callable[[Trial, Rows, np.ndarray], Predict],
    weight_of: Weight | None = None,
) -> Outcome:
    """Training and trusted rows; how often the latter count, chosen."""
    validation, _ = trial.parts
    times = [1.0, 10.0, 100.0]

    def predict(more: Rows, n: float) -> Predict:
        rows = trial.train.and_(more)
        weight = np.repeat([1.0, n], [len(trial.train), len(more)])
        if weight_of is not None:
            weight *= weight_of(rows.y)
        return fit(trial, rows, weight)

    best = times[int(np.argmin([trial.loss(predict(validation, n)) for n in times]))]
    return Outcome(predict(trial.problem.trusted, best), len(trial.train))


def a_network(trial: Trial, rows: Rows, weight: np.ndarray) -> Predict:
    return trial.network(rows, weight).predict


def trees(
    trial: Trial, rows: Rows, weight: np.ndarray | None = None, loss: str = "squared_error"
) -> Predict:
    # More than 10,000 rows would stop early by default; with weights, every bound of a bin takes
    # a weighted quantile, which is dearer than the trees.
    model = HistGradientBoostingRegressor(
        loss=loss, early_stopping=False, max_bins=63, random_state=trial.seed
    )
    return model.fit(rows.X, rows.y, sample_weight=weight).predict


def boosting(trial: Trial) -> Outcome:
    return Outcome(trees(trial, trial.train), len(trial.train))


def boosting_absolute(trial: Trial) -> Outcome:
    """With a loss that wrong targets spoil less, and the trusted rows."""
    rows = trial.train.and_(trial.problem.trusted)
    return Outcome(trees(trial, rows, loss="absolute_error"), len(trial.train))


def fine_tuned(trial: Trial) -> Outcome:
    """The network trained on everything goes on with the trusted rows."""
    return Outcome(tuned(trial, trial.everything), 0)


def tuned(trial: Trial, network: Network) -> Predict:
    """The network goes on with the trusted rows; how long, chosen."""
    rows, _ = trial.parts
    passes = [1, 3, 10, 30, 100]
    losses = [trial.loss(network.tuned(rows, n).predict) for n in passes]
    best = passes[int(np.argmin(losses))]
    return network.tuned(trial.problem.trusted, best).predict


def root_density(y: np.ndarray) -> np.ndarray:
    """Weights for rare targets, by the square root of the inverse density."""
    return weights.inverse_density(y, power=0.5)


def head_on_trusted(trial: Trial, weight: Weight | None = None) -> Outcome:
    """Features learned on everything, a ridge head fitted to the trusted rows."""
    rows = trial.problem.trusted
    return Outcome(trial.everything.head(rows, None if weight is None else weight(rows.y)), 0)


def huber(trial: Trial) -> Outcome:
    """Huber's loss, by reweighting three times; the corner at 1.345 sd of the residuals."""
    rows = trial.train.and_(trial.problem.trusted)
    network = trial.network(rows)
    for _ in range(3):
        error = np.abs(rows.y - network.predict(rows.X))
        corner = 1.345 * 1.4826 * np.median(error)
        network = trial.network(rows, np.minimum(1.0, corner / np.maximum(error, 1e-12)))
    return Outcome(network.predict, len(trial.train))


def untouched(trial: Trial) -> Outcome:
    """Everything, as what deletes nothing."""
    return Outcome(trial.everything.predict, len(trial.train), np.empty(0, dtype=int))


def trimmed(trial: Trial) -> Outcome:
    """Without the rows of the largest residuals; how many, chosen."""
    order = np.argsort(-squares(trial.everything.predict, trial.train), kind="stable")
    counts = [int(share * len(order)) for share in (0.01, 0.03, 0.1, 0.2, 0.4)]
    return least(trial, untouched(trial), [order[:n] for n in counts])


def trimmed_batches(trial: Trial, first: Callable[[Trial], Outcome] = untouched) -> Outcome:
    """Without the batches of the largest mean squares of residuals; how many, chosen.

    The residuals are those of the first model, which stays if none is better.
    """
    start = first(trial)
    names, member = np.unique(trial.problem.batch, return_inverse=True)
    mean_square = np.bincount(member, squares(start.predict, trial.train)) / np.bincount(member)
    by_batch = [
        np.flatnonzero(member == worst) for worst in np.argsort(-mean_square, kind="stable")
    ]
    shares = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
    counts = sorted({max(1, round(share * len(names))) for share in shares})
    return least(trial, start, [np.concatenate(by_batch[:n]) for n in counts])


def squares(predict: Predict, rows: Rows) -> np.ndarray:
    return (rows.y - predict(rows.X)) ** 2


def least(trial: Trial, start: Outcome, choices: list[np.ndarray]) -> Outcome:
    """The network without some rows, given in their order, or what there is; chosen."""
    outcomes = [start]
    for removed in choices:
        network = trial.network(trial.train.without(removed))
        outcomes.append(Outcome(network.predict, len(trial.train) - len(removed), removed))
    return min(outcomes, key=lambda outcome: trial.loss(outcome.predict))


def cleanlab(trial: Trial) -> Outcome:
    """Without the rows that `cleanlab` calls label issues, and with the trusted ones.

    A search of three shares, two folds and two bootstraps: nine trainings' worth of steps.
    """
    from cleanlab.regression.learn import CleanLearning

    train = trial.train
    model = TransformedTargetRegressor(
        estimator(trial.updates, len(train), trial.seed), transformer=StandardScaler()
    )
    cleaner = CleanLearning(model, cv_n_folds=2, n_boot=2, seed=trial.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are meant
        issues = cleaner.find_label_issues(
            train.X, train.y, coarse_search_range=[0.03, 0.1, 0.3], fine_search_size=0
        )
    wrong = issues["is_label_issue"].to_numpy()
    order = np.argsort(issues["label_quality"].to_numpy(), kind="stable")
    rows = train.at(np.flatnonzero(~wrong)).and_(trial.problem.trusted)
    return Outcome(trial.network(rows).predict, int((~wrong).sum()), order[: wrong.sum()])


def paris(trial: Trial, **options: object) -> Outcome:
    return kept_by(trial.pruned if not options else trial.prune(**options))


def in_turn(trial: Trial) -> Outcome:
    return kept_by(trial.pruned_in_turn)


def by_batches(trial: Trial) -> Outcome:
    return kept_by(trial.pruned_by_batches)


def batches_trimmed(trial: Trial) -> Outcome:
    """Batches once more, by the residuals of the network that PARIS ends with."""
    return trimmed_batches(trial, by_batches)


def rows_or_batches(trial: Trial) -> Outcome:
    """Both, and the one that gains more on the rows that choose, which are the same."""
    models = trial.pruned, trial.pruned_by_batches
    return kept_by(max(models, key=lambda model: model.gain_.mean if model.best_round_ else 0.0))


def kept_by(model: PARISRegressor) -> Outcome:
    return Outcome(model.predict, int(model.support_.sum()), model.removed_)


def paris_with_trusted(trial: Trial) -> Outcome:
    """The network trained again on the rows that PARIS keeps and the trusted ones."""
    kept = np.flatnonzero(trial.pruned.support_)  # of all training rows: the trusted are others
    rows = trial.train.at(kept).and_(trial.problem.trusted)
    return Outcome(trial.network(rows).predict, len(kept), trial.pruned.removed_)


def paris_tuned(trial: Trial) -> Outcome:
    return tuned_without(trial, trial.pruned)


def in_turn_tuned(trial: Trial) -> Outcome:
    return tuned_without(trial, trial.pruned_in_turn)


def tuned_without(trial: Trial, pruned: PARISRegressor) -> Outcome:
    """A network trained on the rows that PARIS keeps goes on with the trusted ones."""
    kept = np.flatnonzero(pruned.support_)
    network = trial.network(trial.train.at(kept))
    return Outcome(tuned(trial, network), len(kept), pruned.removed_)


_ALL: dict[str, Callable[[Trial], Outcome]] = {
    "clean": clean,
    "right rows only": right_rows,
    "everything": everything,
    "trusted": trusted,
    "everything + trusted": functools.partial(with_trusted, fit=a_network),
    "root density + trusted": functools.partial(
        with_trusted, fit=a_network, weight_of=root_density
    ),
    "fine-tuned on trusted": fine_tuned,
    "head on trusted": head_on_trusted,
    "head on trusted, root density": functools.partial(head_on_trusted, weight=root_density),
    "boosting": boosting,
    "boosting + trusted": functools.partial(with_trusted, fit=trees),
    "boosting, absolute error": boosting_absolute,
    "Huber": huber,
    "trimmed": trimmed,
    "trimmed batches": trimmed_batches,
    "cleanlab": cleanlab,
    "PARIS": paris,
    "PARIS + trusted": paris_with_trusted,
    "PARIS, fine-tuned": paris_tuned,
    "PARIS, root density": functools.partial(paris, val_weight=root_density),
    "PARIS, blocked": functools.partial(paris, validation_split="blocked"),
    "PARIS, 5 folds": in_turn,
    "PARIS, 5 folds, fine-tuned": in_turn_tuned,
    "PARIS by batches": by_batches,
    "PARIS by batches, 5 folds": functools.partial(paris, delete="groups", monitor=5),
    "PARIS by batches, same steps": functools.partial(paris, delete="groups", same_steps=True),
    "PARIS by batches, trimmed": batches_trimmed,
    "PARIS, rows or batches": rows_or_batches,
    "PARIS head": functools.partial(paris, retrain="head"),
    "PARIS representer/mean": functools.partial(paris, criterion="representer", lam=300.0),
    "PARIS representer/worst": functools.partial(
        paris, criterion="representer", objective="worst", lam=30.0
    ),
}
_ALL |= {
    f"{name}, mean of five": functools.partial(mean_of_five, method=_ALL[name])
    for name in (
        "clean",
        "trusted",
        "fine-tuned on trusted",
        "head on trusted",
        "Huber",
        "trimmed batches",
        "PARIS",
        "PARIS by batches",
        "PARIS by batches, trimmed",
    )
}
METHODS = available(_ALL, {"cleanlab": "cleanlab"})

# What the seconds of a method do not hold: runs that it shares with others.
_SHARED = {
    paris_with_trusted: ("pruned",),
    paris_tuned: ("pruned",),
    in_turn_tuned: ("pruned_in_turn",),
    rows_or_batches: ("pruned", "pruned_by_batches"),
    batches_trimmed: ("pruned_by_batches",),
}


def run(method: str, trial: Trial) -> tuple[Outcome, float]:
    """The outcome, and the seconds it took beyond the network on everything and shared runs."""
    for name in ("everything", *_SHARED.get(METHODS[method], ())):
        getattr(trial, name)
    began = time.perf_counter()
    outcome = METHODS[method](trial)
    return outcome, time.perf_counter() - began
