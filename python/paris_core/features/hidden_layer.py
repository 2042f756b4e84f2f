"""The features that a scikit-learn network has learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import arrays
from .._support.arrays import FloatArray
from .._support.signals import interruptible

__all__ = ["last_hidden_layer"]

_ROWS = 16_384  # at a time: the layers before the last may be far wider than the features


def _relu(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(z, 0.0)


def _logistic(z: NDArray[np.float64]) -> NDArray[np.float64]:
    # Through tanh: exp(-z) overflows for large negative z.
    return 0.5 * (1.0 + np.tanh(0.5 * z))


def _identity(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return z


_ACTIVATIONS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "relu": _relu,
    "tanh": np.tanh,
    "logistic": _logistic,
    "identity": _identity,
}


def last_hidden_layer(mlp: Any, X: ArrayLike) -> NDArray[np.float64]:
    """Return the activations of a network's last hidden layer, with a constant column.

    The network's output is linear in these features: for a regressor,
    ``mlp.predict(X) == last_hidden_layer(mlp, X) @ vstack([mlp.coefs_[-1], mlp.intercepts_[-1]])``.

    Parameters
    ----------
    mlp : sklearn.neural_network.MLPRegressor or MLPClassifier
        A fitted network. Without a hidden layer the features are the inputs themselves.
    X : array_like or sparse matrix, shape (n, p)
        Inputs, scaled as for ``mlp.fit``.

    Returns
    -------
    ndarray of float64, shape (n, h + 1)
        The h activations; the last column is 1.

    Raises
    ------
    TypeError
        If `mlp` is not such a network or `X` does not hold real numbers.
    ValueError
        If `mlp` is not fitted, or `X` has another number of columns, other column names or a
        non-finite value.

    Notes
    -----
    O(n) times the number of weights.

    Examples
    --------
    >>> from sklearn.neural_network import MLPRegressor
    >>> X = np.linspace(-1.0, 1.0, 20)[:, None]
    >>> mlp = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0).fit(X, X[:, 0])
    >>> Phi = last_hidden_layer(mlp, X)
    >>> Phi.shape
    (20, 5)
    >>> head = np.append(mlp.coefs_[-1][:, 0], mlp.intercepts_[-1])
    >>> bool(np.allclose(Phi @ head, mlp.predict(X)))
    True
    """
    if not hasattr(mlp, "activation") or not hasattr(mlp, "hidden_layer_sizes"):
        raise TypeError(
            f"mlp must be a scikit-learn MLPRegressor or MLPClassifier, got {type(mlp).__name__}"
        )
    if not hasattr(mlp, "coefs_"):
        raise ValueError("mlp is not fitted; call mlp.fit first")
    if mlp.activation not in _ACTIVATIONS:
        raise ValueError(f"mlp.activation is {mlp.activation!r}, known are {list(_ACTIVATIONS)}")
    arrays.check_column_names(X, getattr(mlp, "feature_names_in_", None))
    given: Any = X
    sparse = hasattr(given, "tocsr")
    layer: Any = given.tocsr().astype(np.float64) if sparse else arrays.floats("X", X)
    width = mlp.coefs_[0].shape[0]
    if layer.ndim != 2 or layer.shape[1] != width:
        raise ValueError(f"X must have shape (n, {width}) like in mlp.fit, got {layer.shape}")
    if sparse:
        entries = layer.tocoo()
        bad = np.sort(entries.row[~np.isfinite(entries.data)])
        if len(mlp.coefs_) == 1:  # the inputs are the features
            layer = layer.toarray()
    else:
        bad = np.flatnonzero(~np.isfinite(layer).all(axis=1))
    if bad.size:
        raise ValueError(f"X must be finite, got NaN or infinity in row {bad[0]}")

    cost = layer.shape[0] * sum(one.size + interruptible.PASS * one.shape[1] for one in mlp.coefs_)
    return interruptible.call(cost, _activations, mlp, layer)


def _activations(mlp: Any, X: Any) -> FloatArray:
    """Those of the last hidden layer, and a constant."""
    activate = _ACTIVATIONS[mlp.activation]
    table = np.ones((X.shape[0], len(mlp.coefs_[-1]) + 1))
    for start in range(0, X.shape[0], _ROWS):
        layer = X[start : start + _ROWS]
        for weights, bias in zip(mlp.coefs_[:-1], mlp.intercepts_[:-1], strict=True):
            layer = layer @ weights
            layer += bias
            layer = activate(layer)
        table[start : start + _ROWS, :-1] = layer
    return table


def with_constant(table: NDArray[Any]) -> FloatArray:
    """`table` (n, p) with a last column of ones."""
    result = np.ones((table.shape[0], table.shape[1] + 1))
    result[:, :-1] = table
    return result
