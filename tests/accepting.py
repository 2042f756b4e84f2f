"""When the outer loop accepts a round, written anew, to compare with.

Nothing here is shared with the package but the drawing of rows at random, which is tested by itself
in test_at_random.py.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from paris_core.estimators._round.at_random import as_many
from paris_core.regularization import select_lambda

PATIENCE = 3  # refused rounds in a row end a sweep
SWEEPS = 3
DRAWS = 3


def gain(change, weight=None, units=None):
    """Weighted mean of `change` (n,), its standard error with clusters, and their number."""
    change = np.asarray(change, dtype=float)
    weight = np.ones(len(change)) if weight is None else np.asarray(weight, dtype=float)
    units = np.arange(len(change)) if units is None else np.asarray(units)
    change, units, weight = (array[weight > 0] for array in (change, units, weight))
    mean = np.average(change, weights=weight)
    names = np.unique(units)
    if len(names) < 2:
        return mean, np.nan, len(names)
    sums = [np.sum((weight * (change - mean))[units == name]) for name in names]
    variance = len(names) / (len(names) - 1) * np.sum(np.square(sums))
    return mean, np.sqrt(variance) / weight.sum(), len(names)


def beyond_chance(mean, error, n_units, level=0.95):
    """Student's t, one-sided."""
    if n_units < 2 or mean == 0:
        return False
    return bool(mean > error * stats.t.ppf(level, n_units - 1))


def lower(before, after, weight, units):
    """Beyond chance: by squares, or by absolute errors where the mean square is lower, too."""
    squares = gain(before - after, weight, units)
    if beyond_chance(*squares):
        return True
    roots = [np.sqrt(one) for one in (before, after)]
    return bool(squares[0] > 0 and beyond_chance(*gain(roots[0] - roots[1], weight, units)))


def refusal(before, after, at_random, *, weight=None, units=None, tails=(), least=None, draws=1):
    """Why a round is not accepted: "growth", "chance", "tail", "fewer", "random"; None if it is."""
    weight = np.ones(len(before)) if weight is None else weight
    units = np.arange(len(before)) if units is None else units
    if not lower(before, after, weight, units):
        grows = beyond_chance(*gain(after - before, weight, units))
        return "growth" if grows else "chance"
    for tail in tails:
        rows = np.flatnonzero(tail & (weight > 0))
        if len(rows) >= 2:
            growth = gain((after - before)[rows], weight[rows], units[rows])
            if beyond_chance(*growth, level=1 - 0.05 / len(tails)):
                return "tail"
    if least is not None:
        mean, error, _ = gain(least - after, weight, units)
        if np.isnan(error) or mean <= error:
            return "fewer"
    for _ in range(draws):
        others = at_random()
        if others is None:
            break
        if not lower(others, after, weight, units):
            return "random"
    return None


class Choice:
    """Which round of a loop is best, and how many were refused in a row.

    `squares(model, head)` are the losses of the rows that choose; `weight`, `units` and `tails` are
    theirs. `fitted(rows)` fits an extractor to so many training rows, and `head(extractor, rows)`
    the ridge on its features, where that is what is fitted again.
    """

    def __init__(
        self, n_rows, fitted, squares, *, head=None, groups=None, strata=None, fold=None, **judged
    ):
        self.n_rows, self.fitted, self.squares, self.head = n_rows, fitted, squares, head
        self.groups, self.strata, self.judged = groups, strata, judged
        self.before = self.least = None
        self.fold, self.left_without = fold, None
        self.number, self.best, self.refused = -1, 0, 0
        self.reasons = []

    def __call__(self, kept, extractor, head=None):
        """Whether the next round, with these rows, is accepted; round 0 is."""
        self.number += 1
        losses = self.squares(extractor, head)
        if self.before is None:
            self.before = self.least = losses
            self.reasons.append(None)
            return True

        draws = iter(range(DRAWS))

        def at_random():
            drawn = as_many((kept,), self.n_rows, self.groups, self.strata, next(draws))
            if drawn is None:
                return None
            if self.head is not None:
                return self.squares(extractor, self.head(extractor, drawn[0]))
            return self.squares(self.fitted(drawn[0]), None)

        asked = {"least": self.least if self.best else None, **self.judged}
        if self.fold is not None and refusal(self.before, losses, lambda: None, **asked) is None:
            losses = self.losses_out_of_fold(extractor)
        reason = refusal(
            self.before,
            losses,
            at_random,
            draws=DRAWS,
            **asked,
        )
        self.reasons.append(reason)
        if reason is not None:
            self.refused += 1
            return False
        self.least, self.best, self.refused = losses, self.number, 0
        return True

    def losses_out_of_fold(self, extractor):
        """Of each fold, without the rows that the others want to leave: `left_without(out)`."""
        losses = np.empty(len(self.fold))
        for name in np.unique(self.fold):
            out = self.fold == name
            kept = self.left_without(out)
            if self.head is not None:
                losses[out] = self.squares(extractor, self.head(extractor, kept))[out]
            else:
                losses[out] = self.squares(self.fitted(kept), None)[out]
        return losses


class Round(NamedTuple):
    """A round of a loop."""

    sweep: int
    kept: np.ndarray
    removed: list[int]
    extractor: Any


def all_rounds(choice, fitted, leaving, *, most=10):
    """Every round of up to three sweeps, those that remove nothing and end one among them.

    `leaving(extractor, kept)` are positions among the rows kept.
    """
    everything = np.arange(choice.n_rows)
    rounds = [Round(1, everything, [], fitted(everything))]
    choice(everything, rounds[0].extractor)
    for sweep in range(1, SWEEPS + 1):
        began, choice.refused = len(rounds) - 1, 0
        kept, removed, extractor = everything, [], rounds[choice.best].extractor
        for _ in range(most):
            if choice.refused == PATIENCE:
                break
            if choice.groups is not None and len(np.unique(choice.groups[kept])) == 1:
                break
            gone = leaving(extractor, kept)
            if not len(gone):
                rounds.append(Round(sweep, kept, removed, extractor))
                choice.number += 1
                break
            removed = [*removed, *kept[gone]]
            kept = np.delete(kept, gone)
            extractor = fitted(kept)
            rounds.append(Round(sweep, kept, removed, extractor))
            choice(kept, extractor)
        if choice.best <= began:
            break
    return rounds


def folds_gain(before, after, fold, weight):
    """Whether the losses (V,) of rows gain over the folds, each of which counts once."""
    names = np.unique(fold)
    rows = [fold == name for name in names]
    change = [np.average((before - after)[out], weights=weight[out]) for out in rows]
    return beyond_chance(*gain(change, [weight[out].sum() for out in rows]), level=0.9)


def penalty_of(lam, Phi, y, Phi_val, y_val):
    """The ridge parameter of a round: "auto" asks training and validation rows, and takes less."""
    if lam != "auto":
        return lam
    asked = [(Phi, y)] + ([(Phi_val, y_val)] if len(Phi_val) > Phi.shape[1] else [])
    return min(select_lambda(*rows) for rows in asked)
