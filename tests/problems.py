"""Problems shared by the tests: a training table, a validation table, and ways to make them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import strategies as st

PAIRS = list(itertools.product(("representer", "refit"), ("worst", "mean")))

pairs = pytest.mark.parametrize(("criterion", "objective"), PAIRS)
engines = pytest.mark.parametrize("engine", ["exhaustive", "lazy"])
several = pytest.mark.parametrize("n_outputs", [None, 1, 3], ids="C={}".format)


class Squares:
    """An extractor without training."""

    def fit(self, X, y, sample_weight=None):
        self.coef = np.linalg.lstsq(self.transform(X), np.asarray(y), rcond=None)[0]
        return self

    def transform(self, X):
        X = np.asarray(X, dtype=float)
        return np.column_stack([X, X**2, np.ones(len(X))])

    def predict(self, X):
        return self.transform(X) @ self.coef


def skewed(n=500, seed=0):
    """Inputs (n, 3) and a target with a long upper tail."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    y = 20 + np.exp(X[:, 0]) + X[:, 1] + 0.1 * rng.normal(size=n)
    return X, y


@dataclass(frozen=True)
class Problem:
    """Training rows Phi (N, D), y (N,) and validation rows Phi_val (V, D), y_val (V,).

    With several outputs y is (N, C) and y_val (V, C).
    """

    Phi: np.ndarray
    y: np.ndarray
    Phi_val: np.ndarray
    y_val: np.ndarray

    @property
    def arrays(self):
        """The four arrays, in the order in which every public function takes them."""
        return self.Phi, self.y, self.Phi_val, self.y_val

    @property
    def n_rows(self):
        return len(self.y)

    def copy(self):
        return Problem(*(a.copy() for a in self.arrays))

    def with_targets(self, change):
        """The same features, the targets changed by a function."""
        return replace(self, y=change(self.y), y_val=change(self.y_val))

    def split_off(self, n_rows):
        """The problem without its last training rows, and those rows: a monitor."""
        rest = replace(self, Phi=self.Phi[:-n_rows], y=self.y[:-n_rows])
        return rest, (self.Phi[-n_rows:], self.y[-n_rows:])

    def thinned(self, n_rows, n_val):
        """So many training and validation rows, spread over the whole table."""
        row, val = (
            np.linspace(0, len(y) - 1, n).astype(int)
            for y, n in ((self.y, n_rows), (self.y_val, n_val))
        )
        return Problem(self.Phi[row], self.y[row], self.Phi_val[val], self.y_val[val])

    def assert_equal(self, other):
        for mine, theirs in zip(self.arrays, other.arrays, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def relu_features(X, n_features, rng):
    """Random ReLU features (n, n_features) of X, the last one constant: a last hidden layer."""
    weights = rng.standard_normal((X.shape[1], n_features - 1)) / np.sqrt(X.shape[1])
    hidden = np.maximum(X @ weights + rng.standard_normal(n_features - 1), 0)
    return np.column_stack([hidden, np.ones(len(X))])


def make_problem(n_rows, n_val, n_features, *, seed=0, kind="relu", n_outputs=None):
    """A random problem. `kind` says what is peculiar about it.

    With `n_outputs` the targets have so many columns, the first of which is what it is without.
    """
    rng = np.random.default_rng(seed)
    total = n_rows + n_val
    if kind == "relu":
        X = rng.standard_normal((total, 5))
        Phi = relu_features(X, n_features, rng) if n_features > 1 else X[:, :1]
        # A rare, heavy tail, as in the problems that the method is meant for.
        y = X[:, 0] + np.where(X[:, 1] > 1.5, 5 * X[:, 1], 0) + 0.3 * rng.standard_normal(total)
    else:
        Phi = rng.standard_normal((total, n_features))
        y = Phi @ rng.standard_normal(n_features) + rng.standard_normal(total)
    if n_outputs is not None:
        signal = Phi @ rng.standard_normal((Phi.shape[1], n_outputs - 1))
        others = signal + rng.standard_normal((total, n_outputs - 1))
        y = np.column_stack([y, others])
    if kind == "integers":
        Phi, y = np.rint(Phi), np.rint(y)  # many exact ties
    elif kind == "duplicates":
        copies = rng.integers(0, max(1, n_rows // 3), n_rows)
        Phi[:n_rows], y[:n_rows] = Phi[copies], y[copies]
    elif kind == "deficient":
        Phi[:, n_features // 2 :] = Phi[:, : n_features - n_features // 2]
    elif kind == "outlier":
        Phi[0] *= 1e3
        y[0] *= 1e3
    elif kind == "offset":
        y += 100
    elif kind == "zero":
        y[:] = 0
    return Problem(
        np.ascontiguousarray(Phi[:n_rows]),
        y[:n_rows].copy(),
        np.ascontiguousarray(Phi[n_rows:]),
        y[n_rows:].copy(),
    )


KINDS = ["relu", "gaussian", "integers", "duplicates", "deficient", "outlier", "offset", "zero"]
# Without rows that are orders of magnitude larger than all others.
ORDINARY = tuple(kind for kind in KINDS if kind != "outlier")


@st.composite
def problems(draw, max_rows=40, max_val=12, max_features=10, kinds=tuple(KINDS), outputs=(None,)):
    """Small problems of every kind, with more features than rows among them."""
    return make_problem(
        n_rows=draw(st.integers(1, max_rows)),
        n_val=draw(st.integers(1, max_val)),
        n_features=draw(st.integers(1, max_features)),
        seed=draw(st.integers(0, 2**32 - 1)),
        kind=draw(st.sampled_from(kinds)),
        n_outputs=draw(st.sampled_from(outputs)),
    )


@st.composite
def options(draw, problem, pairs=tuple(PAIRS)):
    """What is optimised, and which rows may go: keyword arguments of `prune` and the reference."""
    criterion, objective = draw(st.sampled_from(pairs))
    chosen = {
        "criterion": criterion,
        "objective": objective,
        "val_weight": draw(val_weights(len(problem.y_val))),
        "protect": draw(protections(problem.n_rows)),
    }
    if objective == "worst":
        n_worst = min(draw(st.sampled_from([1, 2, 5])), len(problem.y_val))
        chosen["objective"] = ("worst", n_worst)
    if draw(st.booleans()):
        chosen["strata"], chosen["quotas"] = draw(stratifications(problem.n_rows))
    return chosen


def penalties():
    """Values of lam over six decades."""
    return st.sampled_from([1e-3, 0.01, 0.3, 1.0, 30.0, 1e3]) | st.floats(1e-3, 1e3)


def val_weights(n_val):
    """None, or weights (n_val,) >= 0 of which at least one is positive."""
    weight = st.sampled_from([0.0, 0.5, 1.0]) | st.floats(1e-3, 1e3)
    return st.none() | st.lists(weight, min_size=n_val, max_size=n_val).filter(any).map(np.array)


def protections(n_rows):
    """None, or a boolean mask (n_rows,), which may protect every row."""
    return st.none() | st.lists(st.booleans(), min_size=n_rows, max_size=n_rows).map(
        lambda mask: np.array(mask, dtype=bool)
    )


@st.composite
def stratifications(draw, n_rows):
    """Group labels (n_rows,) and quotas (G,), none above the size of its stratum."""
    n_strata = draw(st.integers(1, 4))
    label = st.integers(0, n_strata - 1)
    strata = np.array(draw(st.lists(label, min_size=n_rows, max_size=n_rows)))
    sizes = np.bincount(strata, minlength=n_strata)
    return strata, np.array([draw(st.integers(0, int(size))) for size in sizes])
