"""`sample_weight` in the estimators and the sampler."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.validation import has_fit_parameter

import paris_core
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core.features import CallableExtractor
from paris_core.validation import Tail

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.DuplicateRowsWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.ManyRemovedWarning"),
]


def features(X):
    X = np.asarray(X)
    return np.column_stack([X, X**2, np.ones(len(X))])


RNG = np.random.default_rng(3)
X, X_VAL = RNG.normal(size=(120, 3)), RNG.normal(size=(60, 3))
Y, Y_VAL = X.sum(axis=1) + 0.3 * RNG.normal(size=120), X_VAL.sum(axis=1)
Y[:10] += 5.0  # wrong
WEIGHT = RNG.integers(0, 3, size=120).astype(float)
WEIGHT_VAL = RNG.integers(1, 3, size=60).astype(float)
COPIES = np.repeat(np.arange(120), WEIGHT.astype(int))
LINEAR = CallableExtractor(features, lam=1.0)


def model(**options):
    tail = Tail(threshold=(-2.0, 2.0))  # quantiles of weighted rows are those of the rows
    options = {"monitor": None, "keep": 1.0 - 1e-9, "tail": tail, "random_state": 0} | options
    return PARISRegressor(LINEAR, lam=1.0, **options)


def labels(y):
    return np.digitize(y, [-1.0, 1.0])


@pytest.mark.parametrize("retrain", ["head", "estimator"])
@pytest.mark.parametrize("refit", [False, True])
def test_a_fit_to_weighted_rows_is_that_to_equal_rows(retrain, refit):
    options = {"keep": 120, "retrain": retrain, "refit": refit}
    given = {"X_val": X_VAL, "y_val": Y_VAL}
    one = model(**options).fit(X, Y, WEIGHT, **given)
    other = model(**options | {"keep": len(COPIES)}).fit(X[COPIES], Y[COPIES], **given)
    np.testing.assert_allclose(one.predict(X), other.predict(X), rtol=1e-9)
    assert one.history_[0].error == pytest.approx(other.history_[0].error)


def test_errors_of_weighted_rows_are_those_of_equal_rows():
    rows = np.repeat(np.arange(60), WEIGHT_VAL.astype(int))
    one = model(keep=120).fit(X, Y, X_val=X_VAL, y_val=Y_VAL, sample_weight_val=WEIGHT_VAL)
    other = model(keep=120).fit(X, Y, X_val=X_VAL[rows], y_val=Y_VAL[rows])
    assert one.history_[0].error == pytest.approx(other.history_[0].error)
    assert one.history_[0].tail_error == pytest.approx(other.history_[0].tail_error)


def test_classes_of_weighted_rows_are_those_of_equal_rows():
    def fitted(rows, weight=None, rows_val=slice(None), weight_val=None):
        kind = PARISClassifier(LINEAR, lam=1.0, monitor=None, keep=0.999, rounds=1, random_state=0)
        return kind.fit(
            X[rows],
            labels(Y[rows]),
            weight,
            X_val=X_VAL[rows_val],
            y_val=labels(Y_VAL[rows_val]),
            sample_weight_val=weight_val,
        )

    again = np.repeat(np.arange(60), WEIGHT_VAL.astype(int))
    one = fitted(slice(None), WEIGHT, weight_val=WEIGHT_VAL)
    other = fitted(COPIES, rows_val=again)
    assert one.history_[0].error == pytest.approx(other.history_[0].error)
    assert one.history_[0].tail_error == pytest.approx(other.history_[0].tail_error)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("delete", ["rows", "groups"])
@pytest.mark.parametrize("monitor", [0.4, 3])
def test_rows_of_weight_zero_have_no_part_in_anything(delete, monitor):
    """They may hold any targets."""
    spoilt, spoilt_val = Y.copy(), Y_VAL.copy()
    weight_val = WEIGHT_VAL - 1.0
    spoilt[WEIGHT == 0], spoilt_val[weight_val == 0] = 99.0, -99.0
    fitted = []
    for y, y_val in ((Y, Y_VAL), (spoilt, spoilt_val)):
        extra = {"groups": np.arange(120) % 8} if delete == "groups" else {}
        options = {"keep": "auto", "monitor": monitor, "delete": delete}
        options |= {"validation_split": "random"}  # which does not look at targets
        weights = {"sample_weight": WEIGHT, "sample_weight_val": weight_val}
        fitted.append(model(**options).fit(X, y, X_val=X_VAL, y_val=y_val, **weights, **extra))
    np.testing.assert_array_equal(fitted[0].removed_, fitted[1].removed_)
    np.testing.assert_array_equal(fitted[0].predict(X), fitted[1].predict(X))
    assert fitted[0].history_[0].monitor_loss == fitted[1].history_[0].monitor_loss or monitor == 3


def test_deletions_are_those_of_prune():
    found = model(keep=100, rounds=1, refit=False).fit(X, Y, WEIGHT, X_val=X_VAL, y_val=Y_VAL)
    result = found.results_[0]
    np.testing.assert_array_equal(result.sample_weight, WEIGHT)
    task = found.task_
    Phi = features(X)
    assert task.mean == pytest.approx(np.average(Y, weights=WEIGHT))
    pruned = paris_core.prune(
        Phi,
        task.encode(Y),
        features(X_VAL),
        task.encode(Y_VAL),
        20,
        lam=1.0,
        criterion="refit",
        objective="mean",
        sample_weight=WEIGHT,
    )
    np.testing.assert_array_equal(result.removed, pruned.removed)


def test_weights_of_rows_split_off_X_judge_them():
    weight = np.where(np.arange(120) < 60, 1.0, 4.0)
    found = model(validation_split=0.5, keep=60).fit(X, Y, weight)
    rows = found.validation_rows_
    errors = (Y[rows] - found.round_estimator_.predict(X[rows]) * found.round_task_.scale) - (
        found.round_task_.mean
    )
    expected = np.sqrt(np.average(errors**2, weights=weight[rows]))
    assert found.history_[0].error == pytest.approx(expected)


def test_a_checkpoint_belongs_to_its_weights(tmp_path):
    path = tmp_path / "state"
    options = {"keep": 100, "rounds": 2, "checkpoint": path}
    given = {"X_val": X_VAL, "y_val": Y_VAL}
    first = model(**options).fit(X, Y, WEIGHT, **given)
    again = model(**options).fit(X, Y, WEIGHT, **given)
    np.testing.assert_array_equal(first.removed_, again.removed_)
    np.testing.assert_array_equal(again.results_[0].sample_weight, WEIGHT)
    with pytest.raises(ValueError, match="sample_weight"):
        model(**options).fit(X, Y, WEIGHT + 1.0, **given)


@pytest.mark.parametrize("kind", [list, pd.Series])
def test_the_sampler_takes_weights_of_any_kind(kind):
    weight = kind(WEIGHT)
    if kind is pd.Series:
        weight.index = weight.index + 7  # rows are told by their places
    sampler = PARISUnderSampler(model(keep=100))
    rows, _ = sampler.fit_resample(
        X, Y, sample_weight=weight, X_val=X_VAL, y_val=Y_VAL, sample_weight_val=WEIGHT_VAL
    )
    alone = model(keep=100).fit(
        X, Y, WEIGHT, X_val=X_VAL, y_val=Y_VAL, sample_weight_val=WEIGHT_VAL
    )
    np.testing.assert_array_equal(sampler.ranking_, alone.removed_)
    assert len(rows) == 100


@pytest.mark.skipif(
    not has_fit_parameter(MLPRegressor, "sample_weight"), reason="scikit-learn 1.7 or later"
)
@pytest.mark.parametrize(
    ("kind", "network"), [(PARISRegressor, MLPRegressor), (PARISClassifier, MLPClassifier)]
)
def test_networks_are_trained_with_weights(kind, network):
    y = Y if kind is PARISRegressor else labels(Y)
    net = network(hidden_layer_sizes=(4,), solver="lbfgs", max_iter=15, random_state=0)
    options = {"keep": 0.9, "rounds": 1, "random_state": 0, "retrain": "head"}
    weighted = kind(net, **options).fit(X, y, np.where(np.arange(120) % 2, 1.0, 0.1))
    plain = kind(net, **options).fit(X, y)
    assert not np.allclose(weighted.features(X), plain.features(X))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sample_weight": np.ones(5)}, r"sample_weight must have shape \(120,\), .* of X"),
        ({"sample_weight": -np.ones(120)}, "sample_weight must be >= 0"),
        ({"sample_weight_val": np.ones(60)}, "sample_weight_val is for the rows of X_val"),
        (
            {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": np.ones(5)},
            r"sample_weight_val must have shape \(60,\), .* of X_val",
        ),
        (
            {"X_val": X_VAL, "y_val": Y_VAL, "sample_weight_val": np.arange(60) == 7.0},
            None,
        ),
    ],
)
def test_weights_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message or "sample_weight_val must not be zero for all"):
        model(monitor=0.4).fit(X, Y, **arguments)
