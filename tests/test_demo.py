"""paris demo: wrong stations and storms, and that every number can be recomputed."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import paris_core
from paris_core import cli, demo
from paris_core.datasets import StormSeries, make_stations, make_storms
from paris_core.demo.storms import running
from paris_core.evidence.change import change
from paris_core.report.findings.heads import RANDOM, heads

HOURS = 7000
LABELS = [
    "persistence (Dst at issue time)",
    "network itself",
    "ridge head, all training rows",
    "ridge head, rows kept",
    "ridge head, as many rows at random, 20 draws",
    "ridge head, validation rows only",
    "ridge head, training + validation rows",
    "ridge head, rows kept + validation rows",
]


@pytest.fixture(scope="module")
def spied():
    """A run of the demo, with what its parts got and returned."""
    calls = {}

    def spy(patch, owner, name):
        real = getattr(owner, name)

        def wrapper(*args, **options):
            out = real(*args, **options)
            calls.setdefault(name, []).append((args, options, out))
            return out

        patch.setattr(owner, name, wrapper)

    with pytest.MonkeyPatch.context() as patch:
        spy(patch, paris_core, "prune")
        for name in ("_split", "lagged_features", "last_hidden_layer"):
            spy(patch, running, name)
        report = demo.run_storms(make_storms(HOURS, 0), keep=0.7, lam=2.5, random_state=0)
    return report, calls


@pytest.fixture
def run(spied):
    """The report and the arguments that prune got."""
    report, calls = spied
    ((arguments, options, _),) = calls["prune"]
    return report, (*arguments, options)


def ridge_weights(Phi, y, report):
    A = Phi.T @ Phi + report.result.lam * np.eye(Phi.shape[1])
    return np.linalg.solve(A, Phi.T @ y)


def test_prune_gets_the_last_layer_and_a_standardised_target(run):
    report, (Phi, y, Phi_val, y_val, k, options) = run
    n = report.y_train.size
    assert Phi.shape == (n, 33)
    assert Phi_val.shape == (y_val.size, 33)
    assert (Phi[:, -1] == 1.0).all()
    assert Phi.min() >= 0.0  # rectified
    assert y.mean() == pytest.approx(0.0, abs=1e-12)
    assert y.std() == pytest.approx(1.0)
    np.testing.assert_allclose(y * report.target_scale + report.y_train.mean(), report.y_train)
    assert k == n - round(0.7 * n)
    assert options == {"lam": 2.5, "progress": False}
    # Standardised with the training rows' moments, not its own.
    assert y_val.std() != pytest.approx(1.0, abs=1e-6)


def test_scores_of_the_pruned_head_are_those_of_ridge_on_the_kept_rows(run):
    report, (Phi, y, *_) = run
    result = report.result
    kept = result.kept
    weights = ridge_weights(Phi[kept], y[kept], report)
    np.testing.assert_allclose(result.weights, weights, rtol=1e-6, atol=1e-9)
    assert [score.label for score in report.scores] == LABELS
    sizes = [score.n_rows for score in report.scores]
    n, n_val = y.size, sizes[5]
    assert sizes == [None, n, n, kept.size, kept.size, n_val, n + n_val, kept.size + n_val]
    spreads = [score.tail_spread is not None for score in report.scores]
    assert spreads == [label == f"ridge head, {RANDOM}" for label in LABELS]


def test_every_score_can_be_recomputed_from_the_test_rows(spied):
    report, calls = spied
    ((_, _, table),) = calls["lagged_features"]
    ((_, _, (by_name, block)),) = calls["_split"]
    parts = [by_name[name] for name in ("train", "validation", "test")]
    Phi, Phi_val, Phi_test = (out for *_, out in calls["last_hidden_layer"])
    mlp = calls["last_hidden_layer"][0][0][0]
    y, y_val, y_test = (table.y[part] for part in parts)
    mean, scale = y.mean(), y.std()

    def predict(features, targets):
        weights = ridge_weights(features, (targets - mean) / scale, report)
        return mean + scale * (Phi_test @ weights)

    kept = report.result.kept
    output = np.append(mlp.coefs_[-1][:, 0], mlp.intercepts_[-1])
    now = table.X[parts[2]][:, table.names.index("dst[t]")]
    predictions = {
        0: now,
        1: mean + scale * (Phi_test @ output),
        2: predict(Phi, y),
        3: predict(Phi[kept], y[kept]),
        5: predict(Phi_val, y_val),
        6: predict(np.vstack([Phi, Phi_val]), np.concatenate([y, y_val])),
        7: predict(np.vstack([Phi[kept], Phi_val]), np.concatenate([y[kept], y_val])),
    }
    tail = y_test <= -100.0
    before = (y_test - predictions[2]) ** 2
    units = np.unique(block[parts[2]], return_inverse=True)[1]
    for i, prediction in predictions.items():
        error = (y_test - prediction) ** 2
        told = report.scores[i].tail_change
        if i == 2:
            assert told is None
        else:
            assert told == pytest.approx(change(before[tail], error[tail], units[tail]), rel=1e-4)
        assert report.scores[i].all_hours == pytest.approx(np.sqrt(error.mean()))
        assert report.scores[i].tail == pytest.approx(np.sqrt(error[tail].mean()))
    random = report.scores[4]
    assert 0.0 < random.all_spread < random.all_hours
    assert random.all_hours == pytest.approx(report.scores[2].all_hours, rel=0.05)

    owner = np.full(HOURS, -1)
    for place, part in enumerate(parts):
        for t in table.rows[part]:
            window = owner[t - 5 : t + 3 + 1]  # the lags and the horizon
            assert np.isin(window, [-1, place]).all()
            window[:] = place
        assert len(np.unique(block[part])) == (12, 4, 4)[place]
    used = np.flatnonzero(owner >= 0)
    changes = np.flatnonzero(np.diff(owner[used]) != 0)
    assert (used[changes + 1] - used[changes] > 24).all()


def test_errors_are_in_nt_and_beat_persistence(run):
    report, _ = run
    persistence, network = report.scores[:2]
    assert 3.0 < network.all_hours < persistence.all_hours < 20.0
    assert all(score.all_hours > 4.0 for score in report.scores)  # the noise alone has sd 5 nT


def test_same_seed_same_report():
    one, two = (
        demo.run_storms(make_storms(HOURS, 0), keep=0.9, lam=1.0, random_state=3) for _ in range(2)
    )
    assert one.scores == two.scores
    np.testing.assert_array_equal(one.result.removed, two.result.removed)


def test_report_is_the_whole_story(run):
    text = run[0].summary()
    verdict = text.splitlines()[0]
    assert re.match(r"(Use the rows kept: |Do not use the rows kept alone: .*\()", verdict)
    assert run[0].scores[3].tail_change.told in verdict
    for label in LABELS:
        assert sum(line.startswith(f"{label:<43}") for line in text.splitlines()) == 1
    for word in ("Dst <= -100", "in the tail", "lambda 2.5", "kept", "seconds", "try other seeds"):
        assert word in text
    assert max(map(len, text.splitlines()[1:])) <= 110


def test_heads_are_ridge_fits_to_the_rows_that_they_name():
    rng = np.random.default_rng(0)
    Phi, Phi_val = rng.normal(size=(40, 3)), rng.normal(size=(10, 3))
    y, y_val = rng.normal(size=40), rng.normal(size=10)
    kept = np.arange(40) % 4 > 0
    found = heads((Phi, y), kept, (Phi_val, y_val), 0.5, np.random.default_rng(1))
    assert [f"ridge head, {head.label}" for head in found] == LABELS[2:]
    assert [head.n_rows for head in found] == [40, 30, 30, 10, 50, 40]
    A = Phi[kept].T @ Phi[kept] + 0.5 * np.eye(3)
    np.testing.assert_allclose(found[1].weights[0], np.linalg.solve(A, Phi[kept].T @ y[kept]))
    drawn = np.array(found[2].weights)
    assert drawn.shape == (20, 3)
    assert (drawn.std(axis=0) > 0).all()


def test_missing_values_and_subsampling_are_said():
    full = make_storms(9000, 1)
    columns = {
        name: getattr(full, name).copy()
        for name in ("time", "bz", "speed", "density", "pressure", "dst")
    }
    columns["density"][100:150] = np.nan
    columns["pressure"][100:150] = np.nan
    series = StormSeries(**columns, start=np.datetime64("2001-01-01T00"))
    report = demo.run_storms(series, keep=0.9, lam=1.0, max_hours=5000)
    notes = "\n".join(report.notes)
    assert "9,000 hours (real, from 2001-01-01T00 UTC), 55 forecasts left out" in notes
    assert "subsample: the 20 of 36 blocks of 250 h" in notes
    assert report.y_train.size < 0.65 * 5000


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        (make_storms(1000, 0), {}, "1000 hours, at least 2000"),
        (make_storms(3000, 0), {"keep": 1.0}, "keep must lie"),
        (make_storms(3000, 0), {"threshold": -5000.0}, "no test hour has Dst <= -5000"),
        (make_storms(3000, 0), {"horizon": 140}, "too short for windows"),
        (make_storms(3000, 0), {"max_hours": 450}, "only 4 blocks of 100 hours"),
    ],
)
def test_what_cannot_run_is_said(series, options, message):
    with pytest.raises(demo.DemoError, match=message):
        demo.run_storms(series, **options)


# --- the command line ---------------------------------------------------------------------------


def test_a_wrong_option_is_an_error_of_its_own():
    with pytest.raises(ValueError, match="horizon must be >= 1, got 0"):
        demo.run_storms(make_storms(3000, 0), horizon=0)


def test_cli_prints_the_table_and_draws(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    picture = tmp_path / "out.png"
    argv = f"demo --storms --hours {HOURS} --keep 0.9 --lam 1 --seed 0 --plot {picture}".split()
    assert cli.main(argv) == 0
    out, err = capsys.readouterr()
    assert all(label in out for label in LABELS)
    assert "pruning" in err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_cli_quiet_and_omni(tmp_path, capsys):
    series = make_storms(HOURS, 0)
    file = tmp_path / "wind.csv"
    start = np.datetime64("2000-01-01T00")
    rows = zip(
        *(
            [str(start + i) for i in range(HOURS)],
            *(column.tolist() for column in (series.dst, series.bz, series.speed)),
            *(column.tolist() for column in (series.density, series.pressure)),
        ),
        strict=True,
    )
    file.write_text(
        "time,dst,bz_gsm,speed,density,pressure\n"
        + "".join(",".join(map(str, row)) + "\n" for row in rows)
    )
    assert (
        cli.main(
            ["demo", "--storms", "--omni", str(file), "--keep", "0.9", "--lam", "1", "--quiet"]
        )
        == 0
    )
    out, err = capsys.readouterr()
    assert "7,000 hours (real, from 2000-01-01T00 UTC)" in out
    assert err == ""


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "COMMAND"),
        (["fly"], "invalid choice"),
        (["demo", "--storms", "--keep", "1.5"], "--keep: expected a number between 0 and 1"),
        (["demo", "--storms", "--hours", "100"], "--hours: expected an integer >= 2000"),
        (["demo", "--storms", "--lam", "-1"], "--lam: expected a positive number"),
        (["demo", "--storms", "--threshold", "nan"], "--threshold: expected a finite number"),
        (["demo", "--storms", "--omni", "nowhere.csv"], "nowhere.csv: no such file"),
        (["demo", "--storms", "--omni", "."], "no omni2_YYYY.dat file"),
        (["demo", "--storms", "--threshold", "-5000", "--hours", "2000"], "no test hour has Dst"),
        (["demo", "--omni", "a.csv"], "--omni is for paris demo --storms"),
        (["demo", "--keep", "0.5"], "--keep is for paris demo --storms"),
        (["demo", "--plot", "nowhere/out.png"], "the directory does not exist"),
        (["demo", "--plot", "out.xyz"], "the suffix should be one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_cli_user_errors_give_2_and_a_line_of_advice(argv, message, capsys, tmp_path, monkeypatch):
    if "--plot" in argv:
        pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    monkeypatch.chdir(tmp_path)
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    last = err.splitlines()[-1]
    assert last.startswith(("paris: error:", "paris demo: error:"))


def test_cli_plot_without_matplotlib_fails_before_the_run(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert cli.main(["demo", "--plot", "out.png"]) == 2
    assert "pip install 'paris-core[plot]'" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["--help"], ["demo", "--help"], ["--version"]], ids=" ".join)
def test_cli_help_and_version(argv, capsys):
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    assert paris_core.__version__ in out if argv == ["--version"] else "usage: paris" in out


def test_cli_interrupted_gives_130(capsys, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run_storms", interrupted)
    assert cli.main(["demo", "--storms", "--hours", "2000", "--quiet"]) == 130
    assert capsys.readouterr().err == "paris demo: interrupted\n"


def start(*argv):
    return subprocess.Popen(
        [sys.executable, "-m", "paris_core", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_module_runs_as_a_program():
    process = start("demo", "--storms", "--hours", str(HOURS), "--keep", "0.9", "--lam", "1")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert all(label in out for label in LABELS)
    assert "pruning 382 of 3,816 rows" in err  # how far it is


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_while_the_network_trains_stops_the_program():
    # scikit-learn swallows the KeyboardInterrupt of its own training loop.
    process = start("demo", "--storms", "--hours", "60000")
    try:
        assert process.stderr.readline().startswith("training a network")
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert "pruning" not in err
    assert "Traceback" not in err
    assert err.endswith("paris demo: interrupted\n")


def test_modules_without_a_core_need_numpy_alone():
    code = (
        "import sys, paris_core.datasets, paris_core.features, paris_core.metrics, "
        "paris_core.plotting, paris_core.validation, paris_core.cli, paris_core.demo\n"
        "print(sorted({'sklearn', 'tqdm', 'matplotlib', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.skipif("PARIS_CORE_DATA" not in os.environ, reason="PARIS_CORE_DATA is not set")
def test_real_data_ends_with_its_table(capsys):
    file = Path(os.environ["PARIS_CORE_DATA"], "omni_hourly_1998_2019.csv.gz")
    assert (
        cli.main(["demo", "--storms", "--omni", str(file), "--hours", "6000", "--keep", "0.9"]) == 0
    )
    out = capsys.readouterr().out
    assert "192,385 hours (real, from 1998-01-01T00 UTC)" in out
    assert "storms are over-represented" in out
    assert all(label in out for label in LABELS)


# --- stations -------------------------------------------------------------------------------------


def test_stations_are_wrong_as_they_say():
    """Each fault, seen against what its station would have read."""
    stations = make_stations(20, n_wrong=8, n_readings=2000, random_state=0)
    again = make_stations(20, n_wrong=8, n_readings=2000, random_state=0)
    np.testing.assert_array_equal(stations.y, again.y)
    assert sorted(words.partition(" ")[0] for words in stations.truth.values()) == sorted(
        2 * ["offset", "sign", "stuck", "scale"]
    )
    clean = make_stations(20, n_wrong=0, n_readings=2000, random_state=0)
    assert clean.truth == {}
    for name in np.unique(stations.station):
        y = stations.y[stations.station == name]
        right = stations.X[stations.station == name]
        hot = np.exp(right[:, :3] @ [0.5, 0.3, -0.3])
        expected = 45 + 22 * hot - 6 * right[:, 3] + 5 * np.tanh(right[:, 4])
        words = stations.truth.get(name, "right")
        if words.startswith("stuck"):
            assert (y == float(words.split()[-1])).all()
            continue
        slope, _ = np.polyfit(expected, y, 1)
        wanted = {"sign": -1.0, "scale of 0.5": 0.5}.get(words, 1.0)
        assert slope == pytest.approx(wanted, abs=0.05)
        if words.startswith("offset"):
            assert (y - expected).mean() == pytest.approx(float(words.split()[-1]), abs=1.0)
    for X, y in ((stations.X_val, stations.y_val), (stations.X_test, stations.y_test)):
        hot = np.exp(X[:, :3] @ [0.5, 0.3, -0.3])
        residual = y - (45 + 22 * hot - 6 * X[:, 3] + 5 * np.tanh(X[:, 4]))
        assert residual.std() == pytest.approx(8.0, rel=0.15)
        assert abs(residual.mean()) < 2.0


@pytest.fixture(scope="module")
def repaired():
    """What `paris demo` does."""
    return demo.run_stations(make_stations(random_state=0))


def without_numbers(text):
    """Lines in which numbers are one sign, sorted; and their numbers, in that order."""
    lines = [re.sub(r" +", " ", line) for line in text.splitlines() if line]
    number = r"(?<![A-Z\d])[-+]?\d[\d.,]*"
    lines = sorted((re.sub(number, "#", line), re.findall(number, line)) for line in lines)
    return [line for line, _ in lines], [
        float(one.strip(".").replace(",", "")) for _, numbers in lines for one in numbers
    ]


def test_readme_shows_what_it_prints(repaired):
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(Use the table without .*?)```", readme, re.DOTALL)
    words, numbers = without_numbers(shown)
    printed, found = without_numbers("\n".join(repaired.summary().splitlines()[:-1]))
    assert printed == words
    # Networks differ from processor to processor, and percentages with them.
    np.testing.assert_allclose(found, numbers, rtol=0.1, atol=7.0)


def test_wrong_stations_are_found_and_the_table_repaired(repaired):
    truth = repaired.stations.truth
    assert sorted(repaired.audit.removed_groups) == sorted(truth)
    lines = {line.label: line for line in repaired.lines}
    assert [line.n_stations for line in repaired.lines][:3] == [24, 0, 24]
    audited, known = lines["audited, + trusted rows"], lines["the truth, + trusted rows"]
    assert (audited.error, audited.n_stations) == (known.error, 16)
    assert audited.change.high < 0
    for baseline in ("everything", "trusted rows alone", "everything + trusted rows"):
        assert audited.error < lines[baseline].error


def test_what_the_demo_says(repaired):
    text = repaired.summary()
    first, *others = text.splitlines()
    gone = ", ".join(sorted(repaired.audit.removed_groups))
    assert first.startswith(f"Use the table without {gone}: ")
    assert "8 of 8 wrong stations were found, no right one was removed." in others
    for name, words in repaired.stations.truth.items():
        (line,) = (line for line in others if line.startswith(name))
        assert line.endswith(words)
    stay = 16 - len(repaired.audit.suspects)
    assert f"and {stay} others, which the audit takes for right and which are." in others
    everything = repaired.lines[0]
    assert everything.change is None
    for line in repaired.lines[1:]:
        assert sum(other.startswith(line.label) for other in others) == 1
        ratio = line.error / everything.error - 1
        assert line.change.estimate == pytest.approx(ratio)
        assert line.change.told in text
    assert max(map(len, others)) <= 110


@pytest.mark.usefixtures("few_epochs")
def test_where_no_station_is_wrong_none_is_removed(repaired, monkeypatch):
    nothing = np.empty(0, dtype=repaired.audit.removed_groups.dtype)
    audit = replace(
        repaired.audit, removed_groups=nothing, removed=np.empty(0, dtype=int), stop_reason="why"
    )
    monkeypatch.setattr(paris_core, "audit", lambda *args, **options: audit)
    report = demo.run_stations(repaired.stations)
    text = report.summary()
    assert text.startswith("Do not remove stations: why.\n")
    assert "0 of 8 wrong stations were found" in text
    everything, audited = report.lines[2], report.lines[4]
    assert audited.label == "audited, + trusted rows"
    assert (audited.error, audited.n_stations) == (everything.error, 24)
    for name, words in repaired.stations.truth.items():
        assert re.search(rf"^{name} .* {re.escape(words)}$", text, re.MULTILINE)


def test_cli_draws_the_stations(repaired, tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    monkeypatch.setattr(demo, "run_stations", lambda *args, **options: repaired)
    picture = tmp_path / "out.svg"
    assert cli.main(["demo", "--plot", str(picture)]) == 0
    out, err = capsys.readouterr()
    assert out == repaired.summary() + "\n"
    assert "drew" in err
    assert "<svg" in picture.read_text()
