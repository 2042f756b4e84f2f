"""Ways to forecast storms: the rows, weights and models to compare, at equal training budget."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import StandardScaler

from paris_core.validation import Tail

from . import trials
from .choosing import (
    Choice,
    all_rows,
    deletion_by_all,
    deletion_with_quotas,
    held_out_only,
    random_quotas,
    random_rows,
    weighted,
    with_held_out,
)
from .learning import Outcome, boosting, everything, head, learned, own_head
from .optional import available
from .rows import Rows
from .trials import PAPER

TAIL = -50.0  # nT: what "tail" steers by; -100 alone would leave few rows


@dataclass
class Trial(trials.Trial):
    """Of the held-out rows, the first steer and the others monitor, where a method needs both."""

    n_validation: int


def label_smoothing(trial: Trial) -> Choice:
    """LDS (Yang et al. 2021): inverse square root of the smoothed counts of bins of 5 nT."""
    y = trial.train.y
    edges = np.arange(y.min(), y.max() + 5.0, 5.0)
    place = np.clip(np.digitize(y, edges) - 1, 0, len(edges) - 1)
    count = np.bincount(place, minlength=len(edges)).astype(float)
    kernel = np.exp(-0.5 * (np.arange(-2, 3) / 2.0) ** 2)
    smooth = np.convolve(count, kernel / kernel.sum(), mode="same")
    return Choice(trial.train, weight=1.0 / np.sqrt(smooth[place]))


def dense_weight(trial: Trial, of: Callable[[Trial], Choice] = all_rows) -> Choice:
    """DenseWeight (Steininger et al. 2021) with the defaults of its authors' package."""
    from denseweight import DenseWeight

    choice = of(trial)
    return replace(choice, weight=DenseWeight(alpha=1.0).fit(choice.rows.y))


def focal(trial: Trial) -> Outcome:
    from .focal import FocalNetwork

    return Outcome(FocalNetwork(trial.updates, trial.seed).fit(trial.train).predict)


def smogn(trial: Trial) -> Choice:
    """SMOGN (Branco et al. 2017) of the tail; distances between standardised inputs."""
    from imbreg import phi_control, smogn_regress

    train = trial.train
    scaler = StandardScaler().fit(train.X)
    table = pd.DataFrame(scaler.transform(train.X)).assign(y=train.y)
    relevance = phi_control(
        train.y, method="range", control_pts=[[2.0 * TAIL, 1.0, 0.0], [0.0, 0.0, 0.0]]
    )  # one half, the threshold, at TAIL
    table = smogn_regress(table, phi_ctrl=relevance, seed=trial.seed)
    X = scaler.inverse_transform(table.drop(columns="y").to_numpy())
    return Choice(Rows(X, table["y"].to_numpy()))


def oversampled(trial: Trial) -> Choice:
    """Rows of the tail three times more, with noise of 2 % of the deviation of each input."""
    train = trial.train
    tail = train.at(np.flatnonzero(train.y <= TAIL))
    noise = trial.rng.normal(size=(3 * len(tail), train.X.shape[1])) * 0.02 * train.X.std(axis=0)
    more = Rows(np.tile(tail.X, (3, 1)) + noise, np.tile(tail.y, 3))
    return Choice(train.and_(more))


def paris(trial: Trial, *, all_steer: bool = False, **options: object) -> Outcome:
    """`PARISRegressor`; held-out storms steer or monitor, or all of them steer."""
    train, held_out = trial.train, trial.held_out
    if all_steer:
        rows, fit_options = train, {"X_val": held_out.X, "y_val": held_out.y}
        options |= {"monitor": None}
    else:
        rows, fit_options = train.and_(held_out), {}
        sizes = [len(train), trial.n_validation, len(held_out) - trial.n_validation]
        options |= {"validation_split": PredefinedSplit(np.repeat([-1, 0, 1], sizes))}
    options |= {"tail": Tail("lower", threshold=TAIL)}
    model = trial.regressor(rows, fit_options, **options)
    return Outcome(model.predict, float(model.support_.sum()) / len(train))


def paris_by_all(trial: Trial, **options: object) -> Outcome:
    """`PARISRegressor` on all rows, the held-out ones among them, all of which steer, too."""
    rows = trial.train.and_(trial.held_out)
    fit_options = {"X_val": rows.X, "y_val": rows.y}
    trial = replace(trial, train=rows)
    model = trial.regressor(rows, fit_options, monitor=None, **options)
    return Outcome(model.predict, float(model.support_.mean()))


_ALL: dict[str, Callable[[Trial], Outcome]] = {
    "everything": everything,
    "validation rows only": learned(held_out_only),
    "everything + validation": learned(with_held_out),
    "random 50 %": learned(random_rows, keep=0.5),
    "random 25 %": learned(random_rows, keep=0.25),
    "inverse density": learned(weighted, power=1.0),
    "inverse root density": learned(weighted, power=0.5),
    "label smoothing": learned(label_smoothing),
    "denseweight": learned(dense_weight),
    "denseweight, both": learned(dense_weight, of=with_held_out),
    "focal loss": focal,
    "SMOGN": learned(smogn),
    "oversampled": learned(oversampled),
    "random quotas 50 %": learned(random_quotas, keep=0.5),
    "weighted head": learned(weighted, head, power=1.0),
    "weighted head, validation": learned(weighted, head, power=1.0, of=held_out_only),
    "weighted head, both": learned(weighted, head, power=1.0, of=with_held_out),
    "weighted head, both, lam 30": learned(weighted, head, power=1.0, of=with_held_out, lam=30.0),
    "weighted head, both, lam 300": learned(weighted, head, power=1.0, of=with_held_out, lam=300.0),
    "everything + validation, weighted head": learned(
        weighted, own_head, power=1.0, of=with_held_out, lam=300.0
    ),
    "boosting": learned(all_rows, boosting),
    "boosting, weighted": learned(weighted, boosting, power=0.5),
    "PARIS": paris,
    "PARIS head": functools.partial(paris, retrain="head"),
    "PARIS tail": functools.partial(paris, val_weight="tail"),
    "PARIS tail head": functools.partial(paris, val_weight="tail", retrain="head"),
    "PARIS quotas 50 %": learned(deletion_with_quotas, keep=0.5),
    "PARIS quotas 50 % head": learned(deletion_with_quotas, head, keep=0.5),
    "PARIS density": functools.partial(paris, val_weight="inverse-density"),
    "PARIS density head": functools.partial(paris, val_weight="inverse-density", retrain="head"),
    **{
        f"PARIS density {round(100 * keep)} % head lam {lam}": functools.partial(
            paris, val_weight="inverse-density", retrain="head", keep=keep, lam=float(lam)
        )
        for keep, lam in ((0.5, 30), (0.25, 30), (0.1, 30), (0.5, 100), (0.25, 10))
    },
    **{
        f"PARIS density {round(100 * keep)} % head lam {lam}, all steer": functools.partial(
            paris,
            val_weight="inverse-density",
            retrain="head",
            keep=keep,
            lam=float(lam),
            all_steer=True,
        )
        for keep, lam in ((0.5, 100), (0.25, 100), (0.1, 100), (0.5, 300), (0.25, 300))
    },
    "PARIS density 10 % head lam 100, by all": learned(deletion_by_all, head, keep=0.1, lam=100.0),
    "PARIS density 10 % head lam 100, on and by all": functools.partial(
        paris_by_all, val_weight="inverse-density", retrain="head", keep=0.1, lam=100.0
    ),
    "PARIS density 50 % lam 30": functools.partial(
        paris, val_weight="inverse-density", keep=0.5, lam=30.0
    ),
    "paper 50 %": functools.partial(paris, keep=0.5, **PAPER),
    "paper 25 %": functools.partial(paris, keep=0.25, **PAPER),
    "paper 25 % lam 1": functools.partial(paris, keep=0.25, lam=1.0, **PAPER),
    "paper 50 % lam 30 head": functools.partial(paris, keep=0.5, lam=30.0, retrain="head", **PAPER),
    "paper 25 % lam 30 head": functools.partial(
        paris, keep=0.25, lam=30.0, retrain="head", **PAPER
    ),
}
# None of these is a dependency: denseweight is under the GPL, imbreg brings xgboost with it.
METHODS = available(
    _ALL,
    {
        "denseweight": "denseweight",
        "denseweight, both": "denseweight",
        "focal loss": "torch",
        "SMOGN": "imbreg",
    },
)
