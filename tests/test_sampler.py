"""PARISUnderSampler in the conventions of imbalanced-learn."""

import importlib.metadata
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold

from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core.features import IdentityExtractor
from paris_core.validation import Tail

pytestmark = [
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
]
REASON = "imbalanced-learn is not installed (extra test)"

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = np.exp(X[:, 0] + X[:, 1])
LABELS = np.array(["calm", "gale", "storm"])[np.digitize(X[:, 0] + X[:, 1], [0.3, 1.4])]
X_VAL, Y_VAL = X[150:] + 0.01, Y[150:]


def quick(estimator=None, kind=PARISRegressor, **options):
    options = {"rounds": 3, "keep": 0.6, "retrain": "head", "random_state": 0} | options
    if options["keep"] == "auto":
        options["rounds"] = None
    model = kind(IdentityExtractor() if estimator is None else estimator, **options)
    return PARISUnderSampler(model)


def kind_of(y):
    return PARISRegressor if y.dtype == np.float64 else PARISClassifier


@pytest.mark.parametrize("y", [Y, LABELS], ids=["regression", "classification"])
@pytest.mark.parametrize("given", [False, True], ids=["split", "X_val"])
def test_fit_resample(y, given):
    sampler = quick(kind=kind_of(y))
    options = {"X_val": X_VAL, "y_val": y[150:]} if given else {}
    result = sampler.fit_resample(X, y, **options)
    assert isinstance(result, tuple)
    assert len(result) == 2
    X_res, y_res = result
    rows = sampler.sample_indices_
    assert rows.dtype == sampler.ranking_.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(X_res, X[rows])
    np.testing.assert_array_equal(y_res, y[rows])
    assert X_res.dtype == X.dtype
    assert y_res.dtype == y.dtype
    assert not np.shares_memory(X_res, X)
    np.testing.assert_array_equal(np.sort(np.concatenate([rows, sampler.ranking_])), np.arange(200))
    n = 200 if given else 140
    assert len(sampler.estimator_.training_rows_) == n
    assert len(sampler.ranking_) == n - round(0.6 * n)
    assert np.isin(sampler.ranking_, sampler.estimator_.training_rows_).all()
    if not given:  # what was held out is never removed
        assert np.isin(sampler.estimator_.validation_rows_, rows).all()
        assert np.isin(sampler.estimator_.monitor_rows_, rows).all()
    assert len(sampler.estimator_.history_) == sampler.estimator_.n_iter_ + 1 == 4
    assert sampler.estimator_ is not sampler.estimator
    assert not hasattr(sampler.estimator, "support_")
    assert sampler.n_features_in_ == 3
    first = sampler.estimator_.results_[0].removed
    np.testing.assert_array_equal(sampler.ranking_, sampler.estimator_.training_rows_[first])
    again = clone(sampler).fit(X, y)
    assert isinstance(again, PARISUnderSampler)
    if not given:
        np.testing.assert_array_equal(again.sample_indices_, rows)


def test_auto_keeps_the_rows_of_the_best_round():
    sampler = quick(keep="auto")
    X_res, _ = sampler.fit_resample(X, Y)
    kept = sampler.estimator_.history_[sampler.estimator_.best_round_].n_kept
    assert len(X_res) == kept + 60
    assert len(sampler.ranking_) == 140 - kept


def test_pandas_in_pandas_out():
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "n": np.arange(200, dtype=np.int32)})
    frame["place"] = pd.Categorical(np.where(X[:, 2] > 0, "north", "south"))
    frame["when"] = pd.date_range("2020-01-01", periods=200)
    frame.index = [f"row {n}" for n in range(200)]
    target = pd.Series(Y, index=frame.index, name="dst")

    def numbers(table):
        return np.column_stack([table["a"], table["b"], np.ones(len(table))])

    before = frame.copy(deep=True)
    sampler = quick(numbers)
    X_res, y_res = sampler.fit_resample(frame, target)
    pd.testing.assert_frame_equal(X_res, frame.iloc[sampler.sample_indices_])
    pd.testing.assert_series_equal(y_res, target.iloc[sampler.sample_indices_])
    pd.testing.assert_frame_equal(frame, before)
    assert list(X_res.dtypes) == list(frame.dtypes)
    assert list(sampler.feature_names_in_) == ["a", "b", "n", "place", "when"]
    X_mixed, y_mixed = quick(numbers).fit_resample(frame, Y)
    assert isinstance(X_mixed, pd.DataFrame)
    assert isinstance(y_mixed, np.ndarray)
    classes = pd.Series(pd.Categorical(LABELS), index=frame.index)
    _, y_res = quick(numbers, PARISClassifier).fit_resample(frame, classes)
    assert y_res.dtype == "category"


def test_lists_in_lists_out():
    X_res, y_res = quick().fit_resample(X.tolist(), Y.tolist())
    assert isinstance(X_res, list)
    assert isinstance(y_res, list)
    np.testing.assert_array_equal(X_res, quick().fit_resample(X, Y)[0])


@pytest.mark.parametrize(
    ("y", "classifies"),
    [
        (Y, False),
        (LABELS, True),
        (LABELS.astype(object), True),
        (Y > 1, True),
        (np.digitize(Y, [0.5, 1.5]), True),
        (np.digitize(Y, [0.5, 1.5]).astype(float), True),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:.*converge")
def test_without_an_estimator_the_targets_say_which(y, classifies):
    sampler = PARISUnderSampler().fit(X, y)
    assert type(sampler.estimator_) is (PARISClassifier if classifies else PARISRegressor)
    assert repr(sampler.estimator_) == repr(type(sampler.estimator_)(refit=False))
    assert sampler.estimator is None


def test_numbers_are_targets_where_a_regressor_is_given():
    whole = np.digitize(Y, [0.5, 1.5])
    assert quick().fit(X, whole).estimator_.coef_.shape == (3,)
    assert quick(kind=PARISClassifier).fit(X, whole).estimator_.coef_.shape == (3, 3)


def test_bad_estimators_and_targets():
    for estimator in (IdentityExtractor(), Ridge(), 3, PARISRegressor):
        with pytest.raises(TypeError, match="estimator must be a PARISRegressor or PARISClass"):
            PARISUnderSampler(estimator).fit_resample(X, Y)
    with pytest.raises(TypeError, match="y must be real numbers"):
        quick().fit_resample(X, LABELS)
    with pytest.raises(ValueError, match="nknown label type"):
        quick(kind=PARISClassifier).fit_resample(X, Y)
    for sampler in (quick(), PARISUnderSampler()):
        with pytest.raises(ValueError, match="NaN"):
            sampler.fit_resample(X, np.where(Y > 2, np.nan, 1.0))
        with pytest.raises(ValueError, match="y must be given"):
            sampler.fit_resample(X, None)


def test_callbacks_are_those_of_the_user():
    class Heard:
        rounds = ()

        def __call__(self, record):
            self.rounds = (*self.rounds, record.round)

    heard = Heard()
    quick(callbacks=heard).fit(X, Y)
    assert heard.rounds == (0, 1, 2, 3)


def test_min_per_class():
    sampler = quick(kind=PARISClassifier, keep=1, min_per_class=4)
    _, y_res = sampler.fit_resample(X, LABELS, X_val=X + 0.01, y_val=LABELS)
    assert list(np.unique(y_res, return_counts=True)[1]) == [4, 4, 4]


STATION = np.arange(200) % 10
MILD = np.log(Y)
SPOILT = np.where(np.isin(STATION, [2, 7]), -MILD, MILD)


def test_whole_groups():
    X_trusted = np.random.default_rng(1).normal(size=(90, 3))
    trusted = {"X_val": X_trusted, "y_val": X_trusted[:, 0] + X_trusted[:, 1]}
    options = {"delete": "groups", "tail": Tail(quantile=0.2), "random_state": 0}
    sampler = PARISUnderSampler(PARISRegressor(IdentityExtractor(), **options))
    X_res, y_res = sampler.fit_resample(X, SPOILT, groups=STATION, **trusted)
    model = PARISRegressor(IdentityExtractor(), **options)
    model.fit(X, SPOILT, groups=STATION, **trusted)
    np.testing.assert_array_equal(sampler.sample_indices_, np.flatnonzero(model.support_))
    np.testing.assert_array_equal(sampler.ranking_, model.removed_)
    assert len(sampler.ranking_) >= 20
    assert not set(STATION[sampler.sample_indices_]) & set(STATION[sampler.ranking_])
    np.testing.assert_array_equal(X_res, X[sampler.sample_indices_])
    np.testing.assert_array_equal(y_res, SPOILT[sampler.sample_indices_])
    with pytest.raises(ValueError, match="groups must be given with delete='groups'"):
        sampler.fit(X, Y)


def test_groups_are_split_by_a_splitter_that_uses_them():
    sampler = quick(keep=0.9, rounds=1, validation_split=GroupKFold(5))
    sampler.fit_resample(X, Y, groups=STATION)
    model = sampler.estimator_
    parts = model.training_rows_, model.validation_rows_, model.monitor_rows_
    assert [len(np.unique(STATION[rows])) for rows in parts] == [6, 2, 2]
    with pytest.raises(ValueError, match="groups needs a splitter that uses them"):
        quick().fit_resample(X, Y, groups=STATION)


def test_imblearn_pipeline():
    pipeline = pytest.importorskip("imblearn.pipeline", reason=REASON)
    model = pipeline.Pipeline(
        [("rbf", Nystroem(n_components=8)), ("paris", quick()), ("r", Ridge())]
    )
    model.fit(X, Y)
    assert model.predict(X).shape == (200,)
    by_hand = quick()
    Phi = model["rbf"].transform(X)
    model["paris"].fit_resample(Phi, Y)
    X_res, y_res = by_hand.fit_resample(Phi, Y)
    assert len(X_res) == 144
    np.testing.assert_array_equal(model["r"].coef_, Ridge().fit(X_res, y_res).coef_)
    frame = pd.DataFrame(X, columns=list("abc"))
    model = pipeline.make_pipeline(quick(), Ridge()).fit(frame, Y)
    assert list(model[-1].feature_names_in_) == ["a", "b", "c"]


def test_imblearn_grid_search():
    pipeline = pytest.importorskip("imblearn.pipeline", reason=REASON)
    model = pipeline.Pipeline([("paris", quick()), ("ridge", Ridge())])
    grid = {"paris__estimator__keep": [0.9, 0.5], "ridge__alpha": [0.1, 1.0]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    kept = search.best_params_["paris__estimator__keep"]
    assert len(search.best_estimator_["paris"].ranking_) == 140 - round(kept * 140)


ROUTING = """
import sys
import numpy as np
if sys.argv[1] == "before":
    import imblearn.pipeline
import paris_core
if sys.argv[1] == "after":
    import imblearn.pipeline
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

sklearn.set_config(enable_metadata_routing=True)
rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
y = np.exp(X.sum(axis=1))
X_val, y_val = 10 + 3 * X[150:], y[150:]


def sampler_of(**options):
    return paris_core.PARISUnderSampler(paris_core.PARISRegressor(PCA(2), **options))


sampler = sampler_of(keep=0.5, rounds=1, random_state=0)
sampler.set_fit_resample_request(X_val=True, y_val=True)


def twin(X, X_val):
    sampler = sampler_of(keep=0.5, rounds=1, random_state=0)
    sampler.fit_resample(X, y[:150], X_val=X_val, y_val=y_val)
    return list(sampler.ranking_)


model = imblearn.pipeline.Pipeline([("paris", sampler), ("ridge", Ridge())])
model.fit(X[:150], y[:150], X_val=X_val, y_val=y_val)
paris = model["paris"]
parts = paris.estimator_
assert len(parts.training_rows_) == 150, len(parts.training_rows_)
assert len(parts.validation_rows_) + len(parts.monitor_rows_) == 50
assert list(paris.ranking_) == twin(X[:150], X_val)
search = GridSearchCV(model, {"paris__estimator__keep": [0.9, 0.5]}, cv=2, error_score="raise")
search.fit(X[:150], y[:150], X_val=X_val, y_val=y_val)
assert len(search.best_estimator_["paris"].estimator_.training_rows_) == 150

# imbalanced-learn 0.14 takes transform_input, but does not transform what a sampler gets.
scaled = imblearn.pipeline.Pipeline(
    [("scale", StandardScaler()), *model.steps], transform_input=["X_val"]
)
scaled.fit(X[:150], y[:150], X_val=X_val, y_val=y_val)
scale = scaled["scale"].transform
both = twin(scale(X[:150]), X_val), twin(scale(X[:150]), scale(X_val))
assert both[0] != both[1]
assert list(scaled["paris"].ranking_) in both
grouped = sampler_of(delete="groups", random_state=0)
grouped.set_fit_resample_request(X_val=True, y_val=True, groups=True)
month = np.arange(150) // 15
model = imblearn.pipeline.Pipeline([("paris", grouped), ("ridge", Ridge())])
model.fit(X[:150], y[:150], X_val=X_val, y_val=y_val, groups=month)
left, gone = month[model["paris"].sample_indices_], month[model["paris"].ranking_]
assert not set(left) & set(gone)
print("routed")
"""


@pytest.mark.parametrize("imported", ["before", "after"])
def test_metadata_routing(imported):
    """Which of the two packages is imported first does not matter."""
    pytest.importorskip("imblearn.pipeline", reason=REASON)
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ROUTING, imported],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert process.stdout.strip() == "routed", process.stderr


# Those of imbalanced-learn's checks that apply to a sampler for any target, by validation rows.
APPLY = (
    "check_dataframe_column_names_consistency",
    "check_samplers_one_label",
    "check_samplers_pandas",
    "check_samplers_pandas_sparse",
    "check_samplers_list",
    "check_samplers_preserve_dtype",
    "check_samplers_2d_target",
)
DO_NOT_APPLY = {
    "check_target_type": "continuous targets are fine here",
    "check_samplers_fit": "there is no sampling_strategy_: keep says how many rows stay",
    "check_samplers_fit_resample": "looks at nothing but subclasses of imbalanced-learn's",
    "check_samplers_sampling_strategy_fit_resample": "the same",
    "check_samplers_sample_indices": "asks for a tag of imbalanced-learn's own base class",
    "check_samplers_multiclass_ova": "tables of indicators are no targets here",
    "check_samplers_sparse": "sparse X is refused",
    "check_samplers_string": "strings in arrays: the estimator's to say",
    "check_samplers_nan": "NaN: the estimator's to say",
    "check_sampler_get_feature_names_out": "columns stay as they are, there is no such method",
    "check_sampler_get_feature_names_out_pandas": "the same",
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@pytest.mark.filterwarnings("ignore:.*[Ss]parse:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*[Ss]parse:FutureWarning")
@pytest.mark.parametrize("name", APPLY)
def test_imblearn_checks(name):
    checks = pytest.importorskip("imblearn.utils.estimator_checks", reason=REASON)
    check = getattr(checks, name, None)
    if check is None:
        pytest.skip(f"this version of imbalanced-learn has no {name}")
    # Their targets are classes.
    check("PARISUnderSampler", quick(kind=PARISClassifier, keep="auto"))


def test_no_check_of_imblearn_is_forgotten():
    checks = pytest.importorskip("imblearn.utils.estimator_checks", reason=REASON)
    if importlib.metadata.version("imbalanced-learn") >= "0.15":
        pytest.skip("a later version may have more")
    there = {name for name in vars(checks) if name.startswith("check_sampler")}
    assert there <= {*APPLY, *DO_NOT_APPLY}
