import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from paris_core.features import hidden_layer, lagged_features, last_hidden_layer


def test_lagged_features_match_a_plain_loop():
    rng = np.random.default_rng(0)
    drivers = {"a": rng.normal(size=60), "b": rng.normal(size=60)}
    target = rng.normal(size=60)
    drivers["b"][[7, 30]] = np.nan
    target[45] = np.nan
    before = {name: column.copy() for name, column in drivers.items()}
    lags, horizon = [3, 0, 5], 2
    table = lagged_features(drivers, target, lags=lags, horizon=horizon)

    X, y, rows = [], [], []
    for t in range(60):
        if t - max(lags) < 0 or t + horizon > 59:
            continue
        window = [drivers[name][t - lag] for name in ("a", "b") for lag in lags]
        if np.isnan([*window, target[t + horizon]]).any():
            continue
        X.append(window)
        y.append(target[t + horizon])
        rows.append(t)
    np.testing.assert_array_equal(table.X, X)
    np.testing.assert_array_equal(table.y, y)
    np.testing.assert_array_equal(table.rows, rows)
    assert table.rows.dtype == np.int64
    assert table.names == ("a[t-3]", "a[t]", "a[t-5]", "b[t-3]", "b[t]", "b[t-5]")
    for name, column in drivers.items():
        np.testing.assert_array_equal(column, before[name])


def test_lagged_features_never_see_the_future():
    rng = np.random.default_rng(1)
    target = rng.normal(size=50)
    issue = 20
    changed = target.copy()
    changed[issue + 1 :] += 100.0
    one, two = (
        lagged_features({"target": series}, target, lags=range(4), horizon=3)
        for series in (target, changed)
    )
    past = one.rows <= issue
    np.testing.assert_array_equal(one.X[past], two.X[past])
    assert not np.array_equal(one.X[~past], two.X[~past])


SERIES = np.arange(10.0)


@pytest.mark.parametrize(
    ("drivers", "target", "lags", "horizon", "error", "message"),
    [
        ([SERIES], SERIES, [0], 1, TypeError, "drivers must be a mapping"),
        ({}, SERIES, [0], 1, ValueError, "drivers is empty"),
        ({"a": SERIES[:9]}, SERIES, [0], 1, ValueError, r"drivers\['a'\] has 9 rows"),
        ({"a": SERIES}, SERIES[:, None], [0], 1, ValueError, "target must be one-dimensional"),
        ({"a": SERIES}, SERIES * 1j, [0], 1, TypeError, "target must be real numbers"),
        (
            {"a": np.where(SERIES == 1, np.inf, 0)},
            SERIES,
            [0],
            1,
            ValueError,
            r"drivers\['a'\] must be finite, .* got infinity in row 1",
        ),
        ({"a": SERIES}, SERIES, [], 1, ValueError, "lags is empty"),
        ({"a": SERIES}, SERIES, [-1], 1, ValueError, r"lags\[0\] must be >= 0"),
        ({"a": SERIES}, SERIES, [1, 1], 1, ValueError, "lags must be distinct"),
        ({"a": SERIES}, SERIES, 3, 1, TypeError, "lags must be a sequence of integers, got int 3"),
        ({"a": SERIES}, SERIES, None, 1, TypeError, "lags must be a sequence"),
        ({"a": SERIES}, SERIES, [1.0], 1, TypeError, r"lags\[0\] must be an int"),
        ({"a": SERIES}, SERIES, [0], 0, ValueError, "horizon must be >= 1"),
        ({"a": SERIES}, SERIES, [5], 5, ValueError, "too few"),
        ({"a": np.full(10, np.nan)}, SERIES, [0], 1, ValueError, "no row is complete"),
    ],
)
def test_lagged_features_refuse_bad_arguments(drivers, target, lags, horizon, error, message):
    with pytest.raises(error, match=message):
        lagged_features(drivers, target, lags=lags, horizon=horizon)


def head(mlp):
    return np.vstack([mlp.coefs_[-1], mlp.intercepts_[-1]])


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("hidden", [(7,), (9, 4), (5, 6, 3)], ids=str)
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.filterwarnings("ignore:.*converge")
def test_regressor_is_its_last_layer_times_its_output_weights(activation, hidden, outputs):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 5)), rng.normal(size=(80, outputs))
    mlp = MLPRegressor(
        hidden_layer_sizes=hidden, activation=activation, max_iter=5, random_state=0
    ).fit(X, y if outputs > 1 else y[:, 0])
    Phi = last_hidden_layer(mlp, X)
    assert Phi.shape == (80, hidden[-1] + 1)
    assert Phi.dtype == np.float64
    assert (Phi[:, -1] == 1.0).all()
    prediction = mlp.predict(X).reshape(80, outputs)
    np.testing.assert_allclose(Phi @ head(mlp), prediction, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.filterwarnings("ignore:.*converge")
def test_classifier_probabilities_follow_from_the_last_layer(classes):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 4)), np.arange(90) % classes
    mlp = MLPClassifier(hidden_layer_sizes=(6,), max_iter=5, random_state=0).fit(X, y)
    score = last_hidden_layer(mlp, X) @ head(mlp)
    if classes == 2:
        expected = 1.0 / (1.0 + np.exp(-score[:, 0]))
        np.testing.assert_allclose(mlp.predict_proba(X)[:, 1], expected, rtol=1e-10)
    else:
        odds = np.exp(score)
        np.testing.assert_allclose(mlp.predict_proba(X), odds / odds.sum(1, keepdims=True))


@pytest.mark.filterwarnings("ignore:.*converge")
def test_last_hidden_layer_takes_rows_in_blocks(monkeypatch):
    X = np.random.default_rng(0).normal(size=(23, 3))
    mlp = MLPRegressor(hidden_layer_sizes=(6, 4), max_iter=3, random_state=0).fit(X, X[:, 0])
    whole = last_hidden_layer(mlp, X)
    monkeypatch.setattr(hidden_layer, "_ROWS", 5)
    np.testing.assert_allclose(last_hidden_layer(mlp, X), whole, rtol=1e-14)


@pytest.mark.filterwarnings("ignore:.*converge")
def test_last_hidden_layer_leaves_its_input_alone_and_takes_lists():
    X = np.random.default_rng(0).normal(size=(20, 3))
    mlp = MLPRegressor(hidden_layer_sizes=(), activation="relu", max_iter=3, random_state=0)
    mlp.fit(X, X[:, 0])
    before = X.copy()
    np.testing.assert_array_equal(last_hidden_layer(mlp, X.tolist())[:, :3], X)
    np.testing.assert_array_equal(X, before)


def test_logistic_activation_does_not_overflow():
    X = np.array([[-1e4], [1e4]])
    mlp = MLPRegressor(hidden_layer_sizes=(2,), activation="logistic", solver="lbfgs", max_iter=1)
    with pytest.warns(UserWarning, match="converge"):
        mlp.fit(X, [0.0, 1.0])
    mlp.coefs_[0][:] = [[1.0, -1.0]]
    mlp.intercepts_[0][:] = 0.0
    np.testing.assert_array_equal(last_hidden_layer(mlp, X), [[0, 1, 1], [1, 0, 1]])


@pytest.mark.filterwarnings("ignore:.*converge")
def test_last_hidden_layer_refuses_bad_arguments():
    X = np.random.default_rng(0).normal(size=(20, 3))
    mlp = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2, random_state=0)
    with pytest.raises(ValueError, match="not fitted"):
        last_hidden_layer(mlp, X)
    mlp.fit(X, X[:, 0])
    with pytest.raises(TypeError, match="got str"):
        last_hidden_layer("mlp", X)
    with pytest.raises(ValueError, match=r"shape \(n, 3\).*got \(20, 2\)"):
        last_hidden_layer(mlp, X[:, :2])
    with pytest.raises(TypeError, match="complex"):
        last_hidden_layer(mlp, X * 1j)
    X[4, 1] = np.nan
    with pytest.raises(ValueError, match="row 4"):
        last_hidden_layer(mlp, X)
