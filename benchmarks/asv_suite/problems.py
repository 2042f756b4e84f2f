"""Training and validation rows for the benchmarks; also used by ../peers.py."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LAM = 1.0


class Problem(NamedTuple):
    """The four arrays of `paris_core.prune`, in its order."""

    Phi: np.ndarray  # (N, D)
    y: np.ndarray  # (N,)
    Phi_val: np.ndarray  # (V, D)
    y_val: np.ndarray  # (V,)


def make_problem(n_rows: int, dimension: int, n_val: int, random_state: int = 0) -> Problem:
    """ReLU features, as a last hidden layer gives them, of a target with a heavy upper tail.

    One extreme validation row stays the worst throughout, so that T_v is computed once.
    """
    rng = np.random.default_rng(random_state)
    inputs = rng.normal(size=(n_rows + n_val, 16))
    features = _hidden_layer(inputs, dimension, rng)
    y = np.exp(0.5 * inputs[:, 0] + 0.3 * inputs[:, 1]) + inputs[:, 2] * inputs[:, 3]
    y += 0.3 * rng.standard_t(3, size=len(y))
    return Problem(features[:n_rows].copy(), y[:n_rows], features[n_rows:].copy(), y[n_rows:])


def make_balanced_problem(
    n_rows: int, dimension: int, n_val: int, lam: float, order: str = "C", random_state: int = 0
) -> Problem:
    """All validation residuals are equal in size before the first deletion, with this `lam`.

    The worst row then moves about among several, so that the cache of T rows has work to do. The
    larger `lam`, the more it moves. `order` is that of Phi; the peak of memory is the arrays' own.
    """
    rng = np.random.default_rng(random_state)
    Phi = np.empty((n_rows, dimension), order=order)
    rng.random(out=Phi if order == "C" else Phi.T)  # in place: no temporary as large as Phi
    Phi_val = rng.random((n_val, dimension))
    y = Phi @ rng.normal(size=dimension) + rng.normal(size=n_rows)
    w = np.linalg.solve(Phi.T @ Phi + lam * np.eye(dimension), Phi.T @ y)
    return Problem(Phi, y, Phi_val, Phi_val @ w + rng.choice([-10.0, 10.0], size=n_val))


def make_factor(dimension: int, order: str, random_state: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A well-conditioned lower factor L (D, D) in the given order, and a vector x (D,).

    x is so short that hundreds of thousands of downdates by it leave L positive definite.
    """
    rng = np.random.default_rng(random_state)
    below = np.tril(rng.normal(size=(dimension, dimension)), -1)
    L = np.array(np.eye(dimension) + below / dimension, order=order)
    return L, 1e-3 * rng.normal(size=dimension) / np.sqrt(dimension)


def _hidden_layer(inputs: np.ndarray, dimension: int, rng: np.random.Generator) -> np.ndarray:
    weights = rng.normal(size=(inputs.shape[1], dimension)) / np.sqrt(inputs.shape[1])
    return np.maximum(inputs @ weights + 0.5 * rng.normal(size=dimension), 0.0)
