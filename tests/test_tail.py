"""The tail of a target: one object for estimators, metrics and weights."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from paris_core import PARISRegressor
from paris_core.metrics import conditional_rmse
from paris_core.validation import Tail, weights

Y = [-150.0, -100.0, -20.0, 0.0, 30.0]


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (Tail("lower", threshold=-100), [1, 1, 0, 0, 0]),
        (Tail("upper", threshold=0), [0, 0, 0, 1, 1]),
        (Tail(threshold=(-120, 30)), [1, 0, 0, 0, 1]),
        (Tail("lower", quantile=0.25), [1, 1, 0, 0, 0]),
        (Tail(quantile=0.1), [1, 0, 0, 0, 1]),
        (Tail("both", quantile=(0.1, 0.6)), [1, 0, 0, 1, 1]),
        (Tail(threshold=(-500, 30)), [0, 0, 0, 0, 1]),
        (Tail(threshold=(-500, 500)), [0, 0, 0, 0, 0]),
    ],
    ids=repr,
)
def test_by_hand(tail, expected):
    np.testing.assert_array_equal(tail.mask(Y), expected)
    assert tail.mask(Y).dtype == np.bool_
    if any(expected):
        np.testing.assert_array_equal(weights.tail(Y, tail), expected)


@pytest.mark.parametrize("side", ["lower", "upper", "both"])
def test_without_a_bound_it_is_five_per_cent(side):
    y = np.arange(100.0)
    expected = {"lower": 0.05, "upper": 0.95, "both": (0.05, 0.95)}[side]
    assert Tail(side).bounds(y) == Tail(side, quantile=expected).bounds(y)
    assert Tail(side).mask(y).sum() == (10 if side == "both" else 5)


@given(
    st.lists(st.floats(-10, 10), min_size=1, max_size=30).map(np.array),
    st.floats(0.01, 0.49),
    st.sampled_from(["lower", "upper", "both"]),
)
def test_metrics_and_weights_have_the_same_tail(y, quantile, side):
    tail = Tail(side, quantile=quantile)
    weight = weights.tail(y, tail)
    pred = np.arange(len(y)) / 7.0
    expected = np.sqrt(np.average((y - pred) ** 2, weights=weight))
    assert conditional_rmse(y, pred, tail) == pytest.approx(expected)
    low, high = tail.bounds(y)
    np.testing.assert_array_equal(tail.mask(y), (y <= low) | (y >= high))
    assert np.isinf(low) == (side == "upper")
    assert np.isinf(high) == (side == "lower")
    if side == "both":
        sides = Tail("lower", quantile=quantile), Tail("upper", quantile=1 - quantile)
        either = np.maximum(*(weights.tail(y, one) for one in sides))
        np.testing.assert_array_equal(weight, either)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"threshold": 0.0, "quantile": 0.5}, ValueError, "threshold and quantile must not both"),
        ({"threshold": 1.0}, ValueError, "threshold must be an ascending pair"),
        ({"threshold": (3.0, 1.0)}, ValueError, "ascending pair"),
        ({"threshold": (1.0, 2.0, 3.0)}, ValueError, "ascending pair"),
        ({"quantile": 0.6}, ValueError, "quantile must be .* below 0.5"),
        ({"quantile": 0.5}, ValueError, "quantile must be .* below 0.5"),
        ({"quantile": (0.9, 0.1)}, ValueError, "quantile must be an ascending pair"),
        ({"side": "lower", "threshold": (1.0, 2.0)}, ValueError, "one number for side='lower'"),
        ({"side": "lower", "threshold": np.nan}, ValueError, "threshold must be a number"),
        ({"side": "lower", "threshold": "1"}, TypeError, "threshold must be a number"),
        ({"side": "lower", "threshold": True}, TypeError, "threshold must be a number"),
        ({"side": "lower", "quantile": 1.0}, ValueError, "quantile must lie"),
        ({"side": "lower", "quantile": 0}, ValueError, "quantile must lie"),
        ({"side": "lower", "quantile": np.nan}, ValueError, "quantile must lie"),
        ({"side": "left", "quantile": 0.1}, ValueError, "side must be one of"),
        ({"side": 1, "quantile": 0.1}, TypeError, "side must be a string"),
    ],
    ids=str,
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        Tail(**options)


@pytest.mark.parametrize("method", ["bounds", "mask"])
@pytest.mark.parametrize("y", [[], [[1.0]], [np.nan], ["a"], None], ids=repr)
def test_bad_targets(method, y):
    with pytest.raises((TypeError, ValueError), match=r"^y must"):
        getattr(Tail(), method)(y)


@pytest.mark.parametrize(
    ("tail", "message"),
    [
        (Tail("lower", threshold=-9.0), r"no row is in the lower tail.*-9.*y_val is in \[1, 4\]"),
        (Tail("upper", threshold=9.0), "no row is in the upper tail"),
        (Tail(threshold=(0, 9)), "no row is in either tail: threshold is 0 and 9"),
    ],
    ids=repr,
)
def test_a_tail_without_rows(tail, message):
    with pytest.raises(ValueError, match=message):
        weights.tail([1.0, 2.0, 4.0], tail)


def test_it_is_a_value():
    tail = Tail("both", quantile=[np.float64(0.1), 0.7])
    assert tail == Tail(quantile=(0.1, 0.7)) != Tail(quantile=0.1) != Tail()
    assert hash(tail) == hash(Tail(quantile=(0.1, 0.7)))
    assert Tail(threshold=np.array([1, 2])) == Tail(threshold=(1.0, 2.0))
    assert tail.quantile == (0.1, 0.7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        tail.side = "lower"
    for again in (pickle.loads(pickle.dumps(tail)), copy.deepcopy(tail), eval(repr(tail))):
        assert again == tail
        assert type(again.quantile[0]) is float


@pytest.mark.parametrize(
    ("tail", "text"),
    [
        (Tail(), "Tail()"),
        (Tail("upper"), "Tail('upper')"),
        (Tail("lower", threshold=-100), "Tail('lower', threshold=-100.0)"),
        (Tail(quantile=(0.1, 0.8)), "Tail(quantile=(0.1, 0.8))"),
    ],
)
def test_repr(tail, text):
    assert repr(tail) == text
    assert repr(PARISRegressor(tail=tail)) == f"PARISRegressor(tail={text})"


def test_in_an_estimator():
    tail = Tail("upper", quantile=0.8)
    model = clone(PARISRegressor(tail=tail))
    assert model.get_params()["tail"] == tail
    assert model.set_params(tail=Tail("lower")).tail == Tail("lower")
