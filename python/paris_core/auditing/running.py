"""From rows to the groups that are wrong."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning

from .._support import checks
from ..features import default_network
from ..progress import Stage, showing
from ..validation import Tail
from ..validation.tail import check_tail
from .deciding import decide
from .inputs import check_estimator, tabled
from .result import AuditResult
from .search.groups import most_trainings, search
from .search.passes import Trainer
from .search.rows import most_trainings_of_rows, search_rows
from .telling import told_of

__all__ = ["audit", "trainings"]


def audit(
    X: Any,
    y: ArrayLike,
    X_val: Any = None,
    y_val: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    estimator: Any = None,
    tail: Tail | None = None,
    folds: int = 4,
    divisions: int = 3,
    random_state: int | np.random.Generator | None = None,
    verbose: int = 0,
) -> AuditResult:
    """Find the groups of training rows whose targets are wrong, and say what is wrong with them.

    Stations with a wrong sign, an offset, a stuck sensor, a wrong scale or much noise: few of them
    or half. A few hundred validation rows, whose targets are right, are enough to tell.

    Parameters
    ----------
    X : (N, p) array_like or DataFrame
        Inputs of the training rows, as `estimator` takes them.
    y : (N,) array_like of float
        Their targets, some of which may be wrong.
    X_val : (V, p) array_like or DataFrame, optional
        Inputs of the validation rows. Without them most groups are taken to be right, and folds
        over the groups judge: far weaker, and blind where half of the groups are wrong.
    y_val : (V,) array_like of float, optional
        Their targets, which should be right.
    groups : (N,) array_like of int, bool or str, optional
        The group of every training row: its station, instrument, month. At least four. Default:
        every row is a group; then rows leave.
    estimator : scikit-learn regressor, optional
        What is trained, on standardised targets. Default: a network of two hidden layers (64, 32)
        on standardised inputs, with early stopping.
    tail : paris_core.validation.Tail, optional
        The tail that must not be worse afterwards. Default: 5 % of the targets on either side.
    folds : int, default 4
        A model is trained without each of so many parts of groups and validation rows, and judges
        the part. At least two.
    divisions : int, default 3
        How many divisions into folds, each with seeds of its own, the verdict rests on: how often
        a group seems wrong is its `stability`. Each costs twice `folds` trainings.
    random_state : int, numpy.random.Generator or None
        Draws divisions, and seeds where the estimator has none.
    verbose : int, default 0
        Above 0: shows on stderr how far it is, trainings and epochs: bars (tqdm) in a terminal or
        notebook, a line every four seconds elsewhere.

    Returns
    -------
    AuditResult
        Removed groups, what is wrong with them, suspects, the model without them.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type, shape or value.

    See Also
    --------
    paris_core.PARISRegressor : deletes rows or groups by what validation rows say of each.
    paris_core.auditing.trainings : how many models an audit trains at most.

    Notes
    -----
    Two searches, one that begins with all groups and one that begins with the validation rows
    alone, take turns at training on the groups that seem right, with the validation rows, and
    judging all groups by models that have not seen them, until nothing changes: concentration
    steps, as in least trimmed squares (Rousseeuw and Van Driessen, Data Mining and Knowledge
    Discovery 12, 2006), for groups. The one with the least error on the validation rows, by folds,
    goes on; then other divisions say whether it was chance.

    A group's score is a likelihood ratio in nats a row. With f the predictions, and residuals in
    units of their spread where targets are right, m is the mean square of y - f, and v what the
    line y = a + b f leaves: ``log(m / v) / 2 + max(m - 1 - log m, 0) / 4``, the second part where
    m > 1. The first part sees a wrong sign, an offset, a stuck sensor (whose mean square may be
    less than that of right groups) and a scale, the second noise. Groups above the widest gap
    between scores of 0.12 and 0.9 are wrong, or, if no gap there is as wide as from one to two, of
    0.4 and 0.9; few rows must be beyond chance, too.

    The groups leave if the validation rows' gain is beyond chance, beyond that of as many groups
    removed at random (with more than 3.5 standard errors none are tried), and their tail is not
    credibly worse. Otherwise only those leave whose own rows leave no doubt, with scores above 0.6,
    if the validation rows do not contradict: their gain is above 0, if within chance, and the loss
    in their tail does not rise by more than a standard error. Before all that groups with scores
    below 1.3 come back where the validation rows fare better with them, by more than a standard
    error: right groups may be unlike all others. All that stay are suspects.

    At most ``trainings(folds, divisions)`` models are trained; about a third of that where some
    groups are wrong, a fifth where none is. Beside them each set of groups that is tried costs
    O(N + V) time, and 8 N bytes that are kept (for rows 56 N): a dozen sets, rarely thirty.

    Examples
    --------
    >>> import numpy as np
    >>> import paris_core
    >>> from sklearn.linear_model import Ridge
    >>> rng = np.random.default_rng(0)
    >>> X, X_val = rng.normal(size=(600, 4)), rng.normal(size=(60, 4))
    >>> y, y_val = (x @ [1.0, 1.0, 0.5, 0.0] + 0.5 * rng.normal(size=len(x)) for x in (X, X_val))
    >>> station = np.repeat(["A", "B", "C", "D", "E", "F", "G", "H"], 75)
    >>> y[station == "C"] *= -1.0
    >>> y[station == "F"] += 3.0
    >>> result = paris_core.audit(
    ...     X, y, X_val, y_val, groups=station, estimator=Ridge(), random_state=0
    ... )
    >>> sorted(result.removed_groups.tolist())
    ['C', 'F']
    >>> result.to_frame()["fault"].head(2).sort_index().tolist()
    ['sign', 'offset']
    """
    start = time.perf_counter()
    rows, labels = tabled(X, y, X_val, y_val, groups)
    n_folds = checks.integer("folds", folds, 2, 1000)
    n_divisions = checks.integer("divisions", divisions, 1, 1000)
    model = default_network() if estimator is None else check_estimator(estimator)
    judged = rows.y[len(rows.group_of) :] if rows.n_val else rows.y
    extreme = (Tail() if tail is None else check_tail(tail)).mask(judged)
    rng = checks.generator("random_state", random_state)
    shown = checks.integer("verbose", verbose, 0) > 0
    most = trainings(n_folds, n_divisions, validation=rows.n_val > 0, rows=groups is None)
    audited = Stage("audit", most, "trainings", at_most=True)
    with showing(shown), audited, warnings.catch_warnings():
        if estimator is None:  # so many passes, at most, are meant
            warnings.simplefilter("ignore", ConvergenceWarning)
        trainer = Trainer(rows, model, n_folds, rng, audited)
        found = (search_rows if groups is None else search)(trainer, n_divisions)
        outcome = decide(trainer, found, extreme)
        final = trainer.final(outcome.kept)
    return told_of(trainer, labels, found, outcome, final, time.perf_counter() - start)


def trainings(
    folds: int = 4, divisions: int = 3, *, validation: bool = True, rows: bool = False
) -> int:
    """Return how many models `audit` trains at most: what it will cost, before it is paid.

    Parameters
    ----------
    folds, divisions : int
        As given to `audit`.
    validation : bool, default True
        Whether there are validation rows.
    rows : bool, default False
        Whether rows are audited, not groups.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or value.

    Examples
    --------
    >>> from paris_core.auditing import trainings
    >>> trainings()
    125
    """
    n_folds = checks.integer("folds", folds, 2, 1000)
    n_divisions = checks.integer("divisions", divisions, 1, 1000)
    with_val = checks.flag("validation", validation)
    most = most_trainings_of_rows if checks.flag("rows", rows) else most_trainings
    return most(n_folds, n_divisions, with_val)
