"""Warnings of a fit come where something is in doubt, with what to do, and nowhere else."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

import paris_core
from paris_core import (
    DuplicateRowsWarning,
    ManyRemovedWarning,
    PARISClassifier,
    PARISRegressor,
    PARISUnderSampler,
    ScaleWarning,
    TailWarning,
    WeakModelWarning,
)
from paris_core._support.scikit_learn import Rows
from paris_core.estimators._fit import doubts
from paris_core.estimators._fit.division import Division
from paris_core.estimators._fit.duplicates import by_chance, keys, n_copies
from paris_core.estimators._fit.inputs import Inputs
from paris_core.estimators._fit.scale import columns_in_other_units, targets_in_other_units
from paris_core.estimators._loop.parts import Parts
from paris_core.estimators._loop.tasks import Classification, Regression
from paris_core.validation import Tail

ALL = ("Duplicate", "Many", "Scale", "Tail", "WeakModel")
NOTHING = np.empty(0, dtype=np.int64)


def told(function, *arguments, **options):
    """Warnings of this package, as {category: message}."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*arguments, **options)
    ours = [one for one in caught if one.category.__name__.startswith(ALL)]
    assert len({one.category for one in ours}) == len(ours)
    if not type(getattr(function, "__self__", None)).__module__.startswith("sklearn."):
        assert all(one.filename == __file__ for one in ours)
    assert all("\n" not in str(one.message) for one in ours)
    return {one.category: str(one.message) for one in ours}


def draw(n, seed=0):
    """Inputs in units of their own, and targets."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3))
    return z * [90.0, 4.0, 0.5] + [450.0, 60.0, -2.0], z.sum(axis=1) + 0.1 * rng.normal(size=n)


def model(kind=PARISRegressor, **options):
    """Quick, and better than a constant."""
    options = {"random_state": 0, "keep": 0.95, "rounds": 1, "retrain": "head"} | options
    linear = make_pipeline(StandardScaler(), PolynomialFeatures(1))  # with a constant
    return kind(options.pop("estimator", linear), **options)


# ------------------------------------------------------------------------------------------ units


def test_nothing_is_told_of_rows_of_one_table():
    (X, y), (X_val, y_val) = draw(600), draw(200, seed=1)
    assert told(model().fit, X, y) == {}
    assert told(model().fit, X, y, X_val=X_val, y_val=y_val) == {}
    sampler = PARISUnderSampler(model())
    assert told(sampler.fit_resample, X, y, X_val=X_val, y_val=y_val) == {}
    names = ["speed", "density", "bz"]
    frame, frame_val = (pd.DataFrame(table, columns=names) for table in (X, X_val))
    assert told(model().fit, frame, y, X_val=frame_val, y_val=y_val) == {}


def test_a_scaler_before_the_estimator():
    (X, y), (X_val, y_val) = draw(600), draw(200, seed=1)
    pipeline = make_pipeline(StandardScaler(), model())
    found = told(
        pipeline.fit, X, y, **{"parisregressor__X_val": X_val, "parisregressor__y_val": y_val}
    )
    assert set(found) == {ScaleWarning, WeakModelWarning}
    message = found[ScaleWarning]
    assert message.startswith(
        "X_val seems to be in other units than X: column 0 (and 1 more) is from -2."
    ), message
    assert "a Pipeline around this estimator scales X alone" in message
    scaled = StandardScaler().fit(X)
    assert (
        told(model().fit, scaled.transform(X), y, X_val=scaled.transform(X_val), y_val=y_val) == {}
    )


def test_one_column_of_other_units_is_named():
    X, X_val = draw(600)[0], draw(200, seed=1)[0]
    frame, frame_val = (pd.DataFrame(t, columns=["speed", "n", "bz"]) for t in (X, X_val))
    for table in (frame, frame_val):
        table["kind"] = np.where(np.arange(len(table)) % 3 == 0, "a", "b")
    assert columns_in_other_units(frame, frame_val) == {}
    frame_val["speed"] *= 1000.0  # m/s
    assert list(columns_in_other_units(frame, frame_val)) == ["column 'speed'"]
    (difference,) = columns_in_other_units(X, frame_val[["speed", "n", "bz"]]).values()
    assert difference.widths > 100
    assert difference.ratio > 500


def test_targets_that_are_transformed_around_the_estimator():
    (X, y), (X_val, y_val) = draw(600), draw(200, seed=1)
    y, y_val = 50.0 + 9.0 * y, 50.0 + 9.0 * y_val
    around = TransformedTargetRegressor(model(), transformer=StandardScaler())
    found = told(around.fit, X, y, X_val=X_val, y_val=y_val)
    assert ScaleWarning in found
    message = found[ScaleWarning]
    assert message.startswith("y_val seems to be in other units than y: targets are from -2.")
    assert "TransformedTargetRegressor transforms y alone" in message
    assert told(model().fit, X, y, X_val=X_val, y_val=y_val) == {}


@pytest.mark.parametrize("factor", [0.01, 0.05, 20.0, 1000.0])
def test_targets_in_other_units(factor):
    y, y_val = draw(600)[1], draw(100, seed=1)[1]
    assert targets_in_other_units(y, factor * y_val) is not None
    assert targets_in_other_units(y, 2.0 * y_val) is None
    assert targets_in_other_units(y[:19], factor * y_val) is None  # too few to say


def test_labels_have_no_units():
    (X, y), (X_val, y_val) = draw(600), draw(200, seed=1)
    labels, labels_val = np.where(y > 0, 100, 0), np.where(y_val > -9, 100, 0)
    found = told(model(PARISClassifier).fit, X, labels, X_val=X_val, y_val=labels_val)
    assert ScaleWarning not in found


def columns(n, seed):
    """Columns of all kinds, (n, 9)."""
    rng = np.random.default_rng(seed)
    missing = np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n))
    return np.column_stack(
        [
            rng.normal(size=n) ** 2,
            rng.lognormal(sigma=2.5, size=n),
            rng.standard_cauchy(n),
            rng.random(n) < 0.5,
            rng.random(n) < 0.01,
            np.where(rng.random(n) < 0.74, 0.0, rng.lognormal(sigma=2.0, size=n)),
            np.full(n, 7.0),
            missing,
            rng.integers(0, 3, n),
        ]
    )


@pytest.mark.parametrize("n_val", [5, 20, 50, 200])
def test_columns_of_all_kinds(n_val):
    for seed in range(30):
        X, X_val = columns(400, seed), columns(n_val, 1000 + seed)
        assert columns_in_other_units(X, X_val) == {}
        for place in range(9):
            assert columns_in_other_units(X[:, [place]], X_val[:, [place]]) == {}
            y, y_val = X[:, place], X_val[:, place]
            assert targets_in_other_units(y, y_val) is None


def test_tables_of_images():
    rng = np.random.default_rng(0)
    X, X_val = rng.random((50, 8, 8)), rng.random((20, 8, 8))
    assert columns_in_other_units(X, X_val) == {}
    assert list(columns_in_other_units(X, 255 * X_val)) == ["the array"]


def test_what_is_no_number_is_left_out():
    X = pd.DataFrame(
        {
            "day": pd.date_range("2001-01-01", periods=60),
            "text": ["a", None, "b"] * 20,
            "list": [[1]] * 60,
            "empty": [np.nan] * 60,
            "nullable": pd.array([1, None, 3] * 20, dtype="Int64"),
        }
    )
    later = X.assign(day=X["day"] + pd.Timedelta(days=9999))
    assert columns_in_other_units(X, later) == {}
    far = X.assign(nullable=pd.array([1000, None, 3000] * 20, dtype="Int64"))
    assert list(columns_in_other_units(X, far)) == ["column 'nullable'"]


# ------------------------------------------------------------------------------------- duplicates


def test_trusted_rows_among_the_training_rows():
    X, y = draw(600)
    found = told(model().fit, X, y, X_val=X[:200], y_val=y[:200])
    assert set(found) == {DuplicateRowsWarning}
    assert found[DuplicateRowsWarning].startswith("200 of 200 validation and monitor rows equal")
    assert found[DuplicateRowsWarning].endswith("take the rows of X_val out of X")
    assert told(model().fit, X, y, X_val=X[:200], y_val=y[:200] + 0.01) == {}  # other targets
    assert told(model().fit, X[200:], y[200:], X_val=X[:200], y_val=y[:200]) == {}


def test_a_table_that_holds_rows_more_than_once():
    X, y = draw(400)
    again = np.r_[0:400, 0:100]
    found = told(model().fit, X[again], y[again])
    assert set(found) == {DuplicateRowsWarning}
    assert "drop the duplicates of X, or give equal rows one group" in found[DuplicateRowsWarning]
    groups = again.astype(str)
    split = paris_core.validation.GroupedSplit()
    found = told(model(validation_split=split).fit, X[again], y[again], groups=groups)
    assert DuplicateRowsWarning not in found


@pytest.mark.parametrize("n_same", [0, 1, 2, 20])
def test_how_many_are_copies(n_same):
    X, y = draw(400)
    rows = Rows(X, y)
    key = keys(rows)
    held_out = np.r_[0:n_same, 300 : 400 - n_same]
    found = n_copies(rows.at(np.arange(300)), key[:300], key[held_out])
    assert found == (n_same if n_same > 1 else 0)


def test_equal_rows_of_few_categories_say_nothing():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, size=(600, 4)).astype(float)
    y = X @ [1.0, 2.0, 3.0, 4.0]
    frame = pd.DataFrame(X).replace({0.0: "a", 1.0: "b", 2.0: "c"})
    assert told(model().fit, X, y) == {}
    encoded = OneHotEncoder(sparse_output=False)
    assert told(model(estimator=encoded).fit, frame, y) == {}
    assert by_chance(Rows(X, y)) == 1.0


@pytest.mark.parametrize("n_same", [0, 20])
def test_columns_of_many_values_are_another_matter(n_same):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 17, size=(500, 64))  # digits
    y = np.arange(500) % 10
    key = keys(Rows(X, y))
    held_out = np.r_[0:n_same, 400 : 500 - n_same]
    assert n_copies(Rows(X[:400], y[:400]), key[:400], key[held_out]) == n_same


def test_keys_of_equal_rows():
    X = np.array([[1.0, 0.0], [1.0, -0.0], [np.nan, 0.0], [0.0, 1.0], [-np.nan, 0.0]])
    y = np.array([1.0, 1.0, 1.0, 1.0, 1.0])
    key = keys(Rows(X, y))
    assert key[0] == key[1]
    assert key[2] == key[4]
    assert len(set(key)) == 3
    for same in (X.astype(object), X.astype(np.float32), pd.DataFrame(X), X[..., None]):
        np.testing.assert_array_equal(keys(Rows(same, y)), key)
    assert (keys(Rows(X, np.array(list("abcde")))) != key).all()
    frame = pd.DataFrame({"a": ["x", None, "x"], "b": [[1], [2], [1]], "c": [pd.NA, 1, pd.NA]})
    first, other, last = keys(Rows(frame, y[:3]))
    assert first == last != other
    assert len(keys(Rows(np.empty((3, 0)), y[:3]))) == 3


def test_keys_of_small_integers_do_not_collide():
    grid = np.stack(np.meshgrid(*[np.arange(40)] * 3), axis=-1).reshape(-1, 3)
    assert len(np.unique(keys(Rows(grid, np.zeros(len(grid)))))) == 40**3
    swapped = keys(Rows(np.array([[1, 2], [2, 1]]), np.zeros(2)))
    assert swapped[0] != swapped[1]


# ------------------------------------------------------------------------------------- weak model


class Says:
    """A model with these predictions."""

    def __init__(self, scores):
        self.scores = lambda X: scores


def first_model(y, scores, y_training=(-1.0, 1.0), unit=None):
    n = len(y_training)
    targets = np.concatenate([y_training, y])
    rows = Rows(np.zeros((len(targets), 1)), targets)
    if targets.dtype.kind == "U":
        task = Classification(targets, targets[:n])
    else:
        task = Regression(targets[:n], targets[n:], Tail())
    if unit is not None:
        unit = np.append(np.zeros(n, dtype=int), unit)
    divided = Division(Parts(np.arange(n), np.arange(n, len(targets)), NOTHING), None, unit)
    return told(
        doubts.of_the_first_model, task, Inputs(rows, rows, False, None), divided, Says(scores)
    )


@pytest.mark.parametrize("n", [30, 100, 400])
def test_models_that_have_learned_something(n):
    for seed in range(50):
        signal, noise = np.random.default_rng(seed).normal(size=(2, n))
        assert first_model(signal + noise, signal) == {}
        assert first_model(signal + noise, 0.5 * signal) == {}


def test_models_that_have_learned_nothing():
    found = 0
    for seed in range(50):
        y, scores = np.random.default_rng(seed).normal(size=(2, 200))
        (message,) = first_model(y, scores).values()
        assert message.startswith("the model of all training rows is no better than their mean")
        assert "200 validation and monitor rows (mean squared error " in message
        found += bool(first_model(y[:20], scores[:20]))
    assert 15 < found < 50  # so few rows rarely tell
    assert first_model(y, np.full(200, 0.0)) != {}
    assert first_model(np.zeros(200), np.full(200, 0.1)) == {}  # nothing to explain


def test_rows_that_err_together_are_one():
    y = np.full(80, 2.0)
    y[:10] = -1.0
    assert first_model(y, np.zeros(80) - 1.0) != {}
    assert first_model(y, np.zeros(80) - 1.0, unit=np.arange(80) // 40) == {}


def test_classes():
    rng = np.random.default_rng(0)
    y = np.array(["a", "b"])[(rng.random(300) < 0.2).astype(int)]
    training = tuple("aaaab")
    right = np.stack([y == "a", y == "b"], axis=1).astype(float)
    assert first_model(y, 0.3 * right + 0.7 * np.array([0.8, 0.2]), training) == {}
    (message,) = first_model(y, right[::-1], training).values()
    assert "no better than their class frequencies" in message


def test_a_network_that_overfits():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 20))
    y = 0.1 * X[:, 0] + rng.normal(size=500)
    network = MLPRegressor(hidden_layer_sizes=(100,), max_iter=150, random_state=0, tol=0.0)
    found = told(model(estimator=network).fit, X, y)
    assert set(found) == {WeakModelWarning}
    labels = np.where(y > 0, "a", "b")
    network = MLPClassifier(hidden_layer_sizes=(100,), max_iter=150, random_state=0, tol=0.0)
    found = told(model(PARISClassifier, estimator=network, retrain="estimator").fit, X, labels)
    assert set(found) == {WeakModelWarning}


def test_a_checkpoint_is_resumed_without_repeating_it(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 3)), rng.normal(size=500)
    weak = model(checkpoint=tmp_path / "run", keep=0.5)
    first = told(weak.fit, X, y)
    assert WeakModelWarning in first
    removed = weak.removed_
    assert told(weak.fit, X, y) == {}
    np.testing.assert_array_equal(weak.removed_, removed)


# ----------------------------------------------------------------------------------- many removed


def test_more_than_a_third_of_the_rows():
    assert told(doubts.of_the_deletions, 1000, 3000) == {}
    (message,) = told(doubts.of_the_deletions, 1001, 3000).values()
    assert message.startswith("1,001 of 3,000 training rows were removed")
    assert told(doubts.of_the_deletions, 90, 99) == {}  # too few to say


def test_only_where_nobody_said_how_many():
    X, y = draw(600)
    X_val, y_val = draw(200, seed=1)
    wrong = np.arange(600) < 270
    y = np.where(wrong, -y, y)
    trusted = {"X_val": X_val, "y_val": y_val}
    assert ManyRemovedWarning not in told(model(keep=0.5).fit, X, y, **trusted)
    automatic = model(keep="auto", rounds=None, retrain="head")
    assert ManyRemovedWarning in told(automatic.fit, X, y, **trusted)
    assert len(automatic.removed_) > 200


# -------------------------------------------------------------------------------- too few in tail


@pytest.mark.parametrize("monitor", [0.33, 5])
@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_trusted_rows_have_a_tail(monitor, seed):
    X, y = draw(400)
    X_val, y_val = draw(200, seed=1 + seed)
    options = {"monitor": monitor, "keep": "auto", "rounds": None}
    fitted = model(**options)
    assert TailWarning not in told(fitted.fit, X, y, X_val=X_val, y_val=y_val)
    found = told(fitted.fit, X, y, X_val=X_val[:60], y_val=y_val[:60])
    assert TailWarning in found


# ------------------------------------------------------------------------------------- everywhere


@pytest.mark.parametrize(
    "category",
    [DuplicateRowsWarning, ManyRemovedWarning, ScaleWarning, TailWarning, WeakModelWarning],
)
def test_categories(category):
    assert issubclass(category, UserWarning)
    assert getattr(paris_core, category.__name__) is category
    assert category.__name__ in paris_core.__all__


def test_an_error_leaves_the_estimator_as_it_was():
    X, y = draw(600)
    fitted = model().fit(X, y)
    before = fitted.removed_
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DuplicateRowsWarning):
            fitted.fit(X, y, X_val=X[:100], y_val=y[:100])
    assert fitted.removed_ is before


# ---------------------------------------------------------------------------------------- real data


def rows_of(frame):
    inputs = pd.get_dummies(frame.drop(columns="target")).to_numpy(dtype=float)
    return inputs, frame["target"].to_numpy(dtype=float)


@pytest.mark.parametrize("n_val", [50, 200])
def test_random_rows_of_public_tables(data_dir, n_val):
    files = sorted((data_dir / "ir").glob("*.csv.gz"))
    assert len(files) == 12
    for file in files:
        X, y = rows_of(pd.read_csv(file).drop_duplicates())
        for seed in range(5):
            order = np.random.default_rng(seed).permutation(len(y))
            held_out, training = np.sort(order[:n_val]), np.sort(order[n_val:])
            if len(training) < 50:
                continue
            one, other = Rows(X, y).at(training), Rows(X, y).at(held_out)
            assert columns_in_other_units(one.X, other.X) == {}, file.name
            assert targets_in_other_units(one.y, other.y) is None, file.name
            assert n_copies(one, keys(one), keys(other)) == 0, file.name


def test_public_tables_of_other_units(data_dir):
    """Inputs that were near 1 all along are the exception."""
    seen = []
    for file in sorted((data_dir / "ir").glob("*.csv.gz")):
        X, _ = rows_of(pd.read_csv(file).drop_duplicates())
        scaled = StandardScaler().fit(X)
        if columns_in_other_units(scaled.transform(X[50:]), X[:50]):
            seen.append(file.name.partition(".")[0])
    assert len(seen) >= 10, seen


def test_storms_against_quiet_years(dst_hours):
    X, y, year = dst_hours
    quiet = np.isin(year, [2006, 2007, 2008, 2009, 2010])
    rng = np.random.default_rng(0)
    for limit in (-50.0, -100.0, -200.0):
        storms = np.flatnonzero(~quiet & (y <= limit))
        storms = rng.choice(storms, min(200, len(storms)), replace=False)
        assert len(storms) >= 50
        assert columns_in_other_units(X[quiet], X[storms]) == {}
        assert targets_in_other_units(y[quiet], y[storms]) is None


@pytest.fixture(scope="module")
def dst_hours(data_dir):
    """Inputs, Dst three hours later, and the year, of every hour without gaps."""
    table = pd.read_csv(data_dir / "omni_hourly_1998_2019.csv.gz")
    names = ["bz_gsm", "bt", "speed", "density", "dst"]
    inputs = pd.concat([table[names].shift(lag) for lag in (0, 1, 3)], axis=1).to_numpy()
    later = table["dst"].shift(-3).to_numpy()
    year = 1998 + np.arange(len(table)) // 8766
    whole = np.isfinite(inputs).all(axis=1) & np.isfinite(later)
    return inputs[whole], later[whole], year[whole]
