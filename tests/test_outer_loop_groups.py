"""The outer loop with `delete="groups"`: train, remove whole groups, train again."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import paris_core
from accepting import Choice, Round, all_rounds, penalty_of
from paris_core import GroupPruneResult, PARISClassifier, PARISRegressor
from paris_core.features import as_extractor
from reference import ridge_weights

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.ManyRemovedWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few rows and steps
]

N_STATIONS = 12
NAMES = np.array([f"station {chr(ord('A') + n)}" for n in range(N_STATIONS)])


def draw(n_rows, rng):
    X = rng.normal(size=(n_rows, 4))
    return X, 3 * X[:, 0] + np.abs(X[:, 1]) + 0.3 * rng.normal(size=n_rows) + 20


RNG = np.random.default_rng(0)
X, CLEAN = draw(600, RNG)
X_VAL, Y_VAL = draw(120, RNG)
X_TEST, Y_TEST = draw(1000, RNG)
STATION = RNG.permutation(np.repeat(NAMES, 50))
WRONG = np.isin(STATION, NAMES[[2, 5, 9]])
Y = np.where(WRONG, 40 - CLEAN, CLEAN)  # the sign of the deviations from 20
TRUSTED = {"X_val": X_VAL, "y_val": Y_VAL}


def network(**options):
    options = {"hidden_layer_sizes": (8,), "max_iter": 30, "random_state": 0} | options
    return make_pipeline(StandardScaler(), MLPRegressor(**options))


def groups_leave(estimator=None, kind=PARISRegressor, **options):
    options = {"random_state": 0} | options
    return kind(network() if estimator is None else estimator, delete="groups", **options)


def twin(training, validation, monitor, station, units, extractor, *, retrain, weight, lam):
    """Every round, the head of the last, and what was chosen among them."""
    X, y = training
    weights = weight(monitor[1])
    bounds = np.quantile(np.concatenate([validation[1], monitor[1]]), [0.05, 0.95])

    def encode(part):
        return (part - y.mean()) / y.std()

    def fitted(rows):
        return clone(as_extractor(extractor)).fit(X[rows], encode(y[rows]))

    def path(model, rows):
        arrays = (
            model.transform(X[rows]),
            encode(y[rows]),
            model.transform(validation[0]),
            encode(validation[1]),
        )
        return paris_core.prune_groups(
            *arrays,
            station[rows],
            len(np.unique(station[rows])) // 2 if retrain == "estimator" else None,
            lam=penalty_of(lam, *arrays),
            val_weight=weight(validation[1]),
            monitor=(model.transform(monitor[0]), encode(monitor[1]), weights),
        )

    def squares(model, head):
        scores = model.predict(monitor[0]) if head is None else model.transform(monitor[0]) @ head
        return (encode(monitor[1]) - scores) ** 2

    def ridge(model, rows):
        Phi, targets = model.transform(X[rows]), encode(y[rows])
        penalty = paris_core.regularization.select_lambda(Phi, targets) if lam == "auto" else lam
        return ridge_weights(Phi, targets, penalty)

    choice = Choice(
        len(y),
        fitted,
        squares,
        head=ridge if retrain == "head" else None,
        groups=station,
        weight=weights,
        units=units,
        tails=[(monitor[1] <= bounds[0]) | (monitor[1] >= bounds[1])],
    )

    def leaving(model, rows):
        run = path(model, rows)
        return run.truncate(run.fewest_k(0.05)).removed

    if retrain == "estimator":
        rounds = all_rounds(choice, fitted, leaving)
        losses = [squares(one.extractor, None) for one in rounds]
        heads = [None] * len(rounds)
    else:
        everything = np.arange(len(y))
        model = fitted(everything)
        run = path(model, everything)
        best = run.truncate(run.fewest_k(0.05))
        rounds = [Round(1, everything, [], model)]
        heads = [run.truncate(0).weights]
        choice(everything, model, heads[0])
        rounds.append(Round(1, best.kept, list(best.removed), model))
        heads.append(best.weights)
        if len(best.removed):
            choice(best.kept, model, best.weights)
        losses = [squares(model, head) for head in heads]
    losses = [np.average(loss, weights=weights) for loss in losses]
    return rounds, losses, heads[choice.best], choice


WEIGHTS = {"ones": None, "high": lambda y: 1.0 + (y > 20)}


@pytest.mark.parametrize("weight", list(WEIGHTS))
@pytest.mark.parametrize("lam", [3.0, "auto"])
@pytest.mark.parametrize("retrain", ["estimator", "head"])
@pytest.mark.parametrize("given", [True, False], ids=["X_val", "split"])
def test_twin(given, retrain, lam, weight):
    split = {} if given else {"validation_split": GroupKFold(4)}
    estimator = network(max_iter=100)
    judged = {"lam": lam, "val_weight": WEIGHTS[weight], "monitor": 0.33}
    model = groups_leave(estimator, retrain=retrain, refit=False, **judged, **split)
    model.fit(X, Y, groups=STATION, **(TRUSTED if given else {}))
    train = model.training_rows_
    held_out = (X_VAL, Y_VAL) if given else (X, Y)
    validation, monitor = (
        tuple(part[rows] for part in held_out)
        for rows in (model.validation_rows_, model.monitor_rows_)
    )
    rounds, losses, head, choice = twin(
        (X[train], Y[train]),
        validation,
        monitor,
        STATION[train],
        None if given else STATION[model.monitor_rows_],
        estimator,
        retrain=retrain,
        weight=WEIGHTS[weight] or np.ones_like,
        lam=lam,
    )
    assert [(one.sweep, one.n_kept) for one in model.history_] == [
        (one.sweep, len(one.kept)) for one in rounds
    ]
    np.testing.assert_allclose([r.monitor_loss for r in model.history_], losses, rtol=1e-9)
    assert model.best_round_ == choice.best
    assert model.n_iter_ == len(rounds) - 1 == len(model.results_)
    _, kept, removed, extractor = rounds[choice.best]
    np.testing.assert_array_equal(np.flatnonzero(model.support_), train[kept])
    np.testing.assert_array_equal(model.removed_, train[removed])
    gone = list(dict.fromkeys(STATION[train[removed]]))
    assert model.removed_groups_.tolist() == gone
    if head is None:
        assert not hasattr(model, "coef_")
        scores = extractor.predict(X)
    else:
        np.testing.assert_array_equal(model.coef_, head)
        scores = extractor.transform(X) @ head
    np.testing.assert_allclose(
        model.predict(X), Y[train].mean() + Y[train].std() * scores, rtol=1e-12
    )
    if given:
        # With other weights and λ the rule refuses: the twin knows why.
        accepted = (retrain, lam, weight) != ("estimator", "auto", "high")
        assert (model.best_round_ >= 1) == accepted
        assert model.lam_ == [one.lam for one in model.results_ if len(one.removed)][-1]
        if accepted:
            assert model.stop_reason_.startswith(f"deletion: {len(gone)} of 12 groups removed, the")
    else:  # a group lies in one part
        parts = model.training_rows_, model.validation_rows_, model.monitor_rows_
        assert sum(len(set(STATION[part])) for part in parts) == N_STATIONS
        assert model.gain_ is None or model.gain_.n_units == 3  # groups of the monitor rows


def test_wrong_stations_leave_and_single_rows_do_not():
    """A network of moderate size, whose test error falls to that of right labels."""

    def trained(y, **options):
        estimator = network(hidden_layer_sizes=(32,), max_iter=150)
        groups = {"groups": STATION} if "delete" in options else {}
        return PARISRegressor(estimator, random_state=0, **options).fit(X, y, **TRUSTED, **groups)

    def error(model):
        return np.sqrt(np.mean((model.predict(X_TEST) - Y_TEST) ** 2))

    everything = {"keep": 600, "rounds": 1, "refit": False}
    right, spoilt = trained(CLEAN, **everything), trained(Y, **everything)
    rows, groups = trained(Y, rounds=3), trained(Y, delete="groups", refit=False)
    assert WRONG[groups.support_].sum() == 0 < WRONG[rows.support_].sum()
    assert error(groups) < 1.3 * error(right) < 0.5 * error(spoilt)
    assert error(groups) < error(rows)
    (first, *_) = groups.results_
    assert isinstance(first, GroupPruneResult)
    assert set(first.removed_groups) >= set(STATION[WRONG])
    # Group after group, in the order of their deletion.
    names = STATION[groups.removed_]
    best = groups.history_[groups.best_round_]
    own = [one.sweep == best.sweep for one in groups.history_[1 : best.round + 1]]
    rounds = [result for result, mine in zip(groups.results_, own, strict=False) if mine]
    assert list(dict.fromkeys(names)) == [name for one in rounds for name in one.removed_groups]
    assert groups.removed_groups_.tolist() == list(dict.fromkeys(names))
    assert not hasattr(rows, "removed_groups_")
    assert (names[1:] != names[:-1]).sum() == len(set(names)) - 1


def test_at_most_half_of_the_groups_leave_in_a_round():
    wrong = np.isin(STATION, NAMES[:9])
    y = np.where(wrong, 40 - CLEAN, CLEAN)
    model = groups_leave(PCA(4)).fit(X, y, groups=STATION, **TRUSTED)
    n_removed = [len(result.removed_groups) for result in model.results_]
    assert n_removed[:2] == [6, 3]
    assert not wrong[model.support_].any()
    assert model.removed_groups_.tolist() == list(dict.fromkeys(STATION[model.removed_]))
    head = groups_leave(PCA(4), retrain="head").fit(X, y, groups=STATION, **TRUSTED)
    assert len(head.results_[0].removed_groups) >= 9
    assert not wrong[head.support_].any()


def same(first, second):
    np.testing.assert_array_equal(first.removed_, second.removed_)
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    mine, theirs = pd.DataFrame(first.history_), pd.DataFrame(second.history_)
    names = [name for name in mine if "seconds" not in name]
    pd.testing.assert_frame_equal(mine[names], theirs[names], check_exact=True)
    for one, other in zip(first.results_, second.results_, strict=True):
        np.testing.assert_array_equal(one.removed_groups, other.removed_groups)


def test_labels_may_be_what_prune_groups_takes():
    expected = groups_leave().fit(X, Y, groups=STATION, **TRUSTED)
    number = np.searchsorted(NAMES, STATION)
    for groups in (number, number - 6, STATION.tolist(), pd.Series(STATION, index=number)):
        fitted = groups_leave().fit(X, Y, groups=groups, **TRUSTED)
        np.testing.assert_array_equal(fitted.removed_, expected.removed_)
    frame, frame_val = (pd.DataFrame(rows, columns=list("abcd")) for rows in (X, X_VAL))
    fitted = groups_leave().fit(frame, Y, groups=STATION, X_val=frame_val, y_val=Y_VAL)
    np.testing.assert_array_equal(fitted.removed_, expected.removed_)


def test_deterministic_and_cloned():
    model = groups_leave(network(random_state=None))
    assert clone(model).get_params()["delete"] == "groups"
    first = model.fit(X, Y, groups=STATION, **TRUSTED)
    same(clone(model).set_params(n_jobs=2).fit(X, Y, groups=STATION, **TRUSTED), first)


@pytest.mark.parametrize(("retrain", "done"), [("estimator", 0), ("estimator", 1), ("head", 0)])
def test_a_checkpoint(tmp_path, retrain, done):
    path = tmp_path / "state"
    expected = groups_leave(retrain=retrain).fit(X, Y, groups=STATION, **TRUSTED)
    assert expected.n_iter_ >= 1

    def stop(record):
        if record.round == done:
            raise KeyboardInterrupt

    model = groups_leave(retrain=retrain, checkpoint=path, callbacks=stop)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, groups=STATION, **TRUSTED)
    again = groups_leave(retrain=retrain, checkpoint=path)
    same(again.fit(X, Y, groups=STATION, **TRUSTED), expected)
    same(again.fit(X, Y, groups=STATION, **TRUSTED), expected)  # nothing left to do
    with pytest.raises(ValueError, match="belongs to another run: groups was"):
        again.fit(X, Y, groups=STATION[::-1], **TRUSTED)
    with pytest.raises(ValueError, match="belongs to another run: delete was 'groups'"):
        again.set_params(delete="rows").fit(X, Y, **TRUSTED)


def test_the_loop_ends_at_the_last_group():
    """Both stations are wrong, so that the one that is less so stays."""
    two = np.where(np.arange(600) < 300, "worse", "bad")
    y = 40 - CLEAN
    y[:300] -= 10 * X[:300, 0]
    model = groups_leave(PCA(4)).fit(X, y, groups=two, **TRUSTED)
    assert [one.n_kept for one in model.history_] == [600, 300, 300]  # the last by a second sweep
    np.testing.assert_array_equal(model.removed_, np.arange(300))
    assert model.removed_groups_.tolist() == ["worse"]


def test_rounds_and_verbose(capsys):
    """One round a sweep."""
    model = groups_leave(Nystroem(n_components=20), rounds=1, verbose=1)
    model.fit(X, Y, groups=STATION, **TRUSTED)
    assert [one.sweep for one in model.history_] == [1, 1, 2]
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == [
        "round 0: 600 rows",
        f"round 1: {model.history_[1].n_kept} rows",
        "sweep 2",
    ]


LABELS, LABELS_VAL = (np.where(y > 24, "storm", "calm") for y in (CLEAN, Y_VAL))


@pytest.mark.parametrize(("retrain", "monitor"), [("estimator", "auto"), ("head", 0.33)])
def test_classes(retrain, monitor):
    labels = np.where(WRONG, np.where(LABELS == "calm", "storm", "calm"), LABELS)
    options = {"retrain": retrain, "monitor": monitor}
    model = groups_leave(network(max_iter=200), kind=PARISClassifier, **options)
    model.fit(X, labels, groups=STATION, X_val=X_VAL, y_val=LABELS_VAL)
    assert len(model.removed_groups_) >= 2
    assert WRONG[model.removed_].all()
    assert model.score(X_VAL, LABELS_VAL) > 0.8


def test_no_class_dies_out():
    """Storms are in three stations; validation without any would have them removed."""
    stormy = np.isin(STATION, NAMES[:3])
    labels = np.where(stormy & (X[:, 0] < 0), "storm", "calm")
    validation = {"X_val": X_VAL, "y_val": np.full(120, "calm")}

    def storms(least):
        """Stations that have storms, after the first round."""
        model = groups_leave(PCA(4), kind=PARISClassifier, min_per_class=least)
        model.fit(X, labels, groups=STATION, **validation)
        assert (labels[model.support_] == "storm").sum() >= min(least, (labels == "storm").sum())
        kept = model.results_[0].mask if model.results_ else np.ones(600, dtype=bool)
        return np.unique(STATION[kept & (labels == "storm")])

    assert len(storms(1)) == 1
    assert len(storms(30)) == 2
    assert len(storms(1000)) == 3


BAD = {
    "delete": ({"delete": "months"}, {}, "delete must be one of 'rows', 'groups', got 'months'"),
    "keep": ({"keep": 0.5}, {}, "keep must be 'auto' with delete='groups', got 0.5"),
    "criterion": (
        {"criterion": "representer"},
        {},
        "criterion must be 'refit' with delete='groups', got 'representer'",
    ),
    "objective": ({"objective": "worst"}, {}, "objective must be 'mean' with delete='groups'"),
    "rounds": (
        {"rounds": 2, "retrain": "head"},
        {},
        "rounds must be None with keep='auto' and retrain='head', got 2",
    ),
    "no groups": ({}, {"groups": None}, "groups must be given with delete='groups'"),
    "length": ({}, {"groups": STATION[:9]}, r"groups must have shape \(600,\).*row of X.*\(9,\)"),
    "one": ({}, {"groups": [7] * 600}, "at least two groups among the training rows, got 7 alone"),
    "no monitor": ({"monitor": None}, {}, "keep='auto' needs monitor rows"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_bad_arguments(name):
    options, rows, match = BAD[name]
    model = groups_leave(estimator="never looked at" if name == "keep" else None)
    with pytest.raises(ValueError, match=match):
        model.set_params(**options).fit(X, Y, **{"groups": STATION} | TRUSTED | rows)


def test_what_the_groups_are_for():
    with pytest.raises(TypeError, match="groups must be integers, bools or strings"):
        groups_leave().fit(X, Y, groups=X[:, 0], **TRUSTED)
    with pytest.raises(ValueError, match="groups needs a splitter that uses them"):
        groups_leave().fit(X, Y, groups=STATION)
    with pytest.raises(ValueError, match="groups is for the split of X, or for delete='groups'"):
        groups_leave().set_params(delete="rows").fit(X, Y, groups=STATION, **TRUSTED)
    thirds = np.arange(600) % 3
    with pytest.raises(ValueError, match="two groups among the training rows, got 2 alone"):
        groups_leave(validation_split=GroupKFold(3)).fit(X, Y, groups=thirds)


def test_metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        model = groups_leave(Nystroem(n_components=10), rounds=1)
        model.set_fit_request(groups=True, X_val=True, y_val=True)
        search = GridSearchCV(model, {"lam": [0.1, 1.0]}, cv=KFold(2), error_score="raise")
        search.fit(X, Y, groups=STATION, **TRUSTED)
    best = search.best_estimator_
    same(clone(best).fit(X, Y, groups=STATION, **TRUSTED), best)
