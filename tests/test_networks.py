"""The network that ships: scikit-learn's, stopped early where rows can say when."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from paris_core import PARISClassifier, PARISRegressor
from paris_core.features import (
    StoppedMLPClassifier,
    StoppedMLPRegressor,
    as_extractor,
    default_network,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = X.sum(axis=1)
QUICK = {"hidden_layer_sizes": (4,), "early_stopping": True, "random_state": 0, "max_iter": 60}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_rows", [31, 200])
def test_with_enough_rows_it_is_scikit_learns(n_rows):
    rows = X[:n_rows], Y[:n_rows]
    ours = StoppedMLPRegressor(**QUICK).fit(*rows)
    theirs = MLPRegressor(**QUICK).fit(*rows)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    assert ours.validation_scores_ == theirs.validation_scores_


@pytest.mark.parametrize("n_rows", [1, 2, 3, 10, 30])
def test_few_rows_train_without_being_stopped(n_rows):
    network = StoppedMLPRegressor(**QUICK | {"max_iter": 400}).fit(X[:n_rows], Y[:n_rows])
    assert network.validation_scores_ is None
    assert network.n_iter_ <= 200
    assert network.get_params()["early_stopping"]
    assert network.max_iter == 400
    assert np.isfinite(network.predict(X)).all()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_another_share_of_rows_says_when_to_stop():
    network = StoppedMLPRegressor(**QUICK | {"validation_fraction": 0.4, "solver": "sgd"})
    assert network.fit(X[:10], Y[:10]).validation_scores_ is not None


@pytest.mark.parametrize(
    "labels",
    [
        np.repeat([0, 1], [199, 1]),  # scikit-learn cannot stratify a class of one row
        np.arange(200) % 40,  # nor forty classes in twenty rows
        np.repeat(["a", "b"], [100, 100]),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_classes_of_any_size(labels):
    network = StoppedMLPClassifier(**QUICK).fit(X, labels)
    assert set(network.predict(X)) <= set(labels)
    stopped = network.validation_scores_ is not None
    assert stopped == (labels[0] == "a")


def test_a_fit_that_fails_leaves_the_parameters_as_they_were():
    network = StoppedMLPRegressor(**QUICK)
    with pytest.raises(ValueError, match="NaN"):
        network.fit(np.full((5, 3), np.nan), Y[:5])
    assert network.early_stopping
    assert network.max_iter == 60


def test_warnings_of_others_are_not_hidden():
    with pytest.warns(ConvergenceWarning):
        StoppedMLPRegressor(**QUICK | {"max_iter": 2, "early_stopping": False}).fit(X[:5], Y[:5])


def test_weights_of_rows():
    """Through the extractor, as with scikit-learn's own networks; needs version 1.7."""
    weight = np.repeat([1.0, 0.0], [100, 100])
    network = StoppedMLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0)
    target = np.where(weight > 0, Y, 100.0)
    if not has_fit_parameter(MLPRegressor(), "sample_weight"):
        with pytest.raises(TypeError, match="scikit-learn"):
            as_extractor(network).fit(X, target, sample_weight=weight)
        return
    extractor = as_extractor(network).fit(X, target, sample_weight=weight)
    assert np.abs(extractor.predict(X)).max() < 20.0


@pytest.mark.parametrize(("classes", "kind"), [(False, MLPRegressor), (True, MLPClassifier)])
def test_the_default_network(classes, kind):
    network = default_network(classes=classes)
    assert isinstance(network, Pipeline)
    assert isinstance(network[-1], kind)
    assert network[-1].early_stopping
    assert network[-1].hidden_layer_sizes == (64, 32)
    assert repr(clone(network)) == repr(network)


def test_the_estimators_train_it():
    for estimator, classes in ((PARISRegressor(), False), (PARISClassifier(), True)):
        assert repr(estimator._default_estimator()) == repr(default_network(classes=classes))
