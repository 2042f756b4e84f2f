import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from paris_core.validation import Tail
from paris_core.validation.weights import inverse_density, tail
from problems import make_problem

FINITE = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 1e30, -1e40, 1e-300])
TARGETS = st.lists(FINITE, min_size=1, max_size=60).map(np.array)


def heavy_tail(n=400, seed=0):
    return np.random.default_rng(seed).standard_t(2, n)


def direct_density(y, bandwidth):
    """Kernel density at every target, by the definition, up to a factor."""
    return np.array([sum(np.exp(-0.5 * ((y - at) / bandwidth) ** 2)) for at in y])


def silverman(y):
    spread = min(np.std(y), np.subtract(*np.percentile(y, [75, 25])) / 1.349)
    return 0.9 * spread * len(y) ** -0.2


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("bandwidth", [None, 0.05, 3.0])
def test_the_weight_is_a_power_of_the_density(power, bandwidth):
    y = heavy_tail()
    expected = direct_density(y, bandwidth or silverman(y)) ** -power
    weight = inverse_density(y, power=power, bandwidth=bandwidth, max_ratio=1e30)
    np.testing.assert_allclose(weight, expected / expected.mean(), rtol=0.02 * power)


def test_accuracy_of_the_density():
    for seed in range(5):
        y = heavy_tail(seed=seed)
        weight = inverse_density(y, bandwidth=0.3, max_ratio=1e30)
        product = weight * direct_density(y, 0.3)
        assert product.max() / product.min() < 1.01


@given(TARGETS, st.floats(1, 1e6), st.floats(0.1, 5))
def test_mean_and_bound(y, max_ratio, power):
    before = y.copy()
    weight = inverse_density(y, max_ratio=max_ratio, power=power)
    assert weight.shape == y.shape
    assert weight.dtype == np.float64
    assert np.isfinite(weight).all()
    assert weight.min() > 0
    assert weight.mean() == pytest.approx(1.0)
    assert weight.max() <= max_ratio * weight.min() * (1 + 1e-9)
    np.testing.assert_array_equal(y, before)


def test_the_bound_binds_only_where_it_should():
    y = heavy_tail()
    free, bound = inverse_density(y, max_ratio=1e30), inverse_density(y, max_ratio=10.0)
    ratio = free / free.min()
    np.testing.assert_allclose(bound / bound.min(), np.minimum(ratio, 10.0))
    assert (ratio > 10).any()


def test_the_unit_plays_no_part():
    y = heavy_tail()
    np.testing.assert_allclose(inverse_density(1024 * y), inverse_density(y), rtol=1e-12)
    np.testing.assert_allclose(inverse_density(-y), inverse_density(y), rtol=2e-2)
    np.testing.assert_allclose(inverse_density(y + 50.0), inverse_density(y), rtol=1e-6)


def test_ranges_of_equal_width_weigh_the_same():
    rng = np.random.default_rng(1)
    y = rng.triangular(0, 0, 1, 20_000)
    weight = inverse_density(y, max_ratio=1e3)
    sums = np.histogram(y, bins=8, range=(0.1, 0.9), weights=weight)[0]
    assert sums.max() / sums.min() < 1.15


def test_one_value_and_mostly_one_value():
    np.testing.assert_array_equal(inverse_density([3.0, 3.0, 3.0]), 1.0)
    np.testing.assert_array_equal(inverse_density([3.0]), 1.0)
    weight = inverse_density([0.0] * 9 + [5.0], max_ratio=1e9)  # the quartiles are equal
    assert weight[-1] / weight[0] == pytest.approx(9.0, rel=1e-2)


def test_bandwidths_at_both_ends():
    y = heavy_tail()
    tiny = inverse_density(y, bandwidth=5e-324)
    np.testing.assert_allclose(tiny, 1.0)  # no two targets are near each other
    np.testing.assert_allclose(inverse_density(y, bandwidth=1e300), 1.0)


def test_a_far_outlier_costs_nothing_and_weighs_its_bound():
    y = np.append(heavy_tail(), 1e39)
    weight = inverse_density(y, max_ratio=1000.0)
    assert weight[-1] > 0.99 * weight.max()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"power": 0.0}, ValueError, "power must be"),
        ({"power": "1"}, TypeError, "power must be"),
        ({"bandwidth": 0.0}, ValueError, "bandwidth must be"),
        ({"bandwidth": np.nan}, ValueError, "bandwidth must be"),
        ({"max_ratio": 0.5}, ValueError, "max_ratio must be >= 1, got 0.5"),
        ({"max_ratio": np.inf}, ValueError, "max_ratio must be"),
    ],
)
def test_inverse_density_refuses_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        inverse_density([1.0, 2.0, 4.0], **options)


@pytest.mark.parametrize("function", [inverse_density, lambda y: tail(y, Tail(quantile=0.4))])
@pytest.mark.parametrize(
    ("y_val", "error"),
    [
        ([], ValueError),
        ([1.0, np.nan], ValueError),
        ([1.0, np.inf], ValueError),
        ([[1.0, 2.0]], ValueError),
        (["a", "b"], TypeError),
        (5.0, ValueError),
    ],
)
def test_bad_targets(function, y_val, error):
    with pytest.raises(error, match=r"\by_val\b"):
        function(y_val)


@pytest.mark.parametrize("weight", [inverse_density, lambda y: tail(y, Tail(quantile=0.1))])
def test_prune_takes_the_weights(weight):
    problem = make_problem(60, 40, 4, seed=3)
    result = paris_core.prune(*problem.arrays, 5, lam=1.0, val_weight=weight(problem.y_val))
    assert len(result.removed) == 5
