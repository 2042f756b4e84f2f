"""Small runs of every kind, and what came of them in few bytes."""

import hashlib
import os
import sys
import traceback
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_approximation import RBFSampler
from sklearn.neural_network import MLPRegressor

from paris_core import PARISRegressor, TailWarning
from paris_core.estimators._checkpoint import checkpoint as _checkpoint


def rows_of(n_rows, seed=0):
    """Inputs, targets of which some are spoilt, and groups."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 4))
    groups = np.arange(n_rows) % 20
    y = np.exp(X[:, 0]) + X[:, 1] + 0.1 * rng.normal(size=n_rows)
    y[groups < 4] *= -1.0
    return X, y, groups


def _network():
    return MLPRegressor(hidden_layer_sizes=(12,), max_iter=25)


def _features():
    return RBFSampler(n_components=40, random_state=0)


def _rows(path):
    model = PARISRegressor(_network(), keep=0.3, rounds=4, lam=0.1, random_state=0, checkpoint=path)
    return model, 1500, {}


def _groups(path):
    model = PARISRegressor(_network(), delete="groups", rounds=6, random_state=0, checkpoint=path)
    return model, 1500, {"groups": True}


def _folds(path):
    model = PARISRegressor(_network(), monitor=3, rounds=4, random_state=0, checkpoint=path)
    return model, 1500, {}


def _head(path):
    model = PARISRegressor(
        _features(),
        keep=0.2,
        rounds=4,
        retrain="head",
        lam=0.1,
        random_state=0,
        checkpoint=path,
    )
    return model, 1500, {}


RUNS = {"rows": _rows, "groups": _groups, "folds": _folds, "head": _head}


def fit(kind, path):
    """The fitted model of a run with this checkpoint, and its rows."""
    model, n_rows, more = RUNS[kind](path)
    X, y, groups = rows_of(n_rows)
    trusted = rows_of(400, seed=1)
    clean = trusted[2] >= 4
    options = {"X_val": trusted[0][clean], "y_val": trusted[1][clean]}
    if more:
        options["groups"] = groups
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", TailWarning)
        model.fit(X, y, **options)
    return model, X


def fingerprint(model, X):
    """SHA-256 of all that a fit leaves behind, besides the time it took."""
    total = hashlib.sha256()
    arrays = [model.removed_, model.support_, model.predict(X), model.features(X)]
    for result in model.results_:
        arrays += [result.removed, result.loss, result.weights, result.monitor_loss]
    for array in arrays:
        total.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    for record in model.history_:
        plain = [value for name, value in record._asdict().items() if "seconds" not in name]
        total.update(repr(plain).encode())
    return total.hexdigest()


def in_child(work):
    """Start a child that does `work()` and writes what it returns; its number, and where to read.

    A fork, so that nothing is imported again; this process itself must never do such work.
    """
    sys.stdout.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    code = 1
    try:
        os.close(reading)
        os.write(writing, work().encode())
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def outcome(child, reading):
    """What a child says when it has ended; an error if it went wrong."""
    with os.fdopen(reading, "rb") as said:
        text = said.read().decode()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise AssertionError(f"a run ended with status {status}")
    return text


def often():
    """Have checkpoints written as often as possible."""
    _checkpoint.INTERVAL, _checkpoint._SHARE = 0.01, 0
