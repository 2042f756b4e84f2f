"""paris compare: advice, tables out, exit codes and messages."""

import re
import subprocess
import sys

import numpy as np
import pytest

from paris_core import cli
from paris_core.progress.lines import Lines

pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")

N = 180


def make_table(n, seed):
    """Numbers, text and gaps; a site and a day that are no inputs."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    colour = rng.choice(["red", "blue"], n)
    return pd.DataFrame(
        {
            "id": [f"{i:04d}" for i in range(n)],
            "speed": np.where(rng.random(n) < 0.05, np.nan, x[:, 0].round(3)),
            "density": x[:, 1].round(3),
            "colour": colour,
            "site": [f"site {i % 12}" for i in range(n)],
            "day": np.arange(n) // 10,
            "dst": (2.0 * x[:, 0] - x[:, 1] + (colour == "red")).round(3),
        }
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A directory with train.csv, wrong at two sites, and trusted.csv, where the command runs."""
    monkeypatch.chdir(tmp_path)
    table = make_table(N, seed=0)
    wrong = table["site"].isin(["site 3", "site 8"])
    table["dst"] = table["dst"].where(~wrong, 30.0 - table["dst"])
    table.to_csv("train.csv", index=False)
    make_table(60, seed=1).to_csv("trusted.csv", index=False)
    return tmp_path


COMMAND = ["compare", "train.csv", "--target", "dst", "--val", "trusted.csv", "--drop", "id", "day"]
SITES = ["--group-column", "site", "--folds", "2", "--remedies", "groups trimmed"]


def test_advice_and_what_is_written(here, capsys, monkeypatch):
    monkeypatch.setattr(Lines, "interval", 0.01)
    pytest.importorskip("matplotlib", reason="matplotlib (the extra `cli`) is not installed")
    argv = [*COMMAND, *SITES, "--out", "kept.csv", "--errors", "errors.csv", "--plot", "plot.svg"]
    assert cli.main(argv) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("Use 'groups trimmed': its error is ")
    assert "2 remedies, 2 folds, 1 repeat: at most " in err
    assert re.search(r"paris compare: compare \d of 4 remedies", err)
    train, kept = (pd.read_csv(name, dtype=str) for name in ("train.csv", "kept.csv"))
    gone = set(train["site"]) - set(kept["site"])
    assert {"site 3", "site 8"} <= gone
    assert len(kept) == N - 15 * len(gone)
    assert f"kept.csv: {len(kept)} of {N} rows, without those that 'groups trimmed' removes" in out
    assert kept["id"].is_monotonic_increasing
    errors = pd.read_csv("errors.csv")
    assert set(errors["remedy"]) == {"everything", "groups trimmed"}
    assert errors.loc[0, "error"] < errors.loc[1, "error"]
    assert "<svg" in (here / "plot.svg").read_text()


def test_quiet_and_the_same_again(here, capsys):
    argv = [*COMMAND, "--folds", "2", "--remedies", "validation only", "--quiet"]
    texts = []
    for seed in ("0", "0", "1"):
        assert cli.main([*argv, "--seed", seed, "--tail-side", "upper"]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        texts.append(re.sub(r" +\d+ +\d+\.\d$", "", out, flags=re.MULTILINE))  # fits and seconds
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].splitlines()[0].startswith(("Use ", "Train on everything"))


def test_groups_of_trusted_rows(here, capsys, monkeypatch):
    import paris_core.comparison

    seen = {}

    def spy(X, y, X_val, y_val, **options):
        seen.update(options, X=X)
        raise ValueError("enough is known")

    monkeypatch.setattr(paris_core.comparison, "compare", spy)
    argv = [*COMMAND[:-1], "--val-group-column", "day", "--repeats", "2"]
    assert cli.main([*argv, "--group-column", "site"]) == 2
    assert "paris compare: error: enough is known" in capsys.readouterr().err
    assert list(seen["X"].columns) == ["speed", "density", "colour"]
    assert list(seen["val_groups"]) == [str(i // 10) for i in range(60)]
    assert list(seen["groups"][:2]) == ["site 0", "site 1"]
    assert (seen["repeats"], seen["folds"], seen["random_state"]) == (2, 3, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "colour"], "target 'colour' must be numeric, its values are text"),
        (["--target", "dzt"], "has no column 'dzt'; did you mean 'dst'"),
        (["--val", "absent.csv"], "--val absent.csv: no such file"),
        (["--out", "trusted.csv"], "--out trusted.csv is also --val"),
        (["--plot", "plot.doc"], "--plot plot.doc: the suffix should be one of .png, .svg, .pdf"),
        (["--remedies", "hope"], "remedies must be one of 'everything'"),
        (["--remedies", "groups trimmed"], "remedies: 'groups trimmed' needs groups"),
        (["--val-group-column", "week"], "trusted.csv has no column 'week'"),
        (["--folds", "40"], "folds must be at most 30"),
        (["--folds", "1"], "expected an integer >= 2"),
        (["--tail-quantile", "2"], "expected a number between 0 and 1"),
    ],
)
def test_user_errors_give_2_and_a_line_of_advice(here, capsys, options, message):
    assert cli.main([*COMMAND, "--quiet", *options]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1


def test_an_output_that_cannot_be_written(here, capsys, monkeypatch):
    from paris_core.cli.commands import compare

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(compare, "write_frame", full)
    argv = [*COMMAND, "--folds", "2", "--remedies", "validation only", "--errors", "errors.csv"]
    assert cli.main(argv) == 1
    out, err = capsys.readouterr()
    assert "Root mean squared errors over 60 validation rows" in out
    assert "paris compare: error: --errors errors.csv: No space left on device" in err


def test_without_a_reader_the_run_goes_on(here):
    script = "import sys; from paris_core import cli; sys.exit(cli.main(sys.argv[1:]))"
    argv = [*COMMAND, "--folds", "2", "--remedies", "validation only", "--errors", "errors.csv"]
    with subprocess.Popen(
        [sys.executable, "-c", script, *argv, "--quiet"], stdout=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.wait(timeout=60) == 0
    assert (here / "errors.csv").exists()
