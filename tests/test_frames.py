"""Tables of pandas, Polars and Arrow, sparse ones and tensors: values, names and order."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import paris_core
from paris_core import PARISRegressor, PARISUnderSampler
from paris_core.features import last_hidden_layer

pl = pytest.importorskip("polars")
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3)) * [1.0, 10.0, 100.0]
Y = X @ [1.0, 0.2, 0.03]
NAMES = ["a", "b", "c"]
FRAME = pd.DataFrame(X, columns=NAMES)
OPTIONS = {"lam": 1.0, "criterion": "refit", "objective": "mean"}
FRAMES = {
    "pandas": lambda table: table,
    "polars": lambda table: pl.DataFrame({name: table[name].to_numpy() for name in table}),
    "arrow": lambda table: pa.table(table),
}


def pruned(Phi, y=Y, Phi_val=X[:20], y_val=Y[:20]):
    return paris_core.prune(Phi, y, Phi_val, y_val, 15, **OPTIONS).removed


TRUTH = pd.DataFrame({"a": X[:, 0], "b": X[:, 1] > 0, "c": np.rint(X[:, 2])})
MIXED = TRUTH.to_numpy(dtype=float)
COLUMNS = {
    "float and bool": TRUTH,
    "Float64": TRUTH.astype({"a": "Float64", "c": "Float64"}),
    "Float64, boolean, Int64": TRUTH.astype({"a": "Float64", "b": "boolean", "c": "Int64"}),
    "Arrow-backed": TRUTH.astype(
        {"a": "double[pyarrow]", "b": "bool[pyarrow]", "c": "int32[pyarrow]"}
    ),
    "decimals": TRUTH.astype({"c": pd.ArrowDtype(pa.decimal128(12, 2))}),
    "Polars": FRAMES["polars"](TRUTH),
    "Arrow": FRAMES["arrow"](TRUTH),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_prune_takes_columns_of_numbers_and_truth_values(kind):
    np.testing.assert_array_equal(pruned(COLUMNS[kind]), pruned(MIXED))


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(Y).astype("Float64"),
        pd.Series(Y).astype("double[pyarrow]"),
        pl.Series(Y),
        pa.array(Y),
        pa.chunked_array([Y[:30], Y[30:]]),
    ],
    ids=["Float64", "double[pyarrow]", "polars", "arrow", "chunked"],
)
def test_prune_takes_targets_of_any_kind(y):
    np.testing.assert_array_equal(pruned(X, y), pruned(X))


@pytest.mark.parametrize(
    "table",
    [
        FRAME.assign(b=FRAME["b"].where(FRAME.index != 7)).astype("Float64"),
        FRAMES["polars"](FRAME).with_columns(
            b=pl.when(pl.arange(0, 80) == 7).then(None).otherwise(pl.col("b"))
        ),
        pa.table({"a": X[:, 0], "b": pa.array([None if i == 7 else 1 for i in range(80)])}),
    ],
    ids=["pandas", "polars", "arrow"],
)
def test_a_missing_number_is_named_by_its_row(table):
    with pytest.raises(ValueError, match="Phi must be finite, got NaN in row 7"):
        pruned(table)


@pytest.mark.parametrize("kind", FRAMES)
def test_prune_refuses_columns_in_another_order(kind):
    make = FRAMES[kind]
    np.testing.assert_array_equal(pruned(make(FRAME), Phi_val=make(FRAME[:20])), pruned(X))
    other = make(FRAME[["a", "c", "b"]][:20])
    message = r"must have the 3 columns of Phi in the same order, got 3: column 1 is 'c', not 'b'"
    with pytest.raises(ValueError, match="Phi_val " + message):
        pruned(make(FRAME), Phi_val=other)
    with pytest.raises(ValueError, match=r"monitor\[0\] " + message):
        paris_core.prune(make(FRAME), Y, X[:20], Y[:20], 5, monitor=(other, Y[:20]))


def network(**options):
    return MLPRegressor(
        hidden_layer_sizes=(4,), solver="lbfgs", max_iter=20, random_state=0, **options
    )


def model(estimator=None):
    estimator = estimator or make_pipeline(StandardScaler(), network())
    return PARISRegressor(estimator, keep=0.9, rounds=1, retrain="head", random_state=0)


@pytest.mark.parametrize("kind", FRAMES)
def test_estimators_know_the_names_of_columns(kind):
    make = FRAMES[kind]
    plain = model().fit(X[:60], Y[:60], X_val=X[60:], y_val=Y[60:])
    found = model().fit(make(FRAME[:60]), Y[:60], X_val=make(FRAME[60:]), y_val=Y[60:])
    assert found.feature_names_in_.tolist() == NAMES
    np.testing.assert_array_equal(found.removed_, plain.removed_)
    np.testing.assert_allclose(found.predict(make(FRAME)), plain.predict(X), rtol=1e-6)
    with pytest.raises(ValueError, match="same order"):
        found.predict(make(FRAME[["c", "b", "a"]]))
    with pytest.raises(ValueError, match="same order"):
        model().fit(make(FRAME), Y, X_val=make(FRAME[["c", "b", "a"]]), y_val=Y)


@pytest.mark.parametrize("kind", FRAMES)
def test_column_transformers_find_columns_by_name(kind):
    make = FRAMES[kind]
    table = FRAME.assign(place=np.where(np.arange(80) % 3, "sea", "land"))
    columns = make_column_transformer(
        (StandardScaler(), NAMES), (OneHotEncoder(sparse_output=False), ["place"])
    )
    y = Y + 5.0 * (table["place"] == "sea").to_numpy()
    found = model(make_pipeline(columns, network())).fit(make(table), y)
    expected = model(make_pipeline(columns, network())).fit(table, y)
    np.testing.assert_allclose(found.predict(make(table)), expected.predict(table), rtol=1e-6)
    assert np.corrcoef(found.predict(make(table)), y)[0, 1] > 0.99


def test_a_checkpoint_of_a_polars_table_belongs_to_it(tmp_path):
    table = FRAMES["polars"](FRAME)
    run = model().set_params(checkpoint=tmp_path / "state")
    first = run.fit(table, Y).predict(table)
    np.testing.assert_array_equal(run.fit(table, Y).predict(table), first)
    with pytest.raises(ValueError, match="X"):
        run.fit(table.with_columns(a=pl.col("a") + 1.0), Y)


def test_the_sampler_returns_rows_of_the_frame_it_got():
    sampler = PARISUnderSampler(model())
    rows, y = sampler.fit_resample(FRAMES["polars"](FRAME), pl.Series(Y))
    assert isinstance(rows, pl.DataFrame)
    np.testing.assert_array_equal(rows.to_numpy(), X[sampler.sample_indices_])
    np.testing.assert_array_equal(np.asarray(y), Y[sampler.sample_indices_])


def test_a_lazy_frame_is_to_be_collected():
    with pytest.raises(TypeError, match=r"X\.collect\(\)"):
        model().fit(FRAMES["polars"](FRAME).lazy(), Y)


SPARSE = sparse.random(90, 40, density=0.2, random_state=1, format="csr")
Y_SPARSE = np.asarray(SPARSE.sum(axis=1)).ravel()


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.coo_matrix, sparse.csc_array])
@pytest.mark.parametrize("given", [False, True])
def test_sparse_inputs_give_what_dense_ones_give(kind, given):
    fitted = []
    for table in (kind(SPARSE), SPARSE.toarray()):
        some = table.tocsr() if hasattr(table, "tocsr") else table
        extra = {"X_val": kind(some[60:]), "y_val": Y_SPARSE[60:]} if given else {}
        if given and not hasattr(table, "tocsr"):
            extra["X_val"] = table[60:]
        rows, y = (some[:60], Y_SPARSE[:60]) if given else (table, Y_SPARSE)
        fitted.append(model(network()).fit(rows, y, **extra))
    np.testing.assert_array_equal(fitted[0].removed_, fitted[1].removed_)
    np.testing.assert_allclose(fitted[0].predict(SPARSE), fitted[1].predict(SPARSE.toarray()))


def test_copies_among_sparse_rows_are_seen():
    with pytest.warns(paris_core.DuplicateRowsWarning, match="30 of 30"):
        model(network()).fit(SPARSE, Y_SPARSE, X_val=SPARSE[:30], y_val=Y_SPARSE[:30])


def test_an_infinite_entry_of_a_sparse_table_is_named():
    net = network().fit(SPARSE, Y_SPARSE)
    wrong = SPARSE.copy()
    wrong.data[-1] = np.inf
    row = wrong.tocoo().row[-1]
    with pytest.raises(ValueError, match=f"NaN or infinity in row {row}"):
        last_hidden_layer(net, wrong)


MISSING = {
    "None": [*"abc" * 26, "a", None],
    "NaN among text": [*"abc" * 26, "a", np.nan],
    "NaN": np.r_[np.arange(79) % 3, np.nan],
    "Int64": pd.array([*[1, 2, 3] * 26, 1, None], dtype="Int64"),
    "string": pd.Series([*"abc" * 26, "a", None], dtype="string"),
    "category": pd.Categorical([*"abc" * 26, "a", None]),
    "arrow": pa.array([*"abc" * 26, "a", None]),
    "polars": pl.Series([*"abc" * 26, "a", None]),
    "dates": np.r_[np.arange("2020", "2099", dtype="M8[Y]"), np.datetime64("NaT", "Y")],
}


@pytest.mark.parametrize("kind", MISSING)
def test_a_row_without_a_group_is_refused_by_its_number(kind):
    groups, message = MISSING[kind], "groups must be integers, bools or strings, got .* in row 79"
    with pytest.raises(TypeError, match=message):
        paris_core.prune_groups(X, Y, X, Y, groups)
    with pytest.raises(TypeError, match=message):
        paris_core.audit(X, Y, groups=groups)
    split = paris_core.validation.GroupedSplit()
    with pytest.raises(TypeError, match=message):
        PARISRegressor(validation_split=split).fit(X, Y, groups=groups)
    with pytest.raises(TypeError, match=message):
        next(split.split(X, Y, groups))


@pytest.mark.parametrize(
    "labels", [[*"ab" * 40], np.arange(80) % 2, pd.Series([*"ab" * 40], dtype="string")]
)
def test_groups_of_any_kind_are_taken(labels):
    assert len(paris_core.prune_groups(X, Y, X, Y, labels).removed_groups) == 1
