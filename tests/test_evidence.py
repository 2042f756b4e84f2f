"""Gains of one model over another, against formulas that are written out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paris_core.evidence import Gain, paired_gain
from paris_core.evidence.change import Change, both, change


def by_hand(before, after, weight, units):
    """Mean and standard error with clusters, one unit after the other."""
    total = sum(weight)
    mean = sum(w * (b - a) for w, b, a in zip(weight, before, after, strict=True)) / total
    names = sorted(set(units))
    squares = 0.0
    for name in names:
        squares += (
            sum(
                w * (b - a - mean)
                for w, b, a, unit in zip(weight, before, after, units, strict=True)
                if unit == name
            )
            ** 2
        )
    n_units = len(names)
    return mean, math.sqrt(n_units / (n_units - 1) * squares) / total, n_units


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 40), n_units=st.integers(2, 10))
def test_mean_and_standard_error(seed, n, n_units):
    rng = np.random.default_rng(seed)
    before, after = rng.exponential(size=(2, n))
    weight = rng.exponential(size=n)
    units = rng.integers(n_units, size=n)
    units[:2] = 0, 1
    got = paired_gain(before, after, weight=weight, units=units)
    assert got == pytest.approx(by_hand(before, after, weight, units.tolist()), rel=1e-10)


def test_rows_alone_give_the_usual_standard_error():
    rng = np.random.default_rng(0)
    change = rng.normal(size=50)
    gain = paired_gain(change, np.zeros(50))
    assert gain.standard_error == pytest.approx(change.std(ddof=1) / math.sqrt(50))


def test_interval_and_chance_are_those_of_student():
    gain = Gain(1.0, 0.5, 6)  # t = 2 with five degrees of freedom: quantile 2.015 at 95 %
    assert gain.t == 2.0
    assert not gain.beyond_chance()
    assert gain.beyond_chance(0.94)
    low, high = gain.interval()
    assert (low, high) == pytest.approx((1.0 - 2.5706 * 0.5, 1.0 + 2.5706 * 0.5), abs=1e-4)


def test_false_alarms_are_as_many_as_the_level_says():
    rng = np.random.default_rng(0)
    tables = rng.normal(size=(2, 2000, 30))
    alarms = [paired_gain(a, b).beyond_chance() for a, b in zip(*tables, strict=True)]
    assert 0.03 < np.mean(alarms) < 0.07


def test_rows_that_err_together_are_one_observation():
    rng = np.random.default_rng(1)
    shared = rng.normal(size=(400, 10)).repeat(20, axis=1)  # ten units of twenty rows
    units = np.arange(10).repeat(20)
    zero = np.zeros(200)
    blind = np.mean([paired_gain(one, zero).beyond_chance() for one in shared])
    aware = np.mean([paired_gain(one, zero, units=units).beyond_chance() for one in shared])
    assert blind > 0.2
    assert aware < 0.09


@pytest.mark.parametrize(
    ("gain", "t"),
    [
        (Gain(0.0, 0.0, 5), 0.0),
        (Gain(1.0, 0.0, 5), math.inf),
        (Gain(-1.0, 0.0, 5), -math.inf),
        (Gain(1.0, math.nan, 1), 0.0),
    ],
)
def test_what_has_no_spread(gain, t):
    assert gain.t == t
    assert gain.beyond_chance() == (t > 0)


def test_one_unit_says_nothing():
    gain = paired_gain([3.0, 2.0], [1.0, 1.0], units=[7, 7])
    assert gain.n_units == 1
    assert not gain.beyond_chance()
    assert gain.interval() == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "before"),
        (([1.0], [1.0, 2.0]), "after must have as many rows"),
        (([math.nan], [1.0]), "before"),
    ],
)
def test_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        paired_gain(*arguments)


@pytest.mark.parametrize("level", [0.0, 1.0, 2.0, math.nan])
@pytest.mark.parametrize("gain", [Gain(1.0, 0.5, 6), Gain(1.0, math.nan, 1)])
def test_levels(gain, level):
    for ask in (gain.interval, gain.beyond_chance):
        with pytest.raises(ValueError, match="level"):
            ask(level)


def test_a_change_is_of_the_root():
    before = np.array([1.0, 4.0, 9.0])
    assert change(before, 0.25 * before) == pytest.approx((-0.5, -0.5, -0.5))
    assert change(before, np.zeros(3)).estimate == -1.0
    assert change(np.zeros(3), before).estimate == math.inf
    assert math.isnan(change(np.zeros(3), np.zeros(3)).estimate)


def test_intervals_hold_the_true_change_as_often_as_they_say():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(500):
        common = rng.normal(size=80)
        before = np.square(common + rng.normal(size=80))
        after = np.square(common)
        found = change(before, after)
        inside += found.low <= math.sqrt(0.5) - 1.0 <= found.high
    assert 0.92 < inside / 500 < 0.98


def test_units_widen_the_interval_of_a_change():
    rng = np.random.default_rng(1)
    before = np.repeat(rng.exponential(size=20), 30) + 1.0
    after = before * np.repeat(rng.uniform(0.4, 1.0, size=20), 30)
    rows, units = change(before, after), change(before, after, np.repeat(np.arange(20), 30))
    assert rows.estimate == units.estimate < 0
    assert units.low < rows.low < rows.high < units.high
    part = np.repeat(np.arange(20), 30) >= 10  # units need not be numbered without gaps
    of_part = change(before[part], after[part], np.repeat(np.arange(20), 30)[part])
    assert of_part == change(before[part], after[part], np.repeat(np.arange(10), 30))


def test_a_change_in_words():
    assert Change(-0.281, -0.402, -0.121).told == "-28 % (-40, -12)"
    assert Change(0.0123, 0.001, 0.024).told == "+1.2 % (+0.1, +2.4)"
    assert Change(1.54, -math.inf, math.inf).told == "+154 %"
    assert change(np.zeros(0), np.zeros(0)).told == "unknown"
    better, unsure, worse = Change(-0.2, -0.3, -0.1), Change(-0.1, -0.2, 0.1), Change(0.2, 0.1, 0.3)
    assert both(better, better) == "tail error -20 % (-30, -10), error -20 % (-30, -10)"
    assert both(better, worse) == "error -20 % (-30, -10), but tail error +20 % (+10, +30)"
    assert both(unsure, worse) == "tail error +20 % (+10, +30), error -10 % (-20, +10)"
    assert both(better, unsure).startswith("error -20 % (-30, -10); tail error -10 % (-20, +10), ")
