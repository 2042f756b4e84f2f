"""What a report says first: whether to use the pruned table, what to do next, what to look at."""

import copy
import math
import re

import numpy as np
import pytest

from paris_core import PARISClassifier, PARISRegressor, cli
from paris_core.evidence.change import change
from paris_core.metrics import rmse
from paris_core.report import answer, write_report
from paris_core.report.answering import far_off, hints
from paris_core.report.findings.fitted import Fitted
from paris_core.report.findings.groups import GroupLine, lines_of_groups, lines_of_rows
from paris_core.report.findings.shares import Share, Shares, by_category, by_stretch, removed_by
from paris_core.report.page.figures import moved
from paris_core.validation import Tail
from problems import Squares, skewed

TAIL = Tail(quantile=0.2)
STATIONS = 12


def stations(wrong=(2, 5), n=900):
    """Rows of stations of which some have the wrong sign, and trusted rows."""
    X, y = skewed(n)
    station = np.arange(n) % STATIONS
    spoilt = np.isin(station, wrong)
    y[spoilt] = 40 - y[spoilt]
    X_val, y_val = skewed(700, seed=1)
    return X, y, station, {"X_val": X_val, "y_val": y_val}


@pytest.fixture(scope="module")
def spoilt():
    """A model that leaves rows of wrong stations out, and its rows."""
    X, y, station, trusted = stations()
    model = PARISRegressor(Squares(), tail=TAIL, random_state=0).fit(X, y, **trusted)
    return model, X, y, station, trusted


def test_use_it_with_the_numbers_of_the_rounds(spoilt):
    model, X, y, _, trusted = spoilt
    found = answer(model, X, y, **trusted)
    first, best = model.history_[0], model.history_[model.best_round_]
    assert found.verdict == "use"
    assert found.change.estimate == pytest.approx(best.monitor_error / first.monitor_error - 1)
    expected = best.monitor_tail_error / first.monitor_tail_error - 1
    assert found.tail_change.estimate == pytest.approx(expected)
    assert found.tail_change.low < expected < found.tail_change.high < 0
    told = f"tail error {found.tail_change.told}, error {found.change.told}"
    assert found.sentence == f"Use the pruned table: {told}."
    assert any("a test set" in step for step in found.next_steps)


def test_the_losses_are_those_of_the_rows_that_watch(spoilt):
    model, X, y, _, trusted = spoilt
    monitor = model.monitor_rows_
    X_mon, y_mon = trusted["X_val"][monitor], trusted["y_val"][monitor]
    kept = ~np.isin(np.arange(len(y)), model.removed_)
    mean, scale = y.mean(), y.std()
    for losses, rows in ((model.losses_.before, slice(None)), (model.losses_.after, kept)):
        head = Squares().fit(X[rows], (y[rows] - mean) / scale)
        np.testing.assert_allclose(losses, ((y_mon - mean) / scale - head.predict(X_mon)) ** 2)
    assert model.losses_.units is None
    assert (model.losses_.weight == 1).all()


def test_do_not_where_nothing_is_wrong():
    X, y, _, trusted = stations(wrong=())
    model = PARISRegressor(Squares(), tail=TAIL, random_state=0).fit(X, y, **trusted)
    found = answer(model, X, y, **trusted)
    assert len(model.removed_) == 0
    assert found.verdict == "do not"
    assert found.sentence == f"Do not prune: {model.stop_reason_.removeprefix('no deletion: ')}."
    assert found.change.estimate == 0
    assert "Train on all rows" in found.next_steps[0]


def test_cannot_tell_with_three_rows_in_the_tail():
    X, y, _, trusted = stations()
    highest = np.sort(trusted["y_val"])[-9]
    model = PARISRegressor(
        Squares(), tail=Tail("upper", threshold=highest), random_state=0, monitor=0.33
    ).fit(X, y, **trusted)
    seen = Fitted.of(model, X, y, *trusted.values())
    n_tail = int((seen.monitor.y >= highest).sum())
    found = answer(model, X, y, **trusted)
    assert 1 < n_tail < 5
    assert found.verdict == "cannot tell"
    words = {2: "two", 3: "three", 4: "four"}[n_tail]
    start = f"Cannot tell: {words} rows in the tail among the monitor rows; over all of them: error"
    assert found.sentence == f"{start} {found.change.told}."
    assert "wider tail" in found.next_steps[0]


@pytest.mark.parametrize("retrain", ["head", "estimator"])
def test_a_number_to_keep_is_put_to_the_same_test(retrain):
    """So many rows leave whatever comes of it; the answer says whether it was for the better."""
    options = {"tail": TAIL, "retrain": retrain, "rounds": 1, "random_state": 0}
    X, y, _, trusted = stations()
    for keep, verdict in ((0.85, "use"), (12, "do not")):
        model = PARISRegressor(Squares(), keep=keep, **options).fit(X, y, **trusted)
        found = answer(model, X, y, **trusted)
        first, last = model.history_[0], model.history_[-1]
        expected = last.monitor_error / first.monitor_error - 1
        assert found.change.estimate == pytest.approx(expected)
        assert found.verdict == verdict, found.sentence
        if verdict == "do not":
            assert found.sentence.startswith("Do not use the pruned table: ")
            assert f"tail error {found.tail_change.told}, error {found.change.told}" in (
                found.sentence
            )
        tried = not any("Not tried" in step for step in found.next_steps)
        assert tried == (retrain == "head" or verdict == "do not")


def test_it_is_said_if_pruning_has_done_harm():
    X, y, _, trusted = stations(wrong=())
    model = PARISRegressor.paper(Squares(), keep=6, tail=TAIL, random_state=0).fit(X, y, **trusted)
    found = answer(model, X, y, **trusted)
    assert found.verdict == "do not"
    assert found.sentence.startswith("Do not use the pruned table: the error would grow, by ")
    assert found.change.low > 0
    assert f"error +{100 * found.change.estimate:.0f} %" in found.sentence


def test_as_many_rows_at_random_must_not_do_as_well():
    """All rows are right, so that any half of them will do."""
    rng = np.random.default_rng(0)
    X, y = skewed(300)
    y += rng.normal(size=300)
    X_val, y_val = skewed(600, seed=1)
    model = PARISRegressor(
        Squares(), keep=0.5, retrain="head", lam=1e-3, tail=TAIL, random_state=0
    ).fit(X, y, X_val=X_val, y_val=y_val)
    model.losses_ = model.losses_._replace(before=model.losses_.after + 1.0)  # the gain is clear
    found = answer(model, X, y, X_val=X_val, y_val=y_val)
    assert found.verdict == "do not"
    assert "the gain over as many removed at random" in found.sentence


def test_nobody_watched():
    X, y, _, trusted = stations()
    model = PARISRegressor(Squares(), keep=0.9, monitor=None, tail=TAIL, random_state=0)
    model.fit(X, y, **trusted)
    assert model.losses_ is None
    found = answer(model, X, y, **trusted)
    assert found.verdict == "cannot tell"
    assert "no rows monitored" in found.sentence
    assert math.isnan(found.change.estimate)


def test_validation_rows_in_turn_judge_by_models_that_they_have_not_steered():
    X, y, station, trusted = stations()
    model = PARISRegressor(
        Squares(), delete="groups", monitor=5, tail=TAIL, random_state=0, refit=False
    ).fit(X, y, groups=station, **trusted)
    found = answer(model, X, y, **trusted)
    assert found.verdict == "use"
    assert len(model.losses_.after) == len(trusted["y_val"])
    record = model.history_[model.best_round_]
    assert found.change.estimate == pytest.approx(
        record.error / model.history_[0].error - 1, abs=0.1
    )


def test_classes_have_no_tail():
    X, y, _, _ = stations(wrong=())
    labels = np.where(y > 22, "high", "low")
    labels[:150] = np.where(labels[:150] == "high", "low", "high")
    X_val, y_val = skewed(900, seed=2)
    trusted = {"X_val": X_val, "y_val": np.where(y_val > 22, "high", "low")}
    model = PARISClassifier(keep="auto", retrain="head", random_state=0)
    model.fit(X, labels, **trusted)
    found = answer(model, X, labels, **trusted)
    assert math.isnan(found.tail_change.estimate)
    assert found.sentence == f"Use the pruned table: error of the class scores {found.change.told}."


# --- what to look at -----------------------------------------------------------------------------


def test_the_groups_to_look_at(spoilt):
    model, X, y, station, trusted = spoilt
    names = np.array([f"<{i}>" for i in station])
    seen = Fitted.of(model, X, y, *trusted.values())
    lines = lines_of_groups(seen, names)
    assert {line.group for line in lines[:2]} == {"<2>", "<5>"}
    head = seen.head(seen.training.at(seen.kept))
    miss = y - seen.task.decode(seen.training.Phi @ head)
    for line in lines:
        rows = names == line.group
        assert (line.n_rows, line.n_removed) == (
            rows.sum(),
            np.isin(rows.nonzero(), model.removed_).sum(),
        )
        assert line.order is None  # rows have left, not groups
        assert line.mean_error == pytest.approx(miss[rows].mean())
        assert line.error == pytest.approx(math.sqrt((miss[rows] ** 2).mean()))
    shares = [line.n_removed / line.n_rows for line in lines]
    assert shares == sorted(shares, reverse=True)


def test_groups_that_left_come_first_in_their_order():
    X, y, station, trusted = stations()
    model = PARISRegressor(Squares(), delete="groups", tail=TAIL, random_state=0)
    model.fit(X, y, groups=station, **trusted)
    seen = Fitted.of(model, X, y, *trusted.values())
    lines = lines_of_groups(seen, station)
    gone = model.removed_groups_.tolist()
    assert sorted(gone) == [2, 5]
    assert [line.group for line in lines[:2]] == gone
    assert [line.order for line in lines[:3]] == [1, 2, None]
    assert hints(seen, removed_by(seen, {"station": station}, None)) == []  # that was done


def test_groups_that_stayed_and_are_far_off_are_named():
    lines = [
        GroupLine(f"S{i}", 50, 0, None, 0.0, error) for i, error in enumerate([1, 1.2, 0.8, 5])
    ]
    lines += [GroupLine("gone", 50, 50, 1, 9.0, 9.0), GroupLine("partly", 50, 20, None, 4.0, 4.0)]
    (told,) = far_off(lines, command=True)
    assert ": S3, partly. Look at them; paris audit --group-column judges" in told
    assert "paris_core.audit judges" in far_off(lines)[0]
    assert far_off(lines[:3] * 2) == []
    assert far_off(lines[2:5]) == []  # of three nothing is usual
    many = [GroupLine(i, 50, 0, None, 0.0, 1.0 if i < 20 else 7.0) for i in range(30)]
    assert ": 20, 21, 22, 23, 24, 25, 26, 27 and 2 more." in far_off(many)[0]


def test_a_narrow_margin_is_called_one(spoilt):
    """The rule is one-sided and sees absolute errors, too, so that the interval may reach zero."""
    model, X, y, _, trusted = spoilt
    wide = model.losses_.after.copy()
    wide[np.argmax(wide)] += 0.9 * (model.losses_.before.sum() - wide.sum())
    other = copy.copy(model)
    other.losses_ = model.losses_._replace(after=wide)
    found = answer(other, X, y, **trusted)
    assert found.change.low < found.change.estimate < 0 < found.change.high
    assert found.sentence.startswith("Use the pruned table, by a narrow margin: ")


def test_the_rows_to_look_at(spoilt):
    model, X, y, _, trusted = spoilt
    seen = Fitted.of(model, X, y, *trusted.values())
    found = lines_of_rows(seen, 7)
    assert [line.row for line in found] == model.removed_[:7].tolist()
    np.testing.assert_array_equal([line.target for line in found], y[model.removed_[:7]])
    head = seen.head(seen.training.at(seen.kept))
    predicted = seen.task.decode(seen.training.Phi @ head)[model.removed_[:7]]
    np.testing.assert_allclose([line.prediction for line in found], predicted)


def test_a_station_that_lost_unusually_many_rows_is_named(spoilt):
    model, X, y, station, trusted = spoilt
    seen = Fitted.of(model, X, y, *trusted.values())
    names = np.array([f"S{i}" for i in station], dtype=object)
    shares = removed_by(seen, {"x": X[:, 0], "station name": names}, None)
    assert {share.value for share in shares.categories[:2]} == {"S2", "S5"}
    (python,), (command,) = (hints(seen, shares, command=c) for c in (False, True))
    one = max(shares.categories, key=lambda share: share.n_removed)
    start = f"Of station name {one.value}, {one.n_removed} of 75 training rows were removed, and "
    assert python.startswith(start)
    assert python.endswith("""try delete="groups" with groups of 'station name'.""")
    assert command.endswith("try --delete groups --group-column 'station name'.")


def test_a_stretch_of_time_that_lost_unusually_many_rows_is_named():
    X, y, _, trusted = stations(wrong=())
    y[300:380] += 15.0
    model = PARISRegressor(Squares(), tail=TAIL, random_state=0).fit(X, y, **trusted)
    seen = Fitted.of(model, X, y, *trusted.values())
    days = np.datetime64("2003-01-01") + np.arange(len(y))
    shares = removed_by(seen, None, days)
    assert sum(share.n_rows for share in shares.stretches) == len(y)
    assert sum(share.n_removed for share in shares.stretches) == len(model.removed_)
    (line,) = hints(seen, shares)
    assert line.startswith("Of time 2003-10-28 to 2004-01-10, ")


def test_which_columns_are_categories():
    n = 400
    removed = np.arange(n) < 100
    sensor = np.where(np.arange(n) < 120, 7, 8)
    with_gaps = np.where(np.arange(n) % 2, "a", None)
    columns = {
        "number": np.arange(n) / 7,
        "id": np.arange(n),
        "name": np.array([f"row {i}" for i in range(n)]),
        "same": np.full(n, "x"),
        "gaps": with_gaps,
        "sensor": sensor,
        "float": np.where(sensor == 7, np.nan, sensor),
    }
    found = by_category(columns.items(), removed)
    assert [(one.column, one.value) for one in found] == [
        ("sensor", "7"),
        ("sensor", "8"),
        ("float", "(missing)"),
        ("float", "8"),
        ("gaps", "(missing)"),
        ("gaps", "a"),
    ]
    assert found[0] == Share("sensor", "7", 120, 100)
    assert by_category(columns.items(), np.zeros(n, dtype=bool)) == []
    assert by_stretch("row", np.arange(n), np.zeros(n, dtype=bool)) == []
    assert by_stretch("row", np.arange(30), np.ones(30, dtype=bool)) == []  # too few for a dozen
    assert Shares(found, [], 0.25).unusual(found)[:1] == [found[0]]
    assert Shares(found, [], 0.75).unusual(found) == []  # most of all others left, too


def test_what_is_unusual():
    """A station with some rows removed where others lost none; not a few rows, nor by chance."""
    lines = [
        Share("station", "S03", 154, 56),
        Share("station", "S02", 160, 16),
        Share("station", "few", 20, 4),
        Share("station", "S05", 155, 1),
    ]
    assert Shares(lines, [], 142 / 3200).unusual(lines) == lines[:1]
    most = [Share("station", "a", 17535, 12751), Share("station", "b", 20000, 3000)]
    assert Shares(most, [], 0.3).unusual(most) == most[:1]
    assert Shares(most, [], 0.4).unusual(most) == []


@pytest.mark.parametrize(
    ("validation", "monitor", "said"),
    [
        ([2.0, 1.0], [2.0, 1.5], "What helps the validation rows helps the monitor rows"),
        ([2.0, 1.0], [2.0, 2.5], "the monitor rows do not"),
        ([2.0, 2.5], [2.0, 1.5], "not even the validation rows gain"),
    ],
)
def test_the_caption_says_where_the_curves_go(validation, monitor, said):
    kept = np.array([100, 50])
    series = {"validation rows": (kept, np.array(validation))}
    series["monitor rows"] = kept, np.array(monitor)
    for chosen, where in ((50, "there"), (100, "with the fewest rows")):
        text = moved(series, chosen)
        assert said in text
        assert f"validation rows 2, {where} {validation[1]:g}" in text


# --- the page and the command line ----------------------------------------------------------------


def test_the_page_begins_with_the_answer(spoilt, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    model, X, y, station, trusted = spoilt
    names = np.array([f"<i>{i}</i>" for i in station])
    path = tmp_path / "r.html"
    write_report(path, model, X, y, **trusted, groups=names, columns={"<site>": names})
    body = path.read_text(encoding="utf-8").partition("<body>\n")[2]
    assert body.startswith(f"<h1>{answer(model, X, y, **trusted).sentence}</h1>\n<ul><li>")
    order = ["Groups to look at", "Where rows left", "In numbers", "Data", "What was done"]
    places = [body.index(f"<h2>{name}</h2>") for name in order]
    assert places == sorted(places)
    assert "&lt;i&gt;2&lt;/i&gt;" in body
    assert "<i>" not in body
    assert "<site>" not in body
    assert "with groups of &#x27;&lt;site&gt;&#x27;." in body
    write_report(path, model, X, y, **trusted)
    body = path.read_text(encoding="utf-8")
    assert "<h2>Rows to look at</h2>" in body
    with pytest.raises(ValueError, match="groups must have"):
        write_report(path, model, X, y, **trusted, groups=names[1:])
    with pytest.raises(ValueError, match=r"columns\['a'\] must have one value per row of X, 900"):
        write_report(path, model, X, y, **trusted, columns={"a": names[1:]})
    with pytest.raises(TypeError, match="columns must be a DataFrame or a mapping"):
        write_report(path, model, X, y, **trusted, columns=3)


@pytest.mark.usefixtures("few_epochs")
def test_the_command_says_it_first(tmp_path, monkeypatch, capsys):
    pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
    monkeypatch.chdir(tmp_path)
    X, y, station, trusted = stations()
    y[np.isin(station, (2, 5))] += 30  # also a network of few passes sees that
    pd.DataFrame(X, columns=["a", "b", "c"]).assign(
        station=[f"site {i}" for i in station], y=y
    ).to_csv("train.csv", index=False)
    pd.DataFrame(trusted["X_val"], columns=["a", "b", "c"]).assign(y=trusted["y_val"]).to_csv(
        "val.csv", index=False
    )
    argv = ["prune", "train.csv", "--target", "y", "--val", "val.csv", "--quiet"]
    assert cli.main([*argv, "--drop", "station"]) == 0
    out = capsys.readouterr().out
    assert re.match(r"Use the pruned table: tail error -\d+ % \(-\d+, -\d+\), error -", out)
    assert re.search(
        r"\nOf station site \d, \d+ of 75 training rows were removed, and unusually many of "
        r"1 more: "
        r"if it is wrong as a whole, try --delete groups --group-column station\.\n\n",
        out,
    )
    argv += ["--delete", "groups", "--group-column", "station", "--groups-out", "groups.csv"]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    assert "groups.csv: the groups, " in out
    table = pd.read_csv("groups.csv")
    assert set(table["group"][:2]) == {"site 2", "site 5"}
    assert table["order"].tolist()[:2] == [1, 2]
    assert table["order"][2:].isna().all()
    assert (table["share_removed"] == table["n_removed"] / table["n_rows"]).all()
    assert table["mean_error"][:2].abs().min() > 5 > table["mean_error"][2:].abs().max()
    assert cli.main(["prune", "train.csv", "--target", "y", "--groups-out", "g.csv"]) == 2
    assert "--groups-out needs --group-column" in capsys.readouterr().err
    again = [*argv[:-1], "train.csv"]
    assert cli.main(again) == 2
    assert "--groups-out train.csv is also train.csv" in capsys.readouterr().err


def test_a_change_is_that_of_rmse():
    rng = np.random.default_rng(0)
    y, one, other = rng.normal(size=(3, 50))
    found = change((y - one) ** 2, (y - other) ** 2)
    assert found.estimate == pytest.approx(rmse(y, other) / rmse(y, one) - 1)
