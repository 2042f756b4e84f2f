"""As many rows, or groups, at random as were removed."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paris_core.estimators._round.at_random import as_many


def some(n, k, seed=0):
    """k of n rows, ascending."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:k]).astype(np.int64)


@given(n=st.integers(2, 60), shares=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_sizes_and_nesting(n, shares):
    sizes = [min(n - 1, max(1, round(share * n))) for share in shares]
    fits = tuple(some(n, size, seed) for seed, size in enumerate(sizes))
    drawn = as_many(fits, n, None, None)
    assert [len(rows) for rows in drawn] == sizes
    for rows in drawn:
        assert rows.dtype == np.int64
        assert (np.diff(rows) > 0).all()
        assert rows.min() >= 0
        assert rows.max() < n
    by_size = sorted(drawn, key=len)
    for inner, outer in itertools.pairwise(by_size):
        assert np.isin(inner, outer).all()


@given(n=st.integers(2, 5), seed=st.integers(0, 50), data=st.data())
def test_other_rows_than_those_that_left(n, seed, data):
    """As many by chance the same would say that the deletion is no better than chance."""
    size = data.draw(st.integers(1, n - 1))
    kept = some(n, size, seed)
    (rows,) = as_many((kept,), n, None, None)
    assert len(rows) == size
    assert not np.array_equal(rows, kept)
    two = np.repeat(["a", "b"], 3)
    for name in "ab":
        kept = np.flatnonzero(two == name)
        (rows,) = as_many((kept,), 6, two, None)
        np.testing.assert_array_equal(rows, np.flatnonzero(two != name))


def test_no_other_rows():
    assert as_many((np.arange(9),), 9, None, None) is None
    # The quotas leave no choice.
    codes, quotas = np.array([0, 0, 1, 1]), np.array([0, 2])
    assert as_many((np.array([2, 3]),), 4, None, (codes, quotas)) is None
    assert as_many((np.array([1, 2, 3]),), 4, None, (codes, quotas))[0].tolist() == [0, 2, 3]


def test_the_drawing_does_not_depend_on_which_rows_left():
    """It knows how many, and no more; the same numbers draw the same."""
    first, second = (as_many((some(50, 30, seed),), 50, None, None)[0] for seed in (0, 1))
    np.testing.assert_array_equal(first, second)
    (other,) = as_many((some(50, 29),), 50, None, None)
    assert not np.isin(other, first).all()  # drawn anew for another number


def test_every_row_is_as_likely():
    """Over many numbers of rows each leaves about as often."""
    left = np.zeros(200)
    for k in range(60, 140):
        (rows,) = as_many((np.arange(k),), 200, None, None)
        left[rows] += 1
    expected = sum(range(60, 140)) / 200
    assert abs(left - expected).max() < 5 * np.sqrt(80 * 0.25)
    assert left[:100].mean() == pytest.approx(expected, rel=0.1)


NAMES = np.array(["e", "b", "a", "d", "c"])


def test_groups_stay_whole():
    groups = np.repeat(NAMES, [3, 5, 7, 11, 13])
    kept = np.flatnonzero(~np.isin(groups, ["a", "d"]))
    for fits, left in (((kept,), [3]), ((np.arange(39), kept), [5, 3])):
        drawn = as_many(fits, 39, groups, None)
        assert [len(np.unique(groups[rows])) for rows in drawn] == left
        for rows in drawn:
            stays = np.unique(groups[rows])
            np.testing.assert_array_equal(rows, np.flatnonzero(np.isin(groups, stays)))


def codes_of(n, seed):
    return np.random.default_rng(seed).choice(3, n, p=[0.8, 0.15, 0.05]).astype(np.int64)


@given(n=st.integers(10, 80), quota=st.integers(0, 6), seed=st.integers(0, 99))
def test_quotas_are_kept(n, quota, seed):
    """At least so many of each stay, also where few do; and exactly as many rows leave."""
    codes = codes_of(n, seed)
    quotas = np.minimum(np.bincount(codes, minlength=3), quota)
    for size in {max(1, int(quotas.sum())), n // 2 + int(quotas.sum()) // 2}:
        if not quotas.sum() <= size < n:
            continue
        drawn = as_many((some(n, size),), n, None, (codes, quotas))
        if drawn is None:  # no other choice
            assert size == quotas.sum()
            continue
        (rows,) = drawn
        assert len(rows) == size
        assert (np.bincount(codes[rows], minlength=3) >= quotas).all()


def test_quotas_bind_no_more_than_they_must():
    codes = codes_of(60, 0)
    free = as_many((some(60, 50),), 60, None, None)[0]
    unbound = as_many((some(60, 50),), 60, None, (codes, np.zeros(3, dtype=np.int64)))[0]
    np.testing.assert_array_equal(unbound, free)


def test_groups_that_a_class_cannot_spare():
    """All storms are in one group: None where that would leave, otherwise a drawing."""
    groups = np.repeat(np.arange(6), 4)
    codes = (groups == 2).astype(np.int64)
    answers = {}
    for n_left in range(1, 6):
        kept = np.flatnonzero(groups < n_left)
        drawn = as_many((kept,), 24, groups, None)[0]
        answers[n_left] = as_many((kept,), 24, groups, (codes, np.array([1, 1])))
        if np.isin(2, groups[drawn]) and (groups[drawn] != 2).any():
            np.testing.assert_array_equal(answers[n_left][0], drawn)
        else:
            assert answers[n_left] is None
    assert answers[1] is None
    assert sum(answer is not None for answer in answers.values()) >= 2
