"""Epochs of models of others, seen from outside while they are being fitted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .stages import Stage

__all__ = ["training"]

_DEEPEST = 8  # models within models that are looked into


def training(model: Any, what: str = "training") -> Stage:
    """A stage in which `model` is fitted, with the epochs that it counts itself, if it does.

    scikit-learn's networks, its histogram boosting and skorch's networks count as they go on, also
    as the last step of a Pipeline or in a TransformedTargetRegressor.
    """
    last = _last(model, "regressor")
    is_network = hasattr(last, "hidden_layer_sizes") or hasattr(last, "max_epochs")
    most = getattr(last, "max_iter", getattr(last, "max_epochs", None))
    if not isinstance(most, int):
        return Stage(what)
    unit = "epochs" if is_network else "iterations"
    return Stage(what, most, unit, at_most=True, at=_counter(model))


def _counter(model: Any) -> Callable[[], int | None]:
    """What says how many epochs this fit has gone through, once the first is over."""
    stale = _epochs(model)  # of an earlier fit, until this one begins to count

    def count() -> int | None:
        nonlocal stale
        now = _epochs(model)
        if now == stale:
            return None
        stale = None
        return now or None

    return count


def _epochs(model: Any) -> int | None:
    last = _last(model, "regressor_")
    if hasattr(last, "max_epochs"):
        return len(last.history) if hasattr(last, "history") else None
    count = getattr(last, "n_iter_", None)
    return count if isinstance(count, int) else None


def _last(model: Any, inner: str) -> Any:
    """What learns in the end: the last step of a pipeline, the regressor of scaled targets."""
    for _ in range(_DEEPEST):
        if isinstance(getattr(model, "steps", None), list) and model.steps:
            model = model.steps[-1][1]
        elif getattr(model, inner, None) is not None:
            model = getattr(model, inner)
        else:
            break
    return model
