"""Seeds for estimators that have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["seeded"]


def seeded(estimator: Any, draw: Callable[[], int]) -> Any:
    """`estimator`, with a seed from `draw` wherever a random_state of it or its parts is None."""
    parameters = estimator.get_params() if hasattr(estimator, "get_params") else {}
    seeds = {
        name: draw()
        for name, value in sorted(parameters.items())
        if value is None and name.rsplit("__", 1)[-1] == "random_state"
    }
    return estimator.set_params(**seeds) if seeds else estimator
