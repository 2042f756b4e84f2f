"""Try every remedy on validation rows that it has not seen."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._support import arrays, checks
from .._support.messages import short, shown
from .._support.signals import ctrl_c
from ..features import as_extractor
from ..progress import aside, showing
from ..validation import Tail
from ..validation.tail import check_tail
from . import rows
from .fitting import checked_estimator, weight_parameter
from .remedies import EVERYTHING, REMEDIES, Remedy
from .resampling import Setting, cost, judged
from .result import Comparison, lines_of

__all__ = ["compare"]

_LEAST = 10  # validation rows

Chosen = Iterable[str] | Mapping[str, Callable[[Any], Any] | Remedy | None]


def compare(
    X: Any,
    y: ArrayLike,
    X_val: Any,
    y_val: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    val_groups: ArrayLike | None = None,
    estimator: Any = None,
    network: Any = None,
    remedies: Chosen | None = None,
    folds: int = 3,
    repeats: int = 1,
    tail: Tail | None = None,
    random_state: int | np.random.Generator | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> Comparison:
    """Say which remedy to use for training rows that may be wrong.

    The same estimator is trained with each remedy, and judged on validation rows that neither it
    nor the remedy has seen: these rows are dealt out to folds, and a remedy gets those of the other
    folds. What is better than training on everything is told from chance by paired differences.

    Parameters
    ----------
    X : (n, p) array_like or DataFrame
        Inputs of the training rows, as the estimator takes them.
    y : (n,) array_like of float
        Their targets, which may be wrong.
    X_val : (V, p) array_like or DataFrame
        Inputs of the validation rows, which are as the rows that the model is for; V >= 10, and two
        rows a fold.
    y_val : (V,) array_like of float
        Their targets, which are right.
    groups : (n,) array_like of int, bool or str, optional
        Groups of the training rows that err together: stations, instruments, months. Without them
        the remedies for groups are left out.
    val_groups : (V,) array_like of int, bool or str, optional
        Groups of the validation rows that err together: blocks of time, stations. They stay whole
        in the folds, and each counts as one observation. Default: every row is one.
    estimator : object, optional
        A regressor of scikit-learn's kind, such as `HistGradientBoostingRegressor` or
        `lightgbm.LGBMRegressor`. Default: `paris_core.features.default_network` on standardised
        targets.
    network : object, optional
        What PARIS chooses rows with, as `PARISRegressor` takes it: it needs features that the
        estimator need not have. Default: the default network.
    remedies : iterable of str, or dict, optional
        Names of `paris_core.comparison.REMEDIES`; "everything" is always among them. A dict may map
        names of its own to functions that get a `paris_core.comparison.Task` and return a fitted
        model or a `paris_core.comparison.Outcome`, or to a `paris_core.comparison.Remedy`; None
        stands for the known remedy of that name. Default: all that apply.
    folds : int, default 3
        How many parts the validation rows are dealt out to, each with its share of every range of
        the target.
    repeats : int, default 1
        How often, each time with other folds and seeds; the errors of a row are averaged.
    tail : paris_core.validation.Tail, optional
        Which extremes matter, and where they begin; quantiles are those of `y_val`. Default: 5 % on
        each side.
    random_state : int, numpy.random.Generator or None
        Deals out the rows, and seeds the estimator where its own ``random_state`` is None: alike
        for all remedies.
    n_jobs : int, optional
        Threads for deletions, as in scikit-learn. The result does not depend on it.
    verbose : int, default 0
        Above 0: says on stderr how many fits there will be, and shows how far it is: bars (tqdm) in
        a terminal or notebook, a line every four seconds elsewhere.

    Returns
    -------
    Comparison
        Its first printed line is the advice; `Comparison.model` is the estimator trained so.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value, a remedy that is asked for by name cannot
        be tried, or the estimator refuses the rows.
    KeyboardInterrupt
        On Ctrl-C, also in an estimator that takes it for the end of its training.

    See Also
    --------
    paris_core.PARISRegressor : the remedies by deletion.

    Notes
    -----
    The remedies: "everything" trains on all training rows, "validation only" on the validation rows
    alone, "inverse-root-density weights" on all training rows, weighted by
    ``paris_core.validation.weights.inverse_density(y, power=0.5)``. The others train on the
    validation rows, too: "everything + validation"; "Huber loss" by reweighting three times;
    "rows trimmed" and "groups trimmed" without those of the largest residuals of the estimator
    trained on everything; "PARIS by rows" and "PARIS by groups" without what
    `paris_core.PARISRegressor` removes; "PARIS then trimmed" without those of the largest residuals
    of the estimator trained without what PARIS removes (by groups if there are any). How many to
    trim, the validation rows choose: the fewest within a standard error of the best.

    A remedy is better beyond chance if the paired gain in squared errors is, or that in absolute
    errors, which rows that are far off do not drown in noise, while squared errors fall by a
    standard error at least. As several remedies are tried, one may look good by chance: Holm's
    procedure, with 2.5 % for either kind of error, keeps the probability that anything is advised
    where nothing helps at 5 %. Intervals are for each remedy alone. The advice is one of the
    better remedies: "PARIS then trimmed", unless another is better than that beyond chance (95 %),
    since it is seldom far from the best; otherwise that with the least squared error, and of those
    within a standard error of it, paired, that with the least absolute error. If none is better, it
    is "everything + validation", as the validation rows are right, unless that is worse by more
    than a standard error.

    Cost, known beforehand (`Comparison.cost`): with F folds at most 14 + 21 F fits of the estimator
    and two runs of `PARISRegressor` a fold for each repeat if there are groups, 6 + 16 F and one
    run without. Memory: the models of one fold, and the training rows once more.

    Examples
    --------
    A tenth of the targets is wrong.

    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from paris_core import compare
    >>> rng = np.random.default_rng(0)
    >>> X, X_val = rng.normal(size=(400, 3)), rng.normal(size=(90, 3))
    >>> y, y_val = X.sum(axis=1), X_val.sum(axis=1)
    >>> y[:40] += 9.0
    >>> names = ["everything + validation", "rows trimmed"]
    >>> result = compare(
    ...     X, y, X_val, y_val, estimator=LinearRegression(), remedies=names, random_state=0)
    >>> result.best, result.cost.n_fits
    ('rows trimmed', 15)
    >>> removed = result.fit().removed
    >>> bool(np.isin(np.arange(40), removed).all())
    True
    """
    train = rows.checked("X", X, "y", y)
    validation = rows.checked("X_val", X_val, "y_val", y_val, like=train.X)
    n_val = len(validation.y)
    if n_val < _LEAST:
        raise ValueError(f"X_val must have at least {_LEAST} rows, got {n_val}")
    named = None if groups is None else arrays.labels("groups", groups, len(train.y), "X")
    if named is not None and (named == named[0]).all():
        raise ValueError(f"groups must name at least two groups, got {named[0]!r} alone")
    units = None
    if val_groups is not None:
        labels = arrays.labels("val_groups", val_groups, n_val, "X_val")
        units = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    n_folds = _n_folds(folds, n_val, units)
    n_repeats = checks.integer("repeats", repeats, 1, 1000)
    which = Tail() if tail is None else check_tail(tail)
    setting = Setting(
        train,
        validation,
        named,
        units,
        checked_estimator(estimator),
        _checked_network(network),
        which,
        _n_jobs(n_jobs),
    )
    chosen, left_out = _chosen(remedies, setting)
    telling = _level(verbose)
    rng = checks.generator("random_state", random_state)
    seeds = rng.integers(2**31 - 1, size=(n_repeats, 1 + n_folds))

    expected = cost(chosen, setting.sizes, n_folds, n_repeats)
    if telling:
        _tell(
            f"{len(chosen)} remedies, {n_folds} folds, {n_repeats} "
            f"{'repeat' if n_repeats == 1 else 'repeats'}: at most {expected.n_fits:,} fits of the "
            f"estimator and {expected.n_runs:,} runs of PARIS"
        )
    with showing(telling > 0), ctrl_c.heeded() as heed:
        tallies = judged(setting, chosen, n_folds, seeds, heed=heed)
    in_tail = which.mask(validation.y)
    table, best = lines_of(tallies, in_tail, units)
    losses = {name: tally.losses for name, tally in tallies.items()}
    return Comparison(
        best,
        table,
        left_out,
        losses,
        in_tail,
        expected,
        n_folds,
        n_repeats,
        setting,
        chosen,
        int(seeds[0, 0]),
    )


def _tell(line: str) -> None:
    with aside(), contextlib.suppress(OSError):  # a full disk under stderr ends no run
        print(line, file=sys.stderr, flush=True)


def _n_folds(folds: Any, n_val: int, units: NDArray[np.int64] | None) -> int:
    """`folds`, no more than there are rows, or groups, to fill them."""
    n_folds = checks.integer("folds", folds, 2)
    most = n_val // 2 if units is None else int(units.max()) + 1
    if n_folds > most:
        what = "validation rows, two a fold" if units is None else "groups in val_groups"
        raise ValueError(f"folds must be at most {most}, for the {what}, got {short(folds)}")
    return n_folds


def _checked_network(network: Any) -> Any:
    if network is not None:
        try:
            as_extractor(network)
        except TypeError as error:
            raise TypeError(f"network cannot be used: {error}") from error
    return network


def _n_jobs(n_jobs: Any) -> int | None:
    if n_jobs is not None and not checks.integer("n_jobs", n_jobs, -1024, 1024):
        raise ValueError("n_jobs must not be 0")
    return None if n_jobs is None else int(n_jobs)


def _level(verbose: Any) -> int:
    if isinstance(verbose, bool):
        return int(verbose)
    return checks.integer("verbose", verbose, 0)


def _chosen(remedies: Any, setting: Setting) -> tuple[dict[str, Remedy], dict[str, str]]:
    """The remedies to try, "everything" first; and those that do not apply, and why."""
    if remedies is None:
        asked, given = dict(REMEDIES), False
    else:
        asked, given = _asked(remedies), True
    chosen = {EVERYTHING: REMEDIES[EVERYTHING]}
    left_out = {}
    for name, remedy in asked.items():
        reason = _obstacle(remedy, setting)
        if reason is None:
            chosen[name] = remedy
        elif given:
            raise ValueError(f"remedies: {name!r} {reason}")
        else:
            left_out[name] = f"which {reason}"
    return chosen, left_out


def _asked(remedies: Any) -> dict[str, Remedy]:
    """What was asked for by the user."""
    if not isinstance(remedies, Mapping):
        remedies = dict.fromkeys(checks.strings("remedies", remedies))
    found = {}
    for name, remedy in remedies.items():
        if not isinstance(name, str):
            raise TypeError(f"remedies: a name must be a string, got {shown(name)}")
        if remedy is None:
            found[name] = REMEDIES[checks.choice("remedies", name, tuple(REMEDIES))]
        elif name == EVERYTHING:
            raise ValueError(f"remedies: {EVERYTHING!r} is what others are compared with")
        elif isinstance(remedy, Remedy):
            found[name] = remedy
        else:
            found[name] = Remedy(checks.function(f"remedies[{name!r}]", remedy))
    return found


def _obstacle(remedy: Remedy, setting: Setting) -> str | None:
    """Why a remedy cannot be tried."""
    if remedy.needs_groups and setting.groups is None:
        return "needs groups"
    if remedy.needs_weights and weight_parameter(setting.estimator) is None:
        return "needs an estimator that takes sample_weight"
    return None
