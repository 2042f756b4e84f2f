"""Whether removing rows has earned its place: the one rule of estimators, audit and comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from .._support.arrays import BoolArray, FloatArray, IntArray
from .gain import Gain, measured

__all__ = ["FEW_IN_TAIL", "Verdict", "in_words", "not_contradicted", "verdict"]

LEVEL = 0.95  # of the one-sided tests
CLEAR = 3.5  # standard errors, which chance comes to once in some two thousand times
# The mean squared error of so many rows of a tail, or of a class, has a standard error of about
# sqrt(2 / 5), which is 63 % of it, so that the root of it is known to a third.
FEW_IN_TAIL = 5

_NO_TAILS: Mapping[str, BoolArray] = MappingProxyType({})


class Verdict(NamedTuple):
    """What `verdict` returns.

    Attributes
    ----------
    accepted : bool
        Whether the rows may leave.
    gain : Gain
        Over leaving everything as it is.
    reason : str
        Why not; or, if they may, what is gained, in words.
    """

    accepted: bool
    gain: Gain
    reason: str


def verdict(
    before: FloatArray,
    after: FloatArray,
    at_random: Callable[[], FloatArray | None],
    *,
    weight: FloatArray | None = None,
    units: IntArray | None = None,
    tails: Mapping[str, BoolArray] = _NO_TAILS,
    least: FloatArray | None = None,
    tried: int = 1,
    draws: int = 1,
    spare_clear: bool = False,
) -> Verdict:
    """Say whether a model without some rows may take the place of the one with all of them.

    It may where its squared errors on rows that neither was fitted to are lower beyond chance;
    where no tail is credibly worse; where they are lower by more than a standard error than those
    of a model with fewer rows removed that has been accepted already; and where they are lower
    beyond chance than without as many rows at random.

    Parameters
    ----------
    before, after : (n,) ndarray of float64
        Squared errors of the rows with all training rows, and without some.
    at_random : callable
        Returns those of a model without as many rows at random; None if there is no such model. It
        is called only where all else is well.
    weight : (n,) ndarray of float64, optional
        Weights of the rows. Default: ones.
    units : (n,) ndarray of int64, optional
        Units of rows that err together. Default: every row is one.
    tails : mapping of str to (n,) ndarray of bool
        Rows that must not fare worse, by what they are: "the tail", "class 3". One with fewer than
        two rows says nothing.
    least : (n,) ndarray of float64, optional
        Losses of the model that was accepted last. Default: those before.
    tried : int, default 1
        Of how many that were tried `after` is the best, on these rows: the tests get stricter.
    draws : int, default 1
        How many models without rows at random must be beaten: `at_random` is called for each.
    spare_clear : bool, default False
        Whether a gain of more than 3.5 standard errors is compared with none of them: `audit`
        saves trainings so, a few for each model, where a removal is a finding about groups.

    Returns
    -------
    Verdict

    Notes
    -----
    The tests are one-sided, at 95 % (with `tried` the 5 % are shared out, as by Bonferroni), by
    `paris_core.evidence.paired_gain`. Squared errors count as lower beyond chance also where their
    mean is lower and absolute errors are so beyond chance: a few rows that are far off drown
    squares in noise, and much less the absolute errors. A tail is credibly worse if its squared
    errors are higher beyond chance, with several tails at 5 % for all of them together. O(n log n).
    """
    weights = np.ones(len(before)) if weight is None else weight
    level = 1.0 - (1.0 - LEVEL) / tried

    def lower(losses: FloatArray, gain: Gain) -> bool:
        """Whether the loss has fallen from these beyond chance."""
        if gain.beyond_chance(level) or not gain.mean > 0.0:
            return gain.mean > 0.0
        roots = _gain(np.sqrt(losses) - np.sqrt(after), weights, units)
        return roots.beyond_chance(level)

    gain = _gain(before - after, weights, units)
    if not lower(before, gain):
        growth = gain._replace(mean=-gain.mean)
        if growth.beyond_chance(level):
            by = in_words(growth, before, weights)
            return Verdict(False, gain, f"the error would grow, by {by}")
        by = in_words(gain, before, weights)
        return Verdict(False, gain, f"the gain, {by}, is within chance")
    for name, tail in tails.items():
        inside = tail & (weights > 0)
        growth = _gain(after - before, weights, units, inside)
        if growth.beyond_chance(1.0 - (1.0 - LEVEL) / len(tails)):
            by = in_words(growth, before[inside], weights[inside])
            return Verdict(False, gain, f"in {name} the error would grow, by {by}")
    if least is not None:
        more = _gain(least - after, weights, units)
        if not more.mean > more.standard_error:
            return Verdict(False, gain, "fewer removals do as well, within a standard error")
    for _ in range(0 if spare_clear and gain.t > CLEAR else draws):
        others = at_random()
        if others is None:
            break
        over = _gain(others - after, weights, units)
        if not lower(others, over):
            by = in_words(over, before, weights)
            reason = f"the gain over as many removed at random, {by}, is within chance"
            return Verdict(False, gain, reason)
    return Verdict(True, gain, f"the gain is {in_words(gain, before, weights)}")


def not_contradicted(
    before: FloatArray,
    after: FloatArray,
    *,
    units: IntArray | None = None,
    tails: Mapping[str, BoolArray] = _NO_TAILS,
) -> Gain | None:
    """Return the gain of leaving out rows that are wrong by other evidence; None if it contradicts.

    Parameters
    ----------
    before, after, units, tails : optional
        As for `verdict`.

    Returns
    -------
    Gain or None
        None unless the mean loss falls, if within chance, and rises in no tail by more than a
        standard error: where rows are wrong by what they say themselves, those that judge need not
        prove it once more, as a few may not be able to.
    """
    weights = np.ones(len(before))
    gain = _gain(before - after, weights, units)
    harms = any(_gain(after - before, weights, units, tail).t > 1.0 for tail in tails.values())
    return gain if gain.mean > 0.0 and not harms else None


def _gain(
    change: FloatArray,
    weight: FloatArray,
    units: IntArray | None,
    inside: BoolArray | slice = slice(None),
) -> Gain:
    """The gain over the rows inside."""
    member = None if units is None else np.unique(units[inside], return_inverse=True)[1]
    return measured(change[inside], weight[inside], member)


def in_words(gain: Gain, before: FloatArray, weight: FloatArray) -> str:
    """A gain and its standard error, as percentages of the mean of the losses before."""
    whole = float(np.average(before, weights=weight))
    mean, error, unit = gain.mean, gain.standard_error, ""
    if whole:
        mean, error, unit = 100.0 * mean / whole, 100.0 * error / whole, " % of the squared error"
    digits = ".1f" if whole else ".3g"
    spread = "" if gain.n_units < 2 else f" ± {error:{digits}}"
    alone = " by one unit alone" if gain.n_units < 2 else ""
    return f"{mean:{digits}}{spread}{unit}{alone}"
