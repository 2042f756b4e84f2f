"""PyTorch modules as feature extractors."""

import functools
import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPRegressor

import paris_core
from paris_core.features import CallableExtractor, FeatureExtractor, as_extractor, last_hidden_layer

torch = pytest.importorskip("torch", reason="PyTorch, the extra 'torch', is not installed")

from torch import nn  # noqa: E402

from paris_core.features.torch import TorchExtractor  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = X[:, 0] * X[:, 1] + 0.1 * RNG.normal(size=80)
CLASSES = np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5])
WEIGHT = RNG.uniform(0.0, 2.0, size=80)

FULL_BATCH = {"batch_size": 1000, "optimizer": torch.optim.SGD, "learning_rate": 0.1}


def network(n_outputs=1, *, dtype=torch.float64, dropout=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    module = nn.Sequential(
        nn.Linear(4, 6), nn.Tanh(), nn.Dropout(dropout), nn.Linear(6, 5), nn.ReLU()
    )
    module.append(nn.Linear(5, n_outputs)).to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.uniform_(-0.7, 0.7, generator=generator)
    return module


def head(module):
    return np.vstack([module.weight.detach().numpy().T, module.bias.detach().numpy()])


def state(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def assert_same_state(one, other, **tolerance):
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], **{"rtol": 0, "atol": 0} | tolerance)


# --- the features -------------------------------------------------------------------------------


def from_scikit_learn(mlp, activation):
    parts = []
    for weights, bias in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        linear = nn.Linear(*weights.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(weights.T))
            linear.bias.copy_(torch.tensor(bias))
        parts += [linear, activation()]
    return nn.Sequential(*parts[:-1])


@pytest.mark.parametrize(
    ("name", "activation"), [("relu", nn.ReLU), ("tanh", nn.Tanh), ("logistic", nn.Sigmoid)]
)
@pytest.mark.filterwarnings("ignore:.*converge", "ignore:lbfgs failed")
def test_the_weights_of_a_scikit_learn_network_give_the_same_deletions(name, activation):
    rng = np.random.default_rng(1)
    table = rng.normal(size=(400, 6))
    y = np.exp(table[:, 0]) + 0.2 * rng.normal(size=400)
    mlp = MLPRegressor(
        hidden_layer_sizes=(10, 12), activation=name, max_iter=50, random_state=0
    ).fit(table, y)
    extractor = TorchExtractor(from_scikit_learn(mlp, activation), epochs=0, batch_size=37)
    extractor.fit(table, y)
    np.testing.assert_allclose(extractor.predict(table), mlp.predict(table), rtol=0, atol=1e-12)
    Phi, twin = extractor.transform(table), last_hidden_layer(mlp, table)
    np.testing.assert_allclose(Phi, twin, rtol=0, atol=1e-12)
    for options in ({}, {"criterion": "refit", "objective": "mean"}):
        mine, theirs = (
            paris_core.prune(P[:300], y[:300], P[300:], y[300:], 150, lam=0.1, **options)
            for P in (Phi, twin)
        )
        np.testing.assert_array_equal(mine.removed, theirs.removed)


@pytest.mark.parametrize("columns", [None, 1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_predictions_are_linear_in_the_features(columns, dtype):
    y = Y if columns is None else np.column_stack([Y, X[:, 2], -Y])[:, :columns]
    extractor = TorchExtractor(network(columns or 1, dtype=dtype), epochs=3, random_state=0)
    assert extractor.fit(X, y) is extractor
    Phi = extractor.transform(X)
    assert Phi.dtype == np.float64
    assert Phi.flags.c_contiguous
    assert Phi.shape == (80, 6)
    assert extractor.n_features_out_ == 6
    assert (extractor.layer_, extractor.side_) == ("5", "input")
    np.testing.assert_array_equal(Phi[:, -1], 1.0)
    prediction = extractor.predict(X)
    assert prediction.shape == y.shape
    assert prediction.dtype == np.float64
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    expected = (Phi @ head(extractor.module_[-1])).reshape(y.shape)
    np.testing.assert_allclose(prediction, expected, rtol=0, atol=tolerance)


class Branches(nn.Module):
    """Its head is registered first; a convolution, a recurrence, a shared ReLU, and a tuple."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(10, 1)
        self.trunk = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(inplace=True))
        self.relu = nn.ReLU()
        self.recurrent = nn.LSTM(4, 5, batch_first=True)
        self.dense = nn.Linear(20, 10)
        self.spare = nn.Linear(10, 10)

    def forward(self, images):
        maps = self.relu(self.trunk(images))
        sequence, _ = self.recurrent(maps.flatten(2)[:, :, :4])
        table = torch.cat([sequence.flatten(1), images.flatten(1)[:, :5]], dim=1)
        return self.head(input=self.relu(self.dense(table)))


IMAGES = RNG.normal(size=(30, 2, 4, 4))


def test_layers_by_name():
    module = Branches()
    y = np.arange(30.0)
    inputs = torch.tensor(IMAGES, dtype=torch.float32)
    with torch.no_grad():
        convolved = module.trunk[0](inputs)
    extractor = TorchExtractor(module, layer="trunk.0", epochs=0, batch_size=7).fit(IMAGES, y)
    Phi = extractor.transform(IMAGES)
    assert Phi.shape == (30, 3 * 4 * 4 + 1)
    # What ReLU(inplace=True) made of the same memory afterwards is not what is seen.
    assert (Phi < 0).any()
    np.testing.assert_allclose(Phi[:, :-1], convolved.flatten(1), rtol=0, atol=1e-6)
    whole = TorchExtractor(module, layer="", epochs=0).fit(IMAGES, y)
    np.testing.assert_array_equal(whole.transform(IMAGES)[:, 0], whole.predict(IMAGES))
    default = TorchExtractor(module, epochs=0).fit(IMAGES, y)
    assert default.layer_ == "head"  # the last that is called, not the last that is registered
    expected = default.transform(IMAGES) @ head(module.head)
    np.testing.assert_allclose(expected[:, 0], default.predict(IMAGES), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        ("trunk0", ValueError, r"layer must be a name .* got 'trunk0'; close to it .*'trunk\.0'"),
        ("xyz", ValueError, "layer must be .* 'xyz'; module has 'head', 'trunk'"),
        ("spare", ValueError, "'spare' must be called once in .*, it is called 0 times"),
        ("relu", ValueError, "'relu' must be called once in .*, it is called 2 times"),
        ("recurrent", ValueError, "output of layer 'recurrent' must be one tensor, got tuple"),
        (3, TypeError, "layer must be a string or None, got int"),
    ],
)
def test_layers_that_give_no_features(layer, error, message):
    with pytest.raises(error, match=message):
        TorchExtractor(Branches(), layer=layer).fit(IMAGES, np.arange(30.0))


def test_a_module_without_linear_layers_needs_a_name():
    module = nn.Sequential(nn.Flatten(), nn.Tanh())
    with pytest.raises(ValueError, match=r"layer must be given .* it has '0', '1'"):
        TorchExtractor(module, epochs=0).fit(X, Y)
    extractor = TorchExtractor(module, layer="1", epochs=0).fit(X, Y)
    Phi = extractor.transform(X)
    np.testing.assert_allclose(Phi[:, :-1], np.tanh(X), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="nothing to train; epochs=0"):
        extractor.set_params(epochs=1).fit(X, Y)


class Reshaped(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        return self.function(inputs)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (torch.Tensor.t, r"must have a row for each of the 80 rows .* shape \(4, 80\)"),
        (torch.Tensor.sum, r"must have a row for each .* shape \(\)"),
        (lambda inputs: inputs + 1j, "must be real"),
    ],
)
def test_layers_whose_output_is_no_table(function, message):
    with pytest.raises(ValueError, match=message):
        TorchExtractor(Reshaped(function), layer="", epochs=0).fit(X, Y)


def test_modes_hooks_and_gradients_are_left_alone():
    extractor = TorchExtractor(network(dropout=0.5), epochs=1).fit(X, Y)
    module = extractor.module_
    assert not any(part.training for part in module.modules())
    expected = extractor.transform(X)
    module.train()
    module[0].eval()
    np.testing.assert_array_equal(extractor.transform(X), expected)
    extractor.predict(X)
    assert [part.training for part in module.modules()] == [True, False, *[True] * 5]
    assert not any(part._forward_hooks for part in module.modules())
    assert not any(part._forward_pre_hooks for part in module.modules())
    module[0].register_forward_hook(lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        extractor.transform(X)
    assert not any(part._forward_hooks for part in module[1:].modules())
    assert module.training


# --- memory -------------------------------------------------------------------------------------


class Counting(nn.Sequential):
    largest = 0

    def forward(self, inputs):
        Counting.largest = max(Counting.largest, len(inputs))
        return super().forward(inputs)


def test_features_of_a_large_table_go_to_a_file(tmp_path):
    shape = (20_000, 16)
    X = np.lib.format.open_memmap(tmp_path / "X.npy", mode="w+", dtype=np.float32, shape=shape)
    X[:] = np.random.default_rng(2).normal(size=shape)
    X.flush()
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    y = X[:, 0].astype(np.float64)
    module = Counting(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 1))
    extractor = TorchExtractor(module, epochs=1, batch_size=100)
    Counting.largest = 0
    tracemalloc.start()
    extractor.fit(X, y)
    Phi = extractor.transform(X, out=tmp_path / "Phi.npy")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert Counting.largest == 100
    assert peak < X.nbytes  # the features are five times as large
    assert isinstance(Phi, np.memmap)
    assert Phi.dtype == np.float32
    assert not Phi.flags.writeable
    np.testing.assert_array_equal(Phi, extractor.transform(X).astype(np.float32))
    np.testing.assert_array_equal(Phi, np.load(tmp_path / "Phi.npy"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Phi.npy", "X.npy"]
    result = paris_core.prune(Phi[:500], y[:500], Phi[500:600], y[500:600], 20, lam=1.0)
    twin = extractor.transform(X[:600]).astype(np.float32).astype(np.float64)
    expected = paris_core.prune(twin[:500], y[:500], twin[500:], y[500:600], 20, lam=1.0)
    np.testing.assert_array_equal(result.removed, expected.removed)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_go_to_an_array(dtype):
    extractor = TorchExtractor(network(), epochs=0, batch_size=9).fit(X, Y)
    out = np.full((80, 6), np.nan, dtype=dtype)
    assert extractor.transform(X, out=out) is out
    np.testing.assert_array_equal(out, extractor.transform(X).astype(dtype))


@pytest.mark.parametrize(
    ("out", "error", "message"),
    [
        (np.empty((80, 5)), ValueError, r"out must be writable, of shape \(80, 6\), got \(80, 5\)"),
        (np.broadcast_to(0.0, (80, 6)), ValueError, "out must be writable.*read-only"),
        (np.empty((80, 6), dtype=int), TypeError, "out must be of dtype float32 or float64"),
        ("Phi.dat", ValueError, "out must be a path that ends in .npy, got 'Phi.dat'"),
        (7, TypeError, "out must be None, an array or a path, got int"),
    ],
)
def test_places_where_features_cannot_go(out, error, message):
    extractor = TorchExtractor(network(), epochs=0).fit(X, Y)
    with pytest.raises(error, match=message):
        extractor.transform(X, out=out)


def test_a_file_that_was_not_completed_leaves_the_old_one(tmp_path):
    extractor = TorchExtractor(network(), epochs=0, batch_size=10).fit(X, Y)
    path = tmp_path / "Phi.npy"
    before = np.array(extractor.transform(X[:3], out=str(path)))
    spoilt = X.copy()
    spoilt[33, 1] = np.nan
    with pytest.raises(ValueError, match="X must be finite, got NaN in row 33"):
        extractor.transform(spoilt, out=path)
    np.testing.assert_array_equal(np.load(path), before)
    assert [file.name for file in tmp_path.iterdir()] == ["Phi.npy"]


# --- training -----------------------------------------------------------------------------------


def test_training_is_the_loop_that_one_would_write():
    options = {"learning_rate": 0.01, "weight_decay": 0.1, "optimizer": torch.optim.AdamW}
    extractor = TorchExtractor(network(), epochs=20, batch_size=80, **options).fit(X, Y)
    module = network()
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.01, weight_decay=0.1)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(module(torch.tensor(X))[:, 0], torch.tensor(Y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert_same_state(extractor.module_.state_dict(), module.state_dict(), atol=1e-12)
    np.testing.assert_allclose(extractor.loss_curve_, losses, rtol=1e-12)


def test_options_that_are_none_are_those_of_the_optimizer():
    given = TorchExtractor(network(), epochs=3, learning_rate=0.02, **{"random_state": 0})
    given.set_params(optimizer=functools.partial(torch.optim.SGD, lr=0.02, momentum=0.9))
    own = clone(given).set_params(learning_rate=None).fit(X, Y)
    given.set_params(optimizer=functools.partial(torch.optim.SGD, momentum=0.9)).fit(X, Y)
    assert_same_state(own.module_.state_dict(), given.module_.state_dict())


def test_lbfgs():
    extractor = TorchExtractor(
        network(), optimizer=torch.optim.LBFGS, epochs=10, batch_size=80, learning_rate=1.0
    )
    error = np.mean((extractor.fit(X, Y).predict(X) - Y) ** 2)
    assert error < 0.3 * Y.var()


def test_frozen_parameters_stay():
    module = network()
    module[0].requires_grad_(False)
    trained = TorchExtractor(module, epochs=2).fit(X, Y).module_
    assert torch.equal(trained[0].weight, module[0].weight)
    assert not torch.equal(trained[3].weight, module[3].weight)
    with pytest.raises(ValueError, match="nothing to train; epochs=0"):
        TorchExtractor(module.requires_grad_(False)).fit(X, Y)


def test_a_module_in_evaluation_mode_is_trained_like_any_other():
    extractor = TorchExtractor(network(dropout=0.4), epochs=2, random_state=0).fit(X, Y)
    twin = TorchExtractor(network(dropout=0.4).eval(), epochs=2, random_state=0).fit(X, Y)
    assert_same_state(twin.module_.state_dict(), extractor.module_.state_dict())
    without = TorchExtractor(network(), epochs=2, random_state=0).fit(X, Y)
    assert not torch.equal(without.module_[0].weight, extractor.module_[0].weight)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_fit_is_deterministic_and_leaves_the_global_generators_alone(dropout):
    extractor = TorchExtractor(network(dropout=dropout), epochs=2, batch_size=16)

    def features(random_state):
        return extractor.set_params(random_state=random_state).fit(X, Y).transform(X)

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = features(0)
    assert torch.equal(torch.rand(3), expected)
    np.testing.assert_array_equal(features(0), first)
    np.testing.assert_array_equal(features(np.random.default_rng(0)), first)
    assert not np.array_equal(features(1), first)
    assert not np.array_equal(features(None), features(None))


def test_warm_start_continues():
    extractor = TorchExtractor(network(), epochs=3, warm_start=True, **FULL_BATCH)
    twin = TorchExtractor(network(), epochs=6, **FULL_BATCH).fit(X, Y)
    extractor.fit(X, Y)
    between = state(extractor.module_)
    extractor.fit(X, Y)
    assert_same_state(extractor.module_.state_dict(), twin.module_.state_dict(), atol=1e-12)
    cold = TorchExtractor(network(), epochs=3, **FULL_BATCH).fit(X, Y).fit(X, Y)
    assert_same_state(cold.module_.state_dict(), between, atol=1e-12)


@pytest.mark.parametrize("other", [network(seed=1).float(), network()[:-1], network(2)], ids=str)
def test_a_module_of_another_structure_starts_afresh(other):
    extractor = TorchExtractor(network(), epochs=2, warm_start=True, **FULL_BATCH).fit(X, Y)
    extractor.set_params(module=other, epochs=0).fit(X, Y)
    assert_same_state(extractor.module_.state_dict(), other.state_dict())


def test_the_module_that_is_given_is_not_trained():
    module = network()
    before = state(module)
    arrays = X.copy(), Y.copy(), WEIGHT.copy()
    extractor = TorchExtractor(module, epochs=2).fit(*arrays)
    extractor.transform(arrays[0])
    assert extractor.module is module
    assert module.training
    assert_same_state(module.state_dict(), before)
    assert not torch.equal(extractor.module_[0].weight, module[0].weight)
    for mine, theirs in zip(arrays, (X, Y, WEIGHT), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy", nn.HuberLoss(reduction="none")], ids=str)
def test_whole_weights_count_rows(loss):
    times = np.arange(80) % 3
    y = paris_core.one_hot(CLASSES) if loss == "cross_entropy" else np.column_stack([Y, X[:, 0]])
    options = {"loss": loss, "epochs": 10, **FULL_BATCH}
    extractor = TorchExtractor(network(y.shape[1]), **options)
    weighted = clone(extractor).fit(X, y, sample_weight=times)
    rows = np.repeat(np.arange(80), times)
    repeated = clone(extractor).fit(X[rows], y[rows])
    assert_same_state(weighted.module_.state_dict(), repeated.module_.state_dict(), atol=1e-12)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-12)
    assert not torch.equal(clone(extractor).fit(X, y).module_[0].weight, weighted.module_[0].weight)


def test_rows_without_weight_take_no_part():
    chosen = np.arange(80) % 3 > 0
    module = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
    extractor = TorchExtractor(module, epochs=5, **FULL_BATCH)
    weighted = clone(extractor).fit(X, Y, sample_weight=chosen.astype(float)).module_
    fewer = clone(extractor).fit(X[chosen], Y[chosen]).module_
    assert_same_state(weighted.state_dict(), fewer.state_dict(), atol=1e-12)


def test_batches_are_of_nearly_equal_size():
    module = nn.Sequential(
        nn.BatchNorm1d(4), Reshaped(lambda inputs: inputs.cos()), nn.Linear(4, 1)
    )
    seen = []
    module[1].register_forward_pre_hook(lambda part, args: seen.append(len(args[0])))
    TorchExtractor(module, epochs=1, batch_size=26, random_state=0).fit(X[:79], Y[:79])
    assert seen[-4:] == [20, 20, 20, 19]  # three of 26 would leave one row, which BatchNorm refuses


def test_cross_entropy():
    y = paris_core.one_hot(CLASSES)
    extractor = TorchExtractor(network(3), loss="cross_entropy", epochs=60, learning_rate=0.02)
    extractor.set_params(random_state=0).fit(X, y)
    assert not is_classifier(extractor)  # it is given one-hot targets and gives scores
    scores, probabilities = extractor.predict(X), extractor.predict_proba(X)
    assert scores.shape == probabilities.shape == (80, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-10)
    assert (scores.argmax(axis=1) == CLASSES).mean() > 0.8
    assert not hasattr(TorchExtractor(network()), "predict_proba")
    loss = -np.log(probabilities[y == 1]).mean()
    assert extractor.loss_curve_[-1] == pytest.approx(loss, rel=0.2)


def test_a_loss_of_ones_own():
    def absolute(output, target):
        assert output.shape == target.shape == (80,)
        return (output - target).abs()

    mine = TorchExtractor(network(), loss=absolute, epochs=4, **FULL_BATCH).fit(X, Y)
    torchs = TorchExtractor(network(), loss=nn.L1Loss(), epochs=4, **FULL_BATCH).fit(X, Y)
    assert_same_state(mine.module_.state_dict(), torchs.module_.state_dict(), atol=1e-12)
    squared = TorchExtractor(network(), epochs=4, **FULL_BATCH).fit(X, Y)
    assert not torch.equal(mine.module_[0].weight, squared.module_[0].weight)


def test_training_of_ones_own():
    calls = []

    def train(module, X, y, sample_weight):
        calls.append((X.shape, y.dtype, sample_weight))
        with torch.no_grad():
            module[0].weight.copy_(torch.rand(6, 4))

    extractor = TorchExtractor(network(), fit_function=train, random_state=0).fit(X, list(Y))
    assert calls == [((80, 4), np.float64, None)]
    again = clone(extractor).fit(X, Y, sample_weight=list(WEIGHT))
    np.testing.assert_array_equal(calls[1][2], WEIGHT)
    np.testing.assert_array_equal(again.transform(X), extractor.transform(X))
    assert not torch.equal(extractor.module_[0].weight, network()[0].weight)
    extractor.set_params(fit_function=lambda module, *_: network())
    with pytest.raises(TypeError, match=r"fit_function must train the module .* got Sequential"):
        extractor.fit(X, Y)
    with pytest.raises(TypeError, match="fit_function must be callable, got str"):
        extractor.set_params(fit_function="fit").fit(X, Y)


# --- conventions --------------------------------------------------------------------------------


def test_extractors_are_scikit_learn_estimators():
    extractor = TorchExtractor(network(), epochs=2, random_state=0, learning_rate=0.01)
    assert isinstance(extractor, FeatureExtractor)
    assert isinstance(extractor, BaseEstimator)
    before = set(vars(extractor))
    copy = clone(extractor)
    assert repr(copy) == repr(extractor)
    for method in (extractor.transform, extractor.predict):
        with pytest.raises(NotFittedError):
            method(X)
    extractor.fit(X, Y)
    learned = set(vars(extractor)) - before
    assert all(attribute.endswith("_") for attribute in learned)
    assert set(vars(clone(extractor))) == before
    np.testing.assert_array_equal(copy.fit(X, Y).predict(X), extractor.predict(X))
    again = pickle.loads(pickle.dumps(extractor))
    np.testing.assert_array_equal(again.transform(X), extractor.transform(X))
    assert_same_state(
        again.set_params(warm_start=True).fit(X, Y).module_.state_dict(),
        extractor.set_params(warm_start=True).fit(X, Y).module_.state_dict(),
    )


def test_many_kinds_of_tables():
    frame = pd.DataFrame(X, columns=list("abcd"))
    extractor = TorchExtractor(network(), epochs=2, random_state=0).fit(frame, pd.Series(Y))
    expected = TorchExtractor(network(), epochs=2, random_state=0).fit(X, Y).transform(X)
    for table in (frame, X, X.tolist(), np.asfortranarray(X), torch.tensor(X), X.astype(">f8")):
        np.testing.assert_allclose(extractor.transform(table), expected, rtol=0, atol=1e-14)
    with pytest.raises(ValueError, match="order"):
        extractor.transform(frame[list("bacd")])
    with pytest.raises(ValueError, match="missing"):
        extractor.transform(frame.rename(columns={"a": "z"}))
    grey = np.arange(80 * 4, dtype=np.uint8).reshape(80, 4)
    np.testing.assert_array_equal(
        extractor.transform(grey), extractor.transform(grey.astype(float))
    )


def test_as_extractor():
    module = network()
    extractor = as_extractor(module)
    assert type(extractor) is TorchExtractor
    assert extractor.module is module
    assert as_extractor(extractor) is extractor
    assert type(as_extractor(np.tanh)) is CallableExtractor
    with pytest.raises(TypeError, match="model must be an instance, got the class Linear"):
        as_extractor(nn.Linear)


# --- mistakes -----------------------------------------------------------------------------------


def spoilt(array, value=np.nan):
    array = array.copy()
    array[70] = value
    return array


@pytest.mark.parametrize(
    ("options", "arguments", "error", "message"),
    [
        ({"module": nn.Linear}, (X, Y), TypeError, "module must be .* got the class Linear"),
        ({"module": "net"}, (X, Y), TypeError, "module must be an instance of .* got str"),
        ({"module": nn.LazyLinear(1)}, (X, Y), ValueError, "module has lazy layers"),
        ({"module": nn.Linear(3, 1)}, (X, Y), ValueError, r"module cannot take .* \(80, 4\) and"),
        (
            {"module": network(2)},
            (X, Y),
            ValueError,
            r"module must return shape \(80,\).*\(80, 2\)",
        ),
        ({"module": network()}, (X, np.c_[Y, Y]), ValueError, r"must return shape \(80, 2\)"),
        ({"device": "gpu"}, (X, Y), ValueError, "device must be .* got 'gpu'"),
        ({"device": "meta"}, (X, Y), ValueError, "device must be .* got 'meta'"),
        ({"loss": "rmse"}, (X, Y), ValueError, "loss must be one of 'mse', 'cross_entropy'"),
        ({"loss": 3}, (X, Y), TypeError, "loss must be a string"),
        ({"loss": lambda o, t: 0.0}, (X, Y), TypeError, "loss must return a tensor, got float"),
        ({"loss": lambda o, t: o[:3]}, (X, Y), ValueError, r"loss for each of .* shape \(3,\)"),
        (
            {"loss": nn.MSELoss()},
            (X, Y, WEIGHT),
            ValueError,
            "loss must return .* reduction='none'",
        ),
        ({"loss": "cross_entropy"}, (X, Y), ValueError, r"y must have shape \(n, C\).*one_hot"),
        (
            {"loss": "cross_entropy"},
            (X, spoilt(paris_core.one_hot(CLASSES), 0.5)),
            ValueError,
            "y must hold probabilities.* in row 70",
        ),
        ({"epochs": -1}, (X, Y), ValueError, "epochs must be >= 0, got -1"),
        ({"epochs": 1.5}, (X, Y), TypeError, "epochs must be an integer"),
        ({"batch_size": 0}, (X, Y), ValueError, "batch_size must be >= 1"),
        ({"learning_rate": 0.0}, (X, Y), ValueError, "learning_rate must be a finite number > 0"),
        ({"weight_decay": -1.0}, (X, Y), ValueError, "weight_decay must be a finite number >= 0"),
        ({"warm_start": "yes"}, (X, Y), TypeError, "warm_start must be True or False"),
        ({"random_state": "x"}, (X, Y), TypeError, "random_state must be an int"),
        (
            {"optimizer": lambda parameters: torch.optim.SGD(parameters, lr=0.1)},
            (X, Y),
            TypeError,
            r"optimizer must take the parameters and, by name, \['lr'\]",
        ),
        ({"optimizer": lambda p, lr: 7}, (X, Y), TypeError, "optimizer must make a .* got int"),
        (
            {"optimizer": torch.optim.SGD, "learning_rate": 1e30},
            (X, Y),
            ValueError,
            "the loss became",
        ),
        ({"batch_size": 20}, (spoilt(X), Y), ValueError, "X must be finite, got NaN in row 70"),
        ({}, (X, spoilt(Y)), ValueError, "y must be finite, got NaN in row 70"),
        ({}, (X[:, 0], Y), ValueError, r"X must have at least two dimensions.*reshape\(-1, 1\)"),
        ({}, (X[:0], Y[:0]), ValueError, "X must have .* and not be empty"),
        ({}, (X, Y[1:]), ValueError, r"y must have shape \(80,\)"),
        ({}, (X.astype(str), Y), TypeError, "X must be real numbers"),
        ({}, (X, Y, WEIGHT[1:]), ValueError, "sample_weight must have shape"),
        ({}, (X, Y, -WEIGHT), ValueError, "sample_weight must be >= 0"),
        ({}, (X, Y, 0 * WEIGHT), ValueError, "sample_weight must not be zero everywhere"),
    ],
    ids=str,
)
def test_bad_arguments_of_fit(options, arguments, error, message):
    extractor = TorchExtractor(**{"module": network(), "epochs": 3} | options)
    extractor.set_params(batch_size=options.get("batch_size", 80))
    with pytest.raises(error, match=message):
        extractor.fit(*arguments)


def test_bad_inputs_of_a_fitted_extractor():
    extractor = TorchExtractor(network(), epochs=0, batch_size=20).fit(X, Y)
    for method in (extractor.transform, extractor.predict):
        with pytest.raises(
            ValueError, match=r"X must have shape \(n, 4\) as in fit, got \(80, 3\)"
        ):
            method(X[:, :3])
        with pytest.raises(ValueError, match="X must be finite, got NaN in row 70"):
            method(spoilt(X))
    with torch.no_grad():
        extractor.module_[3].bias.fill_(torch.inf)
    with pytest.raises(ValueError, match="the features of X must be finite, got infinity in row 0"):
        extractor.transform(X)


def test_a_module_that_returns_several_tensors_cannot_be_trained():
    module = nn.Sequential(nn.Linear(4, 1), Reshaped(lambda output: (output, output)))
    with pytest.raises(ValueError, match="module must return one tensor, got tuple"):
        TorchExtractor(module, epochs=1).fit(X, Y)


# ---------------------------------------------------------------------------------------------
# Inputs that are not scaled, pipelines that end in a module, tensors with gradients


def raw_table():
    X = np.random.default_rng(5).normal(size=(300, 3)) * [1.0, 50.0, 900.0] + [0.0, 400.0, -3000.0]
    return X, X[:, 0] + X[:, 1] / 50.0 + X[:, 2] / 900.0


def small_module():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))


def r2(extractor, X, y):
    return 1.0 - np.mean((extractor.predict(X) - y) ** 2) / y.var()


def test_standardize_is_what_a_scaler_before_the_module_does():
    X, y = raw_table()
    y = (y - y.mean()) / y.std()
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    options = {"epochs": 30, "learning_rate": 1e-2, "batch_size": 64, "random_state": 0}
    inside = TorchExtractor(small_module(), standardize=True, **options).fit(X, y)
    outside = TorchExtractor(small_module(), **options).fit(scaled, y)
    np.testing.assert_allclose(inside.transform(X), outside.transform(scaled), atol=1e-4)
    np.testing.assert_allclose(inside.mean_, X.mean(axis=0))
    np.testing.assert_allclose(inside.scale_, X.std(axis=0))
    assert r2(inside, X, y) > 0.95
    with pytest.warns(paris_core.ScaleWarning, match="column 2 is of size .*standardize=True"):
        raw = TorchExtractor(small_module(), **options).fit(X, y)
    assert r2(raw, X, y) < 0.8


def test_standardize_counts_weights_and_stays_where_training_goes_on():
    X, y = raw_table()
    y = y - y.mean()
    weight = np.r_[np.zeros(100), np.ones(200)]
    extractor = TorchExtractor(small_module(), standardize=True, epochs=2, warm_start=True)
    extractor.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(extractor.mean_, X[100:].mean(axis=0))
    np.testing.assert_allclose(extractor.scale_, X[100:].std(axis=0))
    before = extractor.mean_
    extractor.fit(X[:50], y[:50])
    np.testing.assert_array_equal(extractor.mean_, before)


def test_a_pipeline_that_ends_in_a_module():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = raw_table()
    pipeline = make_pipeline(StandardScaler(), small_module())
    model = paris_core.PARISRegressor(pipeline, keep=0.9, rounds=1, retrain="head", random_state=0)
    model.fit(X, y)
    assert model.score(X, y) > 0.9
    assert type(model.estimator_).__name__ == "PipelineExtractor"


@pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning")
def test_tensors_with_gradients_are_taken():
    X, y = raw_table()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    tensor, target = torch.tensor(X, requires_grad=True), torch.tensor(y, requires_grad=True)
    options = {"lam": 1.0}
    expected = paris_core.prune(X, y, X[:50], y[:50], 10, **options).removed
    found = paris_core.prune(tensor, target, tensor[:50], target[:50], 10, **options).removed
    np.testing.assert_array_equal(found, expected)
    half = paris_core.prune(tensor.bfloat16(), target, X[:50], y[:50], 10, **options)
    assert len(half.removed) == 10
    model = paris_core.PARISRegressor(lambda X: X, keep=0.9, rounds=1, random_state=0)
    np.testing.assert_array_equal(model.fit(tensor, target).removed_, model.fit(X, y).removed_)
