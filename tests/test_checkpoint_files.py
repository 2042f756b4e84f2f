"""What is in a checkpoint: which estimators it holds, and files that are damaged or forged."""

import copy
import functools
import hashlib
import json
import os
import pickle
import zipfile
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from damage import damaged
from paris_core import (
    CheckpointWarning,
    PARISClassifier,
    PARISRegressor,
    cli,
)
from paris_core._support.storage import archive
from paris_core.estimators._checkpoint import checkpoint as _checkpoint
from paris_core.estimators._checkpoint import soundness as _soundness
from paris_core.estimators._checkpoint.known import Known, type_name
from paris_core.estimators._checkpoint.reader import Reader
from paris_core.estimators._checkpoint.terms import UnstorableError
from paris_core.estimators._checkpoint.writer import Writer
from paris_core.estimators._loop.parts import Parts
from paris_core.estimators._loop.state import RECORDS, Model, State, everything
from test_checkpoint import assert_same, data, interrupted

pytestmark = [
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def cubes(X):
    return np.asarray(X) ** 3


class Squares:
    """A user's own extractor, without scikit-learn."""

    def __init__(self, scale=1.0):
        self.scale = scale

    def fit(self, X, y, sample_weight=None):
        self.coef_ = np.linalg.lstsq(self.transform(X), y, rcond=None)[0]
        return self

    def transform(self, X):
        return np.hstack([self.scale * np.asarray(X) ** 2, np.ones((len(X), 1))])

    def predict(self, X):
        return self.transform(X) @ self.coef_


class Named(Squares):
    """Fits of it share an object."""

    names: ClassVar = ["a", "b"]

    def fit(self, X, y, sample_weight=None):
        self.names_ = self.names
        return super().fit(X, y)


class Coefficients:
    """An object that only a fit makes."""

    def __init__(self, values):
        self.values = values


class Hidden(Squares):
    """Keeps what it has learned in an object of another class."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y)
        self.coef_ = Coefficients(self.coef_)
        return self

    def predict(self, X):
        return self.transform(X) @ self.coef_.values


class Warm(BaseEstimator):
    """Goes on from what it has learned, which no file can hold."""

    def __init__(self, warm_start=False):
        self.warm_start = warm_start

    def fit(self, X, y, sample_weight=None):
        before = self.coef_.values if self.warm_start and hasattr(self, "coef_") else 0.0
        self.coef_ = Coefficients(0.5 * before + np.linalg.lstsq(X, y, rcond=None)[0])
        return self

    def transform(self, X):
        return np.tanh(np.asarray(X) * self.coef_.values)

    def predict(self, X):
        return self.transform(X).sum(axis=1)


class Restless(Squares):
    """Gives other features whenever it is fitted, and has them in a class of its own."""

    draws = np.random.default_rng(0)

    def fit(self, X, y, sample_weight=None):
        self.offset_ = Coefficients(self.draws.normal())
        return super().fit(X, y)

    def transform(self, X):
        offset = self.offset_.values if hasattr(self, "offset_") else 0.0
        return super().transform(X) + offset


class Elsewhere(Squares):
    """Its attributes are not all there is to it: copies of them give other features."""

    offsets: ClassVar = {}

    def fit(self, X, y, sample_weight=None):
        self.offsets[id(self)] = float(len(y))
        return super().fit(X, y)

    def transform(self, X):
        return super().transform(X) + self.offsets.get(id(self), 0.0)


class Drawn(BaseEstimator):
    """Weights that are drawn when it is made, and that nothing else shows."""

    def __init__(self, weights=None):
        self.weights = weights

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.tanh(np.asarray(X) @ self.weights.values)

    def __repr__(self):
        return "Drawn()"


def columns():
    return make_column_transformer(
        (StandardScaler(), ["a", "b"]), (OneHotEncoder(sparse_output=False), ["c"])
    )


def mlp(kind=MLPRegressor, **options):
    return kind(hidden_layer_sizes=(5,), max_iter=20, **options)


def frame(X):
    table = pd.DataFrame(X[:, :2], columns=["a", "b"])
    table["c"] = np.where(X[:, 2] > 0, "up", None)
    return table


STORED = {
    "the default": (None, {}),
    "a pipeline": (lambda: make_pipeline(StandardScaler(), mlp()), {}),
    "lbfgs": (lambda: mlp(solver="lbfgs"), {}),
    "early stopping": (lambda: mlp(early_stopping=True), {}),
    "a RandomState": (lambda: mlp(random_state=np.random.RandomState(3)), {}),
    "columns": (lambda: make_pipeline(columns(), mlp()), {}),
    "a lambda": (lambda: lambda X: np.asarray(X) ** 2, {}),
    "a function": (lambda: cubes, {}),
    "a partial": (lambda: functools.partial(np.power, np.e), {}),
    "a transformer with a function": (
        lambda: make_pipeline(FunctionTransformer(np.arctan), StandardScaler()),
        {},
    ),
    "a transformer with a lambda": (lambda: FunctionTransformer(lambda X: X * 2.0), {}),
    "a user's class": (lambda: Squares(2.0), {}),
    "drawn weights": (
        lambda: Drawn(Coefficients(np.random.default_rng().normal(size=(3, 6)))),
        {},
    ),
    "a warm start": (mlp, {"retrain": "continue"}),
}
FITTED_AGAIN = {
    "trees": (lambda: RandomTreesEmbedding(5, max_depth=2, random_state=0), {}),
    "hidden": (Hidden, {}),
    "elsewhere": (Elsewhere, {}),
    "trees without a seed": (lambda: RandomTreesEmbedding(5, max_depth=2), {}),
}


def model_of(make, options, **more):
    estimator = None if make is None else make()
    return PARISRegressor(
        estimator, **{"rounds": 3, "keep": 0.8, "random_state": 0} | options | more
    )


def count_fits(monkeypatch):
    """A list that grows with every training of the outer loop."""
    from paris_core.estimators._round.training import Training

    train, fits = Training._train, []

    def counted(self, extractor, kept):
        fits.append(len(kept))
        train(self, extractor, kept)

    monkeypatch.setattr(Training, "_train", counted)
    return fits


@pytest.mark.parametrize("retrain", ["estimator", "head"])
@pytest.mark.parametrize("case", [*STORED, *FITTED_AGAIN])
def test_a_resumed_run_is_the_same(tmp_path, monkeypatch, case, retrain):
    make, options = {**STORED, **FITTED_AGAIN}[case]
    if "retrain" in options and retrain == "head":
        pytest.skip("a warm start trains networks only")
    options = {"retrain": retrain, **options}
    X, y = data()
    if case == "columns":
        X = frame(X)
    path = tmp_path / "state"
    estimator = None if make is None else make()
    whole = model_of(lambda: estimator, options).fit(X, y)
    interrupted(model_of(lambda: estimator, options, checkpoint=path), X, y, rounds=1)
    if case == "drawn weights":  # others are drawn now, and those on record count
        estimator = make()
    fits = count_fits(monkeypatch)
    resumed = model_of(lambda: estimator, options, checkpoint=path).fit(X, y)
    assert_same(resumed, whole, X)
    np.testing.assert_array_equal(resumed.features(X), whole.features(X))
    trained = 2 if retrain == "estimator" else 0  # rounds 2 and 3
    again = 2 if retrain == "estimator" and resumed.best_round_ in (0, 1) else 1
    if case in STORED:
        assert len(fits) == trained
    else:
        assert trained < len(fits) <= trained + again + 1
    del fits[:]
    assert_same(model_of(lambda: estimator, options, checkpoint=path).fit(X, y), whole, X)
    assert bool(fits) == (case in FITTED_AGAIN)


def test_warm_starts_that_are_fitted_again_go_through_all_rounds(tmp_path, monkeypatch):
    X, y = data()
    options = {"retrain": "continue"}
    whole = model_of(Warm, options).fit(X, y)
    path = tmp_path / "state"
    interrupted(model_of(Warm, options, checkpoint=path), X, y, rounds=2)
    fits = count_fits(monkeypatch)
    assert_same(model_of(Warm, options, checkpoint=path).fit(X, y), whole, X)
    assert fits[:3] == [record.n_kept for record in whole.history_[:3]]
    assert fits[-1] == whole.history_[3].n_kept


def test_a_classifier(tmp_path, monkeypatch):
    X, y = data()
    labels = np.where(y > 2, "storm", "calm")
    options = {"rounds": 3, "keep": 0.8, "random_state": 0}
    whole = PARISClassifier(mlp(MLPClassifier), **options).fit(X, labels)
    model = PARISClassifier(mlp(MLPClassifier), checkpoint=tmp_path / "state", **options)
    interrupted(model, X, labels, rounds=1)
    fits = count_fits(monkeypatch)
    assert_same(model.fit(X, labels), whole, X)
    assert len(fits) == 2


def test_groups_and_folds(tmp_path):
    X, y = data(400)
    trusted = {"X_val": X[300:], "y_val": y[300:]}
    groups = np.arange(300) % 10
    y = y[:300].copy()
    y[groups < 3] = 40.0
    for options in ({"delete": "groups"}, {"delete": "groups", "monitor": 3}, {"monitor": 3}):
        more = dict(trusted, groups=groups) if "delete" in options else trusted
        whole = model_of(mlp, {}, keep="auto", **options).fit(X[:300], y, **more)
        path = tmp_path / str(len(options) + 10 * ("delete" in options))
        model = model_of(mlp, {}, keep="auto", checkpoint=path, **options)
        interrupted(model, X[:300], y, rounds=1, **more)
        assert_same(model.fit(X[:300], y, **more), whole, X[:300])
        if "delete" in options:
            found = model.results_[0].removed_groups
            np.testing.assert_array_equal(found, whole.results_[0].removed_groups)


def test_what_does_not_learn_the_same_twice_is_refused(tmp_path):
    X, y = data()
    path = tmp_path / "state"
    interrupted(model_of(Restless, {}, checkpoint=path), X, y, rounds=1)
    before = path.read_bytes()
    message = r"state cannot hold what Restless has learned, and fitted again .* Delete it or name"
    with pytest.raises(ValueError, match=message):
        model_of(Restless, {}, checkpoint=path).fit(X, y)
    assert path.read_bytes() == before


def test_a_torch_module(tmp_path, monkeypatch):
    """Its first weights are those on record, however the module of the resumed run was drawn."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from paris_core.features.torch import TorchExtractor

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.BatchNorm1d(6))
            self.head = torch.nn.Linear(6, 1)
            self.register_buffer("shift", torch.rand(3).to(torch.bfloat16), persistent=False)

        def forward(self, x):
            return self.head(torch.tanh(self.body(x + self.shift))).squeeze(1)

    def make(module):
        return TorchExtractor(module, epochs=3, loss=lambda a, b: (a - b).abs(), device="cpu")

    X, y = data()
    for options in ({}, {"retrain": "continue"}):
        path = tmp_path / f"state{len(options)}"
        first = Net()
        whole = model_of(lambda: make(first), options).fit(X, y)  # noqa: B023
        interrupted(
            model_of(lambda: make(copy.deepcopy(first)), options, checkpoint=path),  # noqa: B023
            X,
            y,
            rounds=1,
        )
        fits = count_fits(monkeypatch)
        resumed = model_of(lambda: make(Net()), options, checkpoint=path).fit(X, y)
        assert_same(resumed, whole, X)
        assert len(fits) == 2
        monkeypatch.undo()


@pytest.fixture
def saved(tmp_path):
    """A checkpoint of a run that has not ended."""
    X, y = data()
    path = tmp_path / "state"
    interrupted(model_of(mlp, {}, checkpoint=path), X, y, rounds=1)
    return path


def fit(path, make=mlp):
    return model_of(make, {}, checkpoint=path).fit(*data())


def load(path):
    """Only what `fit` does first: to read the file and check what it says."""

    class Loaded(Exception):
        pass

    check = _soundness.check

    def checked(state, *sizes):
        check(state, *sizes)
        raise Loaded

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_soundness, "check", checked)
        try:
            fit(path)
        except ValueError as error:
            if not isinstance(error.__cause__, Loaded):
                raise


def refused(path, content):
    path.write_bytes(content)
    with pytest.raises(
        ValueError, match=r"checkpoint .*state .*Delete it or name another"
    ) as found:
        load(path)
    return str(found.value)


def test_every_flipped_bit_and_every_cut_is_noticed(saved):
    whole = saved.read_bytes()
    load(saved)
    for content in damaged(whole, flips=300, last=120, cuts=100):
        refused(saved, content)
    saved.write_bytes(whole)
    fit(saved)


def plant(path):
    """A pickle that makes a file when it is loaded."""

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {path}",)

    return pickle.dumps(Evil())


def test_a_planted_command_does_not_run(saved, tmp_path, monkeypatch, capsys):
    trap = tmp_path / "trap"
    pickle.loads(plant(trap))
    assert trap.exists()  # it works
    trap.unlink()
    refused(saved, plant(trap))
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 3)), columns=["a", "b", "y"])
    monkeypatch.chdir(tmp_path)
    rows.to_csv("train.csv")
    argv = ["prune", "train.csv", "--target", "y", "--checkpoint", "state"]
    assert cli.main(argv) == 2
    assert "paris prune: error: checkpoint state cannot be used" in capsys.readouterr().err
    assert not trap.exists()


def resealed(content):
    return content[:-65] + hashlib.sha256(content[:-65]).hexdigest().encode() + b"\n"


def rewritten(path, change):
    """The file with another document, and a seal that is right."""
    document, arrays = archive.load(path, "checkpoint")
    change(document, arrays)
    archive.save(path, "checkpoint", document, arrays)
    return path.read_bytes()


def nodes(node):
    """All nodes below one, with the place of each."""
    if isinstance(node, list):
        for place, part in enumerate(node):
            yield node, place, part
            yield from nodes(part)


def first(document, kind):
    """The first node of a kind, to be changed in place."""
    return next(
        part
        for _, _, part in nodes(document["state"])
        if isinstance(part, list) and part and part[0] == kind
    )


def objects_of(name):
    def change(document, arrays):
        first(document, "object")[2] = name

    return change


def function_of(path):
    def change(document, arrays):
        first(document, "object")[3].append(["fit", ["known", path]])

    return change


def entry(name, value):
    def change(document, arrays):
        document["fingerprint"][name] = value

    return change


def without(name):
    def change(document, arrays):
        del document[name]

    return change


FORGED = {
    "a class of the standard library": objects_of("subprocess:Popen"),
    "a class that is loaded": objects_of("paris_core.estimators.regressor:PARISRegressor"),
    "a function of scikit-learn": objects_of("sklearn.utils:check_random_state"),
    "a class of scikit-learn that is no estimator": objects_of("sklearn.utils._bunch:Bunch"),
    "an imported name": objects_of("sklearn.neural_network._multilayer_perceptron:Integral"),
    "a function that the estimator has not": function_of("os.system"),
    "another version": entry("paris_core", "0.0.1"),
    "no state": without("state"),
    "no fingerprint": without("fingerprint"),
    "a list as fingerprint": lambda document, arrays: document.update(fingerprint=[]),
    "a state that is none": lambda document, arrays: document.update(state=["list", 0, []]),
    "a state of None": lambda document, arrays: document.update(state=None),
    "a number as state": lambda document, arrays: document.update(state=3.0),
    "no arrays": lambda document, arrays: arrays.clear(),
    "depth": lambda document, arrays: document.update(
        state=functools.reduce(lambda node, _: ["tuple", [node]], range(300), 1.0)
    ),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_checkpoint_is_refused(saved, case):
    refused(saved, rewritten(saved, FORGED[case]))


def test_forged_nodes_give_nothing_but_value_errors(saved):
    """Every node in turn is replaced by something else."""
    document, arrays = archive.load(saved, "checkpoint")
    whole = json.dumps(document)
    rng = np.random.default_rng(0)
    count = len(list(nodes(document["state"])))
    others = [None, -1, 10**9, 0.5, "x", [], ["again", 10**6], ["array", 1, "0"], ["tuple", []]]
    read = 0
    for place in rng.choice(count, size=150, replace=False):
        document = json.loads(whole)
        parent, index, _ = list(nodes(document["state"]))[place]
        parent[index] = others[rng.integers(len(others))]
        archive.save(saved, "checkpoint", document, arrays)
        try:
            load(saved)
        except ValueError as error:
            message = str(error)
        else:
            read += 1  # another parameter of the estimator, another second
            continue
        assert "state" in message
        assert "Delete it or name another" in message
    assert read < 100


def test_forged_rows_are_refused(saved):
    document, arrays = archive.load(saved, "checkpoint")
    refusals = 0
    for name, array in arrays.items():
        if array.dtype != np.int64 or not array.size:
            continue
        for value in (-1, 10**6, int(array.flat[-1]) if array.size > 1 else -5):
            changed = array.copy()
            changed.flat[0] = value
            archive.save(saved, "checkpoint", document, {**arrays, name: changed})
            try:
                load(saved)
            except ValueError:
                refusals += 1
    assert refusals > 20


def test_a_forged_last_fit_is_refused(saved, monkeypatch):
    states = []
    monkeypatch.setattr(_soundness, "check", lambda state, *sizes: states.append((state, sizes)))
    expected, again = fit(saved), fit(saved)
    np.testing.assert_array_equal(again.predict(data()[0]), expected.predict(data()[0]))
    monkeypatch.undo()
    state, sizes = states[1]
    _soundness.check(state, *sizes)
    final = state.final
    for changes, message in (
        ({"kept": final.kept[1:]}, "rows are missing"),
        ({"removed": np.append(final.removed, 0)}, "rows are missing"),
        ({"round": -1}, "the round of a model is none"),
        ({"head": np.array([np.nan])}, "a head is none"),
        ({"fits": None}, "the fits of a model are none"),
    ):
        with pytest.raises(ValueError, match=message):
            _soundness.check(replace(state, final=replace(final, **changes)), *sizes)
    with pytest.raises(ValueError, match="its last fit is none"):
        _soundness.check(replace(state, final=3), *sizes)


def test_a_bomb_takes_no_memory(saved):
    seal = f"paris_core checkpoint format {archive.FORMAT} sha256 {'0' * 64}\n"
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.comment = seal.encode()
        bomb.writestr("document.json", bytes(10**7))
    assert "a member is compressed" in refused(saved, resealed(saved.read_bytes()))


def round_trip(value, prototype=None):
    known = Known(prototype)
    writer = Writer(known, ())
    node = json.loads(json.dumps(writer.write(value)))
    return Reader(known, (), writer.arrays).read(node)


def test_data_come_back_to_the_last_bit():
    shared = [1, 2]
    value = {
        "numbers": [0.1, -0.0, float("inf"), 2**70, True, None, 5e-324],
        ("a", 1): (np.float32(0.1), np.int8(-3), np.str_("ü"), np.datetime64("2003-10-29")),
        "arrays": [np.arange(6.0).reshape(2, 3).T, np.array(["a", "bc"]), np.zeros((0, 4))],
        "objects": np.array([["x", None], [float("nan"), 3]], dtype=object),
        "shared": [shared, shared],
        "others": [slice(1, None), {1, 2}, np.dtype("<f4")],
    }
    again = round_trip(value)
    assert pickle.dumps(again["numbers"]) == pickle.dumps(value["numbers"])
    assert again[("a", 1)] == value[("a", 1)]
    assert [type(one) for one in again[("a", 1)]] == [type(one) for one in value[("a", 1)]]
    for mine, theirs in zip(again["arrays"], value["arrays"], strict=True):
        np.testing.assert_array_equal(mine, theirs)
        assert (mine.dtype, mine.flags.f_contiguous) == (theirs.dtype, theirs.flags.f_contiguous)
    assert again["objects"].tolist()[0] == ["x", None]
    assert again["shared"][0] is again["shared"][1]
    assert again["others"] == value["others"]


def test_extractors_with_an_object_in_common_are_both_stored():
    X, y = data()
    models = [Model(Named().fit(X, part), None, *everything(2), 0) for part in (y, -y)]
    state = State(Parts(*[np.arange(2)] * 3), Named(), *models)
    writer = Writer(Known(Named()), RECORDS, X)
    node = writer.write(state)
    again = Reader(Known(Named()), RECORDS, writer.arrays).read(json.loads(json.dumps(node)))
    for mine, theirs in zip((again.model, again.best), models, strict=True):
        np.testing.assert_array_equal(mine.extractor.coef_, theirs.extractor.coef_)


def test_cycles_and_generators_come_back():
    loop = []
    loop.append({"self": loop})
    again = round_trip(loop)
    assert again[0]["self"] is again
    for make in (np.random.RandomState, np.random.default_rng):
        generator = make(3)
        generator.normal()
        copies = round_trip([generator, generator])
        assert copies[0] is copies[1]
        np.testing.assert_array_equal(copies[0].normal(size=5), generator.normal(size=5))


def test_what_no_file_can_hold_is_said_when_it_is_written():
    for value in (lambda: None, open, Coefficients(1), zipfile.ZipFile, 1j, b"bytes"):
        with pytest.raises(UnstorableError):
            Writer(Known(None), ()).write(value)
    coefficients = Coefficients(np.ones(3))
    again = round_trip(Coefficients([1.5]), prototype=coefficients)
    assert type(again) is Coefficients
    assert again.values == [1.5]


def test_two_classes_of_one_name_are_not_told_apart():
    def make():
        class Local:
            pass

        return Local()

    one, two = make(), make()
    assert Known([one]).type(type_name(type(one))) is type(one)
    assert Known([one, two]).type(type_name(type(one))) is None


class Full:
    """A disk that is full for some attempts."""

    def __init__(self, monkeypatch, *attempts):
        self.attempts, self.count = attempts, 0
        self.save = archive.save
        monkeypatch.setattr(archive, "save", self)

    def __call__(self, *arguments):
        self.count += 1
        if self.count - 1 in self.attempts:
            raise OSError(28, "No space left on device")
        self.save(*arguments)


def test_a_full_disk_is_warned_of_once_and_the_run_goes_on(tmp_path, monkeypatch):
    X, y = data()
    whole = model_of(mlp, {}).fit(X, y)
    disk = Full(monkeypatch, 0, 1, 2)
    model = model_of(mlp, {}, checkpoint=tmp_path / "state")
    with pytest.warns(CheckpointWarning, match="No space left on device.*the run goes on") as seen:
        model.fit(X, y)
    assert len([one for one in seen if one.category is CheckpointWarning]) == 1
    assert_same(model, whole, X)
    assert disk.count == 5  # after four rounds, and the last fit
    fits = count_fits(monkeypatch)  # the last one could be written
    assert_same(model_of(mlp, {}, checkpoint=tmp_path / "state").fit(X, y), whole, X)
    assert not fits


@pytest.mark.filterwarnings("ignore::paris_core.errors.CheckpointWarning")
def test_after_a_full_disk_the_older_state_is_there(tmp_path, monkeypatch):
    X, y = data()
    whole = model_of(mlp, {}).fit(X, y)
    Full(monkeypatch, 1, 2)
    interrupted(model_of(mlp, {}, checkpoint=tmp_path / "state"), X, y, rounds=2)
    assert os.listdir(tmp_path) == ["state"]
    monkeypatch.undo()
    fits = count_fits(monkeypatch)
    assert_same(model_of(mlp, {}, checkpoint=tmp_path / "state").fit(X, y), whole, X)
    assert len(fits) == 3  # from round 0 on


def test_what_cannot_be_written_is_refused_before_training(tmp_path, monkeypatch):
    path = tmp_path / "state"
    path.write_bytes(b"")
    path.chmod(0o444)
    fits = count_fits(monkeypatch)
    with pytest.raises(ValueError, match=r"checkpoint .*state cannot be written: the file is"):
        fit(path)
    path.unlink()

    def full(path):
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(_checkpoint, "check_writable", full)
    with pytest.raises(ValueError, match="cannot be written: Read-only file system; name another"):
        fit(path)
    assert not fits


def test_a_checkpoint_behind_a_link(tmp_path):
    (tmp_path / "far").mkdir()
    link = tmp_path / "link"
    link.symlink_to("far/state")
    (tmp_path / "far" / ".state.abc.part").touch()  # of a writer that was killed
    X, y = data()
    interrupted(model_of(mlp, {}, checkpoint=link), X, y, rounds=1)
    assert link.is_symlink()
    assert os.listdir(tmp_path / "far") == ["state"]
    assert_same(fit(link), model_of(mlp, {}).fit(X, y), X)


def test_another_version_of_scikit_learn_is_refused(saved, monkeypatch):
    monkeypatch.setattr(sklearn, "__version__", "0.1")
    with pytest.raises(ValueError, match=r"another run: scikit-learn was .*, now it is 0\.1"):
        fit(saved)
