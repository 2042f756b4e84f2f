import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from paris_core.metrics import conditional_rmse
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


@pytest.mark.parametrize("function", [inverse_density, lambda y: tail(y, quantile=0.5)])
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


def test_tail_by_hand():
    y = [-150.0, -100.0, -20.0, 0.0, 30.0]
    np.testing.assert_array_equal(tail(y, threshold=-100), [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(tail(y, threshold=0, side="upper"), [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(tail(y, threshold=(-120, 30), side="both"), [1, 0, 0, 0, 1])
    np.testing.assert_array_equal(tail(y, quantile=0.25), [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(tail(y, quantile=0.1, side="both"), [1, 0, 0, 0, 1])
    np.testing.assert_array_equal(tail(y, quantile=(0.1, 0.6), side="both"), [1, 0, 0, 1, 1])
    np.testing.assert_array_equal(tail(y, threshold=(-500, 30), side="both"), [0, 0, 0, 0, 1])


@given(
    st.lists(st.floats(-10, 10), min_size=1, max_size=30).map(np.array),
    st.floats(0.01, 0.49),
    st.sampled_from(["lower", "upper", "both"]),
)
def test_the_tail_is_that_of_conditional_rmse(y, quantile, side):
    weight = tail(y, quantile=quantile, side=side)
    pred = np.arange(len(y)) / 7.0
    expected = np.sqrt(np.average((y - pred) ** 2, weights=weight))
    assert conditional_rmse(y, pred, quantile=quantile, side=side) == pytest.approx(expected)
    if side == "both":
        either = np.maximum(
            tail(y, quantile=quantile), tail(y, quantile=1 - quantile, side="upper")
        )
        np.testing.assert_array_equal(weight, either)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "exactly one of threshold and quantile"),
        ({"threshold": 0.0, "quantile": 0.5}, ValueError, "exactly one of threshold and quantile"),
        ({"threshold": -9.0}, ValueError, r"no row is in the lower tail.*-9.*y_val is in \[1, 4\]"),
        ({"threshold": 9.0, "side": "upper"}, ValueError, "no row is in the upper tail"),
        (
            {"threshold": (0, 9), "side": "both"},
            ValueError,
            "no row is in either tail: threshold is 0 and 9",
        ),
        ({"threshold": 1.0, "side": "both"}, ValueError, "threshold must be an ascending pair"),
        ({"threshold": (3.0, 1.0), "side": "both"}, ValueError, "ascending pair"),
        ({"threshold": (1.0, 2.0, 3.0), "side": "both"}, ValueError, "ascending pair"),
        ({"quantile": 0.6, "side": "both"}, ValueError, "quantile must be .* below 0.5"),
        ({"threshold": (1.0, 2.0)}, ValueError, "threshold must be one number for side='lower'"),
        ({"threshold": np.nan}, ValueError, "threshold must be a number"),
        ({"threshold": "1"}, TypeError, "threshold must be a number"),
        ({"threshold": True}, TypeError, "threshold must be a number"),
        ({"quantile": 1.0}, ValueError, "quantile must lie"),
        ({"quantile": 0.1, "side": "left"}, ValueError, "side must be one of"),
        ({"quantile": 0.1, "side": 1}, TypeError, "side must be a string"),
    ],
)
def test_tail_refuses_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        tail([1.0, 2.0, 4.0], **options)


@pytest.mark.parametrize("weight", [inverse_density, lambda y: tail(y, quantile=0.1)])
def test_prune_takes_the_weights(weight):
    problem = make_problem(60, 40, 4, seed=3)
    result = paris_core.prune(*problem.arrays, 5, lam=1.0, val_weight=weight(problem.y_val))
    assert len(result.removed) == 5
