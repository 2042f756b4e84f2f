"""The parameters of an estimator, checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils import check_random_state

from ..._support import checks
from ..._support.messages import short
from ..._support.scikit_learn import seeded
from ...features import as_extractor
from .._checkpoint.checkpoint import Checkpoint
from .._checkpoint.fingerprint import fingerprint
from .._loop.settings import RETRAIN
from .._loop.tasks import WEIGHTS
from ..history import Round
from .inputs import Inputs

__all__ = ["callbacks", "checkpoint", "generator", "prototype", "pruner_options"]

# Parameters that do not change the result.
_WITHOUT_EFFECT = ("n_jobs", "verbose", "callbacks", "checkpoint")


def pruner_options(estimator: Any) -> dict[str, Any]:
    """Options of `Pruner`; checks what goes with them."""
    checks.choice("retrain", estimator.retrain, RETRAIN)
    weighting = estimator.val_weight
    if isinstance(weighting, str):
        checks.choice("val_weight", weighting, WEIGHTS)
    elif weighting is not None and not callable(weighting):
        raise TypeError(
            "val_weight must be None, 'inverse-density', 'tail' or a function of the targets, "
            f"got {type(weighting).__name__}"
        )
    n_jobs = estimator.n_jobs
    if n_jobs is not None and not checks.integer("n_jobs", n_jobs, -1024, 1024):
        raise ValueError("n_jobs must not be 0")
    return {
        "lam": estimator.lam,
        "criterion": estimator.criterion,
        "objective": estimator.objective,
        "n_threads": effective_n_jobs(n_jobs),
    }


def is_verbose(estimator: Any) -> bool:
    """Whether `verbose` asks for anything."""
    level = estimator.verbose
    return level if isinstance(level, bool) else checks.integer("verbose", level, 0) > 0


def generator(random_state: Any) -> np.random.RandomState:
    """`random_state` as a generator."""
    try:
        found: np.random.RandomState = check_random_state(random_state)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "random_state must be an int in [0, 2**32), a RandomState or None, got "
            f"{short(random_state)}"
        ) from error
    return found


def prototype(model: Any, retrain: str, rng: np.random.RandomState) -> Any:
    """An extractor of `model`, not fitted, with seeds where it had none."""
    try:
        extractor = clone(as_extractor(model), safe=False)
    except TypeError as error:
        raise TypeError(f"estimator cannot be used: {error}") from error
    extractor = seeded(extractor, lambda: int(rng.randint(np.iinfo(np.int32).max)))
    if retrain != "continue":
        return extractor
    parameters = extractor.get_params() if hasattr(extractor, "get_params") else {}
    changes = {name: True for name in parameters if name.rsplit("__", 1)[-1] == "warm_start"}
    if not changes:
        raise ValueError(
            "retrain='continue' needs an estimator with a parameter warm_start, such as "
            "MLPRegressor"
        )
    return extractor.set_params(**changes)


def callbacks(value: Any) -> tuple[Callable[[Round], Any], ...]:
    """`callbacks` as a tuple."""
    if value is None:
        return ()
    if callable(value):
        return (value,)
    several = checks.members("callbacks", value, "functions, or a single one")
    return tuple(checks.function(f"callbacks[{i}]", one) for i, one in enumerate(several))


def checkpoint(estimator: Any, inputs: Inputs, extractor: Any) -> Checkpoint | None:
    """The file for the state, which belongs to these inputs and parameters alone."""
    if estimator.checkpoint is None:
        return None
    parameters = {
        name: value
        for name, value in estimator.get_params(deep=True).items()
        if name not in _WITHOUT_EFFECT
    }
    (X, y, weight), groups = inputs.rows, inputs.groups
    held_out = tuple(inputs.held_out) if inputs.given else None
    data = {"X": X, "y": y, "sample_weight": weight, "held-out rows": held_out, "groups": groups}
    described = {"estimator's class": type(estimator).__name__} | fingerprint(parameters, data)
    return Checkpoint(estimator.checkpoint, described, extractor)
