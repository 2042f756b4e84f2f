"""paris prune and paris explain: tables in, tables out, exit codes and messages."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from paris_core import cli
from paris_core.features import networks
from paris_core.progress.lines import Lines
from paris_core.tables import TableError, read_table

pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")

pytestmark = pytest.mark.usefixtures("few_epochs")
N = 260


def make_table(n=N, seed=0):
    """Numbers, text, booleans and gaps; ids like "007" that must survive."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    colour = rng.choice(["red", "green", "blue"], n)
    table = pd.DataFrame(
        {
            "id": [f"{i:04d}" for i in range(n)],
            "speed": x[:, 0].round(3),
            "density": np.where(rng.random(n) < 0.1, np.nan, x[:, 1].round(3)),
            "colour": np.where(rng.random(n) < 0.1, None, colour),
            "rainy": rng.random(n) < 0.5,
            "hour": rng.permutation(n),
            "dst": (np.exp(x[:, 0]) + (colour == "red")).round(3),
        }
    )
    table.loc[: n // 4, "dst"] = table.loc[: n // 4, "dst"].clip(upper=1.0)
    return table


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A directory with train.csv, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    make_table().to_csv("train.csv", index=False)
    return tmp_path


def text_rows(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


QUICK = ["--target", "dst", "--drop", "id", "hour", "--tail-quantile", "0.2"]


def test_kept_and_removed_rows_make_up_the_table(here, capsys, monkeypatch):
    monkeypatch.setattr(Lines, "interval", 0.01)
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7"]
    assert cli.main([*argv, "--out", "kept.csv", "--removed", "removed.csv"]) == 0
    out, err = capsys.readouterr()
    train, kept, removed = map(text_rows, ("train.csv", "kept.csv", "removed.csv"))
    assert list(kept.columns) == list(removed.columns) == list(train.columns)
    assert len(kept) + len(removed) == N
    assert len(removed) == 182 - round(0.7 * 182)
    assert kept["id"].is_monotonic_increasing  # the original order
    pd.testing.assert_frame_equal(
        pd.concat([kept, removed]).sort_values("id", ignore_index=True), train
    )
    assert f"kept.csv: {len(kept)} of {N} rows, {len(kept)} trained on\n" in out
    assert cli.main([*argv, "--out", "same.csv", "--no-refit", "--quiet"]) == 0
    held_out = f"same.csv: {len(kept)} of {N} rows, 127 trained on and 78 held out"
    assert held_out in capsys.readouterr().out
    pd.testing.assert_frame_equal(text_rows("same.csv"), kept)
    assert re.search(r"training rows +182 +127\n", out)
    assert re.search(r"monitor RMSE, tail \(\d+ rows\) +[\d.]+ +[\d.]+\n", out)
    assert re.search(r"seconds: training [\d.]+, pruning", out)
    assert re.search(r"paris prune: fit \d of 5 rounds", err)


def test_quiet_says_nothing_on_stderr_and_runs_are_equal(here, capsys):
    argv = ["prune", "train.csv", *QUICK, "--keep", "100", "--quiet"]
    for name in ("one.csv", "two.csv"):
        assert cli.main([*argv, "--removed", name]) == 0
    assert capsys.readouterr().err == ""
    assert (here / "one.csv").read_bytes() == (here / "two.csv").read_bytes()
    assert cli.main([*argv, "--seed", "1", "--removed", "three.csv"]) == 0
    assert (here / "one.csv").read_bytes() != (here / "three.csv").read_bytes()


def test_parquet_and_gzip_hold_the_same_rows(here):
    pytest.importorskip("pyarrow", reason="pyarrow (the extra `cli`) is not installed")
    make_table().to_parquet("train.parquet")
    make_table().to_csv("train.csv.gz", index=False)
    for name in ("train.parquet", "train.csv", "train.csv.gz"):
        argv = ["prune", name, *QUICK, "--keep", "0.8", "--quiet", "--removed", f"removed-{name}"]
        assert cli.main(argv) == 0
    columns = pd.read_parquet("removed-train.parquet")
    assert columns["id"].tolist() == text_rows("removed-train.csv")["id"].tolist()
    assert columns["rainy"].dtype == bool
    pd.testing.assert_frame_equal(text_rows("removed-train.csv"), text_rows("removed-train.csv.gz"))
    assert not list(here.glob(".*.part"))


def test_warnings_are_remarks(here, capsys):
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `cli`) is not installed")
    val = make_table(80, seed=1)
    val["speed"] *= 1000.0  # m/s
    val.to_csv("val.csv", index=False)
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--val", "val.csv"]
    assert cli.main([*argv, "--report", "r.html"]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "other units" in line]
    (line,) = said
    assert "paris prune: X_val seems to be in other units than X: column 'speed' is from" in line
    assert "in other units than X" in (here / "r.html").read_text(encoding="utf-8")


def test_time_sorts_the_rows_into_blocks_and_is_no_input(here, capsys, monkeypatch):
    from paris_core import PARISRegressor

    seen = {}
    fit = PARISRegressor.fit

    def spy(self, X, y, **rows):
        seen.update(split=self.validation_split, X=X, y=y)
        return fit(self, X, y, **rows)

    monkeypatch.setattr(PARISRegressor, "fit", spy)
    argv = ["prune", "train.csv", "--target", "dst", "--drop", "id", "--tail-quantile", "0.2"]
    argv += ["--keep", "0.8", "--time-column", "hour", "--out", "kept.csv", "--quiet"]
    assert cli.main(argv) == 0
    table = make_table()
    assert seen["split"] == "blocked"
    assert list(seen["X"].columns) == ["speed", "density", "colour", "rainy"]
    assert seen["X"].index.tolist() == table["hour"].argsort().tolist()
    np.testing.assert_array_equal(seen["y"], table.sort_values("hour")["dst"])
    assert text_rows("kept.csv")["id"].is_monotonic_increasing  # not sorted by time
    dates = pd.Timestamp("2020-03-27") + pd.to_timedelta(table["hour"], "h")
    dates = table.assign(hour=dates.dt.strftime("%b %d %Y %H:%M"))  # April before March as text
    dates.to_csv("train.csv", index=False)
    by_number = seen["X"]
    assert cli.main([*argv, "--validation-split", "random"]) == 0
    assert seen["split"] == "random"
    assert seen["X"].index.tolist() == by_number.index.tolist()


def test_trusted_rows_in_a_file_of_their_own(here, capsys):
    extra = make_table(120, seed=1).assign(note="x").drop(columns="id")
    extra.loc[3, "dst"] = np.nan
    extra.to_csv("val.csv", index=False)
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.6", "--val", "val.csv"]
    assert cli.main([*argv, "--out", "kept.csv"]) == 0
    out, err = capsys.readouterr()
    assert "val.csv: 1 row is left out, without 'dst'" in err
    assert re.search(r"training rows +260 +156\n", out)
    assert "kept.csv: 156 of 260 rows, 156 trained on\n" in out
    assert "validation RMSE (80 rows)" in out


def test_held_out_rows_in_turn(here, capsys):
    make_table(120, seed=1).to_csv("val.csv", index=False)
    argv = ["prune", "train.csv", *QUICK, "--val", "val.csv", "--folds", "3", "--report", "r.html"]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    assert "validation RMSE (120 rows)" in out
    assert "monitor" not in out
    report = (here / "r.html").read_text()
    assert "monitor=3" in report
    assert "better on the validation rows beyond chance" in report
    assert "on the monitor rows" not in report


def test_groups_stay_together(here, monkeypatch):
    from paris_core import PARISRegressor

    models = []
    fit = PARISRegressor.fit
    monkeypatch.setattr(
        PARISRegressor, "fit", lambda self, *a, **k: models.append(fit(self, *a, **k))
    )
    table = make_table().assign(site=np.arange(N) % 20)
    table.to_csv("train.csv", index=False)
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.8", "--group-column", "site", "--quiet"]
    assert cli.main(argv) == 0
    parts = [models[0].training_rows_, models[0].validation_rows_, models[0].monitor_rows_]
    sites = [set(table["site"].iloc[rows]) for rows in parts]
    assert [len(one) for one in sites] == [12, 4, 4]
    assert len(set.union(*sites)) == 20


@pytest.fixture
def trained(few_epochs, monkeypatch):
    """The network that ships, trained as long as it takes: it is not to be left with chance."""
    monkeypatch.setattr(networks, "make_pipeline", make_pipeline)


def spoilt_sites(n=400, seed=2):
    """The sign is wrong at two of ten sites."""
    table = make_table(n, seed).assign(site=[f"site {i % 10}" for i in range(n)])
    clean = 3.0 * table["speed"] + 20.0
    wrong = table["site"].isin(["site 3", "site 8"])
    return table.assign(dst=clean.where(~wrong, 40.0 - clean).round(3))


@pytest.mark.parametrize(
    "options",
    [["--val", "val.csv"], ["--val", "val.csv", "--folds", "3"], []],
    ids=["val", "folds", "split"],
)
def test_whole_groups_leave(here, capsys, trained, options):
    table = spoilt_sites()
    table.to_csv("train.csv", index=False)
    clean = spoilt_sites(seed=3)
    clean = clean[~clean["site"].isin(["site 3", "site 8"])]
    clean.drop(columns="site").to_csv("val.csv", index=False)
    argv = ["prune", "train.csv", *QUICK, "--delete", "groups", "--group-column", "site"]
    argv += ["--out", "kept.csv", "--report", "r.html", *options]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    gone = set(table["site"]) - set(text_rows("kept.csv")["site"])
    report = (here / "r.html").read_text()
    assert "the whole group of training rows with the best effect" in report
    if not options:  # the wrong sites are among those that steer, monitor, or train
        assert re.search(r"training groups +6 +[1-6]\n", out)
        assert "import GroupKFold" in report
        return
    assert {"site 3", "site 8"} <= gone
    assert re.search(rf"training groups +10 +{10 - len(gone)}\n", out)
    names = re.search(r"Groups removed, in the order of deletion: (.+)\.", report).group(1)
    assert set(names.split(", ")) == gone
    assert set(names.split(", ")[:2]) == {"site 3", "site 8"}
    assert "--delete groups" in report
    assert "delete=&#x27;groups&#x27;" in report
    assert "GroupKFold" not in report


def test_sweeps(here, capsys, trained):
    table = spoilt_sites()
    table.drop(columns="site").to_csv("train.csv", index=False)
    clean = spoilt_sites(seed=3)
    clean[~clean["site"].isin(["site 3", "site 8"])].to_csv("val.csv", index=False)
    argv = ["prune", "train.csv", *QUICK, "--val", "val.csv", "--report", "r.html"]
    assert cli.main(argv) == 0
    report = (here / "r.html").read_text()
    assert ", sweep 2</td>" in report
    out = capsys.readouterr().out
    assert re.search(r"\ndeletion: \d+ of 400 training rows removed, the gain is [\d.]+ ± ", out)


def test_without_a_last_fit(here, capsys):
    """The script of the report says so; by default the estimator's default is not named."""
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--report", "r.html", "--quiet"]
    assert cli.main([*argv, "--removed", "one.csv"]) == 0
    refitted = (here / "r.html").read_text()
    assert cli.main([*argv, "--removed", "two.csv", "--no-refit"]) == 0
    as_left = (here / "r.html").read_text()
    assert "refit=" not in refitted
    assert "fitted once more" in refitted
    assert "refit=False" in as_left
    assert "--no-refit" in as_left
    assert "fitted once more" not in as_left
    assert (here / "one.csv").read_bytes() == (here / "two.csv").read_bytes()
    assert "as keep asks: 55 of 182 training rows removed\n" in capsys.readouterr().out


def test_rows_without_a_group_are_refused(here, capsys):
    table = spoilt_sites()
    table.loc[table["site"] == "site 4", "site"] = None
    table.to_csv("train.csv", index=False)
    argv = ["prune", "train.csv", *QUICK, "--delete", "groups", "--group-column", "site"]
    assert cli.main([*argv, "--report", "r.html"]) == 2
    assert "train.csv: 40 rows have no group in 'site', the first of them row 4 (line 6)" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("classify", [False, True], ids=["text", "numbers"])
def test_classes(here, capsys, classify):
    table = make_table()
    codes = np.where(table["dst"] > 2, 2, 1)
    table["kind"] = codes if classify else np.array(["", "calm", "storm"])[codes]
    table.to_csv("train.csv", index=False)
    argv = ["prune", "train.csv", "--target", "kind", "--drop", "id", "hour", "dst"]
    argv += ["--keep", "0.8", "--removed", "removed.csv", *(["--classify"] * classify)]
    assert cli.main(argv) == 0
    out, err = capsys.readouterr()
    assert "monitor worst class's error" in out
    assert len(text_rows("removed.csv")) == 36
    assert ("its 2 values are taken for classes" in err) != classify


def test_rows_without_a_target_are_left_out_and_said(here, capsys):
    table = make_table()
    table.loc[[0, 5], "dst"] = np.nan
    table["empty"] = np.nan
    table.to_csv("train.csv", index=False)
    assert cli.main(["prune", "train.csv", *QUICK, "--keep", "0.8", "--out", "kept.csv"]) == 0
    err = capsys.readouterr().err
    assert "train.csv: 2 rows are left out, without 'dst'" in err
    assert "column 'empty' is empty and no input" in err
    assert not set(text_rows("kept.csv")["id"]) & {"0000", "0005"}


def write(table, name="train.csv"):
    table.to_csv(name, index=False)


def bad_target():
    write(make_table().assign(dst=lambda t: t["dst"].astype(str).where(t["id"] != "0003", "n/k")))


@pytest.mark.parametrize(
    ("prepare", "argv", "message"),
    [
        (None, "nowhere.csv --target dst", "TRAIN nowhere.csv: no such file"),
        (None, ". --target dst", "TRAIN .: the suffix should be one of .csv, .csv.gz, .parquet"),
        (None, "train.xls --target dst", "the suffix should be one of .csv, .csv.gz, .parquet"),
        (None, "train.csv", "the following arguments are required: --target"),
        (None, "train.csv --target dts", "has no column 'dts'; did you mean 'dst'?"),
        (None, "train.csv --target DST", "did you mean 'dst'?"),
        (None, "train.csv --target zzz", "has no column 'zzz'; it has id, speed"),
        (None, "train.csv --target dst --drop spead", "did you mean 'speed'"),
        (None, "train.csv --target dst --time-column hours", "did you mean 'hour'"),
        (
            bad_target,
            "train.csv --target dst",
            "column 'dst' holds numbers, but 'n/k' in row 3 (line 5); say --na=n/k if it is a "
            "missing value, --classify if every value is a class, or mend it",
        ),
        (None, "train.csv --target id --classify", "it holds 260 different values"),
        (lambda: write(make_table().assign(dst=1.0)), "train.csv --target dst", "same value"),
        (lambda: write(make_table().assign(dst=np.nan)), "train.csv --target dst", "no row has"),
        (lambda: write(make_table()[:0]), "train.csv --target dst", "train.csv: no rows"),
        (lambda: open("train.csv", "w").close(), "train.csv --target dst", "the file is empty"),
        (
            lambda: write(make_table()[["dst"]]),
            "train.csv --target dst",
            "no input columns are left beside 'dst'",
        ),
        (
            lambda: write(make_table().assign(speed=np.inf)),
            "train.csv --target dst",
            "column 'speed' is infinite in row 0",
        ),
        (
            lambda: write(make_table().drop(columns="speed"), "val.csv"),
            "train.csv --target dst --val val.csv",
            "val.csv has no column 'speed'",
        ),
        (
            lambda: write(make_table().assign(speed="fast"), "val.csv"),
            "train.csv --target dst --val val.csv",
            "val.csv: column 'speed' must be numeric as in the training table",
        ),
        (
            None,
            "train.csv --target dst --time-column colour",
            "--time-column 'colour' must hold numbers, or dates such as 2003-10-29 06:00",
        ),
        (None, "train.csv --target dst --val no.csv", "--val no.csv: no such file"),
        (None, "train.csv --target dst --keep 1.5", "--keep: expected a number between 0 and 1"),
        (None, "train.csv --target dst --keep 0", "a count >= 1, or auto, got '0'"),
        (
            None,
            "train.csv --target dst --keep 900",
            "[1, 182], got 900: of 260 rows 182 are trained on and 78 held out",
        ),
        (None, "train.csv --target dst --lam -1", "--lam: expected a positive number"),
        (None, "train.csv --target dst --out kept.xls", "--out kept.xls: the suffix should be"),
        (None, "train.csv --target dst --out no/kept.csv", "the directory does not exist"),
        (None, "train.csv --target dst --out train.csv", "--out train.csv is also train.csv"),
        (None, "train.csv --target dst --report r.pdf", "--report r.pdf: the suffix should be"),
        (None, "train.csv --target dst --n-worst 3", "--n-worst is for --objective worst"),
        (None, "train.csv --target dst --folds 1", "--folds: expected an integer >= 2"),
        (None, "train.csv --target dst --folds 3 --keep 9", "needs keep='auto'"),
        (
            None,
            "train.csv --target dst --group-column id --gap 2",
            "--gap does not go with --group-column",
        ),
        (
            None,
            "train.csv --target dst --folds 3 --monitor-fraction 0.2",
            "--monitor-fraction is for a run without --folds",
        ),
        (
            None,
            "train.csv --target dst --group-column id --val val.csv",
            "--val does not go with --group-column",
        ),
        (None, "train.csv --target dst --delete groups", "--delete groups needs --group-column"),
        (
            None,
            "train.csv --target dst --delete groups --group-column id --keep 0.5",
            "keep must be 'auto' with delete='groups', got 0.5",
        ),
        (None, "train.csv --target dst --gap 3", "--gap are for --validation-split blocked"),
        (None, "train.csv --target dst --classify --tail-side upper", "it holds"),
        (
            None,
            "train.csv --target rainy --tail-side upper",
            "--tail-quantile are for numeric targets; here they are classes",
        ),
        (
            None,
            "train.csv --target dst --group-column id --validation-split random",
            "--validation-split does not go with --group-column",
        ),
        (
            None,
            "train.csv --target dst --tail-side lower --tail-threshold 1 2",
            "threshold must be one number for side='lower'",
        ),
        (
            None,
            "train.csv --target dst --checkpoint no/state",
            "--checkpoint no/state: the directory does not exist",
        ),
        (None, "train.csv --target dst --result run.csv", "the suffix should be one of .npz"),
        (None, "train.csv --target dst --out . ", "--out .: the suffix should be"),
        (lambda: os.mkdir("d.csv"), "train.csv --target dst --out d.csv", "is a directory"),
        (
            lambda: os.mkdir("d.npz"),
            "train.csv --target dst --result d.npz",
            "--result d.npz: is a directory",
        ),
        (
            lambda: (open("k.csv", "w").close(), os.chmod("k.csv", 0o444)),
            "train.csv --target dst --out k.csv",
            "--out k.csv: cannot be written: the file is read-only",
        ),
        (
            lambda: (open("state", "w").close(), os.chmod("state", 0o444)),
            "train.csv --target dst --checkpoint state",
            "--checkpoint state: cannot be written: the file is read-only",
        ),
        (
            lambda: os.mkfifo("k.csv"),
            "train.csv --target dst --removed k.csv",
            "--removed k.csv: cannot be written: not a regular file",
        ),
        (
            lambda: os.symlink("k.csv", "k.csv"),
            "train.csv --target dst --out k.csv",
            "--out k.csv: cannot be written: Too many levels of symbolic links",
        ),
        (None, "train.csv --target dst --out train.csv/k.csv", "the directory does not exist"),
        (
            lambda: os.link("train.csv", "same.csv"),
            "train.csv --target dst --out same.csv",
            "--out same.csv is also train.csv",
        ),
        (
            lambda: os.symlink("kept.csv", "same.csv"),
            "train.csv --target dst --out kept.csv --removed same.csv",
            "--removed same.csv is also --out",
        ),
    ],
)
def test_user_errors_give_2_and_a_line_of_advice(here, capsys, prepare, argv, message):
    if prepare is not None:
        prepare()
    assert cli.main(["prune", *argv.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("paris prune: error:")


def test_without_pandas_the_error_says_what_to_install(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert cli.main(["prune", "train.csv", *QUICK]) == 2
    assert "pip install 'paris-core[cli]'" in capsys.readouterr().err


def test_explain_prints_rows_that_sum_to_the_prediction(here, capsys):
    argv = ["explain", "train.csv", *QUICK, "--keep", "0.8", "--row", "3", "--top", "2", "--quiet"]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    table = make_table()
    prediction = float(re.search(r"row 3 of train.csv: (-?[\d.]+)", out)[1])
    assert f"(dst there is {table['dst'][3]})" in out
    named, rest = (
        float(text.replace(",", "")) for text in re.findall(r": (-?[\d.,]*\d)(?:;|$)", out)[-2:]
    )
    assert named + rest == pytest.approx(prediction, abs=0.11)  # both to a tenth
    lines = [line.split() for line in out.splitlines() if re.match(r"\d", line)]
    assert len(lines) == 4
    assert [float(line[1].replace(",", "")) > 0 for line in lines] == [True, True, False, False]
    for row, _, _, target, *_ in lines:
        assert float(target) == pytest.approx(table["dst"][int(row)], abs=1e-3)


def test_explain_takes_rows_of_another_table(here, capsys):
    make_table(5, seed=9).drop(columns="dst").to_csv("new.csv", index=False)
    argv = ["explain", "train.csv", *QUICK, "--keep", "0.8", "--rows", "new.csv", "--quiet"]
    assert cli.main([*argv, "--row", "4"]) == 0
    assert "prediction for row 4 of new.csv" in capsys.readouterr().out
    assert cli.main([*argv, "--row", "5"]) == 2
    assert "--row must be in 0 to 4, rows of new.csv, got 5" in capsys.readouterr().err


def test_explain_a_class(here, capsys):
    argv = ["explain", "train.csv", "--target", "rainy", "--drop", "id", "--keep", "0.9"]
    assert cli.main([*argv, "--row", "0"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"score of class '(True|False)' for row 0 of train.csv: ", out)


@pytest.mark.parametrize("command", ["prune", "explain"])
def test_help_has_examples(command, capsys):
    assert cli.main([command, "--help"]) == 0
    assert f"examples:\n  paris {command} train.csv" in capsys.readouterr().out


def test_help_is_quick():
    script = (
        "import sys; from paris_core.cli import main; main(['prune', '--help']);"
        "print([m for m in ('sklearn', 'pandas', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert process.stdout.splitlines()[-1] == "[]", process.stderr


@pytest.mark.usefixtures("heeding_ctrl_c")
def test_interrupted_during_training_gives_130_and_writes_nothing(here):
    make_table(20_000).to_csv("train.csv", index=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "paris_core", "prune", "train.csv", *QUICK, "--out", "kept.csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    seen = b""
    while b"training" not in seen:
        seen += process.stderr.read(1)
    time.sleep(0.6)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"paris prune: interrupted" in err
    assert not (here / "kept.csv").exists()


@pytest.mark.parametrize("classes", [False, True])
def test_names_that_mean_mathematics_to_matplotlib(here, classes):
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `cli`) is not installed")
    name = r"$\frac{$"
    table = make_table().rename(columns={"dst": name})
    if classes:
        table[name] = np.where(table[name] > 1.5, "$^{$", "$_$")
    table.to_csv("train.csv", index=False)
    argv = ["prune", "train.csv", "--target", name, "--drop", "id", "hour", "--keep", "0.8"]
    assert cli.main([*argv, "--rounds", "2", "--quiet", "--report", "r.html"]) == 0


def test_rows_are_those_that_were_read(here, monkeypatch):
    """TRAIN is another file when the run is over."""
    from paris_core import PARISRegressor

    fit = PARISRegressor.fit
    train = text_rows("train.csv")

    def meanwhile(self, *rows, **more):
        make_table(50, seed=9).to_csv("train.csv", index=False)
        return fit(self, *rows, **more)

    monkeypatch.setattr(PARISRegressor, "fit", meanwhile)
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--quiet"]
    assert cli.main([*argv, "--out", "kept.csv", "--removed", "removed.csv"]) == 0
    both = pd.concat([text_rows("kept.csv"), text_rows("removed.csv")])
    pd.testing.assert_frame_equal(both.sort_values("id", ignore_index=True), train)


def test_outputs_keep_their_mode_and_links_stay(here):
    (here / "kept.csv").touch(0o640)
    (here / "kept.csv").chmod(0o640)
    (here / "far").mkdir()
    (here / "removed.csv").symlink_to("far/removed.csv")
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--quiet"]
    assert cli.main([*argv, "--out", "kept.csv", "--removed", "removed.csv"]) == 0
    assert (here / "kept.csv").stat().st_mode & 0o777 == 0o640
    assert (here / "removed.csv").is_symlink()
    assert len(text_rows("far/removed.csv")) + len(text_rows("kept.csv")) == N


def full_disk(monkeypatch, *names):
    """Files of these names cannot be written where they belong; others can."""
    from paris_core._support.storage import files

    replace = os.replace

    def full(part, target):
        if str(target.relative_to(target.parent.parent)) in names:
            raise OSError(28, "No space left on device", str(target))
        replace(part, target)

    monkeypatch.setattr(files.os, "replace", full)


def test_a_disk_that_is_full_after_the_run(here, capsys, monkeypatch):
    full_disk(monkeypatch, f"{here.name}/kept.csv")
    monkeypatch.setattr("tempfile.tempdir", str(here / "temporary"))
    (here / "temporary").mkdir()
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--quiet", "--checkpoint", "state"]
    assert cli.main([*argv, "--out", "kept.csv", "--removed", "removed.csv"]) == 1
    out, err = capsys.readouterr()
    found = re.fullmatch(
        r"paris prune: error: --out kept\.csv: No space left on device; it is in (.+) instead; "
        r"the run is in state: the same command goes on from there\n",
        err,
    )
    assert "kept.csv" not in out
    assert "removed.csv: the 55 rows removed" in out
    assert not (here / "kept.csv").exists()
    assert not list(here.glob(".*.part"))
    assert len(text_rows(found[1])) + len(text_rows("removed.csv")) == N
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert cli.main([*argv, "--out", "kept.csv"]) == 0
    assert (here / "kept.csv").read_bytes() == Path(found[1]).read_bytes()


def test_no_space_anywhere(here, capsys, monkeypatch):
    from paris_core._support.storage import files

    def full(part, target):
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(files.os, "replace", full)
    monkeypatch.setattr("tempfile.tempdir", str(here))
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--quiet", "--result", "run.npz"]
    assert cli.main([*argv, "--out", "kept.csv"]) == 1
    assert capsys.readouterr().err == (
        "paris prune: error: --out kept.csv: No space left on device; "
        "--result run.npz: No space left on device\n"
    )
    assert os.listdir(here) == ["train.csv"]


def test_a_checkpoint_that_cannot_be_written_is_said_and_the_rest_is_done(
    here, capsys, monkeypatch
):
    full_disk(monkeypatch, f"{here.name}/state")
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--checkpoint", "state"]
    assert cli.main([*argv, "--out", "kept.csv"]) == 0
    err = capsys.readouterr().err
    assert err.count("checkpoint state cannot be written (No space left on device)") == 1
    assert len(text_rows("kept.csv")) == N - 55
    assert not (here / "state").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_no_space_for_what_is_printed(here):
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "paris_core", "prune", "train.csv", *QUICK, "--out", "kept.csv"],
            stdout=full,
            stderr=full,
            check=False,
            timeout=120,
        )
    assert process.returncode == 0
    assert 0 < len(text_rows("kept.csv")) <= N


def test_checkpoint_goes_on_where_a_run_ended(here, capsys):
    argv = ["prune", "train.csv", *QUICK, "--keep", "0.7", "--checkpoint", "state", "--quiet"]
    assert cli.main([*argv, "--removed", "one.csv"]) == 0
    assert (here / "state").exists()
    assert cli.main([*argv, "--removed", "two.csv"]) == 0
    assert (here / "one.csv").read_bytes() == (here / "two.csv").read_bytes()
    assert cli.main([*argv, "--criterion", "representer"]) == 2
    assert "belongs to another run: criterion was 'refit'" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".csv.gz", ".parquet"])
def test_a_damaged_table_is_a_usage_error(tmp_path, suffix):
    """Whatever a parser raises, of which zlib and pyarrow have their own kinds."""
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="pyarrow (the extra `cli`) is not installed")
    path = tmp_path / f"table{suffix}"
    table = pd.DataFrame({"a": np.arange(200.0), "b": [f"text {i}" for i in range(200)]})
    table.to_parquet(path) if suffix == ".parquet" else table.to_csv(path, index=False)
    whole = path.read_bytes()
    messages = []
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            read_table(path)
        except TableError as error:
            messages.append(str(error))
    assert len(messages) > 10
    assert all(message.startswith(f"{path}: ") for message in messages)
