"""The splitters of `paris_core.validation`, by themselves, in scikit-learn, and nested."""

import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from paris_core import PARISClassifier, PARISRegressor
from paris_core.validation import BlockedSplit, GroupedSplit, RandomSplit, TailStratifiedSplit

pytestmark = pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = np.exp(X[:, 0] + X[:, 1])
GROUPS = np.arange(200) // 10
SPLITTERS = [TailStratifiedSplit, RandomSplit, BlockedSplit, GroupedSplit]
ALL = pytest.mark.parametrize("kind", SPLITTERS)


def groups_for(kind):
    return GROUPS if kind is GroupedSplit else None


@ALL
@given(
    n=st.integers(2, 150),
    share=st.floats(0.01, 0.99),
    n_splits=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_parts_are_complete_and_apart(kind, n, share, n_splits, seed):
    y = np.random.default_rng(seed).normal(size=n)
    groups = np.arange(n) // 2 if kind is GroupedSplit else None
    splitter = kind(share, n_splits=n_splits, random_state=seed)
    units = {BlockedSplit: min(50, n), GroupedSplit: (n + 1) // 2}.get(kind, n)
    if units < 2:
        with pytest.raises(ValueError, match="at least 2 groups"):
            next(splitter.split(y, y, groups))
        return
    splits = list(splitter.split(np.zeros((n, 2)), y, groups))
    assert len(splits) == splitter.get_n_splits() == n_splits
    for train, test in splits:
        assert train.dtype == test.dtype == np.int64
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(n))
        for part in (train, test):
            assert len(part)
            assert (np.diff(part) > 0).all()
        if kind in (TailStratifiedSplit, RandomSplit):
            assert len(test) == min(max(1, round(share * n)), n - 1)
        if groups is not None:
            assert not set(groups[train]) & set(groups[test])
    again = list(kind(share, n_splits=n_splits, random_state=seed).split(y, y, groups))
    for (train, test), (train_2, test_2) in zip(splits, again, strict=True):
        np.testing.assert_array_equal(train, train_2)
        np.testing.assert_array_equal(test, test_2)


def test_every_part_has_its_share_of_the_tails():
    y = np.random.default_rng(1).permutation(1000).astype(float)
    for train, test in TailStratifiedSplit(0.2, random_state=0).split(y, y):
        for tail in (y < 50, y >= 950):
            assert tail[test].sum() == pytest.approx(10, abs=1)
            assert tail[train].sum() == pytest.approx(40, abs=1)


@pytest.mark.parametrize("dtype", [str, object, int], ids=["str", "object", "int"])
def test_classes_are_stratified(dtype):
    labels = np.repeat([7, 3, 5], [600, 330, 70])
    labels = np.random.default_rng(0).permutation(labels).astype(str).astype(dtype)
    for _, test in TailStratifiedSplit(0.3, random_state=0).split(labels, labels):
        for name in np.unique(labels):
            assert (labels[test] == name).sum() == pytest.approx(
                0.3 * (labels == name).sum(), abs=2
            )


@given(n=st.integers(30, 300), gap=st.integers(0, 6), seed=st.integers(0, 99))
def test_blocks_stay_whole_and_apart(n, gap, seed):
    y = np.random.default_rng(seed).normal(size=n)
    splitter = BlockedSplit(0.3, n_blocks=6, gap=gap, n_splits=2, random_state=seed)
    block = np.arange(n) * 6 // n
    try:
        splits = list(splitter.split(y, y))
    except ValueError as error:
        assert "gap=" in str(error)  # noqa: PT017
        return
    for train, test in splits:
        assert np.abs(train[:, np.newaxis] - test).min() > gap
        assert set(block[test]).isdisjoint(block[train])
        assert len(test) == np.isin(block, block[test]).sum()
        left_out = np.setdiff1d(np.arange(n), np.concatenate([train, test]))
        assert all(np.abs(test - row).min() <= gap for row in left_out)


def test_blocks_with_storms_are_dealt_out_evenly():
    y = np.zeros(1000)
    y[::100] = 100.0  # ten of fifty blocks
    for _, test in BlockedSplit(0.4, random_state=0).split(y, y):
        assert (y[test] > 0).sum() == pytest.approx(4, abs=1)


@ALL
def test_without_targets_any_row_will_do(kind):
    """What has no targets still has rows, in any container."""
    drawn = np.zeros(200)
    splitter = kind(0.5, n_splits=200, random_state=0)
    for _, test in splitter.split(X.tolist(), groups=groups_for(kind)):
        drawn[test] += 1
    assert drawn.min() > 40
    frame = pd.DataFrame(X, index=np.arange(200)[::-1])
    series = pd.Series(Y, index=frame.index)
    one = next(kind(random_state=0).split(frame, series, groups_for(kind)))
    other = next(kind(random_state=0).split(X, Y, groups_for(kind)))
    np.testing.assert_array_equal(one[1], other[1])


def test_a_random_state_object_moves_on():
    splitter = RandomSplit(random_state=np.random.RandomState(0))
    first, second = (next(splitter.split(X))[1] for _ in range(2))
    assert not np.array_equal(first, second)


@ALL
def test_in_scikit_learns_searches(kind):
    splitter = kind(0.25, n_splits=3, random_state=0)
    groups = groups_for(kind)
    scores = cross_val_score(Ridge(), X, Y, cv=splitter, groups=groups, error_score="raise")
    assert scores.shape == (3,)
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=splitter, error_score="raise")
    search.fit(X, Y, groups=groups)
    assert search.n_splits_ == 3
    by_hand = [
        Ridge(alpha=0.1).fit(X[train], Y[train]).score(X[test], Y[test])
        for train, test in splitter.split(X, Y, groups)
    ]
    scores = [search.cv_results_[f"split{place}_test_score"][0] for place in range(3)]
    np.testing.assert_allclose(scores, by_hand)


def test_groups_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        scores = cross_val_score(
            Ridge(), X, Y, cv=GroupedSplit(random_state=0), params={"groups": GROUPS}
        )
    assert len(scores) == 5


@ALL
def test_parameters(kind):
    splitter = kind(0.4, n_splits=7, random_state=3)
    parameters = {"test_size": 0.4, "n_splits": 7, "random_state": 3}
    if kind is BlockedSplit:
        parameters |= {"n_blocks": 50, "gap": 0}
    assert splitter.get_params() == parameters
    assert repr(splitter) == f"{kind.__name__}(n_splits=7, random_state=3, test_size=0.4)"
    assert repr(kind()) == f"{kind.__name__}()"
    assert splitter.set_params(test_size=0.2).test_size == 0.2
    copied = clone(splitter)
    assert copied is not splitter
    assert repr(copied) == repr(splitter) == repr(pickle.loads(pickle.dumps(splitter)))
    with pytest.raises(ValueError, match="Invalid parameter"):
        splitter.set_params(shuffle=True)


@pytest.mark.parametrize(
    ("splitter", "arguments", "error", "message"),
    [
        (TailStratifiedSplit(0), (X, Y), ValueError, "test_size must be a finite number > 0"),
        (TailStratifiedSplit(1), (X, Y), ValueError, "test_size must be below 1, got 1"),
        (TailStratifiedSplit("a"), (X, Y), TypeError, "test_size must be a number"),
        (RandomSplit(n_splits=0), (X, Y), ValueError, "n_splits must be >= 1"),
        (RandomSplit(n_splits=2.0), (X, Y), TypeError, "n_splits must be an integer"),
        (RandomSplit(random_state="a"), (X, Y), ValueError, "random_state must be an int"),
        (RandomSplit(), (X[:1], Y[:1]), ValueError, "X must hold at least 2 rows to split"),
        (RandomSplit(), (X, Y[:5]), ValueError, "inconsistent numbers of samples"),
        (BlockedSplit(n_blocks=1), (X, Y), ValueError, "n_blocks must be >= 2"),
        (BlockedSplit(gap=-1), (X, Y), ValueError, "gap must be "),
        (BlockedSplit(gap=100), (X, Y), ValueError, "gap=100 leaves no rows to train on"),
        (GroupedSplit(), (X, Y), ValueError, "groups must be given"),
        (GroupedSplit(), (X, Y, np.zeros(200, int)), ValueError, "at least 2 groups to split"),
        (GroupedSplit(), (X, Y, np.zeros(200)), TypeError, "groups must be integers"),
        (RandomSplit(), (X, Y, GROUPS), ValueError, "groups needs a splitter that uses them"),
    ],
    ids=str,
)
def test_bad_arguments(splitter, arguments, error, message):
    with pytest.raises(error, match=message):
        list(splitter.split(*arguments))


def test_they_load_when_they_are_used():
    script = (
        "import sys, paris_core.validation as v; before = 'sklearn' in sys.modules; "
        "v.Tail('lower'); v.BlockedSplit(); print(before, 'sklearn' in sys.modules)"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert process.stdout.strip() == "False True", process.stderr


# --- in the estimators --------------------------------------------------------------------------


def model(**options):
    options = {"keep": 0.8, "rounds": 1, "retrain": "head", "random_state": 0} | options
    return PARISRegressor(PCA(2), **options)


def parts(fitted):
    return fitted.training_rows_, fitted.validation_rows_, fitted.monitor_rows_


#: Validation and monitor rows of twenty rows, written down before there were splitters.
AS_BEFORE = {
    "default": ({}, [0, 4, 5, 15], [8, 12]),
    "blocked": ({"validation_split": "blocked"}, [1, 3, 7, 8], [2, 17]),
    "random": ({"validation_split": "random"}, [2, 3, 9, 18], [1, 12]),
    "folds": ({"monitor": 2, "keep": "auto"}, [0, 4, 5, 8, 12, 15], []),
    "X_val": (
        {},
        [0, 2, 4, 5, 6, 7, 8, 10, 12, 13, 15, 16, 17],
        [1, 3, 9, 11, 14, 18, 19],
    ),
}


@pytest.mark.parametrize("name", list(AS_BEFORE))
def test_rows_are_dealt_out_as_they_always_were(name):
    options, validation, monitor = AS_BEFORE[name]
    y = np.arange(20.0) ** 2 % 7
    given = {"X_val": X[20:40], "y_val": y[::-1]} if name == "X_val" else {}
    fitted = PARISRegressor(PCA(2), random_state=0, **{"keep": 0.9, **options})
    rows = parts(fitted.fit(X[:20], y, **given))
    assert [part.tolist() for part in rows[1:]] == [validation, monitor]


@pytest.mark.parametrize(
    ("name", "splitter"),
    [
        (0.3, TailStratifiedSplit()),
        (0.45, TailStratifiedSplit(0.45)),
        ("tail-stratified", TailStratifiedSplit(0.3)),
        ("blocked", BlockedSplit()),
        ("random", RandomSplit()),
    ],
    ids=str,
)
def test_names_are_splitters(name, splitter):
    for one, other in zip(
        parts(model(validation_split=name).fit(X, Y)),
        parts(model(validation_split=splitter).fit(X, Y)),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_a_random_state_of_its_own():
    """The rows are dealt out by that, whatever the estimator's is."""
    fixed = TailStratifiedSplit(random_state=5)
    first, second = (model(validation_split=fixed, random_state=seed).fit(X, Y) for seed in (0, 1))
    for one, other in zip(parts(first), parts(second), strict=True):
        np.testing.assert_array_equal(one, other)
    _, test = next(fixed.split(X, Y))
    np.testing.assert_array_equal(np.sort(np.concatenate(parts(first)[1:])), test)


@pytest.mark.parametrize("monitor", [0.5, None, 3])
def test_whole_groups(monitor):
    options = {"keep": "auto", "rounds": None} if monitor == 3 else {}
    fitted = model(validation_split=GroupedSplit(0.4), monitor=monitor, **options)
    fitted.fit(X, Y, groups=GROUPS)
    of = [set(GROUPS[rows]) for rows in parts(fitted)]
    assert [len(one) for one in of] == ([12, 4, 4] if monitor == 0.5 else [12, 8, 0])
    assert len(set().union(*of)) == 20
    if monitor == 3:
        folds = [set(GROUPS[fitted.validation_rows_[fitted.folds_ == name]]) for name in range(3)]
        assert sorted(len(one) for one in folds) == [2, 3, 3]


def test_groups_where_there_are_none():
    with pytest.raises(ValueError, match="groups must be given: GroupedSplit"):
        model(validation_split=GroupedSplit()).fit(X, Y)
    with pytest.raises(ValueError, match="validation_split must be no GroupedSplit where X_val"):
        model(validation_split=GroupedSplit()).fit(X, Y, X_val=X, y_val=Y)
    with pytest.raises(ValueError, match="groups needs a splitter that uses them"):
        model().fit(X, Y, groups=GROUPS)
    with pytest.raises(ValueError, match="groups must name at least two groups"):
        model(validation_split=GroupedSplit()).fit(X, Y, groups=np.zeros(200, dtype=int))


@pytest.mark.parametrize("kind", [PARISRegressor, PARISClassifier])
def test_nested_parameters(kind):
    nested = kind(validation_split=BlockedSplit(n_blocks=20), random_state=0)
    parameters = nested.get_params()
    assert parameters["validation_split__n_blocks"] == 20
    assert parameters["validation_split__random_state"] is None
    nested.set_params(validation_split__gap=3, validation_split__n_blocks=10)
    assert repr(nested.validation_split) == "BlockedSplit(gap=3, n_blocks=10)"
    copied = clone(nested)
    assert copied.validation_split is not nested.validation_split
    assert copied.set_params(validation_split__gap=0).validation_split.gap == 0
    assert nested.validation_split.gap == 3
    assert "validation_split=BlockedSplit(gap=3, n_blocks=10)" in repr(nested)
    assert clone(kind(validation_split=KFold(4))).validation_split.n_splits == 4


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_grid_search_over_nested_parameters(backend):
    grid = {"validation_split__n_blocks": [10, 40], "monitor": [0.5, None]}
    nested = model(validation_split=BlockedSplit(n_blocks=20))
    with joblib.parallel_config(backend=backend):
        search = GridSearchCV(
            nested, grid, cv=BlockedSplit(n_splits=2, random_state=0), n_jobs=2, error_score="raise"
        ).fit(X, Y)
    assert search.best_params_.keys() == grid.keys()
    assert len(search.cv_results_["params"]) == 4
    assert nested.validation_split.n_blocks == 20
    chosen = search.best_params_["validation_split__n_blocks"]
    assert search.best_estimator_.validation_split.n_blocks == chosen


def test_a_checkpoint_knows_the_nested_parameters(tmp_path):
    path = tmp_path / "state"
    split = BlockedSplit(n_blocks=20)
    first = model(validation_split=split, checkpoint=path).fit(X, Y)
    again = model(validation_split=clone(split), checkpoint=path).fit(X, Y)
    np.testing.assert_array_equal(again.removed_, first.removed_)
    other = model(validation_split=BlockedSplit(n_blocks=21), checkpoint=path)
    with pytest.raises(ValueError, match=r"validation_split was BlockedSplit\(n_blocks=20\), now"):
        other.fit(X, Y)


class Halves:
    """A splitter of somebody else's, which does not say what it is made of."""

    def __init__(self, last):
        self.last = last

    def split(self, X, y=None, groups=None):
        rows = np.arange(len(X))
        yield rows[:100], rows[100:150]
        yield rows[:100], rows[150 : self.last]


def test_a_checkpoint_knows_what_others_splitters_are_made_of(tmp_path):
    path = tmp_path / "state"
    model(validation_split=Halves(200), checkpoint=path).fit(X, Y)
    model(validation_split=Halves(200), checkpoint=path).fit(X, Y)
    with pytest.raises(ValueError, match=r"validation_split was .*Halves .*200.* now it is .*199"):
        model(validation_split=Halves(199), checkpoint=path).fit(X, Y)
