"""paris audit: a table in, an answer, a table of groups and what is left out."""

import numpy as np
import pytest

from paris_core import cli

pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")

N, N_GROUPS = 400, 8
QUICK = ["--target", "dst", "--drop", "id", "--folds", "2", "--divisions", "1", "--quiet"]


def table(n, seed):
    """Numbers, text, gaps, and ids like "007" that must survive."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    colour = rng.choice(["red", "green"], n)
    return pd.DataFrame(
        {
            "id": [f"{i:04d}" for i in range(n)],
            "speed": x[:, 0].round(3),
            "density": np.where(rng.random(n) < 0.05, np.nan, x[:, 1].round(3)),
            "colour": colour,
            "station": rng.permutation([f"st{i % N_GROUPS}" for i in range(n)]),
            "dst": (50 * x[:, 0] + 20 * (colour == "red") + 5 * rng.normal(size=n)).round(2),
        }
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A directory with train.csv, of which station st3 has the wrong sign, and trusted.csv."""
    monkeypatch.chdir(tmp_path)
    train = table(N, 0)
    wrong = train["station"] == "st3"
    train.loc[wrong, "dst"] *= -1.0
    train.to_csv("train.csv", index=False)
    table(100, 1).drop(columns="station").to_csv("trusted.csv", index=False)
    return tmp_path


def text_rows(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_the_wrong_station_is_named_first(here, capsys):
    argv = ["audit", "train.csv", *QUICK, "--group-column", "station", "--val", "trusted.csv"]
    files = ["--out", "kept.csv", "--removed", "wrong.csv", "--groups", "groups.csv"]
    assert cli.main([*argv, *files]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 of 8 groups are wrong: st3"
    assert lines[1].startswith("  st3: wrong sign (slope -")
    head = next(place for place, line in enumerate(lines) if line.startswith("group "))
    assert lines[head].split() == ["group", "rows", "left", "stable", "score", "mean", "error"]
    assert lines[head + 1].split()[:4] == ["st3", "50", "1", "100%"]
    assert len(lines[head + 1 :]) == N_GROUPS + 3
    assert lines[-3:] == [
        "kept.csv: 350 of 400 rows",
        "wrong.csv: the 50 rows of the groups that are wrong",
        "groups.csv: a table of 8 groups",
    ]
    train, kept, wrong = (text_rows(name) for name in ("train.csv", "kept.csv", "wrong.csv"))
    pd.testing.assert_frame_equal(kept, train[train["station"] != "st3"].reset_index(drop=True))
    assert sorted(wrong["id"]) == sorted(train["id"][train["station"] == "st3"])
    groups = pd.read_csv("groups.csv", index_col="group")
    assert groups["fault"].dropna().to_dict() == {"st3": "sign"}


def test_without_trusted_rows_it_says_so(here, capsys):
    argv = ["audit", "train.csv", *QUICK[:-1], "--group-column", "station"]
    assert cli.main(argv) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("1 of 8 groups are wrong: st3\n")
    assert "paris audit: without --val most groups are taken to be right" in printed.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--group-column", "statoin"], "no column 'statoin'; did you mean 'station'?"),
        (["--val", "none.csv"], "--val none.csv: no such file"),
        (["--out", "train.csv"], "--out train.csv is also train.csv"),
        (["--out", "a.csv", "--groups", "a.csv"], "--groups a.csv is also --out"),
        (["--group-column", "colour"], "groups must hold at least four groups, got 2"),
        (["--target", "colour"], "train.csv: target 'colour' must be numeric, its values are text"),
        (["--folds", "1"], "expected an integer >= 2, got '1'"),
    ],
)
def test_usage(here, capsys, options, message):
    assert cli.main(["audit", "train.csv", *QUICK, *options]) == 2
    assert message in capsys.readouterr().err


def test_a_full_disk_is_said_after_the_answer(here, capsys, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("paris_core.cli.commands.audit.write_rows", full)
    argv = ["audit", "train.csv", *QUICK, "--group-column", "station", "--val", "trusted.csv"]
    assert cli.main([*argv, "--out", "kept.csv"]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("1 of 8 groups are wrong: st3\n")
    assert printed.err == "paris audit: error: --out kept.csv: No space left on device\n"
