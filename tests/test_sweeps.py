"""The sweeps of the outer loop: all rows come back, judged by better features."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.kernel_approximation import Nystroem
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import paris_core
from accepting import Choice, all_rounds, gain, penalty_of
from paris_core import PARISClassifier, PARISRegressor, PruneResult
from paris_core.evidence import Gain
from paris_core.evidence.acceptance import Verdict
from paris_core.features import as_extractor
from paris_core.validation import Tail

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.ManyRemovedWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
]


def draw(n_rows, rng):
    X = rng.normal(size=(n_rows, 4))
    return X, 3 * X[:, 0] + 2 * np.abs(X[:, 1]) + 0.3 * rng.normal(size=n_rows) + 20


RNG = np.random.default_rng(0)
X, CLEAN = draw(900, RNG)
X_VAL, Y_VAL = draw(150, RNG)
MONTH = np.repeat(np.arange(30), 30)
WRONG = np.isin(MONTH, [2, 5, 11, 17, 18, 23])
Y = np.where(WRONG, 40 - CLEAN, CLEAN)
TRUSTED = {"X_val": X_VAL, "y_val": Y_VAL}


def network(kind=MLPRegressor, **options):
    options = {"hidden_layer_sizes": (16,), "max_iter": 60, "random_state": 0} | options
    return make_pipeline(StandardScaler(), kind(**options))


def swept(kind=PARISRegressor, estimator=None, **options):
    options = {"random_state": 3, "monitor": 0.33, "rounds": 3, "refit": False} | options
    return kind(network() if estimator is None else estimator, **options)


def fitted(model):
    return model.fit(X, Y, **TRUSTED, groups=MONTH if model.delete == "groups" else None)


def encode(y):
    return (y - Y.mean()) / Y.std()


def leaving(delete, features, kept, val, monitor):
    """Positions among `kept` that a round removes."""
    arrays = (
        features(X[kept]),
        encode(Y[kept]),
        features(X_VAL[val]),
        encode(Y_VAL[val]),
    )
    lam = penalty_of("auto", *arrays)
    watch = features(X_VAL[monitor]), encode(Y_VAL[monitor])
    if delete == "groups":
        most = len(np.unique(MONTH[kept])) // 2
        run = paris_core.prune_groups(*arrays, MONTH[kept], most, lam=lam, monitor=watch)
        return run.truncate(run.fewest_k(0.05)).removed
    run = paris_core.prune(
        *arrays,
        len(kept) // 2,
        lam=lam,
        criterion="refit",
        objective="mean",
        monitor=watch,
        stop=("converged", "monitor"),
        patience=0.5,
        tolerance=0.01,
    )
    return run.truncate(run.fewest_k(0.01)).removed


def twin(model):
    """Every round, and the choice among them."""
    validation, monitor = model.validation_rows_, model.monitor_rows_
    watched = encode(Y_VAL[monitor])
    bounds = np.quantile(Y_VAL, [0.05, 0.95])

    def fitted_to(kept):
        return clone(as_extractor(network())).fit(X[kept], encode(Y[kept]))

    choice = Choice(
        len(Y),
        fitted_to,
        lambda extractor, head: (watched - extractor.predict(X_VAL[monitor])) ** 2,
        groups=MONTH if model.delete == "groups" else None,
        tails=[(Y_VAL[monitor] <= bounds[0]) | (Y_VAL[monitor] >= bounds[1])],
    )
    rounds = all_rounds(
        choice,
        fitted_to,
        lambda extractor, kept: leaving(
            model.delete, extractor.transform, kept, validation, monitor
        ),
        most=model.rounds,
    )
    return rounds, choice


@pytest.mark.parametrize("rounds", [1, 5])
@pytest.mark.parametrize("delete", ["rows", "groups"])
def test_twin(delete, rounds):
    model = fitted(swept(delete=delete, rounds=rounds))
    expected, choice = twin(model)
    assert [(one.sweep, one.n_kept) for one in model.history_] == [
        (one.sweep, len(one.kept)) for one in expected
    ]
    losses = [np.mean(choice.squares(one.extractor, None)) for one in expected]
    np.testing.assert_allclose([one.monitor_loss for one in model.history_], losses, rtol=1e-9)
    assert [one.round for one in model.history_] == list(range(len(expected)))
    assert model.n_iter_ == len(expected) - 1 == len(model.results_)
    assert model.best_round_ == choice.best >= 1
    best = expected[choice.best]
    np.testing.assert_array_equal(np.flatnonzero(model.support_), best.kept)
    np.testing.assert_array_equal(model.removed_, best.removed)
    predicted = Y.mean() + Y.std() * best.extractor.predict(X)
    np.testing.assert_allclose(model.predict(X), predicted, rtol=1e-12)
    assert expected[-1].sweep >= 2
    mean, error, n_units = gain(choice.before - choice.squares(best.extractor, None))
    assert model.gain_ == pytest.approx((mean, error, n_units), rel=1e-9)


@pytest.fixture
def decreed(monkeypatch):
    """A function to fit with, that accepts these rounds and no others; seven rows leave in each."""

    def fit(accepted, **options):
        number, compared = iter(range(1, 100)), []

        def verdict(before, after, at_random, **more):
            compared.append(more["least"] is not None)
            return Verdict(next(number) in accepted, Gain(0.1, 1.0, 50), "by decree")

        monkeypatch.setattr("paris_core.estimators._loop.outer_loop.verdict", verdict)
        monkeypatch.setattr(PruneResult, "fewest_k", lambda result, tolerance: 7)
        return fitted(swept(estimator=Nystroem(n_components=12), rounds=20, **options)), compared

    return fit


def test_rows_come_back(decreed):
    """A sweep begins with all of them, and the better features remove others."""
    model, _ = decreed({2, 6})
    sweep = [one.sweep for one in model.history_]
    assert model.best_round_ == 6
    assert sweep[5:7] == [1, 2]
    assert len(model.results_[5].mask) == len(Y) > len(model.results_[4].mask)
    first = np.arange(len(Y))
    for result in model.results_[:5]:
        first = first[result.kept]
    assert not np.isin(np.flatnonzero(model.support_), first).all()
    np.testing.assert_array_equal(model.removed_, model.results_[5].removed)


@pytest.mark.parametrize(
    ("accepted", "sweeps"),
    [
        (set(), [3]),
        ({3}, [6, 3]),
        ({1, 4}, [7, 3]),
        ({1, 5}, [4, 4, 3]),
        ({1, 5, 9}, [4, 4, 4]),  # a fourth sweep there is not
        ({2, 4, 10}, [7, 6, 3]),
    ],
    ids=str,
)
def test_three_refused_rounds_end_a_sweep(decreed, accepted, sweeps):
    """One that is accepted begins the count anew; a sweep without one is the last."""
    model, compared = decreed(accepted)
    assert [one.sweep for one in model.history_[1:]] == [
        number for number, count in enumerate(sweeps, 1) for _ in range(count)
    ]
    assert model.best_round_ == max(accepted, default=0)
    # From the first that is accepted on there is one with fewer removals to compare with.
    first = min(accepted, default=99)
    assert compared == [place > first for place in range(1, len(compared) + 1)]
    start = "deletion" if accepted else "no deletion"
    assert model.stop_reason_.startswith(start)
    assert model.stop_reason_.endswith("by decree")
    assert (len(model.removed_) > 0) == bool(accepted)


def test_ends_when_a_sweep_brings_nothing():
    clean = swept().fit(X, CLEAN, **TRUSTED)
    assert {one.sweep for one in clean.history_} == {1}
    assert clean.best_round_ == 0
    dirty = fitted(swept(delete="groups"))
    last = dirty.history_[-1].sweep
    best = dirty.history_[dirty.best_round_].sweep
    assert best == last == 3 or best == last - 1
    assert all(one.sweep <= 3 for one in dirty.history_)


def test_a_warm_start_leaves_the_best_network_as_it_was():
    model = fitted(swept(retrain="continue"))
    best = model.history_[model.best_round_]
    assert best.round >= 1
    assert model.history_[-1].sweep >= 2
    rows = model.monitor_rows_
    residual = (Y_VAL[rows] - model.predict(X_VAL[rows])) / Y.std()
    np.testing.assert_allclose(np.mean(residual**2), best.monitor_loss, rtol=1e-10)


def test_every_round_is_told_once_and_can_be_the_last():
    told = []
    model = fitted(swept(callbacks=lambda record: told.append(record.round)))
    assert told == list(range(model.n_iter_ + 1))
    second = next(one.round for one in model.history_ if one.sweep == 2)
    stopped = fitted(swept(callbacks=lambda record: record.sweep == 2))
    assert stopped.n_iter_ == second


class Stop(Exception):
    pass


@pytest.mark.parametrize("delete", ["rows", "groups"])
def test_goes_on_in_a_later_sweep(delete, tmp_path):
    def interrupt(record):
        if record.sweep == 2:
            raise Stop

    path = tmp_path / "state"
    with pytest.raises(Stop):
        fitted(swept(delete=delete, checkpoint=path, callbacks=interrupt))
    resumed = fitted(swept(delete=delete, checkpoint=path))
    whole = fitted(swept(delete=delete))
    np.testing.assert_array_equal(resumed.removed_, whole.removed_)
    np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))
    frames = [pd.DataFrame(one.history_).iloc[:, :9] for one in (resumed, whole)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    assert len(resumed.results_) == len(whole.results_)
    assert resumed.stop_reason_ == whole.stop_reason_
    assert resumed.gain_ == whole.gain_
    with pytest.raises(ValueError, match="belongs to another run: rounds was 3, now it is 2"):
        fitted(swept(delete=delete, checkpoint=path, rounds=2))


def test_folds():
    model = fitted(swept(monitor=3))
    assert model.history_[-1].sweep >= 2
    errors = [one.error for one in model.history_]
    assert errors[model.best_round_] < errors[0]
    assert model.gain_.beyond_chance()


def test_classes():
    labels = np.where(CLEAN > 22, "storm", "calm")
    y = np.where(WRONG, np.where(labels == "calm", "storm", "calm"), labels)
    y_val = np.where(Y_VAL > 22, "storm", "calm")
    model = swept(PARISClassifier, network(MLPClassifier, max_iter=100))
    model.fit(X, y, X_val=X_VAL, y_val=y_val)
    assert model.history_[-1].sweep >= 2
    best = model.history_[model.best_round_]
    assert best.n_kept == model.support_.sum() == len(y) - len(model.removed_)


@pytest.mark.parametrize(
    "options", [{"keep": 0.5}, {"retrain": "head", "rounds": None}], ids=["keep", "head"]
)
def test_what_has_one_sweep(options):
    """A number of rows is kept to; and features that stay say nothing new."""
    model = fitted(swept(**options))
    assert {one.sweep for one in model.history_} == {1}


@pytest.mark.parametrize("delete", ["rows", "groups"])
def test_report(delete, tmp_path):
    report = pytest.importorskip("paris_core.report")
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    model = fitted(swept(delete=delete, tail=Tail(quantile=0.2)))
    report.write_report(tmp_path / "r.html", model, X, Y, **TRUSTED)
    text = (tmp_path / "r.html").read_text()
    assert "A sweep begins with all training rows again" in text
    for one in model.history_:
        later = "" if one.sweep == 1 else f", sweep {one.sweep}"
        assert f"<td>{one.round}{later}</td>" in text
    if delete == "groups":
        gone = dict.fromkeys(MONTH[model.removed_].tolist())
        assert f"in the order of deletion: {', '.join(map(str, gone))}." in text
