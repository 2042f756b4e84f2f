"""Estimators among pipelines, tables with gaps, models without features and fitted ones."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core.features import (
    FrozenExtractor,
    IdentityExtractor,
    PipelineExtractor,
    TablePreprocessor,
    as_extractor,
    last_hidden_layer,
)

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),
]

RNG = np.random.default_rng(1)
X = RNG.normal(size=(200, 3))
Y = X.sum(axis=1) + 0.1 * RNG.normal(size=200)


def network():
    return MLPRegressor(hidden_layer_sizes=(6,), solver="lbfgs", max_iter=50, random_state=0)


def model(estimator, **options):
    options = {"keep": 0.9, "rounds": 1, "retrain": "head", "random_state": 0} | options
    return PARISRegressor(estimator, **options)


TABLE = pd.DataFrame(
    {
        "wind": np.where(np.arange(200) % 7, X[:, 0] * 10 + 50, np.nan),
        "place": np.where(np.arange(200) % 2, "sea", "land"),
        "day": np.arange(200) % 3 == 0,
        "kind": pd.Categorical(np.arange(200) % 4),
    }
)


def test_a_table_of_gaps_and_categories_becomes_numbers():
    prepared = TablePreprocessor().fit(TABLE)
    assert (prepared.numeric_, prepared.categorical_) == (["wind", "day"], ["place", "kind"])
    found = prepared.transform(TABLE)
    assert found.shape == (200, 2 + 1 + 2 + 4)
    gap = np.isnan(TABLE["wind"])
    np.testing.assert_allclose(found[gap, 0], found[gap, 0][0])  # the median
    assert (found[gap, 2] > 0).all()
    np.testing.assert_array_equal(found[:, 4], TABLE["place"] == "sea")
    np.testing.assert_array_equal(found[:, 5:].argmax(axis=1), np.arange(200) % 4)
    unknown = TABLE.assign(place="moon")
    assert (prepared.transform(unknown)[:, 3:5] == 0).all()


@pytest.mark.parametrize("kind", ["polars", "objects", "nullable"])
def test_tables_of_other_kinds_become_the_same_numbers(kind):
    expected = TablePreprocessor().fit_transform(TABLE)
    if kind == "polars":
        pl = pytest.importorskip("polars")
        wind = [None if np.isnan(one) else one for one in TABLE["wind"]]
        columns = {name: TABLE[name].to_numpy() for name in ("place", "day")}
        code = pl.Series([str(one) for one in TABLE["kind"]])
        table = pl.DataFrame({"wind": wind, **columns, "kind": code})
    elif kind == "objects":
        table = TABLE.astype({"kind": str}).to_numpy(dtype=object)
    else:
        table = TABLE.astype({"wind": "Float64", "day": "boolean", "place": "string"})
    np.testing.assert_allclose(TablePreprocessor().fit_transform(table), expected)


def test_dates_are_no_numbers():
    dates = TABLE.assign(when=pd.date_range("2020", periods=200, tz="UTC"))
    with pytest.raises(TypeError, match="column 'when' of X must hold numbers or categories"):
        TablePreprocessor().fit(dates)


def test_an_estimator_with_gaps_and_categories():
    y = TABLE["place"].eq("sea") * 5.0 + X[:, 0]
    found = model(make_pipeline(TablePreprocessor(), network()))
    found.fit(TABLE[:150], y[:150], X_val=TABLE[150:], y_val=y[150:])
    assert np.corrcoef(found.predict(TABLE), y)[0, 1] > 0.97


def test_a_pipeline_that_ends_in_an_extractor():
    pipeline = make_pipeline(PCA(3), StandardScaler(), IdentityExtractor(lam=1.0))
    extractor = as_extractor(pipeline)
    assert isinstance(extractor, PipelineExtractor)
    scaled = make_pipeline(PCA(3), StandardScaler()).fit_transform(X)
    np.testing.assert_allclose(extractor.fit(X, Y).transform(X), scaled)
    alone = IdentityExtractor(lam=1.0).fit(scaled, Y)
    np.testing.assert_allclose(extractor.predict(X), alone.predict(scaled))
    found = clone(model(pipeline)).fit(X, Y)
    assert found.score(X, Y) > 0.9


@pytest.mark.parametrize("piped", [False, True])
def test_a_fitted_model_is_not_trained_again(piped):
    net = make_pipeline(StandardScaler(), network()) if piped else network()
    net.fit(X, Y)
    last = net[-1] if piped else net
    weights = [one.copy() for one in last.coefs_]
    found = clone(model(FrozenExtractor(net), retrain="estimator")).fit(X, 100.0 * Y)
    assert found.estimator_.model is net
    for before, after in zip(weights, last.coefs_, strict=True):
        np.testing.assert_array_equal(before, after)
    inputs = net[:-1].transform(X) if piped else X
    np.testing.assert_array_equal(found.features(X), last_hidden_layer(last, inputs))
    assert found.score(X, 100.0 * Y) > 0.97


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (np.arange(200) % 40, PARISRegressor),
        (np.arange(200.0) % 11, PARISRegressor),
        (np.arange(200) % 10, PARISClassifier),
        (np.arange(200) % 2 == 0, PARISClassifier),
        (np.array([f"class {place % 40}" for place in range(200)]), PARISClassifier),
    ],
)
def test_what_the_sampler_takes_for_classes(y, kind):
    assert type(PARISUnderSampler()._model(y)) is kind
    given = PARISRegressor(keep=0.9)
    assert type(PARISUnderSampler(given)._model(y)) is PARISRegressor


def test_a_model_without_features_is_fitted_to_the_rows_that_a_network_leaves():
    with pytest.raises(TypeError, match="support_"):
        model(HistGradientBoostingRegressor()).fit(X, Y)
    chosen = model(network()).fit(X, Y).support_
    trees = HistGradientBoostingRegressor(max_iter=20).fit(X[chosen], Y[chosen])
    assert trees.score(X, Y) > 0.5


def test_set_output_of_steps_changes_nothing():
    expected = model(make_pipeline(StandardScaler(), network())).fit(X, Y).predict(X)
    framed = make_pipeline(StandardScaler(), network()).set_output(transform="pandas")
    np.testing.assert_allclose(model(framed).fit(X, Y).predict(X), expected)
    with sklearn.config_context(transform_output="pandas"):
        found = model(make_pipeline(StandardScaler(), network())).fit(X, Y)
        np.testing.assert_allclose(found.predict(X), expected)
        assert isinstance(found.features(X), np.ndarray)
