"""The outer loop against a slow, readable twin: train, prune, train again."""

import copy
import itertools
import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import paris_core
from accepting import penalty_of
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core.estimators._loop import schedule
from paris_core.features import IdentityExtractor, as_extractor
from paris_core.validation import Tail

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.ManyRemovedWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4))
Y = 50 * np.exp(X[:, 0] + 0.5 * X[:, 1]) + RNG.normal(size=240)
LABELS = np.array(["calm", "gale", "storm"])[np.digitize(X[:, 0] + 0.5 * X[:, 1], [0.3, 1.4])]
X_VAL = RNG.normal(size=(90, 4))
Y_VAL = 50 * np.exp(X_VAL[:, 0] + 0.5 * X_VAL[:, 1])
LABELS_VAL = np.array(["calm", "gale", "storm"])[
    np.digitize(X_VAL[:, 0] + 0.5 * X_VAL[:, 1], [0.3, 1.4])
]


def network(kind=MLPRegressor, **options):
    options = {"hidden_layer_sizes": (6,), "max_iter": 15, "random_state": 0} | options
    return make_pipeline(StandardScaler(), kind(**options))


def encode(y, y_training):
    """Standardised targets, or a table with a one for the class."""
    if y.dtype.kind == "U":
        return (y[:, np.newaxis] == np.unique(y_training)).astype(float)
    return (y - y_training.mean()) / y_training.std()


def errors(y, scores, y_training, bounds):
    """The error over all rows and in the tail."""
    if y.dtype.kind == "U":
        right = np.unique(y_training)[scores.argmax(axis=1)] == y
        return 1 - right.mean(), 1 - min(right[y == name].mean() for name in np.unique(y))
    square = (y - (y_training.mean() + y_training.std() * scores)) ** 2
    return np.sqrt(square.mean()), np.sqrt(square[(y <= bounds[0]) | (y >= bounds[1])].mean())


def twin(training, validation, monitor, extractor, counts, *, retrain, warm, **options):
    """History, models and removed rows of the outer loop; positions among the training rows."""
    X, y = training
    bounds = None
    if y.dtype.kind != "U":
        bounds = np.quantile(np.concatenate([validation[1], monitor[1]]), [0.05, 0.95])
    labels = isinstance(extractor, MLPClassifier) or (
        hasattr(extractor, "steps") and isinstance(extractor[-1], MLPClassifier)
    )
    prototype = as_extractor(extractor)
    kept = np.arange(len(y))
    removed, history, models, lams = [], [], [], [math.nan]

    def prune(model, rows, k):
        strata = {}
        if y.dtype.kind == "U":
            codes = np.searchsorted(np.unique(y), y[rows])
            strata = {"strata": codes, "quotas": np.ones(3, dtype=int)}
        arrays = (
            model.transform(X[rows]),
            encode(y[rows], y),
            model.transform(validation[0]),
            encode(validation[1], y),
        )
        lam = penalty_of(options["lam"], *arrays)
        return paris_core.prune(*arrays, k, **options | strata | {"lam": lam})

    def fitted(model, rows):
        return model.fit(X[rows], y[rows] if labels else encode(y[rows], y))

    def scores(model, head, part):
        if head is not None:
            return model.transform(part[0]) @ head
        return model.predict_proba(part[0]) if labels else model.predict(part[0])

    model = fitted(clone(prototype), kept)
    for number, count in enumerate([0, *counts]):
        head = None
        if retrain == "head":
            done = sum(counts[:number])
            result = prune(model, np.arange(len(y)), done)
            removed, kept, head = list(result.removed), result.kept, result.weights
            lams.append(result.lam)
        elif number:
            result = prune(model, kept, count)
            removed.extend(kept[result.removed])
            kept = kept[result.kept]
            lams.append(result.lam)
            model = fitted(model if warm else clone(prototype), kept)
        seen = scores(model, head, monitor)
        loss = np.mean(np.sum((encode(monitor[1], y) - seen).reshape(len(seen), -1) ** 2, axis=1))
        history.append(
            [
                number,
                len(kept),
                *errors(validation[1], scores(model, head, validation), y, bounds),
                *errors(monitor[1], seen, y, bounds),
                loss,
            ]
        )
        models.append((copy.deepcopy(model), head, kept))
    return history, models, np.array(removed), lams


CASES = {
    "head": {"retrain": "head"},
    "estimator": {"retrain": "estimator"},
    "continue": {"retrain": "continue"},
}
JUDGEMENTS = {
    "paper": {"criterion": "representer", "objective": "worst", "lam": 30.0},
    "default": {"criterion": "refit", "objective": "mean", "lam": "auto"},
}
TASKS = {
    "regression": (PARISRegressor, network(), Y, Y_VAL),
    "one-hot": (PARISClassifier, network(), LABELS, LABELS_VAL),
    "labels": (PARISClassifier, network(MLPClassifier), LABELS, LABELS_VAL),
}


@pytest.mark.parametrize(("given", "keep"), [(False, 0.85), (True, 0.6)], ids=["split", "X_val"])
@pytest.mark.parametrize("judgement", list(JUDGEMENTS))
@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("task", list(TASKS))
def test_twin(task, case, judgement, given, keep):
    kind, estimator, y, y_val = TASKS[task]
    model = kind(
        estimator,
        keep=keep,
        rounds=3,
        random_state=7,
        refit=False,
        **CASES[case],
        **JUDGEMENTS[judgement],
    )
    model.fit(X, y, **({"X_val": X_VAL, "y_val": y_val} if given else {}))
    assert len(np.unique(np.concatenate([model.validation_rows_, model.monitor_rows_]))) == (
        90 if given else 72
    )

    train = model.training_rows_
    held_out = (X_VAL, y_val) if given else (X, y)
    validation, monitor = (
        (held_out[0][rows], held_out[1][rows])
        for rows in (model.validation_rows_, model.monitor_rows_)
    )
    n = len(train)
    total = n - round(keep * n)
    counts = [total // 3 + (place < total % 3) for place in range(3)]
    warm = case == "continue"
    if warm:
        estimator = clone(estimator).set_params(**{f"{estimator.steps[-1][0]}__warm_start": True})
    history, models, removed, lams = twin(
        (X[train], y[train]),
        validation,
        monitor,
        estimator,
        counts,
        retrain=model.retrain,
        warm=warm,
        **JUDGEMENTS[judgement],
    )

    frame = pd.DataFrame(model.history_)
    elsewhere = [name for name in frame if name in ("sweep", "lam") or "seconds" in name]
    got = frame.drop(columns=elsewhere)
    np.testing.assert_allclose(got.to_numpy(), history, rtol=1e-9, atol=1e-12)
    assert math.isnan(frame["lam"][0])
    np.testing.assert_array_equal(frame["lam"][1:], lams[-3:])
    losses = [line[-1] for line in history]
    assert model.best_round_ == np.argmin(losses)
    extractor, head, kept = models[3]
    np.testing.assert_array_equal(model.removed_, train[removed[: n - len(kept)]])
    support = np.zeros(len(y), dtype=bool)
    support[train[kept]] = True
    np.testing.assert_array_equal(model.support_, support)
    np.testing.assert_array_equal(model.features(X), extractor.transform(X))
    if head is None:
        assert not hasattr(model, "coef_")
        labels = task == "labels"
        scores = extractor.predict_proba(X) if labels else extractor.predict(X)
    else:
        np.testing.assert_array_equal(model.coef_, head)
        scores = extractor.transform(X) @ head
    if kind is PARISRegressor:
        expected = y[train].mean() + y[train].std() * scores
        np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)
    else:
        np.testing.assert_array_equal(model.predict(X), np.unique(y)[scores.argmax(axis=1)])
    assert model.n_iter_ == 3
    assert (frame["seconds"] >= frame["training_seconds"] + frame["pruning_seconds"]).all()


def test_head_is_one_prune_of_all_rows():
    model = PARISRegressor(
        Nystroem(n_components=15),
        keep=50,
        rounds=4,
        retrain="head",
        val_weight="tail",
        refit=False,
        random_state=0,
    ).fit(X, Y)
    train, steer, watch = model.training_rows_, model.validation_rows_, model.monitor_rows_
    bounds = np.quantile(Y[np.concatenate([steer, watch])], [0.05, 0.95])
    mean, scale = Y[train].mean(), Y[train].std()
    arrays = (
        model.features(X[train]),
        (Y[train] - mean) / scale,
        model.features(X[steer]),
        (Y[steer] - mean) / scale,
    )
    result = paris_core.prune(
        *arrays,
        len(train) - 50,
        lam=penalty_of("auto", *arrays),
        criterion="refit",
        objective="mean",
        val_weight=((Y[steer] <= bounds[0]) | (Y[steer] >= bounds[1])).astype(float),
    )
    np.testing.assert_array_equal(model.removed_, train[result.removed])
    np.testing.assert_array_equal(model.coef_, result.weights)
    assert model.lam_ == result.lam
    (mine,) = model.results_
    np.testing.assert_array_equal(mine.loss, result.loss)
    np.testing.assert_array_equal(mine.kept, result.kept)
    # monitor_loss of the history is that of the deletions
    kept = [record.n_kept for record in model.history_]
    watched = mine.monitor_loss[len(train) - np.array(kept)]
    losses = np.array([record.monitor_loss for record in model.history_])
    np.testing.assert_allclose(watched, losses, rtol=1e-9)


def rows_of_each_round(keep, rounds=None, retrain="estimator", n_rows=100):
    return schedule.parse(keep, rounds, retrain, n_rows)


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        (("auto",), (99,) * 10),
        (("auto", 3), (99,) * 3),
        (("auto", None, "head"), (99,)),
        (("auto", 3, "continue"), (99,) * 3),
        ((0.5,), (10,) * 5),
        ((89,), (3, 2, 2, 2, 2)),
        ((94,), (2, 1, 1, 1, 1)),
        ((97,), (1, 1, 1)),
        ((100,), ()),
        ((1, 2), (50, 49)),
        ((0.25, 1), (75,)),
        ((0.25, 3, "head"), (25, 25, 25)),
        ((0.999,), ()),
    ],
    ids=str,
)
def test_rows_of_each_round(arguments, counts):
    chooses = arguments[0] == "auto"
    sweeps = 3 if chooses and "head" not in arguments else 1
    assert rows_of_each_round(*arguments) == (counts, chooses, sweeps)


@given(st.data())
def test_rounds_add_up(data):
    n_rows = data.draw(st.integers(1, 200))
    keep = data.draw(st.integers(1, n_rows))
    rounds = data.draw(st.integers(1, 12))
    counts = rows_of_each_round(keep, rounds, n_rows=n_rows).counts
    assert sum(counts) == n_rows - keep
    assert len(counts) == min(rounds, n_rows - keep)
    assert max(counts, default=0) - min(counts, default=0) <= 1


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        (("all",), ValueError, r"keep must be one of 'auto', got 'all'"),
        ((None,), TypeError, "keep must be an integer"),
        ((True,), TypeError, "keep must be an integer"),
        ((0,), ValueError, r"keep must be in \[1, 100\], got 0"),
        ((101,), ValueError, r"keep must be in \[1, 100\], got 101"),
        ((1.0,), ValueError, "keep must be an int .* or a fraction"),
        ((0.001,), ValueError, "keep must leave at least one"),
        (
            ("auto", 3, "head"),
            ValueError,
            "rounds must be None with keep='auto' and retrain='head'",
        ),
        (("auto", 0), ValueError, "rounds must be >= 1"),
        (("auto", 2.0), TypeError, "rounds must be an integer"),
    ],
    ids=str,
)
def test_bad_schedules(arguments, error, match):
    with pytest.raises(error, match=match):
        rows_of_each_round(*arguments)


def quick(**options):
    """Eighty of 168 rows leave, twenty a round; there is no last fit to other rows."""
    options = {
        "keep": 88,
        "rounds": 4,
        "retrain": "head",
        "refit": False,
        "random_state": 0,
    } | options
    return PARISRegressor(options.pop("estimator", PCA(3)), **options)


def test_keep_auto_takes_the_last_round_that_is_accepted():
    """In the middle: a quarter of the rows is spoilt, and what leaves at last is not."""
    y = Y.copy()
    y[:60] = -500.0
    estimator = network(max_iter=150)
    model = quick(keep="auto", rounds=8, retrain="estimator", estimator=estimator, monitor=0.33)
    model.fit(X, y, X_val=X_VAL, y_val=Y_VAL)
    assert model.best_round_ not in (0, model.n_iter_)
    assert model.gain_.beyond_chance()
    losses = [record.monitor_loss for record in model.history_]
    assert losses[0] - losses[model.best_round_] == pytest.approx(model.gain_.mean, rel=1e-9)
    assert model.gain_.n_units == len(model.monitor_rows_)
    assert model.stop_reason_.startswith(
        f"deletion: {len(model.removed_)} of 240 training rows removed, the gain is "
    )
    assert (
        model.support_.sum()
        == model.history_[model.best_round_].n_kept
        == 240 - len(model.removed_)
    )
    # What predicts is the model of that round.
    rows = model.monitor_rows_
    error = np.sqrt(np.mean((model.predict(X_VAL[rows]) - Y_VAL[rows]) ** 2))
    assert error == pytest.approx(model.history_[model.best_round_].monitor_error, rel=1e-12)


def test_without_a_monitor():
    model = quick(keep=0.5, monitor=None).fit(X, Y)
    assert len(model.monitor_rows_) == 0
    assert model.best_round_ == model.n_iter_ == 4
    assert math.isnan(model.history_[-1].monitor_loss)
    assert math.isnan(model.history_[-1].monitor_tail_error)
    assert model.results_[0].monitor_loss is None
    with pytest.raises(ValueError, match="keep='auto' needs monitor rows"):
        quick(keep="auto", rounds=None, monitor=None).fit(X, Y)


def test_keep_all_rows():
    model = quick(keep=1.0 - 1e-9, rounds=None)
    model.fit(X, Y)
    assert model.n_iter_ == 0
    assert len(model.history_) == 1
    assert len(model.removed_) == 0
    assert model.results_ == []
    assert not hasattr(model, "lam_")
    assert model.support_.sum() == len(model.training_rows_)
    assert model.stop_reason_ == "as keep asks: 0 of 168 training rows removed"


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_callbacks(retrain):
    seen, others = [], []

    def stop(record):
        seen.append(record)
        return record.round == 2

    model = quick(retrain=retrain, callbacks=[others.append, stop, others.append]).fit(X, Y)
    assert [record.round for record in seen] == [0, 1, 2]
    assert len(others) == 6  # all of them are called, also by the one that stops
    assert model.n_iter_ == 2
    assert model.history_ == seen
    assert quick(callbacks=lambda record: True).fit(X, Y).n_iter_ == 0


@pytest.mark.parametrize("retrain", ["head", "estimator"])
@pytest.mark.parametrize("keep", ["auto", 0.8])
def test_callbacks_see_every_round_once(retrain, keep):
    seen = []
    y = np.where(np.arange(240) < 60, -500.0, Y)
    rounds = None if keep == "auto" else 4
    model = quick(retrain=retrain, keep=keep, rounds=rounds, callbacks=seen.append)
    assert model.fit(X, y, X_val=X_VAL, y_val=Y_VAL).history_ == seen
    assert model.n_iter_ >= (1 if keep == "auto" else 4)


def test_verbose(capsys):
    quick().fit(X, Y)
    assert capsys.readouterr().out == ""
    quick(verbose=1).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"round {n}" for n in range(5)]
    assert "148 rows, validation" in lines[1]


class Slow(PCA):
    def fit(self, X, y=None):
        time.sleep(0.02)
        return super().fit(X, y)


@pytest.mark.parametrize("keep", [88, "auto"])
def test_seconds_add_up(keep):
    """Those of all rounds, of the last one too, which may find nothing to delete."""
    ends = []
    model = quick(
        estimator=Slow(3),
        retrain="estimator",
        keep=keep,
        callbacks=lambda record: ends.append(time.perf_counter()),
    )
    began = time.perf_counter()
    rounds = model.fit(X, Y).history_
    assert len(ends) == len(rounds)
    assert sum(one.seconds for one in rounds[1:]) == pytest.approx(ends[-1] - ends[0], 0.05, 0.01)
    assert rounds[0].seconds <= ends[0] - began
    for one in rounds:
        assert 0.9 * one.seconds <= one.training_seconds + one.pruning_seconds <= one.seconds


def test_a_round_that_finds_nothing_is_on_record():
    seen = []
    model = PARISRegressor(PCA(3), random_state=0, callbacks=seen.append).fit(X, X[:, 0])
    last, before = model.history_[-1], model.history_[-2]
    assert model.n_iter_ == last.round == len(model.results_)
    assert last.n_kept == before.n_kept
    assert len(model.results_[-1].removed) == 0
    assert last[4:9] == before[4:9]  # the errors are those of the same model
    assert last.pruning_seconds > 0
    assert last.lam > 0
    assert repr(seen) == repr(model.history_)


def same(first, second):
    np.testing.assert_array_equal(first.training_rows_, second.training_rows_)
    np.testing.assert_array_equal(first.removed_, second.removed_)
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    mine, theirs = pd.DataFrame(first.history_), pd.DataFrame(second.history_)
    names = [name for name in mine if "seconds" not in name]
    pd.testing.assert_frame_equal(mine[names], theirs[names], check_exact=True)


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_deterministic(retrain):
    unseeded = network(random_state=None)
    model = quick(estimator=unseeded, retrain=retrain)
    first = clone(model).fit(X, Y)
    same(clone(model).fit(X, Y), first)
    same(first, clone(model).set_params(n_jobs=2).fit(X, Y))
    same(first, clone(model).set_params(n_jobs=-1).fit(X, Y))
    other = clone(model).set_params(random_state=1).fit(X, Y)
    assert not np.array_equal(other.training_rows_, first.training_rows_)
    assert not np.array_equal(other.predict(X), first.predict(X))
    same(model.fit(X, Y), first)
    same(model.fit(X, Y), first)  # again: nothing is left over from the first fit


def test_a_random_state_object_moves_on():
    generator = np.random.RandomState(3)
    model = quick(random_state=generator)
    first = model.fit(X, Y).training_rows_
    assert not np.array_equal(model.fit(X, Y).training_rows_, first)
    # clone copies its state
    copied = clone(quick(random_state=np.random.RandomState(3)))
    np.testing.assert_array_equal(copied.fit(X, Y).training_rows_, first)


@pytest.mark.parametrize("case", list(CASES))
def test_neither_inputs_nor_the_estimator_change(case):
    estimator = network(random_state=None)
    before = repr(estimator.get_params())
    arrays = [a.copy() for a in (X, Y, X_VAL, Y_VAL)]
    model = quick(estimator=estimator, **CASES[case])
    model.fit(*arrays[:2], X_val=arrays[2], y_val=arrays[3])
    model.predict(arrays[0])
    for mine, theirs in zip(arrays, (X, Y, X_VAL, Y_VAL), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert model.estimator is estimator
    assert repr(estimator.get_params()) == before
    assert not hasattr(estimator[-1], "coefs_")
    assert not hasattr(estimator[0], "mean_")
    frame, series = pd.DataFrame(X, columns=list("abcd"), index=np.arange(240)[::-1]), pd.Series(Y)
    frame_before, series_before = frame.copy(deep=True), series.copy(deep=True)
    same_rows = quick(estimator=estimator, **CASES[case]).fit(frame, series)
    pd.testing.assert_frame_equal(frame, frame_before)
    pd.testing.assert_series_equal(series, series_before)
    np.testing.assert_array_equal(
        same_rows.training_rows_, quick(estimator=estimator).fit(X, Y).training_rows_
    )


def test_a_fitted_extractor_is_not_changed():
    extractor = IdentityExtractor(lam=1.0).fit(X, Y)
    coefficients = extractor.coef_.copy()
    model = quick(estimator=extractor).fit(X, Y)
    np.testing.assert_array_equal(extractor.coef_, coefficients)
    assert model.estimator_ is not extractor


def test_warm_starts_do_not_change_the_best_model():
    """A network that went on training in later rounds is not the one that is kept."""
    y = Y.copy()
    y[:60] = -500.0
    model = PARISRegressor(
        network(max_iter=80, learning_rate_init=0.02),
        retrain="continue",
        rounds=8,
        monitor=0.33,
        refit=False,
        random_state=0,
    ).fit(X, y, X_val=X_VAL, y_val=Y_VAL)
    assert 0 < model.best_round_ < model.n_iter_
    rows = model.monitor_rows_
    error = np.sqrt(np.mean((model.predict(X_VAL[rows]) - Y_VAL[rows]) ** 2))
    best = model.history_[model.best_round_].monitor_error
    assert error == pytest.approx(best, rel=1e-12)
    assert best != model.history_[-1].monitor_error


def test_noise_alone_lets_nothing_leave():
    """There is nothing to learn, so that a lower loss on the monitor rows is chance."""
    y, y_val = np.random.default_rng(1).normal(size=(2, 90))
    model = PARISRegressor(
        network(hidden_layer_sizes=(40,), learning_rate_init=0.02),
        rounds=4,
        monitor=0.33,
        refit=False,
        random_state=0,
    ).fit(X[:90], y, X_val=X_VAL, y_val=y_val)
    assert model.best_round_ == len(model.removed_) == 0
    assert model.n_iter_ >= 1
    assert not model.gain_.beyond_chance()
    assert model.stop_reason_.startswith("no deletion: the gain, ")
    assert model.stop_reason_.endswith(" % of the squared error, is within chance")
    plain = network(hidden_layer_sizes=(40,), learning_rate_init=0.02).fit(
        X[:90], (y - y.mean()) / y.std()
    )
    np.testing.assert_allclose(model.predict(X), y.mean() + y.std() * plain.predict(X), rtol=1e-12)


@pytest.mark.parametrize("rounds", [1, 4])
def test_as_keep_asks(rounds):
    """A number of rows need not earn its place."""
    model = quick(rounds=rounds).fit(X, Y)
    assert model.gain_ is None
    assert model.stop_reason_ == "as keep asks: 80 of 168 training rows removed"
    assert not hasattr(model, "removed_groups_")


class Offset:
    """An extractor that is no scikit-learn estimator."""

    def __init__(self):
        self.n_fits = 0

    def fit(self, X, y, sample_weight=None):
        self.n_fits += 1
        self.head = np.linalg.lstsq(self.transform(X), y, rcond=None)[0]
        return self

    def transform(self, X):
        return np.column_stack([X, np.ones(len(X))])

    def predict(self, X):
        return self.transform(X) @ self.head


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_extractors_that_are_no_scikit_learn_estimators(retrain):
    extractor = Offset()
    model = quick(estimator=extractor, retrain=retrain).fit(X, Y)
    assert extractor.n_fits == 0
    assert model.estimator_.n_fits == 1
    train = model.support_
    mean, scale = Y[model.training_rows_].mean(), Y[model.training_rows_].std()
    if retrain == "estimator":
        expected = Offset().fit(X[train], (Y[train] - mean) / scale).predict(X)
        np.testing.assert_allclose(model.predict(X), mean + scale * expected, rtol=1e-9)
    with pytest.raises(ValueError, match="retrain='continue' needs an estimator with a parameter"):
        quick(estimator=extractor, retrain="continue").fit(X, Y)
    with pytest.raises(ValueError, match="retrain='continue' needs an estimator with a parameter"):
        quick(retrain="continue").fit(X, Y)


class Columns(Offset):
    def predict(self, X):
        return super().predict(X)[:, np.newaxis]


class NoNumbers(Offset):
    def predict(self, X):
        return np.full(len(X), np.nan)


def test_predictions_of_the_wrong_shape_or_without_value_are_refused():
    with pytest.raises(ValueError, match=r"predictions must have shape \(\d+,\), got \(\d+, 1\)"):
        quick(estimator=Columns(), retrain="estimator").fit(X, Y)
    with pytest.raises(ValueError, match="estimator's predictions must be finite, got NaN"):
        quick(estimator=NoNumbers(), retrain="estimator").fit(X, Y)


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_no_class_dies_out(retrain):
    model = PARISClassifier(
        PCA(3), keep=1, min_per_class=5, retrain=retrain, random_state=0, rounds=3, refit=False
    ).fit(X, LABELS)
    names, left = np.unique(LABELS[model.support_], return_counts=True)
    assert list(names) == ["calm", "gale", "storm"]
    assert (left == 5).all()
    assert model.history_[-1].n_kept == 15
    # fewer rows than min_per_class: all of them stay
    model = PARISClassifier(PCA(3), keep=0.5, min_per_class=20, random_state=0, refit=False).fit(
        X, LABELS
    )
    storms = (LABELS == "storm") & np.isin(np.arange(240), model.training_rows_)
    assert 0 < storms.sum() < 20 or (storms & model.support_).sum() >= 20
    assert (storms & model.support_).sum() >= min(20, storms.sum())


def test_a_round_with_nothing_left_to_delete_ends_the_loop():
    model = PARISClassifier(PCA(3), keep=1, rounds=60, min_per_class=40, random_state=0)
    model.fit(X, LABELS)
    assert 0 < model.n_iter_ < 60
    assert model.history_[-1].n_kept == model.history_[-2].n_kept < model.history_[-3].n_kept


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_data_frames_with_strings(retrain):
    frame = pd.DataFrame(X[:, :2], columns=["a", "b"])
    frame["place"] = np.where(X[:, 2] > 0, "north", "south")
    columns = ColumnTransformer(
        [("numbers", StandardScaler(), ["a", "b"]), ("names", OneHotEncoder(), ["place"])]
    )
    mlp = MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, random_state=0)
    model = quick(estimator=make_pipeline(columns, mlp), retrain=retrain).fit(frame, Y)
    assert list(model.feature_names_in_) == ["a", "b", "place"]
    assert model.n_features_in_ == 3
    assert model.predict(frame).shape == (240,)
    assert model.features(frame).shape == (240, 6)
    by_hand = ColumnTransformer(
        [("numbers", StandardScaler(), [0, 1]), ("names", "passthrough", [3, 2])]
    )
    numeric = np.column_stack([X[:, :2], X[:, 2] <= 0, X[:, 2] > 0])
    twin = quick(estimator=make_pipeline(by_hand, mlp), retrain=retrain).fit(numeric, Y)
    np.testing.assert_array_equal(model.removed_, twin.removed_)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "place"]])


def test_the_sampler_keeps_what_the_regressor_keeps():
    model = quick().fit(X, Y)
    sampler = PARISUnderSampler(quick())
    sampler.fit_resample(X, Y)
    np.testing.assert_array_equal(sampler.ranking_, model.removed_)
    np.testing.assert_array_equal(
        np.setdiff1d(np.arange(240), sampler.sample_indices_), np.sort(model.removed_)
    )


def test_attributes_of_an_earlier_fit_do_not_stay():
    model = quick().fit(X, Y)
    assert hasattr(model, "coef_")
    assert hasattr(model, "lam_")
    model.set_params(retrain="estimator").fit(X, Y)
    assert not hasattr(model, "coef_")
    model.set_params(keep=168, rounds=None).fit(X, Y)
    assert not hasattr(model, "lam_")


def test_history_in_a_data_frame():
    frame = pd.DataFrame(quick().fit(X, Y).history_)
    assert list(frame["n_kept"]) == [168, 148, 128, 108, 88]
    assert list(frame.columns[:3]) == ["round", "sweep", "n_kept"]


@pytest.mark.parametrize("lam", ["gcv", "evidence", 3.0])
def test_lam_of_each_round(lam):
    model = quick(lam=lam, retrain="estimator").fit(X, Y)
    lams = [record.lam for record in model.history_][1:]
    assert lams == [result.lam for result in model.results_]
    assert model.lam_ == lams[-1]
    assert len(set(lams)) == (1 if lam == 3.0 else 4)


@pytest.mark.parametrize("weighting", ["inverse-density", "tail", np.abs, None])
def test_val_weight(weighting):
    model = quick(val_weight=weighting, tail=Tail("upper", quantile=0.8)).fit(X, Y)
    steer, watch, train = model.validation_rows_, model.monitor_rows_, model.training_rows_
    bound = np.quantile(Y[np.concatenate([steer, watch])], 0.8)

    def weight(rows):
        if weighting == "tail":
            return (Y[rows] >= bound).astype(float)
        if weighting == "inverse-density":
            return paris_core.validation.weights.inverse_density(Y[rows])
        return np.ones(len(rows)) if weighting is None else np.abs(Y[rows])

    encoded = (Y - Y[train].mean()) / Y[train].std()
    arrays = model.features(X[train]), encoded[train], model.features(X[steer]), encoded[steer]
    result = paris_core.prune(
        *arrays,
        80,
        lam=penalty_of("auto", *arrays),
        criterion="refit",
        objective="mean",
        val_weight=weight(steer),
    )
    np.testing.assert_array_equal(model.results_[0].removed, result.removed)
    square = (encoded[watch] - model.features(X[watch]) @ model.coef_) ** 2
    loss = weight(watch) @ square / weight(watch).sum()
    assert model.history_[-1].monitor_loss == pytest.approx(loss, rel=1e-9)
    tail = watch[Y[watch] >= bound]
    error = np.sqrt(np.mean((model.predict(X[tail]) - Y[tail]) ** 2))
    last = model.history_[-1]
    assert last.monitor_tail_error == pytest.approx(error, rel=1e-9)


def test_inverse_density_gives_every_class_the_same_weight():
    model = PARISClassifier(
        PCA(3),
        val_weight="inverse-density",
        keep=0.5,
        retrain="head",
        random_state=0,
        refit=False,
    ).fit(X, LABELS)
    steer = model.validation_rows_
    names, codes, counts = np.unique(LABELS[steer], return_inverse=True, return_counts=True)
    assert len(names) == 3
    train = model.training_rows_
    one_hot = (LABELS[:, np.newaxis] == np.unique(LABELS)).astype(float)
    arrays = model.features(X[train]), one_hot[train], model.features(X[steer]), one_hot[steer]
    result = paris_core.prune(
        *arrays,
        len(model.removed_),
        lam=penalty_of("auto", *arrays),
        criterion="refit",
        objective="mean",
        val_weight=(1 / counts)[codes],
        strata=np.searchsorted(names, LABELS[train]),
        quotas=[1, 1, 1],
    )
    np.testing.assert_array_equal(train[result.removed], model.removed_)


def test_given_validation_rows_are_not_copied():
    """With X_val the training rows are X itself, which may be a memory map."""
    seen = []

    def features(table):
        seen.append(table)
        return np.asarray(table)[:, :3]

    quick(estimator=features, keep=200).fit(X, Y, X_val=X_VAL, y_val=Y_VAL)
    assert any(np.shares_memory(table, X) for table in seen)


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_the_monitor_rows_choose_how_many_leave(retrain):
    """Each round of the first sweep is a prune that stops by the monitor."""
    rounds = None if retrain == "head" else 4
    model = quick(keep="auto", rounds=rounds, retrain=retrain, lam=1.0, monitor=0.33)
    y = Y.copy()
    y[:40] = -500.0
    model.fit(X, y, X_val=X_VAL, y_val=Y_VAL)
    steer, watch = model.validation_rows_, model.monitor_rows_
    encoded, encoded_val = ((table - y.mean()) / y.std() for table in (y, Y_VAL))
    extractor = as_extractor(PCA(3, random_state=model.estimator_.transformer.random_state))
    kept = np.arange(240)
    first_sweep = [record for record in model.history_ if record.sweep == 1]
    for result in model.results_[: len(first_sweep) - 1]:
        extractor = clone(extractor).fit(X[kept], encoded[kept])
        whole = paris_core.prune(
            extractor.transform(X[kept]),
            encoded[kept],
            extractor.transform(X_VAL[steer]),
            encoded_val[steer],
            len(kept) - 1,
            criterion="refit",
            objective="mean",
            lam=1.0,
            monitor=(extractor.transform(X_VAL[watch]), encoded_val[watch]),
        )
        watched = whole.monitor_loss[:101]
        fewest = next(k for k in range(101) if watched[k] <= 1.01 * min(watched))
        np.testing.assert_array_equal(result.removed, whole.removed[:fewest])
        kept = kept[result.kept]
    assert model.n_iter_ == len(model.results_) >= len(first_sweep) - 1 >= 1
    assert first_sweep[-1].n_kept == len(kept)


def test_at_most_half_of_the_rows_leave_before_the_next_training():
    y = Y.copy()
    y[:200] = -500.0
    model = quick(keep="auto", rounds=4, retrain="estimator", lam=1.0, monitor=0.33)
    model.fit(X, y, X_val=X_VAL, y_val=Y_VAL)
    kept = [record.n_kept for record in model.history_ if record.sweep == 1]
    assert kept[1] == 120
    assert all(after >= before / 2 for before, after in itertools.pairwise(kept))
    head = quick(keep="auto", rounds=None, lam=1.0, monitor=0.33).fit(
        X, y, X_val=X_VAL, y_val=Y_VAL
    )
    assert head.history_[1].n_kept < 120  # one round for all
