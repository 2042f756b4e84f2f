"""Ways to forecast storms: the rows, weights and models to compare, at equal training budget."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from networks import Network, estimator
from optional import available
from quota_rows import quota_rows
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import StandardScaler
from storm_data import Fold, Storms

import paris_core
from paris_core import PARISRegressor, weights
from paris_core.linalg import RidgeFactor
from paris_core.regularization import select_lambda
from problems import Rows

UPDATES = 500  # where "everything" is best: 200 to 4,000 were tried
TAIL = -50.0  # nT: what "tail" steers by; -100 alone would leave few rows

Predict = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Trial:
    """A fold, a seed, and what several methods share."""

    storms: Storms
    fold: Fold
    seed: int

    @functools.cached_property
    def train(self) -> Rows:
        return self.storms.rows.at(self.fold.train)

    @functools.cached_property
    def held_out(self) -> Rows:
        return self.storms.rows.at(np.concatenate([self.fold.steering, self.fold.monitor]))

    @functools.cached_property
    def everything(self) -> Network:
        return self.network(self.train)

    def network(self, rows: Rows, weight: np.ndarray | None = None) -> Network:
        return Network(UPDATES, self.seed).fit(rows.X, rows.y, weight)

    @property
    def rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, 2])


@dataclass(frozen=True)
class Outcome:
    predict: Predict
    kept: float = 1.0  # share of the training rows


def everything(trial: Trial) -> Outcome:
    return Outcome(trial.everything.predict)


def steering_only(trial: Trial) -> Outcome:
    return Outcome(trial.network(trial.held_out).predict, 0.0)


def with_steering(trial: Trial) -> Outcome:
    return Outcome(trial.network(trial.train.and_(trial.held_out)).predict)


def random_rows(trial: Trial, keep: float) -> Outcome:
    n = len(trial.train)
    rows = np.sort(trial.rng.choice(n, round(keep * n), replace=False))
    return Outcome(trial.network(trial.train.at(rows)).predict, keep)


def weighted(trial: Trial, power: float) -> Outcome:
    """Weights by a power of the inverse density of the targets."""
    weight = weights.inverse_density(trial.train.y, power=power)
    return Outcome(trial.network(trial.train, weight).predict)


def label_smoothing(trial: Trial) -> Outcome:
    """LDS (Yang et al. 2021): inverse square root of the smoothed counts of bins of 5 nT."""
    y = trial.train.y
    edges = np.arange(y.min(), y.max() + 5.0, 5.0)
    place = np.clip(np.digitize(y, edges) - 1, 0, len(edges) - 1)
    count = np.bincount(place, minlength=len(edges)).astype(float)
    kernel = np.exp(-0.5 * (np.arange(-2, 3) / 2.0) ** 2)
    smooth = np.convolve(count, kernel / kernel.sum(), mode="same")
    return Outcome(trial.network(trial.train, 1.0 / np.sqrt(smooth[place])).predict)


def dense_weight(trial: Trial) -> Outcome:
    """DenseWeight (Steininger et al. 2021) with the defaults of its authors' package."""
    from denseweight import DenseWeight

    return Outcome(trial.network(trial.train, DenseWeight(alpha=1.0).fit(trial.train.y)).predict)


def focal(trial: Trial) -> Outcome:
    from focal import FocalNetwork

    return Outcome(FocalNetwork(UPDATES, trial.seed).fit(trial.train.X, trial.train.y).predict)


def smogn(trial: Trial) -> Outcome:
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
    return Outcome(trial.network(Rows(X, table["y"].to_numpy())).predict)


def oversampled(trial: Trial) -> Outcome:
    """Rows of the tail three times more, with noise of 2 % of the deviation of each input."""
    train = trial.train
    tail = train.at(np.flatnonzero(train.y <= TAIL))
    noise = trial.rng.normal(size=(3 * len(tail), train.X.shape[1])) * 0.02 * train.X.std(axis=0)
    more = Rows(np.tile(tail.X, (3, 1)) + noise, np.tile(tail.y, 3))
    return Outcome(trial.network(train.and_(more)).predict)


def random_quotas(trial: Trial, keep: float) -> Outcome:
    """MetriQ-like: random rows, more of the bins of targets that are forecast worst."""
    rows = quota_rows(trial.train.y, trial.held_out, trial.everything.predict, keep, trial.seed)
    return Outcome(trial.network(trial.train.at(rows)).predict, len(rows) / len(trial.train))


def weighted_head(trial: Trial, rows: str, lam: float | None = None) -> Outcome:
    """Features of the network on everything; a ridge head by inverse-density weights."""
    network = trial.everything
    chosen = {
        "train": trial.train,
        "steering": trial.held_out,
        "both": trial.train.and_(trial.held_out),
    }[rows]
    root = np.sqrt(weights.inverse_density(chosen.y))
    Phi = network.features(chosen.X) * root[:, np.newaxis]
    z = network.standardised(chosen.y) * root
    head = RidgeFactor(Phi, z, select_lambda(Phi, z) if lam is None else lam).weights
    return Outcome(
        lambda X: network.in_units(network.features(X) @ head), float(rows != "steering")
    )


def boosting(trial: Trial, power: float | None) -> Outcome:
    weight = None if power is None else weights.inverse_density(trial.train.y, power=power)
    model = HistGradientBoostingRegressor(random_state=trial.seed)
    model.fit(trial.train.X, trial.train.y, sample_weight=weight)
    return Outcome(model.predict)


def paris(trial: Trial, *, all_steer: bool = False, **options: object) -> Outcome:
    """`PARISRegressor`; held-out storms steer or monitor, or all of them steer."""
    fold, held_out = trial.fold, {}
    if all_steer:
        rows = trial.train
        held_out = {"X_val": trial.held_out.X, "y_val": trial.held_out.y}
        options |= {"monitor_fraction": 0.0}
    else:
        rows = trial.train.and_(trial.held_out)
        part = np.repeat([-1, 0, 1], [len(fold.train), len(fold.steering), len(fold.monitor)])
        options |= {"validation_split": PredefinedSplit(part)}
    model = PARISRegressor(
        estimator(UPDATES, len(fold.train), trial.seed),
        random_state=trial.seed,
        tail_side="lower",
        tail_threshold=TAIL,
        **options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", paris_core.TailWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many steps are meant
        model.fit(rows.X, rows.y, **held_out)
    return Outcome(model.predict, float(model.support_.sum()) / len(fold.train))


_PAPER = {"criterion": "representer", "objective": "worst"}

_ALL: dict[str, Callable[[Trial], Outcome]] = {
    "everything": everything,
    "steering rows only": steering_only,
    "everything + steering": with_steering,
    "random 50 %": functools.partial(random_rows, keep=0.5),
    "random 25 %": functools.partial(random_rows, keep=0.25),
    "inverse density": functools.partial(weighted, power=1.0),
    "inverse root density": functools.partial(weighted, power=0.5),
    "label smoothing": label_smoothing,
    "denseweight": dense_weight,
    "focal loss": focal,
    "SMOGN": smogn,
    "oversampled": oversampled,
    "random quotas 50 %": functools.partial(random_quotas, keep=0.5),
    "weighted head": functools.partial(weighted_head, rows="train"),
    "weighted head, steering": functools.partial(weighted_head, rows="steering"),
    "weighted head, both": functools.partial(weighted_head, rows="both"),
    "weighted head, both, lam 30": functools.partial(weighted_head, rows="both", lam=30.0),
    "weighted head, both, lam 300": functools.partial(weighted_head, rows="both", lam=300.0),
    "boosting": functools.partial(boosting, power=None),
    "boosting, weighted": functools.partial(boosting, power=0.5),
    "PARIS": paris,
    "PARIS head": functools.partial(paris, retrain="head"),
    "PARIS tail": functools.partial(paris, val_weight="tail"),
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
    "PARIS density 50 % lam 30": functools.partial(
        paris, val_weight="inverse-density", keep=0.5, lam=30.0
    ),
    "paper 50 %": functools.partial(paris, keep=0.5, **_PAPER),
    "paper 25 %": functools.partial(paris, keep=0.25, **_PAPER),
    "paper 25 % lam 1": functools.partial(paris, keep=0.25, lam=1.0, **_PAPER),
    "paper 50 % lam 30 head": functools.partial(
        paris, keep=0.5, lam=30.0, retrain="head", **_PAPER
    ),
    "paper 25 % lam 30 head": functools.partial(
        paris, keep=0.25, lam=30.0, retrain="head", **_PAPER
    ),
}
# None of these is a dependency: denseweight is under the GPL, imbreg brings xgboost with it.
METHODS = available(_ALL, {"denseweight": "denseweight", "focal loss": "torch", "SMOGN": "imbreg"})
