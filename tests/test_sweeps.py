"""The outer loop with `sweeps`: all rows come back, judged by better features."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import paris_core
from paris_core import PARISClassifier, PARISRegressor
from paris_core.features import as_extractor
from paris_core.validation import Tail

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
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


def swept(sweeps=3, kind=PARISRegressor, estimator=None, **options):
    options = {"random_state": 3, "sweeps": sweeps} | options
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
    watch = features(X_VAL[monitor]), encode(Y_VAL[monitor])
    if delete == "groups":
        most = len(np.unique(MONTH[kept])) // 2
        run = paris_core.prune_groups(*arrays, MONTH[kept], most, monitor=watch)
        return run.truncate(run.fewest_k(0.05)).removed
    patience = max(100, round(0.1 * len(kept)))
    run = paris_core.prune(
        *arrays,
        len(kept) // 2,
        criterion="refit",
        objective="mean",
        monitor=watch,
        stop="monitor",
        patience=patience,
    )
    return run.truncate(run.fewest_k(0.01)).removed


def twin(model):
    """Sweep, rows kept and monitor loss of every round; the best round's kept and removed rows."""
    validation, monitor = model.validation_rows_, model.monitor_rows_

    def trained(kept):
        extractor = clone(as_extractor(network())).fit(X[kept], encode(Y[kept]))
        residual = encode(Y_VAL[monitor]) - extractor.predict(X_VAL[monitor])
        return np.mean(residual**2), extractor

    everything = np.arange(len(Y))
    loss, extractor = trained(everything)
    rounds = [(1, len(Y), loss)]
    best = loss, 0, everything, [], extractor
    for sweep in range(1, model.sweeps + 1):
        began, kept, removed, extractor = len(rounds) - 1, everything, [], best[-1]
        for _ in range(10):
            gone = leaving(model.delete, extractor.transform, kept, validation, monitor)
            if not len(gone):
                break
            removed = [*removed, *kept[gone]]
            kept = np.delete(kept, gone)
            loss, extractor = trained(kept)
            if loss < best[0]:
                best = loss, len(rounds), kept, removed, extractor
            rounds.append((sweep, len(kept), loss))
        if best[1] <= began:
            break
    return rounds, best


@pytest.mark.parametrize("sweeps", [1, 2, 5])
@pytest.mark.parametrize("delete", ["rows", "groups"])
def test_twin(delete, sweeps):
    model = fitted(swept(sweeps, delete=delete))
    rounds, (_, best_round, kept, removed, extractor) = twin(model)
    record = [(one.sweep, one.n_kept, one.monitor_loss) for one in model.history_]
    np.testing.assert_allclose(record, rounds, rtol=1e-9)
    assert [one.round for one in model.history_] == list(range(len(rounds)))
    assert model.n_iter_ == len(rounds) - 1 == len(model.results_)
    assert model.best_round_ == best_round
    np.testing.assert_array_equal(np.flatnonzero(model.support_), kept)
    np.testing.assert_array_equal(model.removed_, removed)
    expected = Y.mean() + Y.std() * extractor.predict(X)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)
    assert rounds[-1][0] == min(sweeps, rounds[-1][0])
    assert sweeps == 1 or rounds[-1][0] >= 2


def test_rows_come_back():
    once, more = (fitted(swept(sweeps)) for sweeps in (1, 3))
    assert more.history_[more.best_round_].sweep >= 2
    assert np.isin(np.flatnonzero(more.support_), once.removed_).any()
    first = [one for one in more.history_ if one.sweep == 1]
    assert [one[:8] for one in first] == [one[:8] for one in once.history_]


def test_ends_when_a_sweep_brings_nothing():
    clean = swept(5).fit(X, CLEAN, **TRUSTED)
    assert {one.sweep for one in clean.history_} == {
        1
    }  # no better round, nothing new to begin with
    long = fitted(swept(9))
    last = long.history_[-1].sweep
    assert 2 <= last < 9
    assert long.history_[long.best_round_].sweep < last


def test_a_warm_start_leaves_the_best_network_as_it_was():
    model = fitted(swept(3, retrain="continue"))
    best = model.history_[model.best_round_]
    assert model.history_[-1].sweep >= 2
    rows = model.monitor_rows_
    residual = (Y_VAL[rows] - model.predict(X_VAL[rows])) / Y.std()
    np.testing.assert_allclose(np.mean(residual**2), best.monitor_loss, rtol=1e-10)


def test_every_round_is_told_once_and_can_be_the_last():
    told = []
    model = fitted(swept(3, callbacks=lambda record: told.append(record.round)))
    assert told == list(range(model.n_iter_ + 1))
    second = next(one.round for one in model.history_ if one.sweep == 2)
    stopped = fitted(swept(3, callbacks=lambda record: record.sweep == 2))
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
        fitted(swept(3, delete=delete, checkpoint=path, callbacks=interrupt))
    resumed = fitted(swept(3, delete=delete, checkpoint=path))
    whole = fitted(swept(3, delete=delete))
    np.testing.assert_array_equal(resumed.removed_, whole.removed_)
    np.testing.assert_array_equal(resumed.predict(X), whole.predict(X))
    frames = [pd.DataFrame(one.history_).iloc[:, :9] for one in (resumed, whole)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    assert len(resumed.results_) == len(whole.results_)
    with pytest.raises(ValueError, match="belongs to another run: sweeps was 3"):
        fitted(swept(2, delete=delete, checkpoint=path))


def test_folds():
    model = fitted(swept(3, monitor=3))
    assert model.history_[-1].sweep >= 2
    error = [one.error for one in model.history_]
    assert model.best_round_ == np.argmin(error)


def test_classes():
    labels = np.where(CLEAN > 22, "storm", "calm")
    y = np.where(WRONG, np.where(labels == "calm", "storm", "calm"), labels)
    y_val = np.where(Y_VAL > 22, "storm", "calm")
    model = swept(3, PARISClassifier, network(MLPClassifier, max_iter=100))
    model.fit(X, y, X_val=X_VAL, y_val=y_val)
    assert model.history_[-1].sweep >= 2
    best = model.history_[model.best_round_]
    assert best.n_kept == model.support_.sum() == len(y) - len(model.removed_)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sweeps": 0}, ValueError, "sweeps must be >= 1, got 0"),
        ({"sweeps": 1.5}, TypeError, "sweeps must be an integer"),
        ({"keep": 0.5}, ValueError, "sweeps above 1 needs keep='auto', and not retrain='head'"),
        ({"retrain": "head"}, ValueError, "got sweeps=2, keep='auto', retrain='head'"),
    ],
)
def test_wrong_options(options, error, message):
    with pytest.raises(error, match=message):
        fitted(swept(**({"sweeps": 2} | options)))


@pytest.mark.parametrize("delete", ["rows", "groups"])
def test_report(delete, tmp_path):
    report = pytest.importorskip("paris_core.report")
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    model = fitted(swept(3, delete=delete, tail=Tail(quantile=0.2)))
    report.write_report(tmp_path / "r.html", model, X, Y, **TRUSTED)
    text = (tmp_path / "r.html").read_text()
    assert "A sweep begins with all training rows again" in text
    for one in model.history_:
        later = "" if one.sweep == 1 else f", sweep {one.sweep}"
        assert f"<td>{one.round}{later}</td>" in text
    if delete == "groups":
        gone = dict.fromkeys(MONTH[model.removed_].tolist())
        assert f"in the order of deletion: {', '.join(map(str, gone))}." in text
    else:
        assert model.history_[model.best_round_].sweep >= 2
