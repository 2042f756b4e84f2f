"""The audit of groups and of rows: what is found, what it says of it, and what it leaves alone."""

import re

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor

import paris_core
from paris_core.auditing import AuditResult, trainings
from paris_core.auditing.faults import fault
from paris_core.auditing.search.score import chance, outliers, reference, score
from paris_core.progress.lines import Lines

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_GROUPS, N_ROWS = 16, 40
NAMES = np.array([f"station {group:02d}" for group in range(N_GROUPS)])
KINDS = {"station 02": "sign", "station 05": "offset", "station 09": "stuck", "station 12": "scale"}


def draw(n, rng):
    X = rng.normal(size=(n, 4))
    return X, 10.0 + 3.0 * (X @ [1.0, 0.8, 0.5, 0.0]) + rng.normal(size=n)


def spoil(kind, y, rng):
    return {
        "sign": 20.0 - y,
        "offset": y + 6.0,
        "stuck": np.full_like(y, 11.5),
        "scale": 10.0 + 3.0 * (y - 10.0),
        "noise": y + 5.0 * rng.normal(size=len(y)),
    }[kind]


def case(kinds=KINDS, seed=0, n_val=60):
    """Rows of stations in no order, some of which are wrong, and rows that are right."""
    rng = np.random.default_rng(seed)
    X, y = draw(N_GROUPS * N_ROWS, rng)
    station = rng.permutation(np.repeat(NAMES, N_ROWS))
    for name, kind in kinds.items():
        y[station == name] = spoil(kind, y[station == name], rng)
    return X, y, *draw(n_val, rng), station


def audit(X, y, X_val=None, y_val=None, station=None, **options):
    options = {"estimator": Ridge(), "random_state": 0, "groups": station, **options}
    return paris_core.audit(X, y, X_val, y_val, **options)


@pytest.fixture(scope="module")
def found():
    return audit(*case())


def test_wrong_groups_are_found_and_right_ones_left(found):
    assert set(found.removed_groups) == set(KINDS)
    assert found.gain.beyond_chance()
    assert found.gain.mean == pytest.approx(found.error - 1.0, abs=0.5)  # the noise is left


def test_what_is_wrong_is_named(found):
    frame = found.to_frame()
    assert frame["fault"][: len(KINDS)].to_dict() == KINDS
    assert (
        frame["fault"][len(KINDS) :].loc[lambda kind: kind != ""].index.isin(found.suspects)
    ).all()
    words = frame["detail"]
    assert "slope -1" in words["station 02"] or "slope -0.9" in words["station 02"]
    assert words["station 09"] == "stuck near 11.5"
    assert frame["mean_error"]["station 05"] == pytest.approx(6.0, abs=0.7)


def test_a_stuck_sensor_whose_residuals_are_as_usual():
    """The mean square of its residuals is less than that of right groups: it is lost among them."""
    rng = np.random.default_rng(3)
    X, X_val = rng.normal(size=(800, 2)), rng.normal(size=(200, 2))
    y, y_val = (x[:, 0] + 2.0 * rng.normal(size=len(x)) for x in (X, X_val))
    groups = np.arange(800) // 40
    y[groups == 7] = 0.0
    square = np.bincount(groups, (y - X[:, 0]) ** 2) / 40
    assert square.argmin() == 7
    result = audit(X, y, X_val, y_val, groups)
    assert result.removed_groups.tolist() + result.suspects[:1].tolist() == [7]
    assert result.fault[7] == "stuck"


def test_half_of_the_groups():
    kinds = dict.fromkeys(NAMES[::2], "sign")
    result = audit(*case(kinds))
    assert set(result.removed_groups) == set(kinds)


@pytest.mark.parametrize("seed", range(3))
def test_right_groups_stay(seed):
    X, y, X_val, y_val, station = case({}, seed)
    result = audit(X, y, X_val, y_val, station)
    assert len(result.removed_groups) == len(result.removed) == 0
    assert result.gain is None
    assert result.stop_reason == "none is unlike what is right beyond chance"
    everything = LinearRegression().fit(np.vstack([X, X_val]), np.concatenate([y, y_val]))
    assert result.model.predict(X) == pytest.approx(everything.predict(X), abs=0.05)


def test_without_validation_rows_a_minority_is_found():
    X, y, _, _, station = case()
    result = audit(X, y, station=station)
    assert set(result.removed_groups) == set(KINDS)
    assert result.gain.n_units == N_GROUPS - len(KINDS)
    assert result.blind
    assert re.search(r"of rows of groups that stay: .* 12 groups\)", result.summary())


def test_the_model_is_fitted_to_all_that_is_left(found):
    X, y, X_val, y_val, station = case()
    left = ~np.isin(station, list(KINDS))
    assert np.array_equal(np.sort(found.removed), np.flatnonzero(~left))
    rows, targets = np.vstack([X[left], X_val]), np.concatenate([y[left], y_val])
    scaled = (targets - targets.mean()) / targets.std()
    expected = targets.mean() + targets.std() * Ridge().fit(rows, scaled).predict(X)
    assert found.model.predict(X) == pytest.approx(expected)


def test_removed_rows_are_in_the_order_of_their_groups(found):
    station = case()[-1]
    in_order = station[found.removed]
    changes = np.flatnonzero(in_order[1:] != in_order[:-1]) + 1
    assert in_order[np.concatenate([[0], changes])].tolist() == found.removed_groups.tolist()


def test_the_table(found):
    frame = found.to_frame()
    assert frame.index.name == "group"
    assert sorted(frame.index) == sorted(NAMES)
    assert frame["order"].dropna().tolist() == [1, 2, 3, 4]
    assert frame.index[:4].tolist() == found.removed_groups.tolist()
    assert (frame["n_rows"] == N_ROWS).all()
    assert (frame["stability"][:4] == 1.0).all()
    assert (np.diff(frame["score"][4:]) <= 0).all()


def test_the_summary_begins_with_the_answer(found):
    first, *others = found.summary().splitlines()
    assert first.startswith("4 of 16 groups are wrong: station ")
    assert sum(line.startswith("  station ") for line in others) == 4
    assert repr(found).startswith("AuditResult(4 of 16 groups removed, 160 of 640 rows, ")
    right = audit(*case({}))
    assert right.summary().startswith("no groups were removed: none is unlike what is right")


def test_the_same_seed_gives_the_same_result():
    rows = case()
    network = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", max_iter=30)
    options = {"estimator": network, "divisions": 1, "folds": 2}
    one, two = (audit(*rows, random_state=5, **options) for _ in range(2))
    assert np.array_equal(one.score, two.score)
    assert np.array_equal(one.model.predict(rows[0]), two.model.predict(rows[0]))
    assert not np.array_equal(one.score, audit(*rows, random_state=6, **options).score)


def test_inputs_are_left_as_they_are():
    rows = case()
    copies = [array.copy() for array in rows]
    audit(*rows, divisions=1)
    assert all(np.array_equal(one, two) for one, two in zip(rows, copies, strict=True))


def test_the_unit_of_the_target_does_not_matter(found):
    X, y, X_val, y_val, station = case()
    other = audit(X, 1e-3 * y - 5.0, X_val, 1e-3 * y_val - 5.0, station)
    assert other.removed_groups.tolist() == found.removed_groups.tolist()
    assert other.score == pytest.approx(found.score, rel=1e-4)


def test_other_regressors_and_data_frames():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    X, y, X_val, y_val, station = case({"station 03": "offset"})
    names = list("abcd")
    X, X_val = pd.DataFrame(X, columns=names), pd.DataFrame(X_val, columns=names)
    forest = RandomForestRegressor(5, max_depth=6, random_state=0)
    result = audit(X, y, X_val, y_val, station, estimator=forest, divisions=1)
    assert result.removed_groups.tolist() == ["station 03"]
    assert isinstance(result.model.regressor_, RandomForestRegressor)
    assert isinstance(result.model.predict(X_val[:1]), np.ndarray)


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize("rows", [True, False])
def test_no_more_trainings_than_were_said(validation, rows):
    X, y, X_val, y_val, station = case()
    if not validation:
        X_val = y_val = None
    extractor = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=5, random_state=0)
    result = audit(
        *(X, y, X_val, y_val, None if rows else station),
        estimator=extractor,
        folds=2,
        divisions=2,
    )
    assert 0 < result.n_trainings <= trainings(2, 2, validation=validation, rows=rows)


def test_single_rows():
    X, y, X_val, y_val, _ = case({}, n_val=200)
    wrong = np.random.default_rng(1).choice(len(y), 60, replace=False)
    y[wrong] += 30.0
    network = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", max_iter=60, random_state=0)
    result = audit(X, y, X_val, y_val, estimator=network, folds=2, divisions=2)
    assert np.isin(result.removed, wrong).sum() > 50
    assert len(result.removed) < 90
    assert np.array_equal(result.removed_groups, result.removed)
    assert (
        result.summary().splitlines()[0].startswith(f"{len(result.removed)} of 640 rows are wrong")
    )


def test_single_rows_that_are_right_stay():
    X, y, X_val, y_val, _ = case({})
    result = audit(X, y, X_val, y_val, folds=2, divisions=1)
    assert len(result.removed) == 0


def test_groups_of_few_rows_are_not_wrong_by_chance():
    rng = np.random.default_rng(0)
    X, y = draw(300, rng)
    X_val, y_val = draw(60, rng)
    result = audit(X, y, X_val, y_val, np.arange(300) // 3)
    assert len(result.removed_groups) == 0
    assert chance(np.array([3.0, 300.0]))[0] > 100 * chance(np.array([3.0, 300.0]))[1] * 0.99


def test_the_smallest_problems():
    rng = np.random.default_rng(0)
    X, y = draw(8, rng)
    for given in ((), draw(2, rng)):
        result = audit(X, y, *given, station=np.arange(8) // 2, folds=2, divisions=1)
        assert isinstance(result, AuditResult)
        assert np.isfinite(result.model.predict(X)).all()


def test_targets_that_are_all_alike():
    X, _ = draw(80, np.random.default_rng(0))
    result = audit(X, np.full(80, 3.0), X[:20], np.full(20, 3.0), np.arange(80) // 10)
    assert len(result.removed_groups) == 0
    assert result.model.predict(X) == pytest.approx(np.full(80, 3.0))


@pytest.mark.parametrize("kind", ["sign", "offset", "stuck", "scale", "noise"])
@pytest.mark.parametrize("seed", range(4))
def test_each_fault_is_told_from_the_others(kind, seed):
    rng = np.random.default_rng(seed)
    f, f_val = 10.0 + 4.0 * rng.normal(size=(2, 100))
    right = reference(f_val + rng.normal(size=100), f_val)
    y = spoil(kind, f + rng.normal(size=100), rng)
    assert fault(y, f, right).kind == kind


def test_the_score_is_the_likelihood_ratio_by_hand():
    """Of two fits to rows whose spread is 1 and whose line is that of the predictions."""
    rng = np.random.default_rng(0)
    f = rng.uniform(-1.0, 1.0, 4_000)
    f_val = rng.uniform(-1.5, 1.5, 20_000)
    right = reference(f_val + rng.normal(size=len(f_val)), f_val)
    y = 1.0 - 0.5 * f + 0.5 * rng.normal(size=len(f))
    got = score(y, f, np.zeros(len(f), dtype=int), 1, right)
    b, a = np.polyfit(f, y, 1)
    m, v = np.mean((y - f) ** 2), np.mean((y - a - b * f) ** 2)
    assert got.score[0] == pytest.approx(
        0.5 * np.log(m / v) + max(m - 1 - np.log(m), 0) / 4, abs=0.03
    )
    assert got.slope[0] == pytest.approx(b, abs=0.03)
    assert got.offset[0] == pytest.approx(np.mean(y - f), abs=0.03)


def test_the_widest_gap_parts_wrong_from_right():
    rows = np.full(6, 1000.0)
    assert outliers(np.array([0.1, 0.2, 0.25, 0.7, 2.0, 0.05]), rows).tolist() == [0, 0, 0, 1, 1, 0]
    assert not outliers(np.array([0.1, 0.15, 0.19, 0.0, 0.1, 0.1]), rows).any()
    assert outliers(np.array([0.05, 0.1, 0.3, 0.35, 0.1, 0.4]), rows).tolist() == [0, 0, 1, 1, 0, 1]
    # No gap is clear: the bound is where it usually is.
    crowd = np.array([0.13, 0.2, 0.28, 0.36, 0.45, 0.8])
    assert outliers(crowd, rows).tolist() == [0, 0, 0, 0, 0, 1]
    assert outliers(np.array([0.1, 5.0]), np.array([1000.0, 1.0])).tolist() == [False, False]


def test_validation_rows_speak_for_a_region_of_its_own():
    """Unlike all others, and right: it is told from wrong groups by validation rows from there."""
    rng = np.random.default_rng(0)
    x, x_val = rng.uniform(size=(480, 2)), rng.uniform(size=(120, 2))
    group = np.arange(480) // 40
    x[group == 11, 1] += 10.0
    x_val[:20, 1] += 10.0
    y, y_val = (
        np.where(x[:, 0] > 0.5, 2.0, -2.0) + 2.5 * (x[:, 1] > 5.0) + rng.normal(size=len(x))
        for x in (x, x_val)
    )
    y[group < 2] *= -1.0
    tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=25)
    alone = audit(x, y, x_val[20:], y_val[20:], group, estimator=tree)
    assert set(alone.removed_groups) == {0, 1, 11}
    found = audit(x, y, x_val, y_val, group, estimator=tree)
    assert set(found.removed_groups) == {0, 1}
    assert 11 in found.suspects  # won back, not unsuspected
    assert found.to_frame().loc[11, "stability"] == 1.0
    y[group < 2] *= -1.0
    found = audit(x, y, x_val, y_val, group, estimator=tree)
    assert found.removed_groups.tolist() == []
    assert found.suspects.tolist() == [11]
    assert "fare worse without those that seem wrong" in found.summary()


def test_a_wild_row_makes_no_wrong_group():
    X, y, X_val, y_val, station = case({})
    y[np.flatnonzero(station == "station 04")[0]] = 1e4
    assert len(audit(X, y, X_val, y_val, station).removed_groups) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_val": None}, "y_val must be given together with X_val"),
        ({"X_val": None}, "X_val must be given together with y_val"),
        ({"groups": np.zeros(640, dtype=int)}, "groups must hold at least four groups, got 1"),
        ({"folds": 1}, "folds must be"),
        ({"divisions": 0}, "divisions must be in \\[1, 1000\\], got 0"),
        ({"estimator": "network"}, "estimator must be a scikit-learn regressor"),
        ({"X_val": np.zeros((60, 3))}, "X_val must have 4 columns like X"),
        ({"y": np.zeros(3)}, "X and y"),
    ],
)
def test_bad_arguments(changes, message):
    X, y, X_val, y_val, station = case()
    given = {"X": X, "y": y, "X_val": X_val, "y_val": y_val, "groups": station, **changes}
    with pytest.raises((TypeError, ValueError), match=message):
        paris_core.audit(**given)


def test_progress_is_shown(capsys, monkeypatch):
    monkeypatch.setattr(Lines, "interval", 0.001)
    X, y, X_val, y_val, station = case({})
    audit(X, y, X_val, y_val, station, verbose=1, divisions=1)
    assert re.search(r"audit \d+ of at most \d+ trainings", capsys.readouterr().err)
