"""The outer loop with `monitor=5`: validation rows monitor in turn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import paris_core
from accepting import Choice, all_rounds, folds_gain, penalty_of
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler, choose_k
from paris_core._support.scikit_learn import Rows
from paris_core.estimators._fit import division
from paris_core.estimators._fit.inputs import Inputs
from paris_core.features import as_extractor
from paris_core.validation import BlockedSplit, GroupedSplit
from reference import ridge_weights

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.ManyRemovedWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
]


def draw(n_rows, rng):
    X = rng.normal(size=(n_rows, 4))
    return X, 3 * X[:, 0] + np.abs(X[:, 1]) + 0.3 * rng.normal(size=n_rows) + 20


RNG = np.random.default_rng(0)
X, CLEAN = draw(600, RNG)
X_VAL, Y_VAL = draw(90, RNG)
MONTH = np.repeat(np.arange(12), 50)
WRONG = np.isin(MONTH, [2, 5])
Y = CLEAN - 8.0 * WRONG
TRUSTED = {"X_val": X_VAL, "y_val": Y_VAL}


def network(**options):
    options = {"hidden_layer_sizes": (8,), "max_iter": 100, "random_state": 0} | options
    return make_pipeline(StandardScaler(), MLPRegressor(**options))


def in_turn(estimator=None, kind=PARISRegressor, **options):
    options = {"monitor": 3, "random_state": 0} | options
    return kind(network() if estimator is None else estimator, **options)


def encode(y, training):
    return (y - training.mean()) / training.std()


def weight(y):
    return 1.0 + (y > 22)


def rows_to_delete(arrays, fold, val_weight):
    """Positions, in their order; by `prune`, if the folds gain by it."""
    lam = penalty_of("auto", *arrays)
    pair = {"criterion": "refit", "objective": "mean", "val_weight": val_weight, "lam": lam}
    longest = len(arrays[0]) // 2
    best = choose_k(*arrays, longest, folds=fold, patience=0.5, **pair).fewest_k(0.01)
    Phi, y, Phi_val, y_val = arrays
    before, after = np.empty(len(fold)), np.empty(len(fold))
    for name in np.unique(fold):
        rest, out = fold != name, fold == name
        options = pair | {"val_weight": val_weight[rest]}
        run = paris_core.prune(Phi, y, Phi_val[rest], y_val[rest], best, **options)
        for losses, kept in ((before, slice(None)), (after, run.kept)):
            w = ridge_weights(Phi[kept], y[kept], lam)
            losses[out] = (y_val[out] - Phi_val[out] @ w) ** 2
    if not folds_gain(before, after, fold, val_weight):
        return [], None

    def without(out):
        options = pair | {"val_weight": val_weight[~out]}
        return paris_core.prune(Phi, y, Phi_val[~out], y_val[~out], best, **options).kept

    return paris_core.prune(*arrays, best, **pair).removed, without


def months_to_delete(arrays, fold, val_weight, month):
    """The same by `prune_groups`, 5 % from the least loss."""
    Phi, y, Phi_val, y_val = arrays
    n_most = len(np.unique(month)) // 2
    lam = penalty_of("auto", *arrays)
    runs, loss = {}, 0.0
    for name in np.unique(fold):
        rest, out = fold != name, fold == name
        runs[name] = paris_core.prune_groups(
            Phi, y, Phi_val[rest], y_val[rest], month, n_most,
            lam=lam, val_weight=val_weight[rest],
            monitor=(Phi_val[out], y_val[out], val_weight[out]),
        )  # fmt: skip
        loss = loss + val_weight[out].sum() * runs[name].monitor_loss
    best = int(np.argmax(loss <= 1.05 * loss.min()))
    before, after = np.empty(len(fold)), np.empty(len(fold))
    for name, run in runs.items():
        out = fold == name
        for losses, k in ((before, 0), (after, best)):
            gone = np.isin(month, run.removed_groups[:k])
            w = ridge_weights(Phi[~gone], y[~gone], lam)
            losses[out] = (y_val[out] - Phi_val[out] @ w) ** 2
    if not folds_gain(before, after, fold, val_weight):
        return [], None

    def without(out):
        (run,) = (runs[name] for name in runs if out[fold == name].all())
        return np.flatnonzero(~np.isin(month, run.removed_groups[:best]))

    run = paris_core.prune_groups(*arrays, month, best, lam=lam, val_weight=val_weight)
    return run.removed, without


@pytest.mark.parametrize(("delete", "given"), [("rows", True), ("rows", False), ("groups", True)])
def test_twin(delete, given):
    options = {"delete": delete, "val_weight": weight, "refit": False, "rounds": 3}
    model = in_turn(**options).fit(
        X, Y, **(TRUSTED if given else {}), groups=MONTH if delete == "groups" else None
    )
    train = model.training_rows_
    held_out = (X_VAL, Y_VAL) if given else (X, Y)
    X_validation, y_validation = (part[model.validation_rows_] for part in held_out)
    assert len(model.folds_) == len(y_validation)
    assert len(model.monitor_rows_) == 0
    target = encode(y_validation, Y[train])
    importance = weight(y_validation)
    bounds = np.quantile(y_validation, [0.05, 0.95])

    def fitted(rows):
        rows = train[rows]
        return clone(as_extractor(network())).fit(X[rows], encode(Y[rows], Y[train]))

    def leaving(extractor, positions):
        rows = train[positions]
        arrays = (
            extractor.transform(X[rows]),
            encode(Y[rows], Y[train]),
            extractor.transform(X_validation),
            target,
        )
        known = arrays, model.folds_, importance
        if delete == "rows":
            gone, without = rows_to_delete(*known)
        else:
            gone, without = months_to_delete(*known, MONTH[rows])
        choice.left_without = lambda out: positions[without(out)]
        return gone

    choice = Choice(
        len(train),
        fitted,
        lambda extractor, head: (target - extractor.predict(X_validation)) ** 2,
        groups=MONTH[train] if delete == "groups" else None,
        fold=model.folds_,
        weight=importance,
        tails=[(y_validation <= bounds[0]) | (y_validation >= bounds[1])],
    )
    rounds = all_rounds(choice, fitted, leaving, most=3)
    _, kept, removed, extractor = rounds[choice.best]
    assert choice.best >= 1
    np.testing.assert_array_equal(model.removed_, train[removed])
    np.testing.assert_array_equal(np.flatnonzero(model.support_), train[kept])
    expected = Y[train].mean() + Y[train].std() * extractor.predict(X)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-12)
    assert model.best_round_ == choice.best
    assert [(one.sweep, one.n_kept) for one in model.history_] == [
        (one.sweep, len(one.kept)) for one in rounds
    ]
    assert model.n_iter_ == len(rounds) - 1 == len(model.results_)
    history = pd.DataFrame(model.history_)
    assert history.filter(like="monitor").isna().all(axis=None)
    assert history["error"].notna().all()


def test_what_the_folds_do_not_gain_by_is_not_removed():
    """Of few rows with right targets some would leave; that it helps is chance."""
    few = slice(60)
    model = in_turn(PCA(4), refit=False).fit(X[few], CLEAN[few], **TRUSTED)
    extractor = model.estimator_
    arrays = (
        extractor.transform(X[few]),
        encode(CLEAN[few], CLEAN[few]),
        extractor.transform(X_VAL),
        encode(Y_VAL, CLEAN[few]),
    )
    pair = {"criterion": "refit", "objective": "mean", "lam": penalty_of("auto", *arrays)}
    found = choose_k(*arrays, 30, folds=model.folds_, patience=0.5, **pair)
    assert found.fewest_k(0.01) > 0
    assert not found.gain(found.fewest_k(0.01)).beyond_chance()
    assert model.n_iter_ == 1
    assert model.history_[1].n_kept == 60
    assert len(model.removed_) == 0
    assert model.gain_ is None
    assert model.stop_reason_.startswith("no deletion: the gain of a head on the features, ")
    assert model.stop_reason_.endswith(" % of the squared error over the folds, is within chance")


def test_all_held_out_rows_steer():
    """Fewer than with a monitor would not do."""
    monitored = PARISRegressor(network(), monitor=0.33, random_state=0).fit(X, Y, **TRUSTED)
    assert (
        len(monitored.validation_rows_) < len(in_turn().fit(X, Y, **TRUSTED).validation_rows_) == 90
    )
    assert not hasattr(monitored, "folds_")


def test_wrong_rows_leave_and_right_ones_stay():
    head = {"monitor": 5, "retrain": "head", "lam": 1.0}
    quick = network(max_iter=30)
    removed = in_turn(quick, **head).fit(X, Y, **TRUSTED).removed_
    assert WRONG[removed].mean() > 0.8
    assert WRONG[removed].sum() > 0.7 * WRONG.sum()
    assert len(in_turn(quick, **head).fit(X, CLEAN, **TRUSTED).removed_) < 10


def test_a_round_that_does_harm_is_not_the_model():
    """A network that is trained for few steps learns less from fewer rows."""
    model = in_turn(network(max_iter=3), rounds=5).fit(X, Y, **TRUSTED)
    errors = [record.error for record in model.history_]
    assert model.n_iter_ >= 1
    assert errors[1] > errors[0]
    assert model.best_round_ == len(model.removed_) == 0


def test_refit_forgets_the_folds():
    model = in_turn().fit(X, Y, **TRUSTED)
    assert not hasattr(model.set_params(monitor=0.33).fit(X, Y, **TRUSTED), "folds_")


@pytest.mark.parametrize("retrain", ["estimator", "head"])
@pytest.mark.parametrize("done", [0, 1])
def test_a_checkpoint(tmp_path, retrain, done):
    """Without a random state, the folds are those of the first run."""
    options = {"retrain": retrain, "random_state": None, "checkpoint": tmp_path / "state"}
    seen = []

    def stop(record):
        seen.append(record)
        if record.round == done:
            raise KeyboardInterrupt

    model = in_turn(callbacks=stop, **options)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, **TRUSTED)
    again = in_turn(**options).fit(X, Y, **TRUSTED)
    expected = in_turn(**options).fit(X, Y, **TRUSTED)  # nothing left to do
    np.testing.assert_array_equal(again.folds_, expected.folds_)
    np.testing.assert_array_equal(again.removed_, expected.removed_)
    assert repr(again.history_[: done + 1]) == repr(seen)  # NaN is not equal to itself
    with pytest.raises(ValueError, match="belongs to another run: monitor was 3, now it is 4"):
        in_turn(**options | {"monitor": 4}).fit(X, Y, **TRUSTED)


def test_deterministic_whatever_the_threads():
    first, second = (in_turn(n_jobs=n).fit(X, Y, **TRUSTED) for n in (1, 2))
    np.testing.assert_array_equal(first.removed_, second.removed_)
    np.testing.assert_array_equal(first.folds_, second.folds_)
    other = in_turn(random_state=1).fit(X, Y, **TRUSTED)
    assert not np.array_equal(first.folds_, other.folds_)


LABELS, LABELS_VAL = (np.where(y > 20.5, "storm", "calm") for y in (CLEAN, Y_VAL))


def test_classes():
    wrong = np.isin(MONTH, [2, 5, 7, 8])
    labels = np.where(wrong, np.where(LABELS == "calm", "storm", "calm"), LABELS)
    model = in_turn(PCA(4), PARISClassifier).fit(X, labels, X_val=X_VAL, y_val=LABELS_VAL)
    assert len(model.removed_) > 50
    assert wrong[model.removed_].mean() > 0.8
    for fold in range(3):  # its share of each
        assert (LABELS_VAL[model.folds_ == fold] == "storm").sum() - (
            LABELS_VAL == "storm"
        ).sum() // 3 in (0, 1)


def test_sampler():
    sampler = PARISUnderSampler(in_turn())
    X_res, y_res = sampler.fit_resample(X, Y, **TRUSTED)
    model = in_turn().fit(X, Y, **TRUSTED)
    np.testing.assert_array_equal(X_res, X[model.support_])
    np.testing.assert_array_equal(y_res, Y[model.support_])


def dealt(y, folds, splitter=0.5, seed=0):
    """All of `y` are validation rows; those that steer, and the fold of each."""
    rows = Rows(np.zeros((len(y), 1)), y)
    how = division.parse(splitter, folds, True)
    given = Inputs(Rows(np.zeros((1, 1)), np.zeros(1)), rows, True, None)
    parts, fold, _ = division.divide(how, given, y, np.random.RandomState(seed))
    return parts.validation, fold


@given(n=st.integers(30, 300), folds=st.integers(2, 9), seed=st.integers(0, 99))
def test_each_fold_has_its_share_of_every_range(n, folds, seed):
    y = np.random.default_rng(seed).normal(size=n)
    rows, fold = dealt(y, folds, seed=seed)
    np.testing.assert_array_equal(rows, np.arange(n))
    ordered = fold[np.argsort(y[rows])]
    for start in range(0, len(rows) - folds + 1, folds):
        assert set(ordered[start : start + folds]) == set(range(folds))


@given(n=st.integers(200, 400), gap=st.integers(0, 5), seed=st.integers(0, 99))
def test_blocks_stay_together_and_apart(n, gap, seed):
    y = np.random.default_rng(seed).normal(size=n)
    rows, fold = dealt(y, 4, BlockedSplit(n_blocks=10, gap=gap), seed)
    block = rows * 10 // n
    for name in np.unique(block):
        assert len(np.unique(fold[block == name])) == 1
    distance = np.abs(rows[:, np.newaxis] - rows)
    other = fold[:, np.newaxis] != fold
    assert distance[other].min() > gap
    if not gap:
        assert len(rows) == n
    counts = [len(np.unique(block[fold == name])) for name in range(4)]
    assert sorted(counts) == [2, 2, 3, 3]
    # A row is given up for its neighbours only.
    given_up = np.setdiff1d(np.arange(n), rows)
    assert all(np.abs(rows - row).min() <= gap + 1 for row in given_up)


BAD = {
    "one": ({"monitor": 1}, ValueError, r"monitor must be .*2"),
    "part": (
        {"monitor": 2.5},
        ValueError,
        "monitor must be 'auto', a fraction in .* folds .* got 2.5",
    ),
    "keep": ({"keep": 0.5}, ValueError, "folds.* needs keep='auto'.*got keep=0.5"),
    "splitter": (
        {"validation_split": KFold(3)},
        ValueError,
        r"monitor=3 \(folds\) needs a validation_split that is a fraction, a name or",
    ),
    "rows": (
        {"monitor": 91},
        ValueError,
        r"monitor=91 \(folds\) needs as many held-out rows, got 90",
    ),
    "blocks": (
        {"monitor": 5, "validation_split": BlockedSplit(n_blocks=4)},
        ValueError,
        r"monitor=5 \(folds\) needs as many blocks of held-out rows, got 4",
    ),
    "gap": (
        {"validation_split": BlockedSplit(n_blocks=9, gap=40)},
        ValueError,
        "gap=40 leaves no rows in one of monitor=3 folds",
    ),
    "weights": (
        {"val_weight": lambda y: y == y.max()},
        ValueError,
        "val_weight must leave rows with a weight > 0 in each of the folds",
    ),
}


def parts_of(model):
    """How many rows steer, how many monitor, and the folds, if there are any."""
    folds = getattr(model, "folds_", None)
    n_folds = None if folds is None else len(np.unique(folds))
    return len(model.validation_rows_), len(model.monitor_rows_), n_folds


@pytest.mark.parametrize(
    ("n", "options", "expected"),
    [
        (599, {}, (599, 0, 5)),
        (600, {}, (402, 198, None)),
        (90, {"keep": 0.5, "rounds": 1}, (60, 30, None)),
        (4, {}, (3, 1, None)),
        (5, {}, (5, 0, 5)),
        (90, {"monitor": 0.5}, (45, 45, None)),
        (900, {"monitor": 4}, (900, 0, 4)),
    ],
    ids=str,
)
def test_monitor_auto_of_validation_rows_that_are_given(n, options, expected):
    """Folds where they are few, and there to say how many rows leave."""
    rng = np.random.default_rng(1)
    model = in_turn(PCA(4), **{"monitor": "auto", "rounds": 1} | options)
    X_val, y_val = draw(n, rng)
    assert parts_of(model.fit(X, CLEAN, X_val=X_val, y_val=y_val)) == expected


@pytest.mark.parametrize(
    ("split", "folds"),
    [
        (0.3, True),
        ("tail-stratified", True),
        ("random", True),
        ("blocked", True),
        (BlockedSplit(n_blocks=30), True),
        (BlockedSplit(n_blocks=10), False),  # three blocks held out
        (GroupedSplit(0.5), True),  # six months
        (GroupedSplit(0.25), False),
        (KFold(4), False),  # says itself which rows monitor
    ],
    ids=str,
)
def test_monitor_auto_of_a_split(split, folds):
    model = in_turn(PCA(4), monitor="auto", rounds=1, validation_split=split)
    model.fit(X, CLEAN, groups=MONTH if isinstance(split, GroupedSplit) else None)
    n_validation, n_monitor, n_folds = parts_of(model)
    assert n_folds == (5 if folds else None)
    assert (n_monitor == 0) == folds
    assert n_validation >= n_monitor
    head = in_turn(PCA(4), monitor="auto", retrain="head", validation_split=split, keep=0.9)
    head.fit(X, CLEAN, groups=MONTH if isinstance(split, GroupedSplit) else None)
    assert parts_of(head)[1] > 0  # a number of rows to keep needs no folds


def test_groups_need_rows_of_their_own_to_steer():
    with pytest.raises(ValueError, match="groups needs a splitter that uses them"):
        in_turn(delete="groups").fit(X, Y, groups=MONTH)


@pytest.mark.parametrize("delete", ["rows", "groups"])
def test_folds_of_whole_groups(delete):
    groups = np.repeat(np.arange(30), 20)
    model = in_turn(validation_split=GroupedSplit(0.4), delete=delete).fit(X, Y, groups=groups)
    assert len(np.unique(groups[model.training_rows_])) == 18
    of_fold = [set(groups[model.validation_rows_[model.folds_ == name]]) for name in range(3)]
    assert [len(one) for one in of_fold] == [4, 4, 4]
    assert len(set().union(*of_fold, groups[model.training_rows_])) == 30


@pytest.mark.parametrize("name", list(BAD))
def test_bad_arguments(name):
    options, error, match = BAD[name]
    with pytest.raises(error, match=match):
        in_turn(**options).fit(X, Y, **TRUSTED)
