"""What the estimators and the sampler share: parameters, checks, splits, and the outer loop."""

from __future__ import annotations

import os
import warnings
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import column_or_1d

from .._support import arrays, checks
from .._support.arrays import IntArray
from .._support.text import short
from ..errors import TailWarning
from ..features import as_extractor
from ..pruning import pruner
from . import _outer_loop, _parts, _schedule, _state
from ._checkpoint import Checkpoint, fingerprint
from ._compat import naming, remember_columns, table, takes_labels
from ._outer_loop import OuterLoop, Rows, Settings
from ._state import State
from ._tasks import WEIGHTS, Regression, Task, Weighting
from .history import Round

_FEW = 5  # rows of a tail, or of a class, below which its error is noise

# What `prune_groups` does, and the monitor rows say.
_WITH_GROUPS = {"keep": "auto", "remove_per_round": None, "criterion": "refit", "objective": "mean"}

# Parameters that do not change the result.
_WITHOUT_EFFECT = ("n_jobs", "verbose", "callbacks", "checkpoint")


class BasePARIS(BaseEstimator, metaclass=ABCMeta):  # type: ignore[misc]
    """Base of the estimators that go through the outer loop."""

    def __init__(
        self,
        estimator: Any = None,
        *,
        keep: float | str = "auto",
        rounds: int | None = None,
        remove_per_round: float | None = None,
        sweeps: int = 1,
        delete: str = "rows",
        warm_start_rounds: bool = False,
        retrain: str = "network",
        criterion: str = "refit",
        objective: str = "mean",
        n_worst: int = 1,
        lam: float | str = "auto",
        val_weight: Weighting = None,
        validation_fraction: float = 0.3,
        monitor_fraction: float = 0.33,
        folds: int | None = None,
        validation_split: Any = "tail-stratified",
        n_blocks: int = 50,
        gap: int = 0,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callbacks: Callable[[Round], Any] | Iterable[Callable[[Round], Any]] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        self.estimator = estimator
        self.keep = keep
        self.rounds = rounds
        self.remove_per_round = remove_per_round
        self.sweeps = sweeps
        self.delete = delete
        self.warm_start_rounds = warm_start_rounds
        self.retrain = retrain
        self.criterion = criterion
        self.objective = objective
        self.n_worst = n_worst
        self.lam = lam
        self.val_weight = val_weight
        self.validation_fraction = validation_fraction
        self.monitor_fraction = monitor_fraction
        self.folds = folds
        self.validation_split = validation_split
        self.n_blocks = n_blocks
        self.gap = gap
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks
        self.checkpoint = checkpoint

    @classmethod
    def paper(cls, estimator: Any = None, **options: Any) -> Any:
        """Return an estimator with the configuration of the paper.

        Deletions are judged by the representer criterion at the worst steering row, a quarter of
        the training rows is kept, and the network is trained again after each round.

        Parameters
        ----------
        estimator : object, optional
            As for the class.
        **options
            Other parameters of the class; they override those of the paper.

        Returns
        -------
        estimator
            Not fitted.

        Notes
        -----
        E. Camporeale, arXiv 2512.06950. The paper has no monitor rows; here they are recorded, and
        choose nothing.

        Examples
        --------
        >>> from paris_core import PARISRegressor
        >>> PARISRegressor.paper(lam=0.01)
        PARISRegressor(criterion='representer', keep=0.25, lam=0.01, objective='worst')
        """
        settings: dict[str, Any] = {
            "keep": 0.25,
            "criterion": "representer",
            "objective": "worst",
            "retrain": "network",
        }
        return cls(estimator, **(settings | options))

    @abstractmethod
    def _default_estimator(self) -> Any:
        """What `estimator` None stands for."""

    @abstractmethod
    def _check_targets(self, name: str, y: NDArray[Any]) -> NDArray[Any]:
        """Targets or labels, checked, when they are one-dimensional already."""

    @abstractmethod
    def _task(self, y: NDArray[Any], y_training: NDArray[Any], y_held_out: NDArray[Any]) -> Task:
        """The task: `y` are all targets in X, the others those of the parts."""

    @abstractmethod
    def _rank(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Numbers (n,) by which rows with like targets are neighbours, rare ones at the ends."""

    def _least_of_stratum(self) -> int:
        """How many rows of each class must stay."""
        return 1

    def _whole_groups(self, groups: Any, n_rows: int) -> NDArray[Any] | None:
        """The group of every row of X, if groups leave as a whole; None if rows do."""
        if checks.choice("delete", self.delete, ("rows", "groups")) == "rows":
            return None
        for name, only in _WITH_GROUPS.items():
            value = getattr(self, name)
            if value != only:
                raise ValueError(f"{name} must be {only!r} with delete='groups', got {value!r}")
        if self.retrain == "head" and self.rounds is not None:
            raise ValueError(
                f"rounds must be None with delete='groups' and retrain='head', got {self.rounds}: "
                "the features stay, so that one round finds the groups"
            )
        if groups is None:
            raise ValueError("groups must be given with delete='groups'")
        return arrays.labels("groups", groups, n_rows, "X")

    def _go_through_rounds(self, X: Any, y: Any, X_val: Any, y_val: Any, groups: Any) -> int:
        """Check everything, divide the rows, run the loop, set what is fitted; the rows of X."""
        X, y = self._checked_rows("X", X, "y", y)
        remember_columns(self, X, reset=True)
        given = X_val is not None or y_val is not None
        held_out = Rows(X, y)
        if given:
            held_out = Rows(*self._checked_rows("X_val", X_val, "y_val", y_val))
            remember_columns(self, held_out.X, reset=False)
        rng = self._generator()
        division = _parts.parse(
            self.validation_split,
            self.validation_fraction,
            self.monitor_fraction,
            self.n_blocks,
            self.gap,
            self.folds,
        )
        options = self._checked_options()
        whole = self._whole_groups(groups, len(y))
        extractor = self._prototype(rng)
        checkpoint = self._checkpoint(X, y, held_out if given else None, groups, extractor)
        stored = None
        if checkpoint is not None:
            n_held_out = len(held_out.y) if given else None
            stored = checkpoint.load(lambda state: _state.check(state, len(y), n_held_out))
        if given:
            steering, monitor = _parts.divide_held_out(division, self._rank(held_out.y), rng)
            divided = _parts.Parts(np.arange(len(y)), steering, monitor)
            if groups is not None and whole is None:
                raise ValueError(
                    "groups is for the split of X, or for delete='groups'; X_val leaves nothing to "
                    "split"
                )
        else:
            divided = _parts.divide(division, X, y, self._rank(y), groups, rng)
        fold = None
        if division.folds is not None:
            rows, fold = _parts.deal_folds(division, self._rank(held_out.y), divided.steering, rng)
            divided = divided._replace(steering=rows)
        if stored is not None:  # without a random_state it was another division
            divided = stored.parts
        if whole is not None:
            whole = whole[divided.training]
            _check_two(whole)
        plan = _schedule.parse(
            self.keep,
            self.rounds,
            self.remove_per_round,
            self.retrain,
            len(divided.training),
            in_turn=division.folds is not None,
            sweeps=self.sweeps,
        )
        if plan.chooses and fold is None and not len(divided.monitor):
            raise ValueError(
                "keep='auto' needs monitor rows: monitor_fraction must be above 0, or folds given"
            )

        both = np.concatenate([divided.steering, divided.monitor])
        task = self._task(y, y[divided.training], held_out.y[both])
        self._check_kind(extractor, task)
        pruner.check_judgement(
            self.lam, self.criterion, self.objective, self.n_worst, len(divided.steering)
        )
        _warn_of_few(task, held_out.y, divided)
        settings = Settings(
            schedule=plan,
            retrain=self.retrain,
            warm_start=self.warm_start_rounds,
            pruner=options,
            val_weight=self.val_weight,
            least_of_stratum=self._least_of_stratum(),
            quiet=self.estimator is None,
            tell=print if self.verbose else lambda line: None,
            callbacks=_outer_loop.callbacks(self.callbacks),
        )
        loop = OuterLoop(
            task,
            Rows(X, y).at(divided.training),
            held_out.at(divided.steering),
            held_out.at(divided.monitor),
            settings,
            whole,
        )
        state = loop.run(stored or State.at_start(divided, extractor, fold), checkpoint)
        self._remember(state, divided, plan.chooses)
        self._fitted_task = task
        return len(y)

    def _remember(self, state: State, divided: _parts.Parts, chooses: bool) -> None:
        """Set the fitted attributes."""
        self.training_rows_, self.steering_rows_, self.monitor_rows_ = divided
        self.history_ = state.history
        self.results_ = state.results
        self.n_iter_ = len(state.history) - 1
        judged = len(divided.monitor) or state.fold is not None
        self.best_round_ = state.best.round if judged else self.n_iter_
        model = state.best if chooses else state.model
        self._model = model
        self.estimator_ = model.extractor
        for of_another_fit in ("coef_", "lam_", "folds_"):
            self.__dict__.pop(of_another_fit, None)
        if state.fold is not None:
            self.folds_ = state.fold
        if model.head is not None:
            self.coef_ = model.head
        if state.results:
            self.lam_ = state.results[-1].lam
        self.removed_: IntArray = divided.training[model.removed]

    def _checked_rows(self, x_name: str, X: Any, y_name: str, y: Any) -> Rows:
        if y is None:
            raise ValueError(
                f"{y_name} must be given: requires y to be passed, but the target y is None"
            )
        if X is None:
            raise ValueError(f"{x_name} must be given together with {y_name}")
        inputs = table(x_name, X)
        # A number that no integer holds is no class, and not worth NumPy's warning.
        with naming(y_name), np.errstate(invalid="ignore"):
            targets = self._check_targets(y_name, column_or_1d(y, warn=True))
        with naming(f"{x_name} and {y_name}"):
            check_consistent_length(inputs, targets)
        return Rows(inputs, targets)

    def _checked_options(self) -> dict[str, Any]:
        """Options of `Pruner`."""
        checks.choice("retrain", self.retrain, ("network", "head"))
        checks.flag("warm_start_rounds", self.warm_start_rounds)
        if self.warm_start_rounds and self.retrain == "head":
            raise ValueError(
                "warm_start_rounds is for retrain='network': with 'head' the network is trained "
                "once"
            )
        if isinstance(self.val_weight, str):
            checks.choice("val_weight", self.val_weight, WEIGHTS)
        elif self.val_weight is not None and not callable(self.val_weight):
            raise TypeError(
                "val_weight must be None, 'inverse-density', 'tail' or a function of the targets, "
                f"got {type(self.val_weight).__name__}"
            )
        verbose = self.verbose
        if not isinstance(verbose, bool):
            verbose = checks.integer("verbose", verbose, 0)
        if self.n_jobs is not None and not checks.integer("n_jobs", self.n_jobs, -1024, 1024):
            raise ValueError("n_jobs must not be 0")
        return {
            "lam": self.lam,
            "criterion": self.criterion,
            "objective": self.objective,
            "n_worst": self.n_worst,
            "n_threads": effective_n_jobs(self.n_jobs),
            "progress": verbose > 1,
        }

    def _generator(self) -> np.random.RandomState:
        try:
            generator: np.random.RandomState = check_random_state(self.random_state)
            return generator
        except (TypeError, ValueError) as error:
            raise ValueError(
                "random_state must be an int in [0, 2**32), a RandomState or None, got "
                f"{short(self.random_state)}"
            ) from error

    def _prototype(self, rng: np.random.RandomState) -> Any:
        """The extractor, not fitted, with seeds where it had none."""
        model = self._default_estimator() if self.estimator is None else self.estimator
        try:
            extractor = clone(as_extractor(model), safe=False)
        except TypeError as error:
            raise TypeError(f"estimator cannot be used: {error}") from error
        if not hasattr(extractor, "get_params"):
            if self.warm_start_rounds:
                raise ValueError(_NO_WARM_START)
            return extractor
        changes: dict[str, Any] = {}
        for name, value in sorted(extractor.get_params(deep=True).items()):
            last = name.rsplit("__", 1)[-1]
            if last == "random_state" and value is None:
                changes[name] = int(rng.randint(np.iinfo(np.int32).max))
            if last == "warm_start" and self.warm_start_rounds:
                changes[name] = True
        if self.warm_start_rounds and True not in changes.values():
            raise ValueError(_NO_WARM_START)
        return extractor.set_params(**changes) if changes else extractor

    def _check_kind(self, extractor: Any, task: Task) -> None:
        """Refuse what cannot learn, or predict, the targets of the task."""
        if not takes_labels(extractor):
            return
        if isinstance(task, Regression):
            raise TypeError(f"estimator must not be a classifier for regression, got {extractor!r}")
        if self.retrain == "network" and not hasattr(extractor, "predict_proba"):
            raise TypeError(
                f"estimator must have predict_proba for retrain='network', got {extractor!r}"
            )

    def _checkpoint(
        self, X: Any, y: Any, held_out: Rows | None, groups: Any, extractor: Any
    ) -> Checkpoint | None:
        if self.checkpoint is None:
            return None
        parameters = {
            name: value
            for name, value in self.get_params(deep=True).items()
            if name not in _WITHOUT_EFFECT
        }
        data = {"X": X, "y": y, "held-out rows": held_out, "groups": groups}
        described = {"estimator's class": type(self).__name__} | fingerprint(parameters, data)
        return Checkpoint(self.checkpoint, described, extractor)


_NO_WARM_START = (
    "warm_start_rounds needs an estimator with a parameter warm_start, such as MLPRegressor"
)


def _check_two(groups: NDArray[Any]) -> None:
    names = np.unique(groups).tolist()
    if len(names) < 2:
        raise ValueError(
            f"groups must name at least two groups among the training rows, got {names[0]!r} alone"
        )


def _warn_of_few(task: Task, y: NDArray[Any], divided: _parts.Parts) -> None:
    few = [
        f"{count} {part} rows of {name}"
        for part, rows in (("steering", divided.steering), ("monitor", divided.monitor))
        for name, count in (task.tail_rows(y[rows]) if len(rows) else {}).items()
        if count < _FEW
    ]
    if few:
        warnings.warn(
            f"only {', '.join(few)}: what they say of it is mostly chance. Give more rows, a "
            "larger validation_fraction, or a wider tail",
            TailWarning,
            stacklevel=5,  # who called fit
        )
