"""Dst three hours ahead from real data, split by blocks of time; and a network for the features."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from paris_core.datasets import load_omni, storm_drivers
from paris_core.features import LaggedFeatures, lagged_features, last_hidden_layer

DATA = "omni_hourly_1998_2019.csv.gz"  # in the folder PARIS_CORE_DATA
LAGS, HORIZON, GAP = range(6), 3, 24


@functools.cache
def read_table(file: Path) -> LaggedFeatures:
    series = load_omni(file)
    drivers = storm_drivers(series)
    return lagged_features(drivers, series.dst, lags=LAGS, horizon=HORIZON)


class Split(NamedTuple):
    """Rows of each part, ascending, and the block of every row."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    block: np.ndarray


def split(table: LaggedFeatures, random_state: int | np.random.Generator, days: int = 27) -> Split:
    """By blocks of so many days, rotations of the Sun, a day between windows of two parts.

    Blocks are ranked by their deepest storm, and of every five three train, one validates, one
    tests. The recorded results are of these parts; `GroupedSplit` would draw others.
    """
    rng = np.random.default_rng(random_state)
    block, hour = np.divmod(table.rows, days * 24)
    inside = np.flatnonzero((hour >= max(LAGS) + GAP) & (hour + HORIZON < days * 24))
    names, member = np.unique(block[inside], return_inverse=True)
    lowest = np.full(names.size, np.inf)
    np.minimum.at(lowest, member, table.y[inside])
    ranked = np.argsort(lowest, kind="stable")
    part = np.empty(names.size, dtype=np.int64)
    for five in range(0, names.size, 5):
        dealt = ranked[five : five + 5]
        part[dealt] = rng.permutation([0, 0, 0, 1, 2])[: dealt.size]
    return Split(*(inside[part[member] == place] for place in range(3)), block)


def train_features(
    X: np.ndarray, z: np.ndarray, *, epochs: int, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    """The last hidden layer of a network (64, 32) that has learned these rows."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(X)
    network = MLPRegressor(hidden_layer_sizes=(64, 32), max_iter=epochs, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are meant
        network.fit(scaler.transform(X), z)
    return lambda inputs: last_hidden_layer(network, scaler.transform(inputs))
