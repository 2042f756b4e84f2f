"""Feature extractors: the protocol and its adapters."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.cluster import KMeans
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import NotFittedError
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.manifold import TSNE
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.validation import has_fit_parameter

import paris_core
from paris_core.features import (
    CallableExtractor,
    FeatureExtractor,
    IdentityExtractor,
    MLPExtractor,
    TransformerExtractor,
    as_extractor,
    last_hidden_layer,
)
from paris_core.features.ridge.head import RidgeHead
from problems import penalties, problems

pytestmark = pytest.mark.filterwarnings("ignore:.*converge")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4)) + 3.0
Y = X[:, 0] * X[:, 1] + RNG.normal(size=80)
LABELS = np.where(Y.mean() < Y, "storm", "quiet")
WEIGHT = RNG.uniform(0.0, 2.0, size=80)
WEIGHTED_MLP = has_fit_parameter(MLPRegressor(), "sample_weight")


def squares(table):
    return np.column_stack([np.asarray(table) ** 2, np.ones(len(table))])


def network(kind=MLPRegressor, **options):
    return kind(**{"hidden_layer_sizes": (6,), "max_iter": 20, "random_state": 0} | options)


def extractors():
    scaled = make_pipeline(StandardScaler(), network())
    return {
        "mlp": MLPExtractor(network()),
        "mlp pipeline": MLPExtractor(scaled),
        "nystroem": TransformerExtractor(Nystroem(n_components=9, random_state=0), lam=0.1),
        "rbf": TransformerExtractor(RBFSampler(n_components=9, random_state=0)),
        "pipeline": TransformerExtractor(make_pipeline(StandardScaler(), PCA(2))),
        "callable": CallableExtractor(squares, lam="evidence"),
        "identity": IdentityExtractor(lam=2.0),
    }


def head_of(extractor):
    if isinstance(extractor, MLPExtractor):
        mlp = extractor.network_
        mlp = mlp[-1] if hasattr(mlp, "steps") else mlp
        return np.append(mlp.coefs_[-1][:, 0], mlp.intercepts_[-1])
    return extractor.coef_


each = pytest.mark.parametrize("name", list(extractors()))


@each
def test_predictions_are_linear_in_the_features(name):
    extractor = extractors()[name]
    assert extractor.fit(X, Y) is extractor
    Phi = extractor.transform(X)
    assert Phi.dtype == np.float64
    assert Phi.ndim == 2
    assert Phi.flags.c_contiguous
    prediction = extractor.predict(X)
    assert prediction.shape == (80,)
    np.testing.assert_allclose(Phi @ head_of(extractor), prediction, rtol=1e-10, atol=1e-10)
    if name not in ("callable", "identity"):
        np.testing.assert_array_equal(Phi[:, -1], 1.0)


@each
def test_extractors_are_scikit_learn_estimators(name):
    extractor = extractors()[name]
    assert isinstance(extractor, FeatureExtractor)
    assert isinstance(extractor, BaseEstimator)
    assert is_regressor(extractor)
    before = set(vars(extractor))
    copy = clone(extractor)
    assert copy.get_params().keys() == extractor.get_params().keys()
    assert repr(copy) == repr(extractor)
    with pytest.raises(NotFittedError):
        extractor.transform(X)
    with pytest.raises(NotFittedError):
        extractor.predict(X)
    extractor.fit(X, Y)
    learned = set(vars(extractor)) - before
    assert learned
    assert all(attribute.endswith("_") for attribute in learned)
    assert set(vars(clone(extractor))) == before
    np.testing.assert_array_equal(copy.fit(X, Y).predict(X), extractor.predict(X))
    again = pickle.loads(pickle.dumps(extractor))
    np.testing.assert_array_equal(again.transform(X), extractor.transform(X))
    np.testing.assert_array_equal(again.predict(X), extractor.predict(X))


@each
def test_fit_changes_neither_its_arguments_nor_its_parameters(name):
    extractor = extractors()[name]
    parameters = repr(extractor.get_params())
    arrays = X.copy(), Y.copy(), WEIGHT.copy()
    weighted = not isinstance(extractor, MLPExtractor) or WEIGHTED_MLP
    extractor.fit(*arrays[: 3 if weighted else 2])
    extractor.transform(arrays[0])
    for mine, theirs in zip(arrays, (X, Y, WEIGHT), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert repr(extractor.get_params()) == parameters
    for value in extractor.get_params().values():
        assert not hasattr(value, "coefs_")
        assert not hasattr(value, "components_")


@each
def test_data_frames_give_the_same_and_keep_their_columns(name):
    frame = pd.DataFrame(X, columns=list("abcd"))
    extractor = extractors()[name].fit(frame, pd.Series(Y))
    expected = extractors()[name].fit(X, Y)
    # A frame is stored column by column: sums are rounded otherwise.
    np.testing.assert_allclose(extractor.predict(frame), expected.predict(X), rtol=1e-6)
    np.testing.assert_allclose(
        extractor.transform(frame), expected.transform(X), rtol=1e-9, atol=1e-9
    )
    if name != "callable":
        with pytest.raises(ValueError, match=r"order|features? names"):
            extractor.transform(frame[list("bacd")])
        with pytest.raises(ValueError, match="missing"):
            extractor.transform(frame.rename(columns={"a": "z"}))


@each
def test_several_outputs(name):
    both = np.column_stack([Y, -2.0 * Y + 1.0])
    prediction = extractors()[name].fit(X, both).predict(X)
    assert prediction.shape == (80, 2)


# --- the ridge head -----------------------------------------------------------------------------


@given(
    problems(kinds=("relu", "gaussian", "integers", "offset"), outputs=(None, 1, 3)), penalties()
)
def test_the_head_is_the_ridge_regression_of_prune(problem, lam):
    extractor = IdentityExtractor(lam=lam).fit(problem.Phi, problem.y)
    factor = paris_core.linalg.RidgeFactor(problem.Phi, problem.y, lam)
    np.testing.assert_array_equal(extractor.coef_, factor.weights)
    np.testing.assert_allclose(
        extractor.predict(problem.Phi_val), problem.Phi_val @ factor.weights, rtol=1e-12
    )
    assert extractor.lam_ == lam


@pytest.mark.parametrize("columns", [None, 2])
def test_weighted_head_is_weighted_ridge(columns):
    y = Y if columns is None else np.column_stack([Y, X[:, 2] ** 2])
    extractor = CallableExtractor(squares, lam=0.3).fit(X, y, sample_weight=WEIGHT)
    twin = Ridge(alpha=0.3, fit_intercept=False, solver="cholesky")
    twin.fit(squares(X), y, sample_weight=WEIGHT)
    np.testing.assert_allclose(extractor.coef_.T, twin.coef_, rtol=1e-8)


def test_whole_weights_count_rows():
    times = np.arange(80) % 3
    weighted = TransformerExtractor(StandardScaler(), lam=0.3).fit(X, Y, sample_weight=times)
    Phi = weighted.transform(X)
    repeated = IdentityExtractor(lam=0.3).fit(np.repeat(Phi, times, 0), np.repeat(Y, times))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9)


def test_lam_is_chosen_like_that_of_prune():
    Phi = squares(X)
    for lam, method in [("auto", "gcv"), ("gcv", "gcv"), ("evidence", "evidence")]:
        extractor = CallableExtractor(squares, lam=lam).fit(X, Y)
        assert extractor.lam_ == paris_core.regularization.select_lambda(Phi, Y, method=method)


def test_transformers_see_the_targets_and_may_be_sparse():
    colours = np.array([["red"], ["blue"], ["red"], ["green"]])
    y = np.array([1.0, 5.0, 3.0, 7.0])
    extractor = TransformerExtractor(OneHotEncoder(), lam=1e-9).fit(colours, y)
    np.testing.assert_allclose(extractor.predict(colours), [2.0, 5.0, 2.0, 7.0], atol=1e-6)

    class Supervised(BaseEstimator):
        def fit(self, X, y):
            self.scale_ = np.max(y)
            return self

        def transform(self, X):
            return np.asarray(X) * self.scale_

    np.testing.assert_array_equal(
        TransformerExtractor(Supervised()).fit(X, Y).transform(X)[:, :-1], X * Y.max()
    )


@pytest.mark.parametrize(
    ("extractor", "arguments", "error", "message"),
    [
        (IdentityExtractor(lam=0.0), (X, Y), ValueError, "lam must be in"),
        (IdentityExtractor(lam="best"), (X, Y), ValueError, "lam must be one of"),
        (IdentityExtractor(), (X, Y[:-1]), ValueError, "X must have 79 rows like y, got 80"),
        (IdentityExtractor(), (X, LABELS), TypeError, "y must be real numbers"),
        (IdentityExtractor(), (X[0], Y), ValueError, "X must be 2-D"),
        (IdentityExtractor(), (X, np.where(Y > 9, np.nan, Y)), ValueError, "y must be finite"),
        (IdentityExtractor(), (X, np.zeros((80, 1, 1))), ValueError, "y must have shape"),
        (IdentityExtractor(), (X, Y, WEIGHT[1:]), ValueError, "sample_weight must have shape"),
        (IdentityExtractor(), (X, Y, -WEIGHT), ValueError, "sample_weight must be >= 0"),
        (IdentityExtractor(), (X, Y, 0 * WEIGHT), ValueError, "sample_weight must not be zero"),
        (CallableExtractor("squares"), (X, Y), TypeError, "function must be callable, got str"),
        (CallableExtractor(np.log), (X - 9, Y), ValueError, "features of X must be finite"),
        (CallableExtractor(np.sum), (X, Y), ValueError, "features of X must be an array"),
        (TransformerExtractor(PCA(2)), (X, Y[:-1]), ValueError, "rows"),
        (MLPExtractor(Ridge()), (X, Y), TypeError, "network must be .* got Ridge"),
        (MLPExtractor(make_pipeline(PCA())), (X, Y), TypeError, "network .* got Pipeline"),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_arguments_of_fit(extractor, arguments, error, message):
    with pytest.raises(error, match=message):
        extractor.fit(*arguments)


def test_an_extractor_without_features_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        type("Headless", (RidgeHead,), {})()


def test_features_of_another_width_are_refused():
    extractor = CallableExtractor(squares).fit(X, Y)
    with pytest.raises(ValueError, match="X must give 5 features as in fit, got 4"):
        extractor.transform(X[:, :3])


# --- networks -----------------------------------------------------------------------------------


def test_network_features_are_its_last_hidden_layer():
    extractor = MLPExtractor(network(hidden_layer_sizes=(7, 5))).fit(X, Y)
    twin = network(hidden_layer_sizes=(7, 5)).fit(X, Y)
    np.testing.assert_array_equal(extractor.transform(X), last_hidden_layer(twin, X))
    np.testing.assert_array_equal(extractor.predict(X), twin.predict(X))


def test_classifiers_keep_their_labels():
    extractor = MLPExtractor(make_pipeline(StandardScaler(), network(MLPClassifier)))
    assert is_classifier(extractor)
    extractor.fit(X, LABELS)
    assert set(extractor.predict(X)) <= {"storm", "quiet"}
    assert extractor.transform(X).shape == (80, 7)


def test_a_pipeline_hands_scaled_inputs_to_its_network():
    extractor = MLPExtractor(make_pipeline(StandardScaler(), network())).fit(X, Y)
    twin = network().fit(StandardScaler().fit_transform(X), Y)
    np.testing.assert_array_equal(
        extractor.transform(X), last_hidden_layer(twin, StandardScaler().fit_transform(X))
    )


@pytest.mark.skipif(not WEIGHTED_MLP, reason="MLPRegressor takes weights from scikit-learn 1.7 on")
@pytest.mark.parametrize("steps", [(), (StandardScaler(),)], ids=["bare", "pipeline"])
def test_sample_weights_reach_the_network(steps):
    extractor = MLPExtractor(make_pipeline(*steps, network())).fit(X, Y, sample_weight=WEIGHT)
    inputs = StandardScaler().fit_transform(X) if steps else X
    twin = network().fit(inputs, Y, sample_weight=WEIGHT)
    np.testing.assert_array_equal(extractor.predict(X), twin.predict(inputs))
    assert not np.array_equal(extractor.predict(X), network().fit(inputs, Y).predict(inputs))


class OldMLP(MLPRegressor):
    """As before scikit-learn 1.7."""

    def fit(self, X, y):
        return super().fit(X, y)


def test_sample_weights_which_the_network_does_not_know_are_refused():
    extractor = MLPExtractor(OldMLP(max_iter=2))
    extractor.fit(X, Y)
    with pytest.raises(TypeError, match=r"sample_weight is not supported.*1\.7"):
        extractor.fit(X, Y, sample_weight=WEIGHT)


@pytest.mark.parametrize("steps", [(), (StandardScaler(),)], ids=["bare", "pipeline"])
def test_warm_start_continues_the_training(steps):
    options = {"solver": "adam", "max_iter": 3}
    given = network(warm_start=True, **options)
    extractor = MLPExtractor(make_pipeline(*steps, given) if steps else given)
    inputs = StandardScaler().fit_transform(X) if steps else X
    twin = network(warm_start=True, **options)
    for learning_rate in (0.001, 0.002):
        given.set_params(learning_rate_init=learning_rate)
        twin.set_params(learning_rate_init=learning_rate)
        extractor.fit(X, Y)
        twin.fit(inputs, Y)
        np.testing.assert_array_equal(extractor.predict(X), twin.predict(inputs))
    cold = MLPExtractor(network(**options)).fit(X, Y)
    first = cold.predict(X)
    np.testing.assert_array_equal(cold.fit(X, Y).predict(X), first)
    assert not hasattr(given, "coefs_")


@pytest.mark.parametrize("warm_start", [False, True])
def test_another_network_starts_afresh(warm_start):
    extractor = MLPExtractor(network(warm_start=warm_start)).fit(X, Y)
    extractor.set_params(network=network(MLPClassifier, warm_start=warm_start)).fit(X, LABELS)
    expected = network(MLPClassifier).fit(X, LABELS).predict(X)
    np.testing.assert_array_equal(extractor.predict(X), expected)
    shallow = make_pipeline(PCA(2), network(MLPClassifier))
    extractor.set_params(network=shallow).fit(X, LABELS)
    np.testing.assert_array_equal(extractor.predict(X), shallow.fit(X, LABELS).predict(X))


# --- as_extractor -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (MLPRegressor(), MLPExtractor),
        (MLPClassifier(), MLPExtractor),
        (make_pipeline(StandardScaler(), MLPRegressor()), MLPExtractor),
        (Nystroem(), TransformerExtractor),
        (PCA(2), TransformerExtractor),
        (make_pipeline(StandardScaler(), PCA(2)), TransformerExtractor),
        (KMeans(3), TransformerExtractor),
        (make_pipeline(StandardScaler(), KMeans(3)), TransformerExtractor),
        (squares, CallableExtractor),
        (np.tanh, CallableExtractor),
    ],
    ids=lambda value: type(value).__name__,
)
def test_as_extractor_picks(model, kind):
    extractor = as_extractor(model)
    assert type(extractor) is kind
    assert any(value is model for value in extractor.get_params(deep=False).values())


class Own:
    def fit(self, X, y, sample_weight=None):
        return self

    def transform(self, X):
        return X

    def predict(self, X):
        return X[:, 0]


@pytest.mark.parametrize("model", [Own(), *extractors().values()], ids=lambda m: type(m).__name__)
def test_as_extractor_passes_extractors(model):
    assert isinstance(model, FeatureExtractor)
    assert as_extractor(model) is model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "got NoneType"),
        ("pca", "got str"),
        (PCA, "model must be an instance, got the class PCA"),
        (LinearRegression(), "got LinearRegression"),
        (TSNE(), "got TSNE"),
        (make_pipeline(StandardScaler(), LinearRegression()), "got Pipeline"),
        (PLSRegression(), r"PLSRegression does not take sample_weight.*TransformerExtractor"),
        (LinearDiscriminantAnalysis(), "does not take sample_weight"),
        (make_pipeline(PLSRegression()), "Pipeline does not take sample_weight"),
    ],
    ids=str,
)
def test_as_extractor_refuses_to_guess(model, message):
    with pytest.raises(TypeError, match=message):
        as_extractor(model)


def test_what_lacks_a_method_does_not_follow_the_protocol():
    assert not isinstance(PCA(2), FeatureExtractor)
    assert not isinstance(LinearRegression(), FeatureExtractor)


def test_scikit_learn_is_loaded_by_what_needs_it():
    code = (
        "import sys, paris_core\n"
        "paris_core.features.last_hidden_layer, paris_core.features.FeatureExtractor\n"
        "print('sklearn' in sys.modules)\n"
        "paris_core.features.IdentityExtractor\n"
        "print('sklearn' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
    for name in paris_core.features.__all__:
        assert getattr(paris_core.features, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        paris_core.features.nothing  # noqa: B018


def test_pytorch_is_loaded_by_its_own_module_alone():
    code = (
        "import sys, paris_core\n"
        "from paris_core.features import as_extractor\n"
        "as_extractor(lambda X: X)\n"
        "print('torch' in sys.modules)\n"
        "sys.modules['torch'] = None  # as if it were missing\n"
        "as_extractor(lambda X: X)\n"
        "import paris_core.features.torch\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False"]
    assert done.stderr.rstrip().endswith(
        "ImportError: paris_core.features.torch needs PyTorch: pip install 'paris-core[torch]'"
    )
