"""What regressor and classifier share: parameters, `fit`, and predictions of the final model."""

from __future__ import annotations

import os
from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._support import checks
from .._support.arrays import FloatArray, IntArray
from .._support.scikit_learn import remember_columns, table, takes_labels
from .._support.state import all_or_nothing
from ..evidence import Losses
from ..evidence.gain import Gain
from ..progress import Stage, say, showing
from ..pruning.pruner import check_judgement
from ._checkpoint import soundness
from ._fit import division, doubts, inputs, parameters
from ._fit.division import Division
from ._fit.inputs import Inputs, Weights
from ._loop import schedule
from ._loop.outer_loop import OuterLoop
from ._loop.parts import Parts
from ._loop.settings import Settings
from ._loop.state import Model, State
from ._loop.tasks import Regression, Task, Weighting
from .history import History, Round


class BasePARIS(BaseEstimator, metaclass=ABCMeta):  # type: ignore[misc]
    """Base of the estimators that go through the outer loop."""

    def __init__(
        self,
        estimator: Any = None,
        *,
        keep: float | str = "auto",
        rounds: int | None = None,
        delete: str = "rows",
        retrain: str = "estimator",
        criterion: str = "refit",
        objective: str | tuple[str, int] = "mean",
        lam: float | str = "auto",
        val_weight: Weighting = None,
        validation_split: Any = 0.3,
        monitor: float | str | None = "auto",
        refit: bool = True,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callbacks: Callable[[Round], Any] | Iterable[Callable[[Round], Any]] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        self.estimator = estimator
        self.keep = keep
        self.rounds = rounds
        self.delete = delete
        self.retrain = retrain
        self.criterion = criterion
        self.objective = objective
        self.lam = lam
        self.val_weight = val_weight
        self.validation_split = validation_split
        self.monitor = monitor
        self.refit = refit
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks
        self.checkpoint = checkpoint

    @classmethod
    def paper(cls, estimator: Any = None, **options: Any) -> Any:
        """Return an estimator with the configuration of the paper.

        Deletions are judged by the representer criterion at the worst validation row, a quarter of
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
        PARISRegressor(criterion='representer', keep=0.25, lam=0.01, objective='worst',
                       refit=False)
        """
        settings: dict[str, Any] = {
            "keep": 0.25,
            "criterion": "representer",
            "objective": "worst",
            "retrain": "estimator",
            "refit": False,
        }
        return cls(estimator, **(settings | options))

    @abstractmethod
    def _default_estimator(self) -> Any:
        """What `estimator` None stands for."""

    @abstractmethod
    def _check_targets(self, name: str, y: NDArray[Any]) -> NDArray[Any]:
        """Targets or labels, checked, when they are one-dimensional already."""

    @abstractmethod
    def _task(
        self,
        y: NDArray[Any],
        y_training: NDArray[Any],
        y_held_out: NDArray[Any],
        weight: FloatArray | None,
    ) -> Task:
        """The task: `y` are all targets in X, the others those of the parts.

        `weight` is that of the training rows.
        """

    @abstractmethod
    def _rank(self, y: NDArray[Any]) -> NDArray[np.float64]:
        """Numbers (n,) by which rows with like targets are neighbours, rare ones at the ends."""

    def _least_of_stratum(self) -> int:
        """How many rows of each class must stay."""
        return 1

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: Any = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
        groups: ArrayLike | None = None,
    ) -> Any:
        """Train, prune and train again.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as the estimator takes them: an array, a data frame of pandas or Polars, an
            Arrow table (it becomes one of pandas), a sparse matrix.
        y : (n,) array_like
            Targets, or class labels.
        sample_weight : (n,) array_like of float, optional
            Weights >= 0 of the rows: in the estimator's training, in deletions, where a row of
            weight 2 is two equal rows that leave together, and in the errors of rows that steer and
            monitor. `keep` counts rows all the same. Default: ones.
        X_val : (V, p) array_like or DataFrame, optional
            Trusted rows that steer and monitor, instead of rows of `X`.
        y_val : (V,) array_like, optional
            Their targets.
        sample_weight_val : (V,) array_like of float, optional
            Their weights >= 0, which `val_weight` is multiplied by. Default: ones.
        groups : (n,) array_like, optional
            Groups of the rows. With ``delete="groups"``, of int, bool or str: those that leave as a
            whole. Without `X_val` they also go to `validation_split`, which must be a splitter that
            uses them, such as `paris_core.validation.GroupedSplit`; with ``delete="rows"`` that is
            all they are for.

        Returns
        -------
        self

        Raises
        ------
        NotPositiveDefiniteError
            If ``Phi'Phi + lam I`` is not positive definite to working precision.
        TypeError, ValueError
            If a parameter or an argument has the wrong type, shape or value, or a checkpoint
            belongs to another run.
        KeyboardInterrupt
            On Ctrl-C, also in an estimator that takes it for the end of its training. The fitted
            attributes are then what they were before, and a checkpoint is what was saved last.

        Warns
        -----
        ScaleWarning
            If `X_val` or `y_val` is far from `X` or `y`, or much wider or narrower.
        DuplicateRowsWarning
            If validation or monitor rows equal training rows.
        TailWarning
            If validation and monitor rows together have fewer than five in a tail, or of a class,
            or either of them fewer than two.
        WeakModelWarning
            If the model of all training rows is no better than the best constant.
        ManyRemovedWarning
            If more than a third of the training rows leave with ``keep="auto"``.
        CheckpointWarning
            Once, if the checkpoint cannot be written.

        Notes
        -----
        One training of the estimator for ``retrain="head"``, otherwise one a round and one more;
        with ``keep="auto"`` up to three more for each round that would be accepted, to compare with
        as many rows at random, and with folds one for each fold; one for `refit`; and the deletions
        (`paris_core.prune`).
        """
        weights = Weights(sample_weight, sample_weight_val)
        with all_or_nothing(self), showing(parameters.is_verbose(self)), Stage("fit"):
            self._go_through_rounds(X, y, X_val, y_val, groups, weights)
        return self

    def _go_through_rounds(
        self, X: Any, y: Any, X_val: Any, y_val: Any, groups: Any, weights: Weights
    ) -> None:
        """Check everything, divide the rows, run the loop, set what is fitted."""
        given = inputs.checked(self, self._check_targets, X, y, X_val, y_val, groups, weights)
        rng = parameters.generator(self.random_state)
        how = division.parse(self.validation_split, self.monitor, isinstance(self.keep, str))
        refit = checks.flag("refit", self.refit)
        options = parameters.pruner_options(self)
        whole = inputs.whole_groups(self, groups, len(given.rows.y))
        model = self._default_estimator() if self.estimator is None else self.estimator
        extractor = parameters.prototype(model, self.retrain, rng)

        checkpoint = parameters.checkpoint(self, given, extractor)
        n_held_out = len(given.held_out.y) if given.given else None
        stored: State | None = None
        if checkpoint is not None:
            stored = checkpoint.load(
                lambda state: soundness.check(state, len(given.rows.y), n_held_out)
            )
        if given.given and groups is not None and whole is None:
            raise ValueError(
                "groups is for the split of X, or for delete='groups'; X_val leaves nothing to "
                "split"
            )
        divided = division.divide(how, given, self._rank(given.held_out.y), rng)
        if stored is not None:  # without a random_state it was another division
            divided = Division(stored.parts, stored.fold, divided.unit)
        if whole is not None:
            whole = whole[divided.parts.training]
            inputs.check_two(whole)

        task = self._checked_task(given, divided.parts, extractor)
        inputs.check_weights(given, divided.parts)
        settings = self._settings(given, divided, options, how.folds)
        first = partial(doubts.of_the_first_model, task, given, divided)
        loop = OuterLoop(
            task,
            given.rows.at(divided.parts.training),
            given.held_out.at(divided.parts.validation),
            given.held_out.at(divided.parts.monitor),
            settings,
            whole,
            divided.units,
            first,
        )
        state = loop.run(
            stored or State.at_start(divided.parts, extractor, divided.fold), checkpoint
        )
        self._remember(state, divided, settings.schedule.chooses, whole)
        judged = state.fold is not None or len(divided.parts.monitor)
        self.losses_: Losses | None = loop.losses if judged else None
        if settings.schedule.chooses:
            doubts.of_the_deletions(len(self.removed_), len(self.training_rows_))
        chosen = state.best if settings.schedule.chooses else state.model
        self.round_estimator_, self.round_task_ = chosen.extractor, task
        final = replace(chosen, kept=divided.parts.training[chosen.kept])
        self.task_: Task = task
        if refit:
            more = given.held_out if given.given else None
            final, self.task_ = loop.refit(given.rows, more, self.removed_)
        self._set_final(final, len(given.rows.y))

    def _settings(
        self, given: Inputs, divided: Division, options: dict[str, Any], folds: int | None
    ) -> Settings:
        """What stays the same in all rounds."""
        parts = divided.parts
        n_rows = len(parts.training)
        n_held_out = 0 if given.given else len(given.rows.y) - n_rows
        plan = schedule.parse(self.keep, self.rounds, self.retrain, n_rows, folds, n_held_out)
        if plan.chooses and divided.fold is None and not len(parts.monitor):
            raise ValueError(
                "keep='auto' needs monitor rows: monitor must be a fraction, or a number of folds"
            )
        check_judgement(self.lam, self.criterion, self.objective, len(parts.validation))
        return Settings(
            schedule=plan,
            retrain=self.retrain,
            pruner=options,
            val_weight=self.val_weight,
            least_of_stratum=self._least_of_stratum(),
            quiet=self.estimator is None,
            tell=say if self.verbose else lambda line: None,
            callbacks=parameters.callbacks(self.callbacks),
        )

    def _checked_task(self, given: Inputs, parts: Parts, extractor: Any) -> Task:
        """The task of these rows, that `extractor` can learn."""
        both = np.concatenate([parts.validation, parts.monitor])
        held_out = given.held_out
        if held_out.weight is not None:  # what has no weight has no part in where the tail begins
            both = both[held_out.weight[both] > 0]
        y, weight = given.rows.y, given.rows.weight
        weight = None if weight is None else weight[parts.training]
        task = self._task(y, y[parts.training], held_out.y[both], weight)
        if takes_labels(extractor):
            if isinstance(task, Regression):
                raise TypeError(
                    f"estimator must not be a classifier for regression, got {extractor!r}"
                )
            if self.retrain != "head" and not hasattr(extractor, "predict_proba"):
                raise TypeError(
                    f"estimator must have predict_proba unless retrain='head', got {extractor!r}"
                )
        doubts.of_the_rows(task, given, parts)
        return task

    def _remember(
        self, state: State, divided: Division, chooses: bool, groups: NDArray[Any] | None
    ) -> None:
        """Set what the rounds leave; `groups` of the training rows, if whole ones leave."""
        parts = divided.parts
        self.training_rows_, self.validation_rows_, self.monitor_rows_ = parts
        self.history_ = History(state.history)
        self.results_ = state.results
        self.n_iter_ = len(state.history) - 1
        judged = len(parts.monitor) or state.fold is not None
        self.best_round_ = state.best.round if judged else self.n_iter_
        self.gain_: Gain | None = state.gain
        for of_another_fit in ("coef_", "lam_", "folds_", "removed_groups_"):
            self.__dict__.pop(of_another_fit, None)
        if state.fold is not None:
            self.folds_ = state.fold
        deletions = [result for result in state.results if len(result.removed)]
        if deletions:
            self.lam_ = deletions[-1].lam
        removed = (state.best if chooses else state.model).removed
        self.removed_: IntArray = parts.training[removed]
        what = f"{len(removed):,} of {len(parts.training):,} training rows"
        if groups is not None:
            names, first = np.unique(groups[removed], return_index=True)
            self.removed_groups_ = names[np.argsort(first)]
            what = f"{len(names):,} of {len(np.unique(groups)):,} groups"
        self.stop_reason_ = state.reason(what, chooses)

    def _set_final(self, model: Model, n_rows: int) -> None:
        """Set what predicts; the rows that it keeps are positions in X."""
        self._model = model
        self.estimator_ = model.extractor
        if model.head is not None:
            self.coef_ = model.head
        self.support_ = np.zeros(n_rows, dtype=np.bool_)
        self.support_[model.kept] = True

    def features(self, X: Any) -> FloatArray:
        """Return the features of `X` that the final model is linear in.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n, D) ndarray of float64
        """
        inputs = self._checked_inputs(X)
        return np.asarray(self.estimator_.transform(inputs))

    def _scores(self, X: Any) -> FloatArray:
        inputs = self._checked_inputs(X)
        return self._model.scores(inputs)

    def _checked_inputs(self, X: Any) -> Any:
        check_is_fitted(self)
        inputs = table("X", X, sparse=True)
        remember_columns(self, inputs, reset=False)
        return inputs
