"""PARISRegressor and PARISClassifier as scikit-learn estimators."""

import pickle
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import paris_core
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core.features import IdentityExtractor, MLPExtractor, TransformerExtractor
from paris_core.validation import Tail

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = np.exp(X[:, 0] + X[:, 1])
LABELS = np.array(["calm", "gale", "storm"])[np.digitize(X[:, 0] + X[:, 1], [0.3, 1.4])]
BOTH = pytest.mark.parametrize("kind", [PARISRegressor, PARISClassifier])


def targets(kind):
    return LABELS if kind is PARISClassifier else Y


def quick(kind=PARISRegressor, estimator=None, **options):
    options = {"keep": 0.85, "rounds": 3, "retrain": "head", "random_state": 0} | options
    return kind(Nystroem(n_components=10) if estimator is None else estimator, **options)


def same(first, second, X=X):
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    np.testing.assert_array_equal(first.removed_, second.removed_)


# A network of the default size learns nothing in fewer rounds; the scores that the checks ask for
# need a trained one. Fewer rounds of deletion only save time.
@pytest.mark.filterwarnings("ignore::paris_core.errors.DuplicateRowsWarning")
@parametrize_with_checks([PARISRegressor(rounds=2), PARISClassifier(rounds=2)])
def test_scikit_learn_checks(estimator, check):
    """All of them but one, which fails for scikit-learn's own networks, too.

    Equal rows are dealt out, and shuffled, other than one row of their weight.
    """
    name = getattr(check, "func", check).__name__
    if name.startswith(("check_sample_weight_equivalence", "check_sample_weights_invariance")):
        pytest.skip("a network trained on equal rows sees them in another order")
    check(estimator)


@BOTH
def test_kinds(kind):
    assert is_classifier(kind()) == (kind is PARISClassifier)
    assert is_regressor(kind()) == (kind is PARISRegressor)
    assert isinstance(kind(), BaseEstimator)
    assert not hasattr(PARISRegressor(), "predict_proba")


@BOTH
@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_clone_and_pickle(kind, retrain):
    model = quick(kind, MLPRegressor(hidden_layer_sizes=(5,), max_iter=10), retrain=retrain)
    copied = clone(model)
    assert repr(copied) == repr(model)
    model.fit(X, targets(kind))
    assert not hasattr(clone(model), "estimator_")
    same(copied.fit(X, targets(kind)), model)
    again = pickle.loads(pickle.dumps(model))
    same(again, model)
    np.testing.assert_array_equal(again.features(X), model.features(X))
    assert again.history_[1:] == model.history_[1:]
    assert len(pickle.dumps(model)) < 60_000  # neither rows nor features are in it
    if kind is PARISClassifier:
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_every_parameter_is_in_get_params():
    common = {
        "estimator", "keep", "rounds", "delete", "retrain", "criterion", "objective", "lam",
        "val_weight", "validation_split", "monitor", "refit", "random_state", "n_jobs", "verbose",
        "callbacks", "checkpoint",
    }  # fmt: skip
    assert set(PARISRegressor().get_params()) == common | {"tail"}
    assert set(PARISClassifier().get_params()) == common | {"min_per_class"}
    assert set(PARISUnderSampler().get_params()) == {"estimator"}
    assert len(PARISRegressor().get_params()) == len(PARISClassifier().get_params()) == 18
    inside = PARISUnderSampler(PARISRegressor()).get_params()
    assert set(inside) == {"estimator"} | {f"estimator__{name}" for name in (*common, "tail")}
    with pytest.raises(TypeError, match="positional argument"):
        PARISRegressor(PCA(2), 0.5)


@BOTH
def test_grid_search(kind):
    grid = {"keep": [0.9, 0.6], "estimator__n_components": [3, 6]}
    search = GridSearchCV(quick(kind, keep=0.8), grid, cv=2, n_jobs=2, error_score="raise")
    # Processes of loky would load everything anew; threads show that nothing is shared.
    with joblib.parallel_config(backend="loky" if kind is PARISClassifier else "threading"):
        search.fit(X, targets(kind))
    assert search.best_params_.keys() == grid.keys()
    single = GridSearchCV(quick(kind, keep=0.8), grid, cv=2, error_score="raise").fit(
        X, targets(kind)
    )
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], single.cv_results_["mean_test_score"]
    )
    same(search.best_estimator_, single.best_estimator_)


@BOTH
def test_validation_rows_in_a_grid_search(kind):
    y = targets(kind)
    search = GridSearchCV(quick(kind, keep=0.8), {"keep": [0.9, 0.6]}, cv=2, error_score="raise")
    search.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])
    assert len(search.best_estimator_.training_rows_) == 150


def test_metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        model = quick(keep=0.8).set_fit_request(X_val=True, y_val=True)
        search = GridSearchCV(model, {"keep": [0.9, 0.6]}, cv=2, error_score="raise")
        search.fit(X[:150], Y[:150], X_val=X[150:190], y_val=Y[150:190])
        assert len(search.best_estimator_.training_rows_) == 150
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            GridSearchCV(quick(), {}, cv=2).fit(X[:150], Y[:150], X_val=X[150:], y_val=Y[150:])


@BOTH
def test_cross_validation_and_pipeline(kind):
    model = make_pipeline(StandardScaler(), quick(kind))
    scores = cross_val_score(model, X, targets(kind), cv=3, error_score="raise")
    assert (scores > 0.1).all()
    model.fit(X, targets(kind))
    assert model.score(X, targets(kind)) > 0.3


@BOTH
def test_data_frames(kind):
    y = targets(kind)
    frame = pd.DataFrame(X, columns=["a", "b", "c"], index=np.arange(200) * 7)
    series = pd.Series(y, index=frame.index)
    trusted = {"X_val": frame[:50], "y_val": series[:50]}
    model = quick(kind, IdentityExtractor()).fit(frame[50:], series[50:], **trusted)
    plain = quick(kind, IdentityExtractor()).fit(X[50:], y[50:], X_val=X[:50], y_val=y[:50])
    np.testing.assert_array_equal(model.predict(frame), plain.predict(X))
    np.testing.assert_array_equal(model.removed_, plain.removed_)
    assert list(model.feature_names_in_) == ["a", "b", "c"]
    assert not hasattr(plain, "feature_names_in_")
    assert model.n_features_in_ == plain.n_features_in_ == 3
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["c", "b", "a"]])
    with pytest.raises(ValueError, match="feature names"):
        model.fit(frame, series, X_val=frame.rename(columns={"a": "z"}), y_val=series)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        model.predict(X)
    with pytest.raises(ValueError, match="X has 2 features, but PARIS"):
        plain.predict(X[:, :2])
    with pytest.raises(ValueError, match="X has 2 features, but PARIS"):
        plain.fit(X, y, X_val=X[:, :2], y_val=y)


@BOTH
def test_other_containers(kind, tmp_path):
    y = targets(kind)
    expected = quick(kind, IdentityExtractor()).fit(X, y)
    same(quick(kind, IdentityExtractor()).fit(X.tolist(), y.tolist()), expected)
    same(quick(kind, IdentityExtractor()).fit(np.asfortranarray(X), y), expected)
    stored = np.memmap(tmp_path / "X", dtype=np.float64, mode="w+", shape=X.shape)
    stored[:] = X
    stored.flush()
    read_only = np.memmap(tmp_path / "X", dtype=np.float64, mode="r", shape=X.shape)
    same(quick(kind, IdentityExtractor()).fit(read_only, y), expected)
    same(quick(kind, IdentityExtractor()).fit(X, y.astype(object)), expected)
    with pytest.warns(sklearn.exceptions.DataConversionWarning):
        same(quick(kind, IdentityExtractor()).fit(X, y[:, np.newaxis]), expected)
    assert quick(kind, IdentityExtractor()).fit(X.astype(np.float32), y).predict(
        X.astype(np.float32)
    ).shape == (200,)


def test_integer_and_boolean_targets():
    whole = np.round(Y * 10).astype(int)
    same(quick().fit(X, whole), quick().fit(X, whole.astype(float)))
    assert quick().fit(X, whole).predict(X).dtype == np.float64
    model = quick(PARISClassifier).fit(X, Y > 1)
    assert model.predict(X).dtype == np.bool_
    whole = quick(PARISClassifier).fit(X, np.digitize(Y, [0.5, 2]) * 5 - 5)
    np.testing.assert_array_equal(whole.classes_, [-5, 0, 5])
    assert set(whole.predict(X)) <= {-5, 0, 5}


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1, -3])
@pytest.mark.parametrize("estimator", [PCA(2), StandardScaler()], ids=repr)
def test_constant_targets(value, estimator):
    model = quick(estimator=estimator).fit(X, np.full(200, value))
    np.testing.assert_allclose(model.predict(X), value, rtol=1e-12)
    # Other validation targets keep their size: the deviation of the training rows is 0.
    model = quick(estimator=estimator).fit(X, np.full(200, value), X_val=X, y_val=Y)
    assert model.history_[0].monitor_loss < 100 + 3 * abs(value) ** 2


def test_the_unit_of_the_targets_does_not_matter():
    model = quick().fit(X, Y)
    other = quick().fit(X, 1024.0 * Y)
    np.testing.assert_array_equal(other.removed_, model.removed_)
    np.testing.assert_allclose(other.predict(X), 1024.0 * model.predict(X), rtol=1e-9)
    errors = [(r.error, r.tail_error, r.monitor_error) for r in model.history_]
    others = [(r.error, r.tail_error, r.monitor_error) for r in other.history_]
    np.testing.assert_allclose(others, 1024.0 * np.array(errors), rtol=1e-9)


BAD_ROWS = {
    "y NaN": ((X, np.where(Y > 3, np.nan, Y)), {}, ValueError, "y must be finite, got NaN"),
    "y infinite": ((X, np.where(Y > 3, np.inf, Y)), {}, ValueError, "y must be finite"),
    "y strings": ((X, LABELS), {}, TypeError, "y must be real numbers"),
    "y objects": ((X, LABELS.astype(object)), {}, TypeError, "y must be real numbers"),
    "y None": ((X, None), {}, ValueError, "y must be given"),
    "y two columns": ((X, np.column_stack([Y, Y])), {}, ValueError, "y should be a 1d array"),
    "y short": ((X, Y[:9]), {}, ValueError, "inconsistent numbers of samples"),
    "X one column": ((X[:, 0], Y), {}, ValueError, "Expected 2D array"),
    "X empty": ((X[:0], Y[:0]), {}, ValueError, "0 sample"),
    "X without columns": ((X[:, :0], Y), {}, ValueError, "0 feature"),
    "X a series": ((pd.Series(X[:, 0]), Y), {}, ValueError, "dimension"),
    "y_val alone": ((X, Y), {"y_val": Y}, ValueError, "X_val must be given together with y_val"),
    "X_val alone": ((X, Y), {"X_val": X}, ValueError, "y_val must be given"),
    "y_val NaN": ((X, Y), {"X_val": X, "y_val": Y * np.nan}, ValueError, "y_val must be finite"),
    "y_val short": ((X, Y), {"X_val": X, "y_val": Y[:5]}, ValueError, "inconsistent numbers"),
    "X_val empty": ((X, Y), {"X_val": X[:0], "y_val": Y[:0]}, ValueError, "0 sample"),
}


@pytest.mark.parametrize("name", list(BAD_ROWS))
def test_bad_rows(name):
    rows, options, error, match = BAD_ROWS[name]
    with pytest.raises(error, match=match):
        quick().fit(*rows, **options)


BAD_LABELS = {
    "one class": ((X, np.full(200, "a")), {}, "y must hold at least two classes, .*'a'"),
    "NaN": ((X, np.where(Y > 2, np.nan, 1.0)), {}, "NaN"),
    "numbers": ((X, Y), {}, "nknown label type"),
    "unknown": ((X, LABELS), {"X_val": X[:9], "y_val": ["fog"] * 9}, "only, got 'fog'"),
    "unknown number": ((X, Y > 1), {"X_val": X[:9], "y_val": np.full(9, 7)}, "only, got 7"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BAD_LABELS))
def test_bad_labels(name):
    rows, options, match = BAD_LABELS[name]
    with pytest.raises(ValueError, match=match):
        quick(PARISClassifier).fit(*rows, **options)


def test_a_class_without_training_rows():
    rows = np.arange(200)
    splits = [(rows[:90], rows[150:]), (rows[:90], rows[90:150])]
    model = quick(PARISClassifier, validation_split=Always(splits))
    with pytest.raises(ValueError, match="class 'alone' has no row left to train on"):
        model.fit(X, np.where(rows == 180, "alone", LABELS))


class Always:
    def __init__(self, splits):
        self.splits = splits

    def split(self, X, y=None, groups=None):
        yield from self.splits


def test_validation_rows_of_some_classes():
    """Trusted rows of one class alone will do."""
    storms = LABELS == "storm"
    trusted = {"X_val": X[storms] + 0.01, "y_val": LABELS[storms]}
    model = quick(PARISClassifier).fit(X, LABELS, **trusted)
    assert list(model.classes_) == ["calm", "gale", "storm"]
    first, last = model.history_[0], model.history_[-1]
    assert last.error <= first.error
    assert first.tail_error == first.error  # recall of the only class there is


@pytest.mark.parametrize("retrain", ["head", "estimator"])
@pytest.mark.parametrize(
    "estimator",
    [
        None,
        MLPClassifier(hidden_layer_sizes=(5,), max_iter=30),
        MLPRegressor(hidden_layer_sizes=(5,), max_iter=30),
        Nystroem(n_components=10),
    ],
    ids=["default", "MLPClassifier", "MLPRegressor", "Nystroem"],
)
@pytest.mark.parametrize("y", [LABELS, Y > 1], ids=["three classes", "two"])
def test_probabilities(estimator, retrain, y):
    model = PARISClassifier(estimator, keep=0.9, retrain=retrain, random_state=0, rounds=1).fit(
        X, y
    )
    probability = model.predict_proba(X)
    assert probability.shape == (200, len(np.unique(y)))
    assert (probability >= 0).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(
        model.classes_[probability.argmax(axis=1)][probability.max(axis=1) > 0.5],
        model.predict(X)[probability.max(axis=1) > 0.5],
    )
    assert model.score(X, y) == (model.predict(X) == y).mean()


def test_probabilities_where_no_score_is_positive():
    model = quick(PARISClassifier).fit(X, LABELS)
    model._model.head = np.zeros_like(model.coef_)
    np.testing.assert_array_equal(model.predict_proba(X[:2]), np.full((2, 3), 1 / 3))


def polynomial(table):
    table = np.asarray(table)
    return np.column_stack([table, table**2, np.ones(len(table))])


ESTIMATORS = {
    "TransformerExtractor": TransformerExtractor(PCA(2), lam=1.0),
    "pipeline": make_pipeline(StandardScaler(), Nystroem(n_components=10)),
    "callable": polynomial,
    "identity": IdentityExtractor(),
    "extractor": MLPExtractor(MLPRegressor(hidden_layer_sizes=(5,), max_iter=10)),
}


@BOTH
@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("retrain", ["head", "estimator"])
@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_estimators(kind, retrain, refit, name):
    y = targets(kind)
    model = quick(kind, ESTIMATORS[name], retrain=retrain, refit=refit, keep=0.7).fit(X, y)
    assert model.predict(X).shape == (200,)
    if retrain == "head":
        rows = model.support_
        assert rows.sum() == (200 if refit else len(model.training_rows_)) - len(model.removed_)
        Phi, encoded = model.features(X[rows]), model.task_.encode(y[rows])
        lam = model.lam_  # that of the deletions
        head = paris_core.linalg.RidgeFactor(Phi, encoded, lam).weights
        np.testing.assert_allclose(model.coef_, head, rtol=1e-6, atol=1e-9)
    again = pickle.loads(pickle.dumps(model))
    same(again, model)


@BOTH
@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_torch(kind, retrain):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    from paris_core.features.torch import TorchExtractor

    torch.manual_seed(0)
    n_outputs = 3 if kind is PARISClassifier else 1
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, n_outputs)
    )
    before = [parameter.detach().clone() for parameter in module.parameters()]
    extractor = TorchExtractor(module, epochs=5)
    model = quick(kind, extractor, retrain=retrain, keep=0.7).fit(X, targets(kind))
    assert model.predict(X).shape == (200,)
    for mine, theirs in zip(module.parameters(), before, strict=True):
        assert torch.equal(mine, theirs)
    same(quick(kind, extractor, retrain=retrain, keep=0.7).fit(X, targets(kind)), model)
    same(pickle.loads(pickle.dumps(model)), model)


class Judge(BaseEstimator):
    """A classifier that gives labels alone."""

    def fit(self, X, y, sample_weight=None):
        self.model_ = LogisticRegression().fit(X, y)
        return self

    def transform(self, X):
        return np.asarray(X)

    def predict(self, X):
        return self.model_.predict(X)

    _estimator_type = "classifier"  # before scikit-learn 1.6

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        return tags


def test_classifiers():
    mlp = MLPClassifier(hidden_layer_sizes=(5,))
    with pytest.raises(TypeError, match="estimator must not be a classifier for regression"):
        quick(estimator=mlp).fit(X, np.round(Y).astype(int))
    with pytest.raises(TypeError, match="estimator must have predict_proba unless retrain='head'"):
        quick(PARISClassifier, Judge(), retrain="estimator").fit(X, LABELS)
    assert quick(PARISClassifier, Judge()).fit(X, LABELS).score(X, LABELS) > 0.6


@BOTH
def test_not_fitted(kind):
    for method in ("predict", "features", "score"):
        arguments = (X, targets(kind)) if method == "score" else (X,)
        with pytest.raises(NotFittedError):
            getattr(kind(), method)(*arguments)


# (parameter, value, error, what the message says after the name)
BAD = [
    ("estimator", PCA, TypeError, "cannot be used: model must be an instance"),
    ("estimator", 3, TypeError, "cannot be used"),
    ("estimator", LogisticRegression(), TypeError, "cannot be used"),
    ("keep", "some", ValueError, "must be one of 'auto'"),
    ("keep", 0, ValueError, r"must be in \[1, 140\], got 0"),
    ("keep", 141, ValueError, r"must be in \[1, 140\], got 141"),
    ("keep", None, TypeError, "must be an integer"),
    ("rounds", 0, ValueError, "must be >= 1"),
    ("rounds", 1.5, TypeError, "must be an integer"),
    ("retrain", "all", ValueError, "must be one of 'estimator', 'head', 'continue'"),
    ("retrain", "continue", ValueError, "='continue' needs an estimator with a parameter"),
    ("retrain", None, TypeError, "must be a string"),
    ("criterion", "influence", ValueError, "must be one of"),
    ("criterion", 1, TypeError, "must be a string"),
    ("objective", "median", ValueError, "must be one of"),
    ("objective", ("mean", 2), ValueError, "must be 'mean', 'worst' or"),
    ("objective", ("worst", 1.0), TypeError, "must be an integer"),
    ("objective", ("worst", 10**6), ValueError, "must be in"),
    ("lam", 0, ValueError, "must be in"),
    ("lam", "best", ValueError, "must be one of"),
    ("lam", None, TypeError, "must be a number > 0"),
    ("val_weight", "rare", ValueError, "must be one of"),
    ("val_weight", [1.0], TypeError, "must be None"),
    ("val_weight", len, ValueError, r"\(y\) must be an array, got int"),
    ("val_weight", lambda y: np.ones(3), ValueError, r"\(y\) must have shape"),
    ("val_weight", lambda y: np.zeros(len(y)), ValueError, r"\(y\) must not be zero everywhere"),
    ("val_weight", lambda y: np.full(len(y), -1.0), ValueError, r"\(y\) must be >= 0"),
    ("monitor", "folds", TypeError, "must be 'auto', .* got str 'folds'"),
    ("monitor", 1.5, ValueError, r"must be 'auto', a fraction in \(0, 1\), a number of folds"),
    ("monitor", [0.3], TypeError, "must be 'auto', a fraction"),
    ("refit", "yes", TypeError, "must be True or False"),
    ("refit", 1, TypeError, "must be True or False"),
    ("random_state", -1, ValueError, "must be an int"),
    ("random_state", "a", ValueError, "must be an int"),
    ("random_state", np.random.default_rng(0), ValueError, "must be an int"),
    ("n_jobs", 0, ValueError, "must not be 0"),
    ("n_jobs", "all", TypeError, "must be an integer"),
    ("n_jobs", 1.5, TypeError, "must be an integer"),
    ("verbose", -1, ValueError, "must be >= 0"),
    ("verbose", "yes", TypeError, "must be an integer"),
    ("verbose", 1.5, TypeError, "must be an integer"),
    ("callbacks", 3, TypeError, "must be a sequence of functions, or a single one"),
    ("callbacks", [print, 3], TypeError, "must be callable, got int 3"),
    ("checkpoint", 3, TypeError, "must be a path"),
]
BAD_FOR_REGRESSION = [
    ("tail", "upper", TypeError, "must be a paris_core.validation.Tail, .* got 'upper'"),
    ("tail", 0.05, TypeError, "must be a paris_core.validation.Tail, .* got 0.05"),
]
BAD_FOR_CLASSES = [
    ("min_per_class", 0, ValueError, r"must be in \[1, "),
    ("min_per_class", 1.0, TypeError, "must be an integer"),
    ("val_weight", "tail", ValueError, "='tail' is for regression"),
]


class NeverFitted(TransformerExtractor):
    def fit(self, X, y, sample_weight=None):
        raise AssertionError("parameters must be checked before anything is trained")


@pytest.mark.parametrize(
    ("kind", "name", "value", "error", "match"),
    [
        (kind, *line)
        for kind, more in (
            (PARISRegressor, BAD_FOR_REGRESSION),
            (PARISClassifier, BAD_FOR_CLASSES),
        )
        for line in BAD + more
    ],
    ids=lambda value: getattr(value, "__name__", None) or str(value)[:30],
)
def test_bad_parameters(kind, name, value, error, match):
    options = {"estimator": NeverFitted(PCA(2)), "random_state": 0}
    model = kind(**options | {name: value})
    with pytest.raises(error, match=f"{name}.*{match}"):
        model.fit(X, targets(kind))
    with pytest.raises(error, match=f"{name}.*{match}"):
        PARISUnderSampler(model).fit(X, targets(kind))


def test_a_tail_without_rows():
    model = quick(tail=Tail("upper", threshold=1e6)).fit(X, Y)
    assert all(np.isnan(record.tail_error) for record in model.history_)
    model.set_params(val_weight="tail", estimator=NeverFitted(PCA(2)))
    with pytest.raises(ValueError, match="val_weight='tail' needs rows in the tail"):
        model.fit(X, Y)


@pytest.mark.parametrize("side", ["lower", "upper", "both"])
def test_tail_errors_are_conditional_rmse(side):
    model = quick(tail=Tail(side, quantile=0.2), rounds=1, keep=0.9, refit=False).fit(X, Y)
    held_out = np.concatenate([model.validation_rows_, model.monitor_rows_])
    quantiles = {"lower": 0.2, "upper": 0.2, "both": (0.2, 0.8)}[side]
    rows = model.validation_rows_
    tail = Tail(side, threshold=np.quantile(Y[held_out], quantiles))
    expected = paris_core.metrics.conditional_rmse(Y[rows], model.predict(X[rows]), tail)
    assert model.history_[-1].tail_error == pytest.approx(expected, rel=1e-12)


def test_inputs_of_more_dimensions():
    images = X.reshape(200, 1, 3)

    def flat(table):
        return np.asarray(table).reshape(len(table), -1)

    model = quick(estimator=flat).fit(images, Y)
    assert model.predict(images).shape == (200,)


def test_lazy_import():
    assert "sklearn" in sys.modules
    assert paris_core.PARISRegressor is paris_core.estimators.PARISRegressor


@BOTH
def test_paper_is_one_argument_away(kind):
    model = kind.paper("network", rounds=3, keep=0.5)
    changed = {
        name: value
        for name, value in model.get_params(deep=False).items()
        if value != kind().get_params(deep=False)[name]
    }
    assert changed == {
        "estimator": "network",
        "keep": 0.5,
        "rounds": 3,
        "criterion": "representer",
        "objective": "worst",
        "refit": False,
    }
    assert kind.paper().keep == 0.25
    assert kind.paper(refit=True).refit
    assert kind.paper().retrain == "estimator"
