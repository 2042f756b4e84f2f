"""Which rows are trained on, which steer, and which monitor."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler, TailWarning
from paris_core._support.scikit_learn import Rows
from paris_core.estimators._fit import division
from paris_core.estimators._fit.inputs import Inputs
from paris_core.features import IdentityExtractor
from paris_core.validation import BlockedSplit, RandomSplit, Tail, TailStratifiedSplit
from paris_core.validation.dealing import rarity

few = pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning")


NAMED = {
    "tail-stratified": TailStratifiedSplit,
    "blocked": BlockedSplit,
    "random": RandomSplit,
}


def divide(y, split="tail-stratified", held_out=0.3, watched=0.33, **options):
    seed, rank = options.pop("seed", 0), options.pop("rank", y)
    rows = Rows(np.zeros((len(y), 1)), y)
    given = Inputs(rows, rows, False, options.pop("groups", None))
    splitter = NAMED[split](held_out, **options) if isinstance(split, str) else split
    how = division.parse(splitter, watched or None, True)
    return division.divide(how, given, rank, np.random.RandomState(seed)).parts


def divide_given(splitter, rank, watched, seed):
    """Validation and monitor rows among rows that are given."""
    rows = Rows(np.zeros((len(rank), 1)), rank)
    given = Inputs(Rows(np.zeros((1, 1)), np.zeros(1)), rows, True, None)
    how = division.parse(splitter, watched, True)
    return division.divide(how, given, rank, np.random.RandomState(seed)).parts[1:]


def share(fraction, n):
    return min(max(1, round(fraction * n)), n - 1)


fractions = st.floats(0.01, 0.99)


@given(
    n=st.integers(4, 400),
    split=st.sampled_from(["tail-stratified", "random"]),
    held_out=fractions,
    watched=fractions,
    seed=st.integers(0, 2**32 - 1),
)
def test_parts_are_disjoint_and_complete(n, split, held_out, watched, seed):
    y = np.random.default_rng(0).normal(size=n)
    if share(held_out, n) < 2:
        with pytest.raises(ValueError, match="at least 2 held-out rows are needed"):
            divide(y, split, held_out, watched, seed=seed)
        return
    parts = divide(y, split, held_out, watched, seed=seed)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(n))
    for part in parts:
        assert part.dtype == np.int64
        assert len(part) > 0
        assert (np.diff(part) > 0).all()
    assert n - len(parts.training) == share(held_out, n)
    assert len(parts.monitor) == share(watched, share(held_out, n))
    for mine, theirs in zip(parts, divide(y, split, held_out, watched, seed=seed), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@given(
    n=st.integers(20, 600),
    held_out=st.floats(0.05, 0.95),
    watched=st.floats(0.05, 0.95),
    seed=st.integers(0, 10**6),
    places=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_every_part_has_its_share_of_every_range(n, held_out, watched, seed, places):
    """Both tails, and what lies between, within one row for each cut through a cell."""
    order = np.random.default_rng(seed).permutation(n)
    y = order.astype(float)  # its rank
    n_held_out = share(held_out, n)
    if n_held_out < 2:
        return
    parts = divide(y, "tail-stratified", held_out, watched, seed=seed)
    low, high = sorted(round(place * n) for place in places)
    inside = [int(((y[part] >= low) & (y[part] < high)).sum()) for part in parts]
    assert abs((high - low) * n_held_out / n - (inside[1] + inside[2])) <= 2
    ranks = np.sort(y[np.concatenate(parts[1:])])
    low, high = np.searchsorted(ranks, [low, high])
    assert abs((high - low) * len(parts.monitor) / n_held_out - inside[2]) <= 2


@pytest.mark.parametrize("held_out", [0.1, 0.4, 0.6, 0.9])
def test_both_tails_of_a_large_table(held_out):
    y = np.random.default_rng(0).normal(size=10_000)
    parts = divide(y, held_out=held_out)
    for tail in (y <= np.quantile(y, 0.01), y >= np.quantile(y, 0.99)):
        sizes = [tail[part].sum() for part in parts]
        np.testing.assert_allclose(sizes, [len(part) / 100 for part in parts], atol=2)


def test_rows_are_drawn_at_random():
    """Every row is in every part now and then; also among equal targets, in any order."""
    for y in (np.arange(40.0), np.zeros(40)):
        drawn = np.zeros((3, 40))
        for seed in range(300):
            for place, part in enumerate(divide(y, seed=seed)):
                drawn[place, part] += 1
        assert drawn.min() > 0
        np.testing.assert_allclose(drawn[1:].sum(axis=0) / 300, 0.3, atol=0.12)


def test_classes_are_stratified():
    labels = np.repeat(["b", "a", "c"], [600, 330, 70])
    labels = np.random.default_rng(0).permutation(labels)
    np.testing.assert_array_equal(np.unique(rarity(labels)), [0, 1, 2])
    assert set(rarity(labels)[labels == "c"]) == {2.0}
    assert set(rarity(labels)[labels == "b"]) == {0.0}
    parts = divide(labels, rank=rarity(labels))
    for name in "abc":
        of_class = labels == name
        sizes = [of_class[part].sum() for part in parts]
        np.testing.assert_allclose(sizes, [of_class.mean() * len(part) for part in parts], atol=2)


def tried(function, *arguments, **options):
    """What it returns, or its complaint."""
    try:
        return function(*arguments, **options), None
    except ValueError as error:
        return None, str(error)


@given(
    n=st.integers(6, 500),
    n_blocks=st.integers(2, 60),
    gap=st.integers(0, 12),
    held_out=st.floats(0.1, 0.9),
    watched=st.sampled_from([0, 0.2, 0.5, 0.8]),
    seed=st.integers(0, 10**6),
)
def test_blocks_stay_whole_and_apart(n, n_blocks, gap, held_out, watched, seed):
    y = np.random.default_rng(seed).normal(size=n)
    parts, complaint = tried(
        divide, y, "blocked", held_out, watched, n_blocks=n_blocks, gap=gap, seed=seed
    )
    if complaint:
        assert "gap=" in complaint or "at least 2 " in complaint
        return
    of = np.full(n, -1)  # rows in the gap
    for number, part in enumerate(parts):
        of[part] = number
    assert len(np.concatenate(parts)) == len(np.unique(np.concatenate(parts)))
    for number, part in enumerate(parts):
        others = np.flatnonzero((of >= 0) & (of != number))
        if len(part) and len(others):
            distance = np.abs(part[:, np.newaxis] - others).min()
            assert distance > gap
    assert (len(parts.monitor) > 0) == (watched > 0)
    block = np.arange(n) * min(n_blocks, n) // n
    for name in np.unique(block):
        assert len(np.unique(of[(block == name) & (of >= 0)])) <= 1
    if not gap:
        assert (of >= 0).all()
    # No row is left out without need: its neighbours within the gap are of two parts or more.
    for row in np.flatnonzero(of < 0):
        near = of[max(row - gap, 0) : row + gap + 1]
        assert (near >= 1).any() or (near < 0).any()


def test_blocks_with_the_rarest_targets_are_dealt_out():
    y = np.zeros(1000)
    y[::100] = 100.0  # ten of the fifty blocks have a storm
    parts = divide(y, "blocked", 0.4, 0.5)
    storms = [(y[part] > 0).sum() for part in parts]
    assert sum(storms) == 10
    np.testing.assert_allclose(storms, [6, 2, 2], atol=1)


def test_one_block_cannot_both_steer_and_monitor():
    y = np.arange(20.0)
    with pytest.raises(ValueError, match="at least 2 blocks of held-out rows are needed"):
        divide(y, "blocked", n_blocks=2)
    parts = divide(y, "blocked", n_blocks=2, watched=0)
    assert len(parts.training) == len(parts.validation) == 10
    with pytest.raises(ValueError, match=r"gap=9 leaves no rows between 10 blocks of about 2 rows"):
        divide(y, "blocked", n_blocks=10, gap=9)


@given(n=st.integers(2, 200), gap=st.integers(0, 5), seed=st.integers(0, 10**6))
def test_gap_also_in_given_validation_rows(n, gap, seed):
    rank = np.random.default_rng(seed).normal(size=n)
    splitter = BlockedSplit(n_blocks=10, gap=gap)
    parts, complaint = tried(divide_given, splitter, rank, 0.4, seed)
    if complaint:
        assert f"gap={gap} leaves no rows" in complaint
        return
    validation, monitor = parts
    assert np.abs(validation[:, np.newaxis] - monitor).min() > gap
    if not gap:
        np.testing.assert_array_equal(np.sort(np.concatenate([validation, monitor])), np.arange(n))


@given(n=st.integers(2, 100), watched=fractions, seed=st.integers(0, 10**6))
def test_given_validation_rows(n, watched, seed):
    validation, monitor = divide_given("tail-stratified", np.arange(n, dtype=float), watched, seed)
    np.testing.assert_array_equal(np.sort(np.concatenate([validation, monitor])), np.arange(n))
    assert len(monitor) == share(watched, n)


SPLITTERS = {
    "KFold": (KFold(4), None),
    "KFold shuffled": (KFold(3, shuffle=True, random_state=1), None),
    "StratifiedKFold": (StratifiedKFold(3), None),
    "GroupKFold": (GroupKFold(4), np.arange(60) // 5),
    "GroupShuffleSplit": (GroupShuffleSplit(3, random_state=0), np.arange(60) // 5),
    "TimeSeriesSplit": (TimeSeriesSplit(4, gap=2), None),
    "ShuffleSplit": (ShuffleSplit(2, test_size=0.4, random_state=0), None),
    "PredefinedSplit": (PredefinedSplit(np.arange(60) % 4 - 1), None),
}


@pytest.mark.parametrize("name", list(SPLITTERS))
def test_splitters(name):
    splitter, groups = SPLITTERS[name]
    y = np.arange(60) % 3
    parts = divide(y, splitter, groups=groups)
    rows = np.concatenate(parts)
    assert len(rows) == len(np.unique(rows))
    (train1, steer), (train2, watch) = list(splitter.split(np.zeros((60, 1)), y, groups))[-2:]
    np.testing.assert_array_equal(parts.validation, np.sort(steer))
    np.testing.assert_array_equal(parts.monitor, np.setdiff1d(watch, steer))
    assert set(parts.training) == (set(train1) & set(train2)) - set(steer) - set(watch)
    if groups is not None:
        of = [set(groups[part]) for part in parts]
        assert not of[0] & (of[1] | of[2])
    one = divide(y, splitter, watched=0, groups=groups)
    np.testing.assert_array_equal(one.validation, np.sort(watch))
    np.testing.assert_array_equal(one.training, np.sort(train2))
    assert len(one.monitor) == 0


def test_a_time_series_split_only_looks_ahead():
    parts = divide(np.arange(60.0), TimeSeriesSplit(4, gap=2))
    assert parts.training.max() + 2 < parts.validation.min()
    assert parts.validation.max() < parts.monitor.min()


class Always:
    """A splitter that says what it is told."""

    def __init__(self, *splits):
        self.splits = splits

    def split(self, X, y=None, groups=None):
        yield from self.splits


@pytest.mark.parametrize(
    ("splits", "match"),
    [
        ([([0], [1])], "must give 2 splits, .* got 1"),
        ([], "must give 2 splits, .* got 0"),
        ([([0, 1], [2, 3]), ([0, 1], [3])], "leaves no monitor rows"),
        ([([0], [2]), ([1], [3])], "leaves no training rows"),
        ([([0, 1], []), ([0, 1], [3])], "leaves no validation rows"),
    ],
)
def test_bad_splits(splits, match):
    with pytest.raises(ValueError, match=f"validation_split {match}"):
        divide(np.arange(4.0), Always(*splits))


X = np.random.default_rng(1).normal(size=(60, 2))
Y = X.sum(axis=1)


def model(kind=PARISRegressor, **options):
    options = {"random_state": 0, "rounds": 1, "retrain": "estimator"} | options
    return kind(IdentityExtractor(), **options)


@few
def test_splitters_in_the_estimator():
    fitted = model(validation_split=GroupKFold(4)).fit(X, Y, groups=np.arange(60) // 5)
    of = [set(rows // 5) for rows in (fitted.training_rows_, fitted.validation_rows_)]
    assert not of[0] & of[1]
    with pytest.raises(ValueError, match="groups needs a splitter that uses them"):
        model().fit(X, Y, groups=np.arange(60))
    with pytest.raises(ValueError, match="groups is for the split of X"):
        model().fit(X, Y, X_val=X, y_val=Y, groups=np.arange(60))
    with pytest.raises(
        ValueError, match=r"validation_split .* splitter of paris_core.*where X_val"
    ):
        model(validation_split=KFold(3)).fit(X, Y, X_val=X, y_val=Y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model(validation_split=GroupKFold(4)).fit(X, Y, groups=np.arange(9))
    with pytest.raises(ValueError, match="The 'groups' parameter should not be None"):
        model(validation_split=GroupKFold(4)).fit(X, Y)


@few
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_tiny_inputs(n):
    if n < 3:
        with pytest.raises(ValueError, match=f"at least 3 rows .* n_samples = {n}"):
            model().fit(X[:n], Y[:n])
        return
    if n < 5:  # round(0.3 n) == 1
        with pytest.raises(ValueError, match="at least 2 held-out rows"):
            model().fit(X[:n], Y[:n])
        fitted = model(monitor=None, keep=1).fit(X[:n], Y[:n])
        assert len(fitted.validation_rows_) == 1
    fitted = model(validation_split=0.5).fit(X[:n], Y[:n])
    sizes = [len(rows) for rows in (fitted.training_rows_, fitted.validation_rows_)]
    assert sizes == [n - 2, 1]
    assert fitted.predict(X).shape == (60,)


@few
def test_one_given_validation_row():
    with pytest.raises(ValueError, match="at least 2 held-out rows"):
        model().fit(X, Y, X_val=X[:1], y_val=Y[:1])
    assert model(monitor=None, keep=0.5).fit(X, Y, X_val=X[:1], y_val=Y[:1]).n_iter_ == 1


def caller(function, *arguments, **options):
    """Warnings of a call on the line below."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*arguments, **options)
    return caught


BIG = np.random.default_rng(2).normal(size=(1400, 2))
TARGET = BIG.sum(axis=1)


def watched(*kind, **options):
    """With a third of the rows held out as monitor rows."""
    return model(*kind, **({"monitor": 0.33} | options))


@pytest.mark.parametrize("method", ["fit", "fit_resample", "sampler's fit"])
def test_tail_warning_points_at_the_caller(method):
    made = watched() if method == "fit" else PARISUnderSampler(watched())
    (warning,) = caller(getattr(made, method.split()[-1]), X, Y)
    assert warning.category is TailWarning
    assert warning.filename == __file__
    assert "only 1 validation and monitor rows of the lower tail (y <= " in str(warning.message)
    assert ", 1 validation and monitor rows of the upper tail" in str(warning.message)


def test_tail_warning_when_and_only_when():
    assert caller(watched().fit, BIG, TARGET) == []
    # 420 rows are held out: 1 % of them are 5 on each side, 0.5 % are 3
    assert caller(watched(tail=Tail(quantile=0.01)).fit, BIG, TARGET) == []
    (warning,) = caller(watched(tail=Tail(quantile=0.005)).fit, BIG, TARGET)
    assert "only 3 validation and monitor rows of the lower tail" in str(warning.message)
    few_of_all = watched(tail=Tail(quantile=0.005), monitor=None, keep=0.9)
    (warning,) = caller(few_of_all.fit, BIG, TARGET)
    assert "only 3 validation rows of the lower tail" in str(warning.message)
    assert caller(watched(tail=Tail("upper", threshold=1.0)).fit, BIG, TARGET) == []
    (warning,) = caller(watched(tail=Tail("upper", threshold=99.0)).fit, BIG, TARGET)
    assert "only 0 validation and monitor rows of the upper tail (y >= 99)" in str(warning.message)
    assert "lower" not in str(warning.message)


def test_tail_warning_for_classes():
    inputs = np.column_stack([BIG, np.ones(1400)])
    labels = np.where(TARGET > 0, "above", "below").astype(object)
    classifier = watched(PARISClassifier)
    assert caller(classifier.fit, inputs, labels) == []
    labels[:20] = "rare"
    assert caller(classifier.fit, inputs, labels) == []
    labels[14:20] = "above"
    (warning,) = caller(classifier.fit, inputs, labels)
    assert "only 4 validation and monitor rows of class rare" in str(warning.message)
    trusted = {"X_val": inputs[20:400], "y_val": labels[20:400]}
    rows = np.r_[:20, 400:1400]
    (warning,) = caller(classifier.fit, inputs[rows], labels[rows], **trusted)
    assert "only 0 validation and monitor rows of class rare" in str(warning.message)


def test_tail_warning_of_a_part_alone():
    """Rows by which others are judged: one says nothing of what chance does."""
    rows = np.arange(1400)
    order = np.argsort(TARGET)
    fold = np.where(rows % 3 == 0, 0, -1)
    fold[rows % 3 == 1] = 1
    fold[np.isin(rows, order[-40:]) & (fold == 1)] = -1  # the highest steer and train
    parts = PredefinedSplit(fold)
    tail = Tail("upper", threshold=float(TARGET[order[-20]]))
    (warning,) = caller(model(validation_split=parts, tail=tail).fit, BIG, TARGET)
    assert str(warning.message).startswith("only 0 monitor rows of the upper tail (y >= ")


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"validation_split": "stratified"}, ValueError, "validation_split must be a fraction"),
        ({"validation_split": KFold}, ValueError, "validation_split must be a fraction"),
        ({"validation_split": None}, ValueError, "validation_split must be a fraction"),
        ({"validation_split": 5}, ValueError, "validation_split must be below 1, got 5"),
        ({"validation_split": 0}, ValueError, "validation_split must be a finite number > 0"),
        ({"validation_split": TailStratifiedSplit(1.0)}, ValueError, "test_size must be below 1"),
        ({"validation_split": TailStratifiedSplit("a")}, TypeError, "test_size must be a number"),
        ({"monitor": -0.1}, ValueError, "monitor must be 'auto', a fraction in .*, got -0.1"),
        ({"monitor": 0}, ValueError, "monitor must be 'auto', a fraction in .*, got 0"),
        ({"monitor": 1}, ValueError, "monitor must be 'auto', a fraction in .*, got 1"),
        ({"monitor": 1.0}, ValueError, "monitor must be 'auto', a fraction in .*, got 1.0"),
        (
            {"monitor": float("nan")},
            ValueError,
            "monitor must be 'auto', a fraction in .*, got nan",
        ),
        ({"monitor": True}, TypeError, "monitor must be 'auto', a fraction in .*, got bool True"),
        ({"monitor": "all"}, TypeError, "monitor must be 'auto', .* got str 'all'"),
        ({"validation_split": BlockedSplit(n_blocks=1)}, ValueError, "n_blocks must be >= 2"),
        ({"validation_split": BlockedSplit(n_blocks=2.0)}, TypeError, "n_blocks must be an int"),
        ({"validation_split": BlockedSplit(gap=-1)}, ValueError, "gap must be "),
        ({"validation_split": BlockedSplit(gap=0.5)}, TypeError, "gap must be an integer"),
        ({"validation_split": RandomSplit(random_state="a")}, ValueError, "random_state must be"),
        ({"tail": "upper"}, TypeError, "tail must be a paris_core.validation.Tail"),
    ],
    ids=str,
)
def test_bad_parameters(options, error, match):
    with pytest.raises(error, match=match):
        model(**options).fit(X, Y)
