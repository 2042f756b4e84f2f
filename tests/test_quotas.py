from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from paris_core.validation import quotas

STRATA = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(
            st.sampled_from([0.0, 0.1, 0.25, 1.0]) | st.floats(1e-9, 1), min_size=n, max_size=n
        ),
        st.lists(st.integers(0, 60), min_size=n, max_size=n).filter(any),
    )
)
DENSITIES = st.floats(1e-3, 1.0) | st.sampled_from([0.1, 0.5, 1.0])


def metriq_shares(errors, sizes, total):
    """Algorithm 1 of the paper in exact arithmetic: hand out, clip, hand out the excess again."""
    errors = [Fraction(error) for error in errors]
    kept, excess = [Fraction(0)] * len(sizes), Fraction(total)
    while excess > 0:
        open_strata = [g for g, size in enumerate(sizes) if kept[g] < size and errors[g] > 0]
        if not open_strata:  # not in the paper: the others share the rest by size
            errors = [Fraction(error == 0) for error in errors]
            continue
        factor = excess / sum(errors[g] * sizes[g] for g in open_strata)
        for g in open_strata:
            kept[g] += factor * errors[g] * sizes[g]
        excess = sum(max(kept[g] - sizes[g], Fraction(0)) for g in open_strata)
        kept = [min(share, Fraction(size)) for share, size in zip(kept, sizes, strict=True)]
    return kept


# Four classes of 100 rows with errors 5, 10, 20 and 40 %.
#  25 %: Z = 4/3, nothing saturates: 6.67, 13.33, 26.67, 53.33; remainders go to 0 and 2.
#  50 %: Z = 8/3 wants 106.7 of class 3. It is kept whole; 100 rows are left for errors that sum to
#        0.35: 14.29, 28.57, 57.14; the largest remainder is that of class 1.
#  75 %: Z = 4 wants 160 of class 3; 200 are left: 28.6, 57.1, 114.3; class 2 is kept whole too, and
#        100 are left for errors that sum to 0.15: 33.33, 66.67.
@pytest.mark.parametrize(
    ("density", "expected"),
    [
        (0.25, [7, 13, 27, 53]),
        (0.5, [14, 29, 57, 100]),
        (0.75, [33, 67, 100, 100]),
        (1.0, [100, 100, 100, 100]),
    ],
)
def test_metriq_by_hand(density, expected):
    kept = quotas.metriq([0.05, 0.1, 0.2, 0.4], [100] * 4, density)
    np.testing.assert_array_equal(kept, expected)
    assert kept.dtype == np.int64


def test_metriq_with_unequal_sizes_by_hand():
    # N = 1110, 555 to keep. 0.1 x 1000 + 0.5 x 100 + 1 x 10 = 160, Z = 3.47 saturates the last two;
    # 445 are left for the first.
    np.testing.assert_array_equal(
        quotas.metriq([0.1, 0.5, 1], [1000, 100, 10], 0.5), [445, 100, 10]
    )
    # 111 to keep, Z = 0.69375: 69.375, 34.6875, 6.9375.
    np.testing.assert_array_equal(quotas.metriq([0.1, 0.5, 1], [1000, 100, 10], 0.1), [69, 35, 7])


@given(STRATA, DENSITIES)
def test_metriq_rounds_the_shares_of_the_paper(strata, density):
    errors, sizes = strata
    total = round(density * sum(sizes))
    kept = quotas.metriq(errors, sizes, density)
    assert kept.dtype == np.int64
    assert kept.sum() == total
    assert (kept >= 0).all()
    assert (kept <= sizes).all()
    for mine, share in zip(kept.tolist(), metriq_shares(errors, sizes, total), strict=True):
        assert abs(mine - share) < 1 + 1e-9


@given(STRATA, DENSITIES)
def test_densities_are_in_proportion_to_errors_where_unsaturated(strata, density):
    errors, sizes = np.array(strata[0]) + 0.01, np.array(strata[1]) * 1000
    kept = quotas.metriq(errors, sizes, density)
    free = (sizes > 0) & (kept < sizes - 1)
    assume(free.sum() > 1)
    factor = kept[free].sum() / (errors * sizes)[free].sum()
    assert np.abs(kept - factor * errors * sizes)[free].max() < 2
    assert (factor * errors[~free & (sizes > 0)] > 0.99).all()


@given(STRATA, DENSITIES, st.sampled_from([2.0**-40, 8.0, 2.0**60]))
def test_only_ratios_of_errors_count(strata, density, factor):
    errors, sizes = strata
    np.testing.assert_array_equal(
        quotas.metriq(np.array(errors) * factor, sizes, density),
        quotas.metriq(errors, sizes, density),
    )


def test_strata_without_error():
    # The others are kept whole first; then those without error share the rest by their sizes.
    np.testing.assert_array_equal(quotas.metriq([0, 0.2, 0], [60, 40, 30], 0.2), [0, 26, 0])
    np.testing.assert_array_equal(quotas.metriq([0, 0.2, 0], [60, 40, 30], 70 / 130), [20, 40, 10])
    np.testing.assert_array_equal(quotas.metriq([0, 0, 0], [60, 40, 30], 0.1), [6, 4, 3])
    np.testing.assert_array_equal(quotas.metriq([1e-300, 1.0], [50, 50], 0.8), [30, 50])
    np.testing.assert_array_equal(quotas.metriq([5e-324, 0.0], [50, 50], 0.4), [40, 0])


def test_one_stratum_and_empty_groups():
    np.testing.assert_array_equal(quotas.metriq([0.3], [7], 0.5), [4])
    np.testing.assert_array_equal(quotas.metriq([0.9, 0.1], [0, 10], 0.5), [0, 5])
    np.testing.assert_array_equal(quotas.equal([0, 10], 0.5), [0, 5])


@given(STRATA, DENSITIES)
def test_equal(strata, density):
    sizes = np.array(strata[1])
    kept = quotas.equal(sizes, density)
    assert kept.sum() == round(density * sizes.sum())
    assert (kept <= sizes).all()
    free = kept < sizes
    if free.any():
        assert np.ptp(kept[free]) <= 1
        assert (kept[~free] <= kept[free].max() + 1).all()


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40).map(np.array), st.integers(1, 9))
def test_target_bins_by_quantiles(y, n_bins):
    bins = quotas.target_bins(y, n_bins=n_bins)
    assert bins.dtype == np.int64
    assert set(bins) == set(range(bins.max() + 1))
    assert bins.max() < n_bins
    order = np.argsort(y)
    assert (np.diff(bins[order]) >= 0).all()
    assert (np.diff(bins[order])[np.diff(y[order]) == 0] == 0).all()
    if len(set(y)) == len(y) and len(y) >= n_bins:
        assert np.ptp(np.bincount(bins)) <= 1


@given(st.lists(st.integers(-3, 3), min_size=1), st.sets(st.integers(-3, 3), min_size=1))
def test_target_bins_by_edges(y, edges):
    edges = sorted(edges)
    expected = [sum(value > edge for edge in edges) for value in y]
    np.testing.assert_array_equal(quotas.target_bins(y, edges=edges), expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0.1, 0.2], [10], 0.5), ValueError, r"error_per_stratum must have shape \(1,\)"),
        (([0.1, -0.2], [10, 5], 0.5), ValueError, "error_per_stratum must be >= 0, got -0.2"),
        (([0.1, np.nan], [10, 5], 0.5), ValueError, "error_per_stratum must be finite"),
        ((["a"], [10], 0.5), TypeError, "error_per_stratum must be real numbers"),
        (([0.1], [10.0], 0.5), TypeError, "stratum_sizes must be integers"),
        (([0.1], [-1], 0.5), ValueError, "stratum_sizes must be in"),
        (([0.1], [0], 0.5), ValueError, "stratum_sizes must not be zero everywhere"),
        (([0.1], [[10]], 0.5), ValueError, "stratum_sizes must be one-dimensional"),
        (([0.1], [10], 0.0), ValueError, "density must be"),
        (([0.1], [10], 1.5), ValueError, r"density must be in \(0, 1\], got 1.5"),
        (([0.1], [10], np.nan), ValueError, "density must be"),
        (([0.1], [10], "half"), TypeError, "density must be"),
    ],
)
def test_metriq_refuses_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        quotas.metriq(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "exactly one of n_bins and edges"),
        ({"n_bins": 2, "edges": [0.0]}, ValueError, "exactly one of n_bins and edges"),
        ({"n_bins": 0}, ValueError, "n_bins must be >= 1"),
        ({"n_bins": 2.0}, TypeError, "n_bins must be an integer"),
        ({"edges": [1.0, 1.0]}, ValueError, "edges must be strictly ascending"),
        ({"edges": []}, ValueError, "edges must not be empty"),
        ({"edges": [np.nan]}, ValueError, "edges must be finite"),
        ({"n_bins": 2, "y": [[1.0]]}, ValueError, "y must be one-dimensional"),
        ({"n_bins": 2, "y": [np.nan]}, ValueError, "y must be finite"),
        ({"n_bins": 2, "y": ["a"]}, TypeError, "y must be real numbers"),
    ],
)
def test_target_bins_refuses_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        quotas.target_bins(**{"y": [1.0, 2.0], **arguments})
