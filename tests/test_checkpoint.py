"""Runs of the outer loop that are killed, and go on from their checkpoints."""

import os
import pickle
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem, RBFSampler
from sklearn.model_selection import ShuffleSplit
from sklearn.neural_network import MLPRegressor

import paris_core
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core._support.storage import archive
from paris_core.estimators._checkpoint import checkpoint as _checkpoint
from paris_core.estimators._checkpoint.checkpoint import Checkpoint
from paris_core.estimators._checkpoint.known import Known
from paris_core.estimators._checkpoint.reader import Reader
from paris_core.estimators._checkpoint.terms import UnstorableError
from paris_core.estimators._loop.state import RECORDS
from paris_core.features import TransformerExtractor

pytestmark = [
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
]

N_ROWS = 3000
# For the child processes: enough deletions that a round takes seconds.
MODEL = f"""
import sys, time
import numpy as np
from sklearn.kernel_approximation import RBFSampler
from paris_core import PARISRegressor
from paris_core.estimators._checkpoint import checkpoint as _checkpoint

rng = np.random.default_rng(0)
X = rng.normal(size=({N_ROWS}, 4))
y = np.exp(X[:, 0]) + X[:, 1]


def model(path, retrain):
    return PARISRegressor(
        RBFSampler(n_components=60, random_state=0),
        keep=0.3, rounds=3, retrain=retrain, lam=0.1, random_state=0, checkpoint=path,
    )
"""
CHILD = f"""{MODEL}
_checkpoint.INTERVAL = 0.002
_checkpoint._SHARE = 0  # as often as that
save = _checkpoint.Checkpoint.save


def slow(self, state, *more):
    save(self, state, *more)
    if state.under_way is not None:
        time.sleep(0.01)


_checkpoint.Checkpoint.save = slow
model(sys.argv[1], sys.argv[2]).fit(X, y)
print("not killed")
"""
RESUME = f"""{MODEL}
import pickle
fitted = model(sys.argv[1], sys.argv[2]).fit(X, y)
pickle.dump(fitted, sys.stdout.buffer)
"""
scope = {}
exec(MODEL, scope)  # the same rows and the same model here


def state_of(path, prototype=None):
    """What a checkpoint says, by way of an estimator that has the classes in it."""
    if prototype is None:
        prototype = Counted(PCA(2))
    document, arrays = archive.load(path, "checkpoint")
    return Reader(Known(prototype), RECORDS, arrays).read(document["state"])


def killed(script, *arguments, when):
    """Run a script; kill it as soon as `when` is true. Fails if it ends by itself."""
    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script, *map(str, arguments)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 60
        while not when():
            assert child.poll() is None, f"ended by itself: {child.stderr.read().decode()}"
            assert time.monotonic() < deadline
            time.sleep(0.02)  # a look reads the whole state
        child.send_signal(signal.SIGKILL)
        child.wait(30)
    finally:
        child.kill()
        child.stderr.close()
    assert child.returncode == -signal.SIGKILL


def in_another_process(path, retrain):
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RESUME, str(path), retrain],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert child.returncode == 0, child.stderr.decode()
    return pickle.loads(child.stdout)


def without_seconds(history):
    frame = pd.DataFrame(history)
    return frame[[name for name in frame if "seconds" not in name]]


def assert_same(fitted, expected, X):
    for name in ("removed_", "training_rows_", "validation_rows_", "monitor_rows_"):
        np.testing.assert_array_equal(getattr(fitted, name), getattr(expected, name))
    if hasattr(expected, "support_"):
        np.testing.assert_array_equal(fitted.support_, expected.support_)
        np.testing.assert_array_equal(fitted.predict(X), expected.predict(X))
    pd.testing.assert_frame_equal(
        without_seconds(fitted.history_), without_seconds(expected.history_), check_exact=True
    )
    assert fitted.best_round_ == expected.best_round_
    assert (fitted.gain_, fitted.stop_reason_) == (expected.gain_, expected.stop_reason_)
    assert (fitted.losses_ is None) == (expected.losses_ is None)
    for mine, theirs in zip(fitted.losses_ or (), expected.losses_ or (), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert len(fitted.results_) == len(expected.results_)
    for mine, theirs in zip(fitted.results_, expected.results_, strict=True):
        np.testing.assert_array_equal(mine.removed, theirs.removed)
        np.testing.assert_array_equal(mine.loss, theirs.loss)
        assert getattr(mine, "stop_reason", None) == getattr(theirs, "stop_reason", None)


def under_way(path, retrain):
    """Deletions of round 1 or 2 that `path` says are done, out of those that belong to it."""
    if not path.exists():
        return 0
    state = state_of(path, TransformerExtractor(RBFSampler()))
    if state.model.round == 0 or state.under_way is None:
        return 0
    before = len(state.model.removed) if retrain == "head" else 0
    return len(state.under_way.removed) - before


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_killed_in_the_middle_of_a_round(tmp_path, retrain):
    path = tmp_path / "state"
    killed(CHILD, path, retrain, when=lambda: under_way(path, retrain) > 20)
    left = state_of(path, TransformerExtractor(RBFSampler()))
    assert left.model.round >= 1
    assert 0 < under_way(path, retrain) < 490  # a third of 1470
    fitted = in_another_process(path, retrain)
    expected = scope["model"](None, retrain).fit(scope["X"], scope["y"])
    assert len(expected.removed_) == 1470
    assert_same(fitted, expected, scope["X"])
    assert os.listdir(tmp_path) == ["state"]


class Stop(Exception):
    pass


def stop_after(n_rounds):
    def callback(record):
        if record.round == n_rounds:
            raise Stop

    return callback


def data(n_rows=200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, 3))
    return X, np.exp(X.sum(axis=1))


class Counted(TransformerExtractor):
    """Counts its fits."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        Counted.fits += 1
        return super().fit(X, y, sample_weight)


def small(kind=PARISRegressor, **options):
    options = {"random_state": 0, "rounds": 4, "keep": 0.6, "retrain": "head"} | options
    return kind(Counted(PCA(2)), **options)


def interrupted(model, X, y, rounds=2, **options):
    """Fit until the end of a round."""
    model.set_params(callbacks=stop_after(rounds))
    with pytest.raises(Stop):
        model.fit(X, y, **options)
    model.set_params(callbacks=None)


@pytest.mark.parametrize("retrain", ["head", "estimator"])
@pytest.mark.parametrize("kind", [PARISRegressor, PARISClassifier])
def test_killed_between_rounds(tmp_path, retrain, kind):
    X, y = data()
    if kind is PARISClassifier:
        y = (y > 2).astype(int)
    path = tmp_path / "state"
    interrupted(small(kind, retrain=retrain, checkpoint=path), X, y)
    assert len(state_of(path).history) == 3
    fitted = small(kind, retrain=retrain, checkpoint=path).fit(X, y)
    assert_same(fitted, small(kind, retrain=retrain).fit(X, y), X)


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_a_finished_run_trains_nothing_again(tmp_path, retrain):
    X, y = data()
    model = small(retrain=retrain, checkpoint=tmp_path / "state").fit(X, y)
    expected = model.predict(X)
    Counted.fits = 0
    again = small(retrain=retrain, checkpoint=tmp_path / "state").fit(X, y)
    assert Counted.fits == 0  # nor is the last fit made again
    np.testing.assert_array_equal(again.predict(X), expected)
    assert again.history_ == model.history_ or pd.DataFrame(again.history_).equals(
        pd.DataFrame(model.history_)
    )
    Counted.fits = 0
    small(retrain=retrain, refit=False).fit(X, y)
    assert Counted.fits == (1 if retrain == "head" else 5)
    path = tmp_path / "other"
    small(retrain=retrain, refit=False, checkpoint=path).fit(X, y)
    Counted.fits = 0
    small(retrain=retrain, refit=False, checkpoint=path).fit(X, y)
    assert Counted.fits == 0


def test_deletions_are_not_searched_for_again(tmp_path, monkeypatch):
    X, y = data()
    path = tmp_path / "state"
    interrupted(small(checkpoint=path), X, y)
    run, searched = paris_core.Pruner.run, []

    def counted(self, *arguments, **options):
        searched.append(run(self, *arguments, **options))
        return searched[-1]

    monkeypatch.setattr(paris_core.Pruner, "run", counted)
    small(checkpoint=path).fit(X, y)
    assert sum(searched) == 28  # of rounds 3 and 4


def test_the_state_keeps_sharing_the_extractor(tmp_path):
    X, y = data()
    small(checkpoint=tmp_path / "state").fit(X, y)
    state = state_of(tmp_path / "state")
    assert state.best.extractor is state.model.extractor
    assert state.results[0].training_rows is None


@pytest.mark.parametrize(
    "options",
    [{"random_state": None}, {"random_state": None, "validation_split": ShuffleSplit(2)}],
    ids=["no random_state", "splitter"],
)
def test_the_division_of_rows_is_the_first_one(tmp_path, options):
    """A split that chance makes is another one when the run goes on."""
    X, y = data()
    path = tmp_path / "state"
    options = options | {"refit": False}
    interrupted(small(checkpoint=path, **options), X, y)
    fitted = small(checkpoint=path, **options).fit(X, y)
    parts = state_of(path).parts
    np.testing.assert_array_equal(fitted.training_rows_, parts.training)
    np.testing.assert_array_equal(fitted.validation_rows_, parts.validation)
    np.testing.assert_array_equal(fitted.monitor_rows_, parts.monitor)
    rows = fitted.validation_rows_
    error = np.sqrt(np.mean((fitted.predict(X[rows]) - y[rows]) ** 2))
    assert error == pytest.approx(fitted.history_[-1].error, rel=1e-12)


def test_a_random_state_object(tmp_path):
    X, y = data()
    path = tmp_path / "state"
    interrupted(small(checkpoint=path, random_state=np.random.RandomState(3)), X, y)
    generator = np.random.RandomState(3)
    fitted = small(checkpoint=path, random_state=generator).fit(X, y)
    plain = np.random.RandomState(3)
    assert_same(fitted, small(random_state=plain).fit(X, y), X)
    assert generator.randint(10**9) == plain.randint(10**9)
    with pytest.raises(ValueError, match=r"random_state was RandomState .* now it is RandomState"):
        small(checkpoint=path, random_state=np.random.RandomState(4)).fit(X, y)


def test_layout_of_a_frame_does_not_matter(tmp_path):
    X, y = data()
    path = tmp_path / "state"
    scattered = pd.DataFrame({"a": X[:, 0]})
    scattered["b"], scattered["c"] = X[:, 1], X[:, 2]
    scattered["d"] = np.arange(len(y)) % 3
    interrupted(small(checkpoint=path), scattered, y)
    fitted = small(checkpoint=path).fit(scattered, y)
    assert_same(fitted, small().fit(scattered, y), scattered)
    together = scattered.copy()  # consolidated
    small(checkpoint=path).fit(together, y)
    with pytest.raises(ValueError, match="belongs to another run: X was"):
        small(checkpoint=path).fit(scattered.rename(columns={"a": "z"}), y)


def test_what_does_not_change_the_result_may_change(tmp_path, capsys):
    X, y = data()
    path = tmp_path / "state"
    interrupted(small(checkpoint=path), X, y)
    small(checkpoint=path, n_jobs=2, verbose=1, callbacks=lambda record: False).fit(X, y)
    assert [line[:7] for line in capsys.readouterr().out.splitlines()] == ["round 3", "round 4"]
    moved = tmp_path / "moved"
    path.rename(moved)
    Counted.fits = 0
    small(checkpoint=str(moved)).fit(X, y)
    assert Counted.fits == 0


def test_a_stopped_run_goes_on(tmp_path):
    X, y = data()
    path = tmp_path / "state"
    stopped = small(checkpoint=path, callbacks=lambda record: record.round == 1).fit(X, y)
    assert stopped.n_iter_ == 1
    assert_same(small(checkpoint=path).fit(X, y), small().fit(X, y), X)


def otherwise(X, y):
    return {
        "X": ({}, (X + 1, y), {}),
        "y": ({}, (X, y + 1), {}),
        "held-out rows": ({}, (X, y), {"X_val": X[:100], "y_val": y[:100]}),
        "lam": ({"lam": 1.0}, (X, y), {}),
        "rounds": ({"rounds": 5}, (X, y), {}),
        "random_state": ({"random_state": 1}, (X, y), {}),
        "estimator": ({"estimator": Counted(PCA(1))}, (X, y), {}),
        "val_weight": ({"val_weight": np.ones_like}, (X, y), {}),
        "groups": (
            {"validation_split": ShuffleSplit(2, random_state=0)},
            (X, y),
            {"groups": np.arange(len(y))},
        ),
    }


@pytest.mark.parametrize("name", list(otherwise(*data())))
def test_another_run_is_refused(tmp_path, name):
    X, y = data()
    path = tmp_path / "state"
    options, rows, more = otherwise(X, y)[name]
    first = {"validation_split": options["validation_split"]} if name == "groups" else {}
    small(checkpoint=path, **first).fit(X, y)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"belongs to another run: {name} was .* now it is"):
        small(checkpoint=path).set_params(**options).fit(*rows, **more)
    assert path.read_bytes() == before


def test_another_version_and_another_class_are_refused(tmp_path, monkeypatch):
    X, y = data()
    y = np.round(y)
    path = tmp_path / "state"
    small(PARISClassifier, checkpoint=path).fit(X, y > 1)
    with pytest.raises(ValueError, match=r"another run: estimator's class was PARISClassifier"):
        small(checkpoint=path).fit(X, y)
    path.unlink()
    small(checkpoint=path).fit(X, y)
    monkeypatch.setattr(_checkpoint, "__version__", "99.0")
    version = re.escape(paris_core.__version__)
    with pytest.raises(ValueError, match=f"paris_core was {version}, now it is 99.0"):
        small(checkpoint=path).fit(X, y)


@pytest.mark.parametrize(
    "content",
    [b"", b"rubbish", pickle.dumps([1]), None],
    ids=["empty", "rubbish", "a pickle", "cut short"],
)
def test_other_files_are_refused_and_stay(tmp_path, content):
    X, y = data()
    path = tmp_path / "state"
    if content is None:
        small(checkpoint=path).fit(X, y)
        content = path.read_bytes()[:-100]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint .*state is not a file that paris_core has"):
        small(checkpoint=path).fit(X, y)
    assert path.read_bytes() == content


def test_bad_paths_are_refused_before_training(tmp_path):
    X, y = data()
    Counted.fits = 0
    with pytest.raises(ValueError, match="checkpoint must be a file in a directory that exists"):
        small(checkpoint=tmp_path / "missing" / "state").fit(X, y)
    with pytest.raises(ValueError, match="checkpoint must be a file in a directory that exists"):
        small(checkpoint=tmp_path).fit(X, y)
    with pytest.raises(TypeError, match="checkpoint must be a path, got int"):
        small(checkpoint=5).fit(X, y)
    assert Counted.fits == 0


def test_the_sampler_resumes(tmp_path):
    X, y = data()
    path = tmp_path / "state"
    model = PARISUnderSampler(small(checkpoint=path, callbacks=stop_after(2)))
    with pytest.raises(Stop):
        model.fit_resample(X, y)
    X_res, y_res = model.set_params(estimator__callbacks=None).fit_resample(X, y)
    X_all, y_all = PARISUnderSampler(small()).fit_resample(X, y)
    np.testing.assert_array_equal(X_res, X_all)
    np.testing.assert_array_equal(y_res, y_all)


@pytest.mark.filterwarnings("ignore:.*converge")
def test_warm_starts_resume(tmp_path):
    X, y = data()

    def model(path=None):
        return PARISRegressor(
            MLPRegressor(hidden_layer_sizes=(5,), max_iter=20),
            retrain="continue",
            keep=0.85,
            rounds=3,
            random_state=0,
            checkpoint=path,
        )

    path = tmp_path / "state"
    interrupted(model(path), X, y, rounds=1)
    assert_same(model(path).fit(X, y), model().fit(X, y), X)


# Writers are forked off one process, which has imported everything: it takes a while.
KILLER = """
import glob, os, random, signal, sys, time
import numpy as np
from paris_core.estimators._checkpoint.checkpoint import Checkpoint

path, folder = sys.argv[1], os.path.dirname(sys.argv[1])
Checkpoint(path, {}).save((-1, np.full(300_000, -1)))
chance, left_over = random.Random(0), 0
for trial in range(400):
    if left_over == 10:  # so many were killed while they wrote
        break
    before = os.stat(path).st_mtime_ns
    writer = os.fork()
    if not writer:
        checkpoint = Checkpoint(path, {})
        for number in range(10**9):
            checkpoint.save((number, np.full(300_000, number)))
    while os.stat(path).st_mtime_ns == before:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.01))
    os.kill(writer, signal.SIGKILL)
    os.waitpid(writer, 0)
    left_over += len(os.listdir(folder)) - 1
    number, array = Checkpoint(path, {}).load()
    assert (array == number).all()
    assert os.listdir(folder) == [os.path.basename(path)]
assert left_over == 10, left_over
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_never_half_written(tmp_path):
    """Also, what killed writers have left behind is removed."""
    subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path / "state")],
        check=True,
        timeout=60,
        stderr=subprocess.PIPE,
    )


def test_an_error_while_writing_leaves_the_old_state(tmp_path):
    path = tmp_path / "state"
    checkpoint = Checkpoint(path, {})
    checkpoint.save("old")
    with pytest.raises(UnstorableError, match=r"builtins\.function"):
        checkpoint.save(lambda: None)
    assert checkpoint.load() == "old"
    assert os.listdir(tmp_path) == ["state"]


def test_left_over_parts_of_others_stay(tmp_path):
    (tmp_path / ".state2.abc.part").touch()
    (tmp_path / ".state.abc.part").touch()
    assert Checkpoint(tmp_path / "state", {}).load() is None
    assert os.listdir(tmp_path) == [".state2.abc.part"]


def test_nystroem_of_all_rows_is_the_same_after_a_resume(tmp_path):
    """An extractor whose features depend on the rows that it was fitted to."""
    X, y = data()
    path = tmp_path / "state"

    def model(path=None):
        return PARISRegressor(
            Nystroem(n_components=20),
            keep=0.5,
            retrain="estimator",
            random_state=1,
            checkpoint=path,
        )

    interrupted(model(path), X, y, rounds=3)
    assert_same(model(path).fit(X, y), model().fit(X, y), X)


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_rounds_that_the_monitor_rows_end(tmp_path, monkeypatch, retrain):
    """A checkpoint in the middle of a round does not change where it ends."""
    X, y = data(600)
    trusted = {"X_val": X[400:], "y_val": y[400:].copy()}
    X, y = X[:400], y[:400]
    y[:60] = -50.0
    options = {"retrain": retrain, "keep": "auto", "rounds": None, "random_state": 2}
    options["monitor"] = 0.33
    expected = small(**options).fit(X, y, **trusted)
    assert expected.n_iter_ >= 1
    path = tmp_path / "state"
    monkeypatch.setattr(_checkpoint, "INTERVAL", 1e-4)
    monkeypatch.setattr(_checkpoint, "_SHARE", 0)
    save, saved = Checkpoint.save, []

    def stop_in_between(self, state, *more):
        save(self, state, *more)
        going_on = state.under_way is not None and state.under_way.removed.size
        if going_on and state.model.round == 0:
            saved.append(len(state.under_way.removed))
            raise Stop

    monkeypatch.setattr(Checkpoint, "save", stop_in_between)
    with pytest.raises(Stop):
        small(checkpoint=path, **options).fit(X, y, **trusted)
    assert saved
    monkeypatch.setattr(Checkpoint, "save", save)
    assert_same(small(checkpoint=path, **options).fit(X, y, **trusted), expected, X)
    path.unlink()
    assert_same(small(checkpoint=path, **options).fit(X, y, **trusted), expected, X)
