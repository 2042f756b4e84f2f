"""Hypothesis profiles and the real data of the tests."""

from __future__ import annotations

import csv
import gzip
import itertools
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from threadpoolctl import threadpool_limits

from paris_core.features import networks
from problems import Problem, relu_features

# Examples must not depend on the clock, nor, in CI, on chance or on what earlier runs have left.
settings.register_profile("dev", deadline=None, print_blob=True, max_examples=60)
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


# The many small factorisations of the reference are ten times slower when threads of BLAS wait for
# each other on busy cores. The networks and trees of scikit-learn and PyTorch suffer more; both
# read the variable when they are imported, and children inherit it.
threadpool_limits(limits=1, user_api="blas")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def data_dir():
    """Folder with the real tables, named by the environment variable PARIS_CORE_DATA."""
    folder = os.environ.get("PARIS_CORE_DATA")
    if not folder:
        pytest.skip("PARIS_CORE_DATA is not set: no real data")
    if not Path(folder).is_dir():
        pytest.fail(f"PARIS_CORE_DATA is {folder!r}, which is not a folder")
    return Path(folder)


def split(X, y, *, n_features=32):
    """Standardise, take random ReLU features and validate on every third row."""
    rng = np.random.default_rng(0)
    spread = X.std(axis=0)
    Phi = relu_features((X - X.mean(axis=0)) / np.where(spread > 0, spread, 1), n_features, rng)
    y = (y - y.mean()) / y.std()
    is_val = np.arange(len(y)) % 3 == 2
    return Problem(
        np.ascontiguousarray(Phi[~is_val]), y[~is_val], np.ascontiguousarray(Phi[is_val]), y[is_val]
    )


def read_table(path):
    """Numeric columns of a gzipped CSV file (n, d) and its last column (n,), the target."""
    with gzip.open(path, "rt", newline="") as file:
        _, *rows = csv.reader(file)
    columns = []
    for column in zip(*rows, strict=True):
        try:
            columns.append([float(cell) for cell in column])
        except ValueError:
            continue  # nominal
    table = np.array(columns).T
    return table[:, :-1], table[:, -1]


@pytest.fixture(scope="session")
def abalone(data_dir):
    return split(*read_table(data_dir / "ir" / "abalone.csv.gz"))


@pytest.fixture(scope="session")
def cpu_small(data_dir):
    return split(*read_table(data_dir / "ir" / "cpuSm.csv.gz"))


@pytest.fixture(scope="session")
def dst(data_dir):
    """Dst three hours ahead, from the solar wind and Dst of the last six hours, every 7th hour."""
    names = ["bz_gsm", "bt", "speed", "density", "dst"]
    with gzip.open(data_dir / "omni_hourly_1998_2019.csv.gz", "rt", newline="") as file:
        rows = [
            [float(row[name] or "nan") for name in names]
            for row in itertools.islice(csv.DictReader(file), 40_000)
        ]
    table = np.array(rows)
    hours = np.arange(6, len(table) - 3, 7)
    X = np.hstack([table[hours - lag] for lag in (0, 1, 3, 6)])
    y = table[hours + 3, names.index("dst")]
    complete = np.isfinite(X).all(axis=1) & np.isfinite(y)
    return split(X[complete], y[complete])


@pytest.fixture
def few_epochs():
    """Networks train for 20 epochs, not 200, by default: for tests of what is around them.

    So does the network that ships, which would stop early after up to 500.
    """

    def shorter(*steps):
        return make_pipeline(*steps[:-1], steps[-1].set_params(max_iter=20))

    with pytest.MonkeyPatch.context() as patch:
        for kind in (MLPRegressor, MLPClassifier):
            patch.setitem(kind.__init__.__kwdefaults__, "max_iter", 20)
        patch.setattr(networks, "make_pipeline", shorter)
        yield


@pytest.fixture
def heeding_ctrl_c():
    """Children heed SIGINT even if this process, begun in the background of a shell, ignores it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)
