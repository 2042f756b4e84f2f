import numpy as np
import pytest

from paris_core.metrics import conditional_rmse, rmse

Y = np.array([-300.0, -120.0, -100.0, -20.0, 0.0, 15.0])
PRED = np.array([-250.0, -100.0, -101.0, -25.0, 4.0, 15.0])


def test_rmse_by_hand():
    assert rmse(Y, PRED) == pytest.approx(np.sqrt((2500 + 400 + 1 + 25 + 16 + 0) / 6))
    assert rmse(Y, Y) == 0.0
    assert rmse([1, 2], [2, 4]) == pytest.approx(np.sqrt(2.5))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"threshold": -100.0}, (2500 + 400 + 1) / 3),
        ({"threshold": -100.5}, (2500 + 400) / 2),
        ({"threshold": 0.0, "side": "upper"}, (16 + 0) / 2),
        ({"quantile": 0.4}, (2500 + 400 + 1) / 3),
        ({"quantile": 0.7, "side": "upper"}, (16 + 0) / 2),
    ],
)
def test_conditional_rmse_by_hand(options, expected):
    assert conditional_rmse(Y, PRED, **options) == pytest.approx(np.sqrt(expected))


def test_the_targets_choose_the_rows_not_the_predictions():
    assert conditional_rmse([-150.0, 0.0], [0.0, -150.0], threshold=-100) == 150.0


def test_whole_range_is_plain_rmse():
    assert conditional_rmse(Y, PRED, threshold=np.inf) == rmse(Y, PRED)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "exactly one"),
        ({"threshold": 1.0, "quantile": 0.5}, "exactly one"),
        ({"threshold": -500.0}, r"no row is in the lower tail.*-300"),
        ({"threshold": 500.0, "side": "upper"}, "no row is in the upper tail"),
        ({"threshold": np.nan}, "threshold must be a number"),
        ({"quantile": 0.0}, "between 0 and 1"),
        ({"quantile": 1.0}, "between 0 and 1"),
        ({"quantile": np.nan}, "between 0 and 1"),
        ({"threshold": 0.0, "side": "left"}, "side must be"),
    ],
)
def test_conditional_rmse_refuses_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        conditional_rmse(Y, PRED, **options)


@pytest.mark.parametrize(
    ("y", "pred", "error", "message"),
    [
        ([], [], ValueError, "y is empty"),
        ([1.0], [1.0, 2.0], ValueError, "pred has 2 rows, y has 1"),
        ([1.0, np.nan], [1.0, 2.0], ValueError, "y must be finite, got nan in row 1"),
        ([1.0, 2.0], [np.inf, 2.0], ValueError, "pred must be finite, got inf in row 0"),
        ([[1.0]], [1.0], ValueError, "y must be one-dimensional"),
        ([1.0], [1j], TypeError, "pred must hold real numbers"),
        (["a"], [1.0], TypeError, "y must hold real numbers"),
    ],
)
def test_metrics_refuse_bad_arrays(y, pred, error, message):
    with pytest.raises(error, match=message):
        rmse(y, pred)
    with pytest.raises(error, match=message):
        conditional_rmse(y, pred, threshold=10.0)
