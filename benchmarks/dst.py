"""Dst three hours ahead from real data, split by blocks of time; and a network for the features."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from paris_core.datasets import load_omni, storm_drivers
from paris_core.features import LaggedFeatures, lagged_features, last_hidden_layer
from paris_core.validation import BlockSplit, block_split

DATA = "omni_hourly_1998_2019.csv.gz"  # in the folder PARIS_CORE_DATA
LAGS, HORIZON = range(6), 3


@functools.cache
def read_table(file: Path) -> LaggedFeatures:
    series = load_omni(file)
    drivers = storm_drivers(series)
    return lagged_features(drivers, series.dst, lags=LAGS, horizon=HORIZON)


def split(
    table: LaggedFeatures, random_state: int | np.random.Generator, days: int = 27
) -> BlockSplit:
    """By blocks of so many days: rotations of the Sun."""
    return block_split(
        table.rows,
        table.y,
        block=days * 24,
        before=max(LAGS),
        after=HORIZON,
        gap=24,
        random_state=random_state,
    )


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
