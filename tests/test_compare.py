"""compare: remedies side by side, on validation rows that none of them has seen."""

import contextlib
import math
import pickle
import signal

import numpy as np
import pytest
from scipy import stats
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from paris_core import ScaleWarning, compare
from paris_core.comparison import REMEDIES, Outcome, Task
from paris_core.comparison.fitting import weight_parameter
from paris_core.comparison.resampling import Tally
from paris_core.comparison.result import lines_of
from paris_core.comparison.verdict import advised, better_than, beyond_chance
from paris_core.evidence import Gain, paired_gain
from paris_core.validation import Tail, weights

N, V, GROUPS = 300, 60, 15

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def network():
    """What PARIS chooses rows with: small, and quick to train."""
    return make_pipeline(
        StandardScaler(),
        MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", max_iter=20, random_state=0),
    )


def problem(wrong=3, seed=0):
    """The sign is wrong in so many groups; the targets of the validation rows are right."""
    rng = np.random.default_rng(seed)
    X, X_val = rng.normal(size=(N, 3)), rng.normal(size=(V, 3))
    y, y_val = (x @ [1.0, 2.0, -1.0] + 0.3 * rng.normal(size=len(x)) for x in (X, X_val))
    groups = np.arange(N) % GROUPS
    bad = groups < wrong
    return X, np.where(bad, -y, y), X_val, y_val, groups, bad


class Counting(RegressorMixin, BaseEstimator):
    """Least squares that says how many rows it was given."""

    def __init__(self, seen=None):
        self.seen = seen

    def __sklearn_clone__(self):
        return Counting(self.seen)  # not a copy of the list

    def fit(self, X, y, sample_weight=None):
        self.seen.append(len(y))
        self.model_ = LinearRegression().fit(X, y, sample_weight)
        return self

    def predict(self, X):
        return self.model_.predict(X)


def compared(wrong=3, seed=0, **options):
    X, y, X_val, y_val, groups, _ = problem(wrong, seed)
    options = {"estimator": LinearRegression(), "network": network(), "groups": groups} | options
    return compare(X, y, X_val, y_val, random_state=0, **options)


@pytest.fixture(scope="module")
def spoilt():
    return compared()


def test_wrong_groups_are_found_and_the_first_line_says_so(spoilt):
    assert spoilt.best in ("groups trimmed", "PARIS by groups", "PARIS then trimmed")
    first = str(spoilt).splitlines()[0]
    assert first.startswith(f"Use {spoilt.best!r}: its error is ")
    assert "beyond chance among the 9 remedies tried" in first
    bad = problem()[-1]
    assert set(spoilt.fit().removed) == set(np.flatnonzero(bad))
    X, _, X_val, y_val, *_ = problem()
    assert spoilt.model.predict(X).shape == (N,)
    assert np.sqrt(np.mean((spoilt.model.predict(X_val) - y_val) ** 2)) < 0.4
    assert spoilt.model is spoilt.model


def test_every_remedy_is_tried_and_the_table_is_sorted(spoilt):
    assert {line.remedy for line in spoilt.table} == set(REMEDIES)
    errors = [line.error for line in spoilt.table]
    assert errors == sorted(errors)
    assert spoilt.left_out == {}


def test_right_rows_are_left_alone():
    result = compared(wrong=0)
    assert result.best == "everything + validation"
    first = str(result).splitlines()[0]
    assert first.startswith("Train on everything, the validation rows included: none of the 9")
    assert len(result.fit().removed) == 0


def test_without_a_better_remedy_validation_rows_are_trained_on_unless_they_do_harm():
    rng = np.random.default_rng(0)
    same = rng.chisquare(1, 50)
    best = {}
    for factor in (0.99, 1.0, 1.3):
        losses = {"everything": same, "everything + validation": same * factor}
        tallies = {name: Tally(loss[None], [0]) for name, loss in losses.items()}
        lines, best[factor] = lines_of(tallies, np.zeros(50, dtype=bool), None)
        if factor == 1.0:
            assert not any(line.better for line in lines)
    assert best == {
        0.99: "everything + validation",
        1.0: "everything + validation",
        1.3: "everything",
    }


def test_the_cost_is_known_beforehand():
    seen = []
    result = compared(estimator=Counting(seen), folds=2, repeats=2)
    assert len(seen) == sum(line.n_fits for line in result.table)
    assert len(seen) <= result.cost.n_fits
    assert result.cost.n_fits == 2 * (1 + 5 + 8 + 2 * (1 + 1 + 1 + 1 + 3 + 1 + 1 + 1 + 1 + 10))
    assert result.cost.n_runs == 2 * 2 * 2


def test_the_cost_is_reached_where_nothing_is_shared():
    seen = []
    names = ["everything + validation", "validation only", "Huber loss", "rows trimmed"]
    X, y, X_val, y_val, *_ = problem()
    y[:30] += 50.0
    result = compare(X, y, X_val, y_val, estimator=Counting(seen), remedies=names, random_state=0)
    assert len(seen) == result.cost.n_fits == 1 + 5 + 3 * (1 + 1 + 1 + 3 + 1)


def test_the_cost_is_said_before_the_first_fit(capsys):
    class Refusing(LinearRegression):
        def fit(self, X, y):
            raise RuntimeError("no fit")

    with pytest.raises(RuntimeError, match="no fit"):
        compared(estimator=Refusing(), remedies=["validation only"], verbose=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(
        "2 remedies, 3 folds, 1 repeat: at most 6 fits of the estimator and 0 runs of PARIS\n"
    )


def test_which_rows_remedies_train_on():
    """Those that say so train on the validation rows of the other folds, too."""
    for name, rows in {
        "everything": [N] * 2,
        "everything + validation": [N, N + 30] * 2,
        "validation only": [N, 30] * 2,
        "inverse-root-density weights": [N, N] * 2,
        "Huber loss": [N, *[N + 30] * 4] * 2,
    }.items():
        seen = []
        compared(estimator=Counting(seen), remedies=[name], folds=2)
        assert seen == rows, name
    for name in ("rows trimmed", "groups trimmed", "PARIS by groups", "PARIS then trimmed"):
        seen = []
        result = compared(estimator=Counting(seen), remedies=[name], folds=2)
        removed = result.table[0].n_removed
        assert removed > 0
        seen.clear()
        outcome = result.fit(name)
        assert seen[-1] == N + V - len(outcome.removed)


class Told:
    """Predicts 1 for rows that the remedy was given, and 0 for others."""

    def __init__(self, X):
        self.known = {row.tobytes() for row in X}

    def predict(self, X):
        return np.array([float(row.tobytes() in self.known) for row in X])


def test_no_remedy_sees_the_rows_that_it_is_judged_by():
    X, y, X_val, _, _, _ = problem()
    sizes = []

    def tell(task):
        sizes.append(len(task.X_val))
        assert isinstance(task, Task)
        return Told(task.X_val)

    result = compare(
        *(X, y, X_val, np.zeros(V)),
        estimator=LinearRegression(),
        remedies={"told": tell},
        repeats=2,
        random_state=0,
    )
    assert sizes == [40] * 6
    np.testing.assert_array_equal(result.losses["told"], np.zeros((2, V)))
    assert result.table[0].remedy == "told"


def test_all_remedies_see_the_same_rows_and_seeds():
    seen = {"one": [], "two": []}

    def look(name):
        def remedy(task):
            seen[name].append((task.random_state, task.y_val.tolist()))
            return task.fit()

        return remedy

    result = compared(remedies={name: look(name) for name in seen}, repeats=2)
    assert seen["one"] == seen["two"]
    assert len({state for state, _ in seen["one"]}) == 6
    np.testing.assert_array_equal(result.losses["one"], result.losses["two"])
    assert not np.array_equal(*result.losses["one"])


def test_the_seed_decides():
    X, y, X_val, y_val, *_ = problem()
    options = {"remedies": ["validation only"], "folds": 2}
    tables = [
        [line._replace(seconds=0.0) for line in compare(*rows, random_state=seed, **options).table]
        for seed in (0, 0, 1)
        for rows in [(X[:40], y[:40], X_val, y_val)]
    ]
    assert str(tables[0]) == str(tables[1])
    assert {line.error for line in tables[2]}.isdisjoint(line.error for line in tables[0])


def test_the_fewest_within_one_standard_error():
    X, y, X_val, y_val, *_ = problem(wrong=0)
    y[:60] += 20.0
    chosen = []

    def remedy(task):
        rng = np.random.default_rng(0)
        candidates = [np.arange(n) for n in (0, 30, 60, 90, 200)]
        chosen.append(
            len(task.fewest(rng.permutation(np.array(candidates, dtype=object)).tolist()))
        )
        losses = [
            (task.y_val - task.fit(one, validation=False).predict(task.X_val)) ** 2
            for one in candidates
        ]
        best = min(losses, key=np.mean)
        within = [
            (loss - best).mean() <= (loss - best).std(ddof=1) / math.sqrt(len(best))
            for loss in losses
        ]
        assert chosen[-1] == len(candidates[within.index(True)])
        return task.fit()

    compare(
        *(X, y, X_val, y_val),
        estimator=LinearRegression(),
        remedies={"own": remedy},
        random_state=0,
    )
    assert set(chosen) <= {60, 90}


def test_weights_of_rare_targets_and_of_huber():
    X, y, X_val, y_val, *_ = problem()
    result = compared(remedies=["inverse-root-density weights", "Huber loss"])
    weight = weights.inverse_density(y, power=0.5)
    expected = LinearRegression().fit(X, y, weight)
    got = result.fit("inverse-root-density weights").model
    np.testing.assert_allclose(got.coef_, expected.coef_)

    both, target = np.vstack([X, X_val]), np.concatenate([y, y_val])
    model = LinearRegression().fit(both, target)
    for _ in range(3):
        size = np.abs(target - model.predict(both))
        corner = 1.345 * 1.4826 * np.median(size)
        model = LinearRegression().fit(both, target, np.minimum(1.0, corner / size))
    np.testing.assert_allclose(result.fit("Huber loss").model.coef_, model.coef_)


def test_huber_where_nothing_is_left_to_weight():
    X, y = np.arange(40.0)[:, None], np.arange(40.0)
    result = compare(X, y, X[:12], y[:12], estimator=LinearRegression(), remedies=["Huber loss"])
    assert result.best == "everything"


@pytest.mark.parametrize(
    "model",
    [
        Ridge(),
        make_pipeline(StandardScaler(), Ridge()),
        TransformedTargetRegressor(make_pipeline(StandardScaler(), Ridge())),
        HistGradientBoostingRegressor(max_iter=3),
    ],
    ids=["plain", "pipeline", "targets", "trees"],
)
def test_weights_reach_the_last_step(model):
    assert weight_parameter(model).endswith("sample_weight")
    result = compared(estimator=model, remedies=["inverse-root-density weights"], folds=2)
    assert len(result.table) == 2
    assert result.table[0].error != result.table[1].error


@pytest.mark.parametrize("model", [KNeighborsRegressor(), make_pipeline(KNeighborsRegressor())])
def test_what_cannot_be_tried_is_said(model):
    X, y, X_val, y_val, *_ = problem()
    result = compare(X, y, X_val, y_val, estimator=model, network=network(), folds=2)
    assert set(result.left_out) == {
        *("inverse-root-density weights", "Huber loss"),
        *("groups trimmed", "PARIS by groups"),
    }
    assert "Left out: 'groups trimmed', which needs groups." in str(result)
    assert "Left out: 'Huber loss', which needs an estimator that takes sample_weight." in str(
        result
    )
    assert result.cost.n_fits == 1 + 5 + 2 * (1 + 1 + 1 + 1 + 1 + 7)
    assert result.cost.n_runs == 2
    for name in result.left_out:
        with pytest.raises(ValueError, match=f"remedies: '{name}' needs"):
            compare(X, y, X_val, y_val, estimator=model, remedies=[name])


def test_data_frames_with_text():
    pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
    X, y, X_val, y_val, groups, _ = problem()
    frame, frame_val = (
        pd.DataFrame(x, columns=list("abc"), index=np.arange(len(x)) + 5).assign(
            colour=np.where(x[:, 0] > 0, "red", "blue")
        )
        for x in (X, X_val)
    )
    columns = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["colour"]), (StandardScaler(), list("abc"))
    )
    before = frame.copy(), frame_val.copy()
    result = compare(
        *(frame, y, frame_val, y_val),
        groups=groups,
        estimator=make_pipeline(columns, LinearRegression()),
        network=make_pipeline(columns, network()[-1]),
        remedies=["groups trimmed", "PARIS by groups"],
        folds=2,
        random_state=0,
    )
    assert result.best != "everything"
    for one, other in zip(before, (frame, frame_val), strict=True):
        pd.testing.assert_frame_equal(one, other)
    table = result.to_frame()
    assert list(table.index) == [line.remedy for line in result.table]
    assert list(table.columns) == list(result.table[0]._fields[1:])
    for bad, message in [
        (frame_val[["b", "a", "c", "colour"]], "columns of X in their order, got 'b' where X has"),
        (frame_val[["a"]], "must have 4 columns like X"),
    ]:
        with pytest.raises(ValueError, match=f"X_val.*{message}"):
            compare(frame, y, bad, y_val)
    with pytest.raises(TypeError, match="X_val must be a data frame like X, got ndarray"):
        compare(frame, y, X_val, y_val)


def test_inputs_stay_as_they_are():
    arrays = problem()[:5]
    before = [one.copy() for one in arrays]
    for one in arrays:
        one.setflags(write=False)
    X, y, X_val, y_val, groups = arrays
    compare(
        *(X, y, X_val, y_val),
        groups=groups,
        estimator=LinearRegression(),
        network=network(),
        folds=2,
    )
    for one, other in zip(before, arrays, strict=True):
        np.testing.assert_array_equal(one, other)


def test_groups_of_validation_rows_stay_together_and_are_one_observation():
    units = np.arange(V) // 10
    seen = []

    def remedy(task):
        seen.append({units[place] for place in np.flatnonzero(np.isin(y_val, task.y_val))})
        return task.fit()

    X, y, X_val, y_val, *_ = problem()
    options = {"estimator": LinearRegression(), "random_state": 0, "remedies": {"own": remedy}}
    result = compare(X, y, X_val, y_val, val_groups=units, **options)
    assert [len(one) for one in seen] == [4, 4, 4]
    line = next(line for line in result.table if line.remedy == "own")
    losses = {name: loss[0] for name, loss in result.losses.items()}
    before, after = losses["everything"], losses["own"]
    ratio = after.mean() / before.mean()
    by_unit = [(after - ratio * before)[units == u].sum() for u in range(6)]
    error = math.sqrt(6 / 5 * np.square(by_unit).sum()) / V / after.mean()  # of log ratio
    ends = np.sqrt(ratio * np.exp(np.array([-1, 1]) * stats.t.ppf(0.975, 5) * error)) - 1.0
    assert (line.change_low, line.change_high) == pytest.approx(tuple(ends))
    assert line.change == pytest.approx(math.sqrt(ratio) - 1.0)
    with pytest.raises(ValueError, match="folds must be at most 6, for the groups in val_groups"):
        compare(X, y, X_val, y_val, val_groups=units, folds=7, **options)


def test_holm():
    rng = np.random.default_rng(0)
    for _ in range(200):
        t = rng.normal(1.5, 1.5, size=5)
        gains = {str(i): Gain(float(value), 1.0, 21) for i, value in enumerate(t)}
        p = stats.t.sf(t, 20)
        expected = set()
        for rank, i in enumerate(np.argsort(p)):
            if p[i] >= 0.05 / (5 - rank):
                break
            expected.add(str(i))
        assert beyond_chance(gains, 0.95) == expected


def test_either_kind_of_error_may_tell():
    """At 97.5 %, where squared errors do not speak against it."""
    sure, likely, open_, against = (Gain(t, 1.0, 1000) for t in (4.0, 1.7, 0.5, -1.0))
    squared = {"a": sure, "b": likely, "c": open_, "d": against}
    absolute = {"a": against, "b": sure, "c": sure, "d": sure}
    assert better_than(squared, absolute, 0.95) == {"a", "b"}
    just = {"a": Gain(1.8, 1.0, 1000)}  # beyond chance at 95 %, not at 97.5 %
    assert beyond_chance(just, 0.95) == {"a"}
    assert better_than(just, just, 0.95) == set()


def test_wrong_advice_is_rare():
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(400):
        errors = np.abs(rng.normal(size=(8, 50)) + 3.0 * rng.normal(size=50))
        squared, absolute = (
            {str(i): paired_gain(of[0], of[i]) for i in range(1, 8)} for of in (errors**2, errors)
        )
        wrong += bool(better_than(squared, absolute, 0.95))
    assert 0.005 < wrong / 400 < 0.075


def test_a_few_rows_far_off_do_not_hide_a_gain():
    """One validation row in fifty is far off with every remedy."""
    rng = np.random.default_rng(0)
    before = rng.normal(size=200)
    before[::50] *= 40.0 * rng.normal(size=4)
    after = before * (0.6 + 0.2 * rng.normal(size=200))
    gains = [
        {"own": paired_gain(*pair)} for pair in ((before**2, after**2), (abs(before), abs(after)))
    ]
    assert beyond_chance(gains[0], 0.95) == set()
    assert better_than(*gains, 0.95) == {"own"}


def test_of_what_is_as_good_the_least_absolute_error_decides():
    rng = np.random.default_rng(0)
    near = 1.0 + 0.1 * rng.random(200)
    lucky = near + 0.2
    near[7], lucky[7] = 30.0, 20.0  # a row that is far off
    far = near + 3.0
    squared = {"lucky": lucky**2, "near": near**2, "far": far**2}
    absolute = {"lucky": lucky, "near": near, "far": far}
    assert squared["lucky"].mean() < squared["near"].mean()
    assert advised(["lucky", "near", "far"], squared, absolute, None, 0.95) == "near"
    assert advised(["lucky", "far"], squared, absolute, None, 0.95) == "lucky"
    assert advised([], squared, absolute, None, 0.95) is None
    sure = {"one": np.full(50, 4.0), "two": np.full(50, 5.0) + rng.random(50)}
    assert advised(sure, sure, {"one": sure["two"], "two": sure["one"]}, None, 0.95) == "one"


def test_paris_then_trimmed_is_advised_unless_another_is_better_beyond_chance():
    rng = np.random.default_rng(1)
    size = np.abs(rng.normal(size=80))
    for factor, noise, best in (
        (0.98, 0.5, "PARIS then trimmed"),
        (0.8, 0.01, "other"),
        (1.1, 0.01, "PARIS then trimmed"),
    ):
        absolute = {"PARIS then trimmed": size}
        absolute["other"] = np.abs(factor * size + noise * (rng.random(80) - 0.5))
        squared = {name: values**2 for name, values in absolute.items()}
        assert advised(list(squared), squared, absolute, None, 0.95) == best
    assert advised(["other"], squared, absolute, None, 0.95) == "other"


def test_a_tail_without_rows():
    result = compared(tail=Tail("upper", threshold=1e6), remedies=["validation only"])
    assert all(math.isnan(line.tail_error) for line in result.table)
    assert "(0 in the tail)" in str(result)


def test_the_tail_is_that_of_the_validation_rows():
    result = compared(tail=Tail("lower", quantile=0.25), remedies=["everything + validation"])
    y_val = problem()[3]
    np.testing.assert_array_equal(result.tail, y_val <= np.quantile(y_val, 0.25))
    for line in result.table:
        expected = math.sqrt(result.losses[line.remedy][0, result.tail].mean())
        assert line.tail_error == pytest.approx(expected)


def test_everything_alone():
    result = compared(remedies=[])
    assert result.best == "everything"
    assert str(result).startswith("Train on everything: no other remedy was tried.")


@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_ends_it():
    calls = []

    def goes_on(task):
        calls.append(1)
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return task.fit()

    with pytest.raises(KeyboardInterrupt):
        compared(remedies={"own": goes_on})
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"estimator": LogisticRegression()}, TypeError, "estimator must be.*regression only"),
        ({"estimator": LinearRegression}, TypeError, "estimator must be a regressor"),
        ({"remedies": ["nothing"]}, ValueError, "remedies must be one of 'everything'"),
        ({"remedies": {"everything": len}}, ValueError, "remedies: 'everything' is what others"),
        ({"remedies": {"own": 3}}, TypeError, r"remedies\['own'\] must be callable"),
        ({"remedies": {3: len}}, TypeError, "remedies: a name must be a string"),
        ({"remedies": {"own": lambda task: 3}}, TypeError, "'own' must return a fitted model"),
        (
            {"remedies": {"own": lambda task: Outcome(task.fit(), [N])}},
            ValueError,
            "removed of 'own'",
        ),
        ({"groups": np.zeros(N, dtype=int)}, ValueError, "groups must name at least two groups"),
        ({"folds": 31}, ValueError, "folds must be at most 30"),
    ],
)
def test_arguments(options, error, message):
    with pytest.raises(error, match=message):
        compared(**options)


def test_targets_are_numbers_and_rows_are_enough():
    X, y, X_val, y_val, *_ = problem()
    with pytest.raises(TypeError, match=r"y must be real numbers.*regression only"):
        compare(X, np.where(y > 0, "a", "b"), X_val, y_val)
    with pytest.raises(ValueError, match="X_val must have at least 10 rows, got 9"):
        compare(X, y, X_val[:9], y_val[:9])
    with pytest.raises(ValueError, match="y_val must have shape"):
        compare(X, y, X_val, y_val[:20])


def test_predictions_are_numbers():
    class Nothing(LinearRegression):
        def predict(self, X):
            return np.full(len(X), np.nan)

    with pytest.raises(ValueError, match="estimator must predict finite numbers"):
        compared(estimator=Nothing())


def test_doubts_about_the_rows_are_told_once():
    X, y, X_val, y_val, *_ = problem()
    with pytest.warns(ScaleWarning) as caught:
        compare(
            *(X, y, 1000.0 * X_val, y_val),
            estimator=LinearRegression(),
            network=network(),
            remedies=["PARIS by rows"],
            folds=2,
            random_state=0,
        )
    assert sum(one.category is ScaleWarning for one in caught) == 1


def test_a_comparison_can_be_pickled():
    result = compared(remedies=["rows trimmed"], folds=2)
    again = pickle.loads(pickle.dumps(result))
    assert str(again) == str(result)
    np.testing.assert_array_equal(again.fit().model.coef_, result.fit().model.coef_)


def test_a_full_disk_under_stderr_ends_no_run(monkeypatch):
    class Full:
        def write(self, text):
            raise OSError(28, "No space left on device")

        def flush(self):
            self.write("")

    monkeypatch.setattr("sys.stderr", Full())
    assert compared(remedies=["validation only"], verbose=1).table


def test_fits_of_a_task():
    X, y, X_val, y_val, *_ = problem()

    def remedy(task):
        assert task.fit([3, 5]) is task.fit(np.array([5, 3]))
        assert task.fit() is not task.fit(validation=False)
        with pytest.raises(ValueError, match="removed must be in"):
            task.fit([N])
        with pytest.raises(ValueError, match=r"sample_weight must have shape \(338,\)"):
            task.fit([1, 2], sample_weight=np.ones(N))
        return task.fit()

    compare(*(X, y, X_val, y_val), estimator=LinearRegression(), remedies={"own": remedy}, folds=3)


def test_drawing(spoilt):
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    from paris_core.plotting import new_figure, plot_comparison

    ax = spoilt.plot(ax=new_figure().subplots())
    lines = [line for line in spoilt.table if line.remedy != "everything"]
    assert [text.get_text() for text in ax.get_yticklabels()] == [line.remedy for line in lines]
    drawn = np.concatenate([points.get_offsets()[:, 0] for points in ax.collections[1:3]])
    assert sorted(drawn) == pytest.approx(sorted(100.0 * line.change for line in lines))
    n_better = sum(line.better for line in lines)
    assert len(ax.collections[1].get_offsets()) == n_better > 0
    with pytest.raises(TypeError, match=r"comparison must be what paris_core\.compare returns"):
        plot_comparison(3)
