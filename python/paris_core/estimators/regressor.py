"""PARIS for regression."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from .._support.arrays import FloatArray
from ..features import default_network
from ..validation import Tail
from ..validation.tail import check_tail
from ._base import BasePARIS
from ._loop.tasks import Regression, Weighting, numeric_targets
from .history import Round

__all__ = ["PARISRegressor"]


class PARISRegressor(RegressorMixin, BasePARIS):  # type: ignore[misc]
    """Regression that prunes its training rows for the sake of rare, extreme targets.

    The rows are split three ways: a model is trained on the training rows; the validation rows
    steer, they say which of these leave, round after round; the monitor rows say whether that was
    for the better. Where it was, beyond chance, these rows stay out, and otherwise nothing is
    removed; then the model is trained once more, on every row that was not removed. None of the
    parts is a test set. Targets are standardised inside.

    Parameters
    ----------
    estimator : object, optional
        What `paris_core.features.as_extractor` takes: a scikit-learn MLP or a pipeline that ends in
        one, a transformer, a PyTorch module, a function, a `FeatureExtractor`. Default:
        `paris_core.features.default_network`, two hidden layers (64, 32) that stop early.
    keep : float, int or "auto", default "auto"
        How many training rows to keep: a fraction in (0, 1), a count, or "auto": those of the last
        round that has earned its place, or all. A round has, if the monitor rows' squared errors
        are lower than those of round 0 (all rows) beyond chance, at 95 % (or their mean is, and
        absolute errors are lower beyond chance); if in the tail they are not higher beyond chance;
        if they are lower by more than a standard error than those of the round accepted before; and
        if they are lower beyond chance than after training without as many rows (or groups) at
        random, three times.
    rounds : int, optional
        In how many rounds as many rows leave as `keep` implies. Default: 5. With ``keep="auto"`` at
        most so many rounds in a sweep, by default 10: in each leave the fewest rows that bring the
        monitor rows' loss, by the head on the features of the round, within 1 % of its least, at
        most half of them. A sweep ends when that is none, or after three rounds that were not
        accepted. Features that were learned with wrong rows among them misjudge rows: after a sweep
        with an accepted round another begins with all rows again, judged by the features of that
        round, three at most. With ``retrain="head"`` the features stay, and there is one round.
    delete : {"rows", "groups"}, default "rows"
        What leaves: single rows, or whole groups of them, which `fit` is then told: stations,
        instruments, months. Errors that come by group are seen in a group where they are not in a
        row. "groups" is `paris_core.prune_groups`, with ``keep="auto"``, ``criterion="refit"`` and
        ``objective="mean"`` only: in each round the fewest groups leave that bring the monitor
        rows' loss within 5 % of its least; at most half of the groups, unless ``retrain="head"``.
    retrain : {"estimator", "head", "continue"}, default "estimator"
        What is fitted again after each round. "estimator": all of it, afresh, as in the paper.
        "head": the features that were learned on all rows stay, and the linear head is a ridge
        regression on the rows kept. "continue": the estimator goes on training from where it is, by
        its parameters named ``warm_start``.
    criterion : {"refit", "representer"}, default "refit"
        How a deletion is judged, see `paris_core.prune`.
    objective : {"mean", "worst"} or ("worst", m), default "mean"
        Which validation rows count: all, the worst one, or the m worst; see `paris_core.prune`.
    lam : float or {"auto", "gcv", "evidence"}, default "auto"
        Ridge parameter; it is chosen anew for new features.
    val_weight : {"inverse-density", "tail"}, callable or None, default None
        Weights of the validation rows, and of the monitor rows in `monitor_loss`: those of
        `paris_core.validation.weights.inverse_density`, ones in the tail and zeros elsewhere, or a
        function of the targets (n,) that returns weights (n,). Default: ones.
    validation_split : float, str or splitter, default 0.3
        Which rows are not trained on. A fraction in (0, 1): so many, dealt out by
        `paris_core.validation.TailStratifiedSplit`, so that every part gets its share of every
        range of the target. A splitter of `paris_core.validation`: `BlockedSplit` for time series,
        `GroupedSplit` for whole groups, `RandomSplit`; or "tail-stratified", "blocked" and "random"
        for those with their defaults. The rows held out, or those of `X_val`, are dealt out to
        steer and to monitor in the same way. A scikit-learn splitter: the test rows of its last but
        one split steer, those of the last monitor, and rows that train in both are trained on.
    monitor : "auto", float, int or None, default "auto"
        Which held-out rows monitor. A fraction in (0, 1): so many of them, and the others steer
        (with a scikit-learn splitter, any fraction: those of its last split). None: all steer, and
        `keep` must be a number. An int >= 2, for ``keep="auto"`` where such rows are few: they are
        dealt out to so many folds, each of which monitors what the others steer, and then all of
        them steer as many deletions as were best (`paris_core.choose_k`), if the folds gain by that
        beyond chance. A round is accepted by all of them, each fold by an estimator trained without
        as many rows as the other folds want to leave: so many trainings more. No row is set apart,
        so that nothing here tells how well the model does. "auto": five folds where fewer than 600
        rows, or 30 blocks or groups, are held out and ``keep="auto"``; otherwise 0.33.
    refit : bool, default True
        Whether the final model is trained once more, on all rows but the removed ones: training,
        validation and monitor rows, those of `X_val`, and those within gaps. False: it is that of
        the round, trained on training rows alone, of which monitor rows tell how well it does.
    tail : paris_core.validation.Tail, optional
        Which extremes matter, and where they begin; quantiles are those of validation and monitor
        rows' targets. Default: 5 % on each side.
    random_state : int, RandomState or None
        Deals out the rows, unless a splitter has its own, and seeds the estimator where its own
        ``random_state`` is None.
    n_jobs : int, optional
        Threads for deletions, as in scikit-learn: what functions of this package call `n_threads`.
        The result does not depend on it.
    verbose : int, default 0
        Above 0: prints a line a round, and shows on stderr how far the fit is, its rounds, epochs
        and deletions: bars (tqdm) in a terminal or notebook, a line every four seconds elsewhere.
    callbacks : callable or iterable of callables, optional
        Called with the `Round` after each; a true return value ends the loop. When a checkpoint is
        resumed they are called with its last round again.
    checkpoint : str or path-like, optional
        A file for the state after every round, and every few seconds of deletions. If it is there,
        `fit` goes on from it, to the same result to the last bit, and refuses one that is damaged,
        or of other data, parameters or versions. Nothing in it is executed. What an estimator has
        learned is stored as data; where that is not possible (trees, objects of your own classes
        that only a fit makes), it is fitted again to the rows that it had. One file is for one run
        at a time, so not for a grid search. If the file cannot be written, there is a
        `CheckpointWarning`, and the run goes on.

    Attributes
    ----------
    estimator_ : FeatureExtractor
        The final one. It knows standardised targets; `predict` scales them back.
    round_estimator_ : FeatureExtractor
        That of the chosen round, whose errors are in `history_`; the same without `refit`.
    coef_ : (D,) ndarray of float64
        With ``retrain="head"``: the head on the features of `estimator_`.
    support_ : (n,) ndarray of bool
        True for the rows of `X` that the final model was fitted to.
    stop_reason_ : str
        What was removed, and why no more, in words: "deletion: ... removed, the gain is ..." or "no
        deletion: the gain, x ± y, is within chance".
    gain_ : paris_core.evidence.Gain or None
        With ``keep="auto"``: by how much the chosen round lowers the monitor rows' mean squared
        error of standardised targets; if none was accepted, the one that came nearest. None if no
        round removed a row.
    losses_ : paris_core.evidence.Losses or None
        Squared errors of the monitor rows (with folds, of the validation rows), with all training
        rows and without those removed: what `paris_core.report.answer` rests on. None without
        such rows.
    training_rows_, validation_rows_, monitor_rows_ : ndarray of int64
        Positions in `X`; the latter two in `X_val` if that was given.
    folds_ : (V,) ndarray of int64
        With folds: that of every validation row.
    removed_ : ndarray of int64
        Positions in `X` of the removed rows, in the order of their deletion; those of a group
        together.
    removed_groups_ : ndarray
        With ``delete="groups"``: the groups that left, in that order.
    history_ : list of Round
        Errors, rows and seconds of each round, also of one that found nothing to delete; none of
        the last fit to all rows (`refit`), which no row is left to judge.
    results_ : list of PruneResult, or of GroupPruneResult
        What the deletions did, of rows or of groups; one a round, with positions among the rows
        kept before it (all training rows, where a sweep begins), or for "head" one for all rounds,
        with positions among the training rows.
        Rounds after the best one are included.
    best_round_ : int
        The round that was chosen, 0 if no row was removed; with a number to `keep` that of the
        least `monitor_loss`, or without monitor rows the last one.
    n_iter_ : int
        Rounds done.
    lam_ : float
        Ridge parameter of the last deletions, if there were any.
    task_, round_task_ : object
        How targets are scaled and errors measured, for `estimator_` and for `round_estimator_`.
    n_features_in_ : int
        Columns of `X`.
    feature_names_in_ : ndarray of str
        Their names, if `X` has such.

    See Also
    --------
    paris_core.prune : one round, on features of your own.
    paris_core.prune_groups : the same for groups.
    paris_core.audit : which groups are wrong, and what is wrong with them.
    paris_core.compare : whether this remedy or another is better.
    paris_core.validation : splitters and tails.

    Notes
    -----
    The outer loop is that of PARIS (arXiv 2512.06950); criterion, objective and the monitor differ
    from the paper by default.

    Examples
    --------
    A tenth of the training labels is spoilt; the rows in `X_val` are trusted.

    >>> import numpy as np
    >>> from paris_core import PARISRegressor
    >>> rng = np.random.default_rng(0)
    >>> X, X_val = rng.normal(size=(600, 3)), rng.normal(size=(400, 3))
    >>> y, y_val = X.sum(axis=1), X_val.sum(axis=1)
    >>> y[:60] -= 8.0
    >>> model = PARISRegressor(random_state=0).fit(X, y, X_val=X_val, y_val=y_val)
    >>> bool((model.removed_[:60] < 60).mean() > 0.8)  # the first sixty rows to leave
    True
    >>> model.stop_reason_.partition(":")[0]
    'deletion'
    >>> model.predict(X).shape
    (600,)
    """

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
        tail: Tail | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callbacks: Callable[[Round], Any] | Iterable[Callable[[Round], Any]] | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(
            estimator,
            keep=keep,
            rounds=rounds,
            delete=delete,
            retrain=retrain,
            criterion=criterion,
            objective=objective,
            lam=lam,
            val_weight=val_weight,
            validation_split=validation_split,
            monitor=monitor,
            refit=refit,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
            callbacks=callbacks,
            checkpoint=checkpoint,
        )
        self.tail = tail

    def predict(self, X: Any) -> FloatArray:
        """Predict targets.

        Parameters
        ----------
        X : (n, p) array_like or DataFrame
            Inputs, as for `fit`.

        Returns
        -------
        (n,) ndarray of float64
            In the unit of `y`.
        """
        scores = self._scores(X)
        return np.asarray(self.task_.decode(scores))

    def _default_estimator(self) -> Any:
        return default_network()

    def _check_targets(self, name: str, y: NDArray[Any]) -> NDArray[Any]:
        return numeric_targets(name, y)

    def _rank(self, y: NDArray[Any]) -> NDArray[np.float64]:
        return y

    def _task(
        self,
        y: NDArray[Any],
        y_training: NDArray[Any],
        y_held_out: NDArray[Any],
        weight: FloatArray | None,
    ) -> Regression:
        tail = Tail() if self.tail is None else check_tail(self.tail)
        return Regression(y_training, y_held_out, tail, weight)
