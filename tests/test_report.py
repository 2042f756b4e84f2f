"""The HTML report: what it says, that it stands alone, and that its script runs again."""

import base64
import html
import re
import xml.dom.minidom
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from paris_core import PARISClassifier, PARISRegressor, cli
from paris_core.linalg import RidgeFactor
from paris_core.metrics import rmse
from paris_core.report import explain_row, write_report
from paris_core.report.findings import baselines
from paris_core.report.findings.fitted import Fitted
from paris_core.report.page import sections
from paris_core.validation import Tail
from problems import Squares
from problems import skewed as draw

pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")

N = 500


@pytest.fixture(scope="module")
def fitted():
    X, y = draw()
    y[:200] = np.minimum(y[:200], 21)
    model = PARISRegressor(
        Squares(), keep=0.8, retrain="head", refit=False, tail=Tail(quantile=0.2), random_state=0
    )
    return model.fit(X, y), X, y


def read(path):
    """The page; every tag closed, nothing loaded from elsewhere."""
    text = path.read_text(encoding="utf-8")
    open_tags = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            values = dict(attributes)
            assert tag != "script"
            assert values.get("src", "data:").startswith("data:")
            assert "href" not in values
            if tag not in ("meta", "img"):
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    Reader().feed(text)
    assert open_tags == []
    assert "url(" not in text
    return text


def drawings(text):
    """The titles and the SVG of the pictures."""
    found = re.findall(
        r'<h3>([^<]+)</h3><img src="data:image/svg\+xml;base64,([^"]+)" alt="\1">', text
    )
    pictures = {html.unescape(title): base64.b64decode(data) for title, data in found}
    for picture in pictures.values():
        assert xml.dom.minidom.parseString(picture).documentElement.tagName == "svg"
    return pictures


def rows(text, first):
    """Cells of the lines of the table whose head begins so."""
    table = next(t for t in re.findall(r"<table>.*?</table>", text, re.DOTALL) if first in t)
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", table)
    return [re.findall(r"<td>(.*?)</td>", line) for line in lines[1:]]


@pytest.mark.parametrize("retrain", ["estimator", "head"])
@pytest.mark.parametrize("n_stations", [10, 100])
def test_report_of_groups(retrain, n_stations, tmp_path):
    X, y = draw(1000)
    station = np.arange(1000) % n_stations
    wrong = station % 5 == 2
    y[wrong] = 40 - y[wrong]
    X_val, y_val = draw(300, seed=1)
    trusted = {"X_val": X_val, "y_val": y_val}
    model = PARISRegressor(
        Squares(), delete="groups", retrain=retrain, tail=Tail(quantile=0.2), random_state=0
    ).fit(X, y, groups=station, **trusted)
    write_report(tmp_path / "r.html", model, X, y, **trusted)
    text = read(tmp_path / "r.html")
    gone = list(dict.fromkeys(station[model.removed_].tolist()))
    assert len(gone) >= (2 if n_stations == 10 else 15)
    assert set(gone) <= set(station[wrong].tolist())
    named = re.search(r"Groups removed, in the order of deletion: (.+)\.</p>", text).group(1)
    assert named.split(", ")[:50] == [str(name) for name in gone[:50]]
    assert "Each deletion took the whole group of training rows with the best effect" in text
    assert "Error against rows kept" in drawings(text)


@pytest.mark.filterwarnings("ignore::paris_core.errors.ManyRemovedWarning")
def test_many_groups_are_not_all_named(monkeypatch, tmp_path):
    X, y = draw(1000)
    station = np.arange(1000) % 10
    y[station < 4] = 40 - y[station < 4]
    X_val, y_val = draw(300, seed=1)
    trusted = {"X_val": X_val, "y_val": y_val}
    model = PARISRegressor(Squares(), delete="groups", tail=Tail(quantile=0.2), random_state=0)
    model.fit(X, y, groups=station, **trusted)
    gone = list(dict.fromkeys(station[model.removed_].tolist()))
    monkeypatch.setattr(sections, "_MOST_NAMES", 2)
    write_report(tmp_path / "r.html", model, X, y, **trusted)
    said = f"{gone[0]}, {gone[1]}, and {len(gone) - 2} more."
    assert f"in the order of deletion: {said}" in read(tmp_path / "r.html")


def test_report_of_a_regression(fitted, tmp_path):
    model, X, y = fitted
    path = tmp_path / "report.html"
    write_report(path, model, X, y, target="dst <nT>", source="x & y.csv", remarks=["<b>no</b>"])
    text = read(path)
    assert list(tmp_path.iterdir()) == [path]
    assert '<p class="sub">Pruning report: dst &lt;nT&gt; in x &amp; y.csv. paris_core' in text
    assert "&lt;b&gt;no&lt;/b&gt;" in text
    assert "<b>no</b>" not in text
    assert list(drawings(text)) == [
        "Targets before and after",
        "Error against rows kept",
        "The rows behind the worst prediction of a validation row",
    ]
    table = rows(text, "<th>round</th>")
    assert [line[1] for line in table] == [str(r.n_kept) for r in model.history_]
    assert [float(line[3]) for line in table] == pytest.approx(
        [r.error for r in model.history_], rel=1e-3
    )
    assert [line[0] for line in rows(text, "quantiles of")] == [
        "training rows",
        "rows kept",
        "rows removed",
        "validation rows",
        "monitor rows",
    ]
    assert "PARISRegressor(estimator=" in text
    assert "keep=0.8" in text
    assert "random seed 0" in text


def test_same_report_twice_but_for_the_time(fitted, tmp_path):
    pages = []
    for name in ("one", "two"):
        write_report(tmp_path / name, *fitted)
        text = (tmp_path / name).read_text(encoding="utf-8")
        pages.append(re.sub(r'<p class="sub">.*?</p>', "", text))
    assert pages[0] == pages[1]


def test_baselines_are_ridge_fits_judged_on_the_monitor_rows(fitted):
    model, X, y = fitted
    parts = Fitted.of(model, X, y)
    lines = {line.label: line for line in baselines.compare(parts, np.random.default_rng(0))}
    assert list(lines)[:2] == ["this model", baselines.FIRST]
    train, kept = model.training_rows_, np.flatnonzero(model.support_)
    validation, monitor = model.validation_rows_, model.monitor_rows_
    mean, scale = y[train].mean(), y[train].std()
    features = model.features(X)
    heads = [RidgeFactor(features[train], (y[train] - mean) / scale, model.lam_).weights]
    for label, used in {
        "this model": kept,
        baselines.FIRST: train,  # a head, as the features stay
        "all training rows": train,
        "validation rows only": validation,
        "training + validation rows": np.concatenate([train, validation]),
        "rows kept + validation rows": np.concatenate([kept, validation]),
    }.items():
        head = RidgeFactor(features[used], (y[used] - mean) / scale, model.lam_).weights
        error = rmse(y[monitor], mean + scale * (features[monitor] @ head))
        assert lines[label].error == pytest.approx(error, rel=1e-6), label
        assert lines[label].n_rows == len(used)
        squares = (y[monitor] - mean - scale * (features[monitor] @ head)) ** 2
        np.testing.assert_allclose(lines[label].squares, squares / scale**2, rtol=1e-6, atol=1e-9)
        found = lines[label].against(lines[baselines.FIRST], parts)
        first = rmse(y[monitor], mean + scale * (features[monitor] @ heads[0]))
        assert found.estimate == pytest.approx(error / first - 1.0, rel=1e-5, abs=1e-9)
        assert found.low <= found.estimate <= found.high
    random = next(line for label, line in lines.items() if "at random" in label)
    assert random.n_rows == len(kept)
    assert 0 < random.spread < random.error


def test_it_looks_at_the_model_of_the_round(fitted, tmp_path):
    """A last fit to the rows that judge changes nothing but what it says of that."""
    model, X, y = fitted
    again = clone(model).set_params(refit=True).fit(X, y)
    assert not np.array_equal(again.predict(X), model.predict(X))
    again.history_ = model.history_  # seconds are others
    pages = []
    for one in (model, again):
        write_report(tmp_path / "r.html", one, X, y)
        text = read(tmp_path / "r.html")
        pages.append(re.sub(r'<p class="sub">.*?</p>|<pre>.*?</pre>', "", text, flags=re.DOTALL))
    said = "The final model was fitted once more, to every row that was not removed"
    assert said not in pages[0]
    assert said in pages[1]
    without = re.sub(r"<p>The final model was fitted once more.*?</p>", "", pages[1])
    assert re.sub(r"\s+", " ", without) == re.sub(r"\s+", " ", pages[0])
    mine, theirs = (explain_row(one, X, y, X[7:8], k=3)[0] for one in (model, again))
    assert mine.prediction == theirs.prediction
    np.testing.assert_array_equal(mine.row, theirs.row)


def test_it_says_why_rows_left_or_not(fitted, tmp_path):
    model, X, y = fitted
    write_report(tmp_path / "r.html", model, X, y)
    assert "As keep asks: 70 of 350 training rows removed." in read(tmp_path / "r.html")
    chosen = clone(model).set_params(keep="auto", monitor=0.33).fit(X, y)
    write_report(tmp_path / "r.html", chosen, X, y)
    reason = chosen.stop_reason_
    assert f"{reason[0].upper()}{reason[1:]}." in html.unescape(read(tmp_path / "r.html"))


def test_random_curve_starts_at_all_rows(fitted):
    model, X, y = fitted
    parts = Fitted.of(model, X, y)
    own = baselines.tail_curves(parts)
    n_kept, errors = own["monitor rows"]
    last = model.history_[-1]
    assert (n_kept[-1], errors[-1]) == (last.n_kept, pytest.approx(last.monitor_tail_error))
    assert own["validation rows"][1][-1] == pytest.approx(last.tail_error)
    curves = baselines.random_curves(parts, n_kept, np.random.default_rng(0))
    np.testing.assert_array_equal(len(parts.training) - curves.n_removed, n_kept)
    first = model.history_[0].monitor_tail_error
    np.testing.assert_allclose(curves.scores[:, 0], first, rtol=1e-6)


def test_explanation_sums_to_the_prediction_in_the_unit_of_y(fitted):
    model, X, y = fitted
    explanation, class_name = explain_row(model, X, y, X[7:8], k=3)
    assert class_name is None
    assert explanation.prediction == pytest.approx(model.predict(X[7:8])[0])
    total = explanation.contribution.sum() + explanation.rest
    assert total == pytest.approx(explanation.prediction)
    np.testing.assert_array_equal(explanation.target, y[explanation.row])
    assert model.support_[explanation.row].all()
    kept = np.setdiff1d(np.flatnonzero(model.support_), explanation.row[:1])
    train = model.training_rows_
    mean, scale = y[train].mean(), y[train].std()
    features = model.features(X)
    head = RidgeFactor(features[kept], (y[kept] - mean) / scale, model.lam_).weights
    without = mean + scale * (features[7] @ head)
    change = without - explanation.prediction
    assert explanation.change_on_deletion[0] == pytest.approx(change, rel=1e-6, abs=1e-9)


def test_worst_row_is_drawn_where_there_is_one(tmp_path):
    X, y = draw()
    model = PARISRegressor(
        Squares(), keep=0.9, objective="worst", tail=Tail(quantile=0.2), random_state=0
    ).fit(X, y)
    write_report(tmp_path / "r.html", model, X, y)
    assert "The worst validation row" in drawings(read(tmp_path / "r.html"))


def test_validation_rows_of_their_own_and_no_monitor(tmp_path):
    (X, y), (X_val, y_val) = draw(), draw(120, seed=1)
    model = PARISRegressor(
        Squares(), keep=0.9, retrain="estimator", monitor=None, tail=Tail(quantile=0.2)
    ).fit(X, y, X_val=X_val, y_val=y_val)
    write_report(tmp_path / "r.html", model, X, y, X_val=X_val, y_val=y_val)
    text = read(tmp_path / "r.html")
    assert "There are no monitor rows to compare models on." in text
    assert "After each round the whole network was trained again" in text
    with pytest.raises(ValueError, match="X_val must hold the rows that the model was fitted"):
        write_report(tmp_path / "r.html", model, X, y, X_val=X_val[:50], y_val=y_val[:50])
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        write_report(tmp_path / "r.html", model, X, y, X_val=X_val)


def test_classes(tmp_path):
    X, y = draw()
    labels = np.where(y > 22, "storm", "calm & quiet")
    model = PARISClassifier(Squares(), keep=0.9, random_state=0).fit(X, labels)
    write_report(tmp_path / "r.html", model, X, labels)
    text = read(tmp_path / "r.html")
    assert "Classes before and after" in drawings(text)
    counts = {line[0]: line[1:] for line in rows(text, "rows of each")}
    assert counts["training rows"] == [
        str(int((labels[model.training_rows_] == name).sum())) for name in model.classes_
    ]
    explanation, name = explain_row(model, X, labels, X[:1])
    assert name == model.predict(X[:1])[0]
    np.testing.assert_array_equal(explanation.target, labels[explanation.row] == name)


def test_wrong_arguments_are_named(fitted, tmp_path):
    model, X, y = fitted
    path = tmp_path / "r.html"
    with pytest.raises(TypeError, match="model must be a PARISRegressor or PARISClassifier"):
        write_report(path, Squares(), X, y)
    with pytest.raises(ValueError, match=f"y must have one entry .* {N}, got {N - 1}"):
        write_report(path, model, X[1:], y[1:])
    with pytest.raises(ValueError, match="row must be one row of inputs, got 2"):
        explain_row(model, X, y, X[:2])
    with pytest.raises(FileNotFoundError):
        write_report(tmp_path / "no" / "r.html", model, X, y)
    assert not path.exists()


def run_script(text):
    """The names that the Python part of the settings leaves."""
    names = {}
    exec(html.unescape(re.findall(r"<pre>(.*?)</pre>", text, re.DOTALL)[-1]), names)
    return names


@pytest.mark.parametrize(
    "options",
    [
        ["--drop", "when", "--keep", "0.8"],
        ["--time-column", "when", "--keep", "150", "--retrain", "estimator", "--rounds", "2"],
        ["--drop", "when", "--val", "val.csv", "--objective", "worst", "--retrain", "head"],
        ["--drop", "when", "--delete", "groups", "--group-column", "site", "--val", "val.csv"],
        ["--drop", "when", "--delete", "groups", "--group-column", "site"],
    ],
    ids=["plain", "time", "val", "groups", "groups, split"],
)
@pytest.mark.usefixtures("few_epochs")
def test_script_and_command_of_the_report_repeat_the_run(
    tmp_path, monkeypatch, capsys, recwarn, options
):
    pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    for name, n in (("train.csv", 300), ("val.csv", 150)):
        X, y = draw(n, seed=len(name))
        table = pd.DataFrame(X, columns=["a", "b b", "c"]).assign(
            colour=rng.choice(["red", "green"], n), dst=y, when=rng.permutation(n)
        )
        table["site"] = [f"site {i % 15}" for i in range(n)]
        spoilt = table["site"].isin(["site 2", "site 7"]) & (name == "train.csv")
        table.loc[spoilt, "dst"] *= -1
        table.loc[[3, 4], ["dst", "a"]] = np.nan
        table.loc[5, "colour"] = None
        table["when"] = (pd.Timestamp("2020-01-30") + pd.to_timedelta(table["when"], "h")).astype(
            str
        )
        table.to_csv(name, index=False)
    argv = ["prune", "train.csv", "--target", "dst", "--tail-quantile", "0.2", "--seed", "3"]
    argv += [*options, "--removed", "removed.csv", "--report", "report.html", "--quiet"]
    assert cli.main(argv) == 0
    text = read(tmp_path / "report.html")
    removed = pd.read_csv("removed.csv")
    assert len(removed) > 0
    recwarn.clear()
    monkeypatch.setattr("warnings.warn", lambda *a, **k: None)  # of networks not yet converged
    rows = run_script(text)["removed"].index
    whole = pd.read_csv("train.csv")
    pd.testing.assert_frame_equal(whole.iloc[rows].reset_index(drop=True), removed)
    command = html.unescape(re.search(r"<pre>(paris .*?)</pre>", text)[1])
    assert cli.main([*command.split()[1:], "--quiet"]) == 0
    pd.testing.assert_frame_equal(pd.read_csv("removed.csv"), removed)


def test_california_housing_to_a_report_in_one_command(data_dir, tmp_path, capsys):
    pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
    table = pd.read_csv(data_dir / "ir" / "californiaHousing.csv.gz").sample(3000, random_state=0)
    table.to_csv(tmp_path / "houses.csv", index=False)
    argv = ["prune", str(tmp_path / "houses.csv"), "--target", "target", "--quiet"]
    assert cli.main([*argv, "--report", str(tmp_path / "report.html")]) == 0
    text = read(tmp_path / "report.html")
    assert len(drawings(text)) == 3
    errors = [line[2] for line in rows(text, "fitted to")]
    assert len(errors) == 8  # the network, that of round 0, six heads on its features
    assert all(10_000 < float(cell.split()[0].replace(",", "")) < 200_000 for cell in errors)


def test_california_housing_through_the_regressor_in_ten_lines(data_dir, tmp_path, monkeypatch):
    pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("warnings.warn", lambda *a, **k: None)  # of networks not yet converged
    table = pd.read_csv(data_dir / "ir" / "californiaHousing.csv.gz").sample(3000, random_state=0)
    table.to_csv("houses.csv", index=False)
    page = (Path(__file__).parents[1] / "docs" / "report.md").read_text()
    script = re.search(r"```py\n(.*?)```", page, re.DOTALL)[1]
    assert len(script.strip().splitlines()) <= 10
    exec(script, {})
    assert len(drawings(read(tmp_path / "report.html"))) == 3
