"""The last fit, to every row that was not removed, against the plain estimator."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomTreesEmbedding
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import paris_core
from paris_core import PARISClassifier, PARISRegressor, PARISUnderSampler
from paris_core.features import MLPExtractor, default_network
from paris_core.validation import BlockedSplit, GroupedSplit
from reference import ridge_weights

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*converge"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.TailWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.ManyRemovedWarning"),
    pytest.mark.filterwarnings("ignore::paris_core.errors.WeakModelWarning"),  # few steps
]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 3))
CLEAN = 3 * X[:, 0] + np.abs(X[:, 1]) + 0.3 * RNG.normal(size=240) + 20
WRONG = np.arange(240) % 4 == 0
Y = np.where(WRONG, 40 - CLEAN, CLEAN)
X_VAL = RNG.normal(size=(80, 3))
Y_VAL = 3 * X_VAL[:, 0] + np.abs(X_VAL[:, 1]) + 0.3 * RNG.normal(size=80) + 20
LABELS, LABELS_VAL = (np.where(y > 21, "storm", "calm") for y in (CLEAN, Y_VAL))
GROUP = np.arange(240) // 10
TRUSTED = {"X_val": X_VAL, "y_val": Y_VAL}


def network(kind=MLPRegressor, **options):
    options = {"hidden_layer_sizes": (6,), "max_iter": 20, "random_state": 5} | options
    return make_pipeline(StandardScaler(), kind(**options))


def nothing_leaves(estimator=None, kind=PARISRegressor, **options):
    options = {"keep": 1 - 1e-9, "random_state": 0} | options
    return kind(network() if estimator is None else estimator, **options)


def plainly(estimator, X, y, X_new):
    """Predictions of the estimator alone, fitted to standardised targets."""
    scores = clone(estimator).fit(X, (y - y.mean()) / y.std()).predict(X_new)
    return y.mean() + y.std() * scores


#: Every way in which rows are set apart.
DIVISIONS = {
    "fraction": ({}, {}),
    "half": ({"validation_split": 0.5, "monitor": 0.5}, {}),
    "no monitor": ({"monitor": None}, {}),
    "gap": ({"validation_split": BlockedSplit(n_blocks=12, gap=6)}, {}),
    "groups": ({"validation_split": GroupedSplit(0.4)}, {"groups": GROUP}),
    "splitter of scikit-learn": ({"validation_split": GroupKFold(4)}, {"groups": GROUP}),
}


@pytest.mark.parametrize("name", list(DIVISIONS))
def test_nothing_removed_is_the_plain_network(name):
    """Bit for bit, whatever was set apart for the rounds."""
    options, given = DIVISIONS[name]
    model = nothing_leaves(**options).fit(X, CLEAN, **given)
    assert len(model.training_rows_) < 240
    assert len(model.removed_) == 0
    assert model.support_.all()
    np.testing.assert_array_equal(model.predict(X), plainly(network(), X, CLEAN, X))


@pytest.mark.parametrize("retrain", ["estimator", "continue"])
def test_nothing_found_is_the_plain_network(retrain):
    """The same where deletions were looked for, and none was to be had."""
    model = PARISRegressor(network(), retrain=retrain, rounds=2, random_state=0).fit(X, CLEAN)
    assert model.folds_.max() == 4
    assert model.stop_reason_.startswith("no deletion: ")
    if retrain == "continue":  # goes on from the network of round 0
        before = clone(network()).fit(X[model.training_rows_], _scaled(model.training_rows_))
        before[-1].set_params(warm_start=True)
        after = before.fit(X, (CLEAN - CLEAN.mean()) / CLEAN.std())
        expected = CLEAN.mean() + CLEAN.std() * after.predict(X)
    else:
        expected = plainly(network(), X, CLEAN, X)
    np.testing.assert_array_equal(model.predict(X), expected)


def _scaled(rows):
    return (CLEAN[rows] - CLEAN[rows].mean()) / CLEAN[rows].std()


@pytest.mark.filterwarnings("ignore:X (does not have valid|has) feature names:UserWarning")
@pytest.mark.parametrize("frames", ["arrays", "frames", "X", "X_val"])
def test_rows_that_are_given_come_after_those_of_X(frames):
    table, held = X, X_VAL
    if frames in ("frames", "X"):
        table = pd.DataFrame(X, columns=list("abc"), index=np.arange(240)[::-1])
    if frames in ("frames", "X_val"):
        held = pd.DataFrame(X_VAL, columns=list("abc"), index=np.arange(80) + 7)
    model = nothing_leaves().fit(table, CLEAN, X_val=held, y_val=Y_VAL)
    assert model.support_.shape == (240,)
    assert model.support_.all()
    both = np.vstack([X, X_VAL])
    if frames != "arrays":  # one of them is enough to make it one
        both, table = (pd.DataFrame(rows, columns=list("abc")) for rows in (both, X))
    expected = plainly(network(), both, np.concatenate([CLEAN, Y_VAL]), table)
    np.testing.assert_array_equal(model.predict(table), expected)


def test_frames_of_strings_and_numbers():
    frame = pd.DataFrame(X, columns=list("abc")).assign(place=np.where(X[:, 2] > 0, "in", "out"))
    held = pd.DataFrame(X_VAL, columns=list("abc")).assign(place="elsewhere")
    held.loc[:5, "place"] = "in"
    columns = ColumnTransformer(
        [
            ("n", StandardScaler(), list("abc")),
            ("s", OneHotEncoder(handle_unknown="ignore"), ["place"]),
        ]
    )
    estimator = make_pipeline(columns, network()[-1])
    model = nothing_leaves(estimator).fit(frame, CLEAN, X_val=held, y_val=Y_VAL)
    both = pd.concat([frame, held], ignore_index=True), np.concatenate([CLEAN, Y_VAL])
    np.testing.assert_array_equal(model.predict(frame), plainly(estimator, *both, frame))
    # What the last fit has learned is not what the rounds knew.
    assert "elsewhere" in model.estimator_.network_[0].named_transformers_["s"].categories_[0]
    rounds = model.round_estimator_.network_[0].named_transformers_["s"].categories_[0]
    assert "elsewhere" not in rounds


@pytest.mark.parametrize("given", [False, True], ids=["split", "X_val"])
def test_removed_rows_are_all_that_is_left_out(given):
    more = TRUSTED if given else {}
    model = PARISRegressor(network(), keep=0.7, rounds=2, random_state=0).fit(X, Y, **more)
    assert len(model.removed_) == len(model.training_rows_) - round(0.7 * len(model.training_rows_))
    np.testing.assert_array_equal(np.flatnonzero(~model.support_), np.sort(model.removed_))
    rows, targets = X[model.support_], Y[model.support_]
    if given:
        rows, targets = np.vstack([rows, X_VAL]), np.concatenate([targets, Y_VAL])
    np.testing.assert_array_equal(model.predict(X), plainly(network(), rows, targets, X))


def test_deletions_that_have_earned_their_place():
    """Wrong targets are found, and the last fit is to all rows but those."""
    estimator = network(max_iter=100, hidden_layer_sizes=(16,), learning_rate_init=0.01)
    model = PARISRegressor(estimator, rounds=3, random_state=0).fit(X, Y, **TRUSTED)
    assert len(model.removed_) > 30
    assert WRONG[model.removed_].mean() > 0.8
    rows = np.vstack([X[model.support_], X_VAL])
    targets = np.concatenate([Y[model.support_], Y_VAL])
    np.testing.assert_array_equal(model.predict(X), plainly(estimator, rows, targets, X))


def test_groups_that_were_removed():
    spoilt = np.where(np.isin(GROUP, [1, 5, 9, 20]), 40 - CLEAN, CLEAN)
    estimator = network(max_iter=100, learning_rate_init=0.01)
    model = PARISRegressor(estimator, delete="groups", rounds=2, random_state=0)
    model.fit(X, spoilt, groups=GROUP, **TRUSTED)
    assert set(model.removed_groups_) >= {1, 5, 9, 20}
    np.testing.assert_array_equal(model.support_, ~np.isin(GROUP, model.removed_groups_))
    rows = np.vstack([X[model.support_], X_VAL])
    targets = np.concatenate([spoilt[model.support_], Y_VAL])
    np.testing.assert_array_equal(model.predict(X), plainly(estimator, rows, targets, X))


@pytest.mark.parametrize("lam", ["auto", 2.0])
@pytest.mark.parametrize("given", [False, True], ids=["split", "X_val"])
def test_head(given, lam):
    """Features are learned from all rows, the head is fitted to those that were not removed."""
    model = PARISRegressor(
        network(), keep=0.7, rounds=1, retrain="head", lam=lam, random_state=0
    ).fit(X, Y, **(TRUSTED if given else {}))
    rows, targets, stays = X, Y, model.support_
    if given:
        rows, targets = np.vstack([X, X_VAL]), np.concatenate([Y, Y_VAL])
        stays = np.concatenate([stays, np.ones(80, dtype=bool)])
    assert 0 < len(model.removed_) == (~stays).sum()
    mean, scale = targets[stays].mean(), targets[stays].std()
    encoded = (targets - mean) / scale
    extractor = MLPExtractor(network()).fit(rows, encoded)
    np.testing.assert_array_equal(model.features(X), extractor.transform(X))
    Phi = extractor.transform(rows[stays])
    head = ridge_weights(Phi, encoded[stays], model.lam_)  # that of the deletions
    np.testing.assert_allclose(model.coef_, head, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(
        model.predict(X), mean + scale * (extractor.transform(X) @ head), rtol=1e-7
    )


def test_continue_goes_on_from_the_chosen_network():
    model = PARISRegressor(network(), keep=0.7, rounds=2, retrain="continue", random_state=0)
    model.fit(X, Y, **TRUSTED)
    mean, scale = Y.mean(), Y.std()
    going_on = clone(network())
    going_on[-1].set_params(warm_start=True)
    kept = np.arange(240)
    going_on.fit(X, (Y - mean) / scale)
    for result in model.results_:
        kept = kept[result.kept]
        going_on.fit(X[kept], (Y[kept] - mean) / scale)
    np.testing.assert_array_equal(
        model.round_estimator_.transform(X[:9]),
        paris_core.features.last_hidden_layer(going_on[-1], going_on[0].transform(X[:9])),
    )
    rows, targets = np.vstack([X[kept], X_VAL]), np.concatenate([Y[kept], Y_VAL])
    mean, scale = targets.mean(), targets.std()
    going_on.fit(rows, (targets - mean) / scale)
    np.testing.assert_array_equal(model.predict(X), mean + scale * going_on.predict(X))


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("keep", [1 - 1e-9, 0.7], ids=["all", "some"])
def test_classifier(kind, keep):
    model = PARISClassifier(network(kind), keep=keep, rounds=1, random_state=0)
    model.fit(X, LABELS, X_val=X_VAL, y_val=LABELS_VAL)
    rows = np.vstack([X[model.support_], X_VAL])
    labels = np.concatenate([LABELS[model.support_], LABELS_VAL])
    assert (len(model.removed_) > 0) == (keep == 0.7)
    if kind is MLPClassifier:
        plain = network(kind).fit(rows, labels)
        np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
        np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    else:
        one_hot = (labels[:, np.newaxis] == np.array(["calm", "storm"])).astype(float)
        scores = network().fit(rows, one_hot).predict(X)
        best = np.array(["calm", "storm"])[scores.argmax(axis=1)]
        np.testing.assert_array_equal(model.predict(X), best)


def test_the_default_network():
    """Its seed is drawn from `random_state`; with that seed it is the plain one."""
    model = PARISRegressor(random_state=3).fit(X, CLEAN)
    left = model.support_
    seed = model.estimator_.network[-1].random_state
    plain = default_network()
    plain[-1].set_params(random_state=seed)
    np.testing.assert_array_equal(model.predict(X), plainly(plain, X[left], CLEAN[left], X))
    assert len(model.removed_) < 5
    assert model.round_estimator_.network[-1].random_state == seed


@pytest.mark.parametrize("retrain", ["estimator", "head", "continue"])
@pytest.mark.parametrize("keep", ["auto", 0.7])
def test_without_it_the_model_is_that_of_the_round(keep, retrain):
    options = {"keep": keep, "retrain": retrain, "random_state": 0, "monitor": 0.33}
    options["rounds"] = None if keep == "auto" and retrain == "head" else 2
    estimator = network(max_iter=60)
    model = PARISRegressor(estimator, refit=False, **options).fit(X, Y, **TRUSTED)
    again = PARISRegressor(estimator, **options).fit(X, Y, **TRUSTED)
    assert model.estimator_ is model.round_estimator_
    assert model.task_ is model.round_task_
    # The last fit changes what predicts, and nothing else.
    np.testing.assert_array_equal(model.removed_, again.removed_)
    np.testing.assert_array_equal(
        model.round_estimator_.transform(X), again.round_estimator_.transform(X)
    )
    assert [one[:9] for one in model.history_[1:]] == [one[:9] for one in again.history_[1:]]
    assert (model.best_round_, model.gain_, model.stop_reason_) == (
        again.best_round_,
        again.gain_,
        again.stop_reason_,
    )
    assert again.estimator_ is not again.round_estimator_
    assert not np.array_equal(model.predict(X), again.predict(X))
    # The rows of the round are training rows, and its errors are those of what predicts.
    left = np.setdiff1d(model.training_rows_, model.removed_)
    np.testing.assert_array_equal(np.flatnonzero(model.support_), left)
    rows = model.monitor_rows_
    error = np.sqrt(np.mean((model.predict(X_VAL[rows]) - Y_VAL[rows]) ** 2))
    chosen = model.best_round_ if keep == "auto" else -1
    assert error == pytest.approx(model.history_[chosen].monitor_error, rel=1e-9)


def test_what_monitors_alone_does_not_change_what_is_removed():
    """With a number of rows to keep; their targets come in with the last fit."""
    options = {"keep": 0.7, "rounds": 2, "random_state": 0, "validation_split": "random"}
    model = PARISRegressor(network(), **options).fit(X, Y, **TRUSTED)
    watch = model.monitor_rows_
    assert len(watch) > 20
    other = Y_VAL.copy()
    other[watch] += 1.0
    moved = clone(model).fit(X, Y, X_val=X_VAL, y_val=other)
    np.testing.assert_array_equal(moved.monitor_rows_, watch)
    np.testing.assert_array_equal(moved.removed_, model.removed_)
    assert not np.array_equal(moved.predict(X), model.predict(X))
    first, second = (
        PARISRegressor(network(), refit=False, **options).fit(X, Y, X_val=X_VAL, y_val=y)
        for y in (Y_VAL, other)
    )
    np.testing.assert_array_equal(first.predict(X), second.predict(X))


def test_a_sampler_does_not_need_it():
    """What is returned is what was not removed."""
    sampler = PARISUnderSampler(PARISRegressor(PCA(2), keep=0.7, random_state=0))
    X_res, _ = sampler.fit_resample(X, Y)
    assert len(X_res) == 240 - len(sampler.ranking_)


def test_a_second_fit_leaves_nothing_of_the_first():
    model = PARISRegressor(PCA(2), keep=0.7, random_state=0, retrain="head").fit(X, Y)
    assert hasattr(model, "coef_")
    model.set_params(retrain="estimator").fit(X, Y)
    assert not hasattr(model, "coef_")


def test_a_checkpoint_holds_the_rounds(tmp_path):
    """The last fit is made again, to the same result."""
    options = {"keep": 0.7, "rounds": 2, "random_state": 0, "checkpoint": tmp_path / "state"}
    first = PARISRegressor(network(), **options).fit(X, Y, **TRUSTED)
    again = PARISRegressor(network(), **options).fit(X, Y, **TRUSTED)
    np.testing.assert_array_equal(again.predict(X), first.predict(X))
    with pytest.raises(ValueError, match="belongs to another run: refit was True, now it is False"):
        PARISRegressor(network(), refit=False, **options).fit(X, Y, **TRUSTED)


def test_neither_inputs_nor_the_estimator_change():
    arrays = [array.copy() for array in (X, CLEAN, X_VAL, Y_VAL)]
    estimator = RandomTreesEmbedding(n_estimators=3, sparse_output=False, random_state=0)
    PARISRegressor(estimator, keep=0.7, random_state=0).fit(
        arrays[0], arrays[1], X_val=arrays[2], y_val=arrays[3]
    )
    for mine, theirs in zip(arrays, (X, CLEAN, X_VAL, Y_VAL), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not hasattr(estimator, "estimators_")
