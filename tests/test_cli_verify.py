"""paris verify: a recorded run of paris prune is made again."""

import math
import re

import numpy as np
import pytest

from paris_core import PruneResult, cli, prune
from paris_core._support.storage import archive
from problems import make_problem
from test_cli_prune import QUICK, N, make_table, text_rows

pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")

pytestmark = pytest.mark.usefixtures("few_epochs")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_table().to_csv("train.csv", index=False)
    return tmp_path


def recorded(*options):
    argv = ["prune", "train.csv", *QUICK, *options, "--quiet"]
    assert cli.main([*argv, "--result", "run.npz", "--removed", "removed.csv"]) == 0


def verified(capsys, *options):
    """Exit code, and what is printed."""
    capsys.readouterr()
    code = cli.main(["verify", "run.npz", "train.csv", "--quiet", *options])
    out, err = capsys.readouterr()
    assert err == "" or code == 2
    return code, out + err


CASES = {
    "auto": "--drop id hour --tail-quantile 0.2",
    "counts": "--drop id hour --keep 100 --rounds 2 --seed 3 --tail-quantile 0.1 0.9",
    "negative numbers": "--drop hour --keep 0.8 --tail-threshold -1.5 2.0 --lam 0.5",
    "one negative number": "--keep 0.8 --tail-side upper --tail-threshold -0.5",
    "time": "--drop id --keep 0.8 --time-column hour --gap 1 --blocks 20",
    "worst": "--drop id --keep 0.9 --objective worst --n-worst 2 --weight tail",
}


@pytest.mark.parametrize("case", CASES)
def test_the_same_run_is_the_same(here, capsys, case):
    argv = ["prune", "train.csv", "--target", "dst", *CASES[case].split(), "--quiet"]
    assert cli.main([*argv, "--result", "run.npz", "--removed", "removed.csv"]) == 0
    code, text = verified(capsys)
    assert code == 0, text
    n_removed = len(text_rows("removed.csv"))
    assert re.fullmatch(rf"run\.npz: the same {n_removed} rows are removed, in \d+ rounds\n", text)


def test_trusted_rows_and_classes(here, capsys):
    make_table(120, seed=1).to_csv("val.csv", index=False)
    argv = ["prune", "train.csv", "--target", "rainy", "--drop", "id", "--val", "val.csv"]
    assert cli.main([*argv, "--keep", "0.8", "--quiet", "--result", "run.npz"]) == 0
    assert verified(capsys, "--val", "val.csv")[0] == 0
    code, text = verified(capsys)
    assert code == 2
    assert "--val must be given: the run had trusted rows of its own" in text
    make_table(120, seed=2).to_csv("other.csv", index=False)
    code, text = verified(capsys, "--val", "other.csv")
    assert code == 1
    assert text.startswith("--val other.csv is not the file of the run, whose SHA-256 is ")


def test_another_file_is_another_file(here, capsys):
    recorded("--keep", "0.9")
    with open("train.csv", "a") as file:
        file.write("\n")
    code, text = verified(capsys)
    assert code == 1
    assert re.fullmatch(
        r"TRAIN train\.csv is not the file of the run, whose SHA-256 is [0-9a-f]{64}\n"
        r"run\.npz: not the same\n",
        text,
    )
    assert verified(capsys, "--val", "train.csv")[0] == 2


def test_the_record_says_what_was_run(here):
    recorded("--keep", "0.9", "--seed", "7")
    document, arrays = archive.load("run.npz", "run")
    assert document["options"]["keep"] == 0.9
    assert document["options"]["seed"] == 7
    assert document["options"]["drop"] == ["id", "hour"]
    assert document["n_rows"] == N
    assert set(document["inputs"]) == {"TRAIN"}
    assert {"paris_core", "NumPy", "scikit-learn", "instruction-set level"} <= {
        *document["versions"]
    }
    ids = text_rows("train.csv")["id"].to_numpy()[arrays["removed"]]
    np.testing.assert_array_equal(ids, text_rows("removed.csv")["id"])


def edited(change):
    document, arrays = archive.load("run.npz", "run")
    change(document, arrays)
    archive.save("run.npz", "run", document, arrays)


def test_what_differs_is_said(here, capsys):
    recorded("--keep", "0.9")
    whole = (here / "run.npz").read_bytes()
    _, arrays = archive.load("run.npz", "run")
    removed = arrays["removed"]

    def swap(document, arrays):
        arrays["removed"][[4, 5]] = arrays["removed"][[5, 4]]

    edited(swap)
    code, text = verified(capsys)
    assert code == 1
    assert f"deletion 5 is that of row {removed[4]}, it was row {removed[5]}\n" in text

    def shorten(document, arrays):
        arrays["removed"] = arrays["removed"][:-1]
        document["history"][-1]["error"] = 0.5
        document["versions"]["NumPy"] = "0.9"

    (here / "run.npz").write_bytes(whole)
    edited(shorten)
    code, text = verified(capsys)
    assert code == 1
    assert f"{len(removed)} rows are removed, it was {len(removed) - 1}\n" in text
    assert re.search(r"round 5: error is [\d.]+, it was 0\.5\n", text)
    assert f"NumPy is {np.__version__}, it was 0.9\n" in text

    def elsewhere(document, arrays):
        document["versions"]["instruction-set level"] = "x86-64-v9"
        document["history"][2]["error"] *= 1 + 1e-9

    (here / "run.npz").write_bytes(whole)
    edited(elsewhere)
    code, text = verified(capsys)
    assert code == 0, text
    assert "instruction-set level is " in text


def entry(*path, value):
    def change(document, arrays):
        place = document
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value

    return change


def rows(value):
    def change(document, arrays):
        arrays["removed"] = np.array(value)

    return change


FORGED = {
    "an option to write files": entry("options", "checkpoint", value="evil"),
    "a choice that is none": entry("options", "criterion", value="evil"),
    "a number as column": entry("options", "target", value=5),
    "a list of lists": entry("options", "drop", value=[[["x"]]]),
    "a word as number": entry("options", "lam", value="much"),
    "NaN": entry("options", "lam", value=math.nan),
    "no options": entry("options", value=None),
    "rows out of range": rows([N]),
    "a row twice": rows([3, 3]),
    "rows as float": rows([0.5]),
    "no history": entry("history", value=None),
    "a history of numbers": entry("history", value=[1]),
    "no digest": entry("inputs", value={}),
    "a digest of a number": entry("inputs", "TRAIN", value=7),
    "more": entry("more", value=1),
}


@pytest.mark.parametrize("case", FORGED)
def test_a_forged_record_is_refused(here, capsys, case):
    recorded("--keep", "0.9")
    edited(FORGED[case])
    before = sorted(here.iterdir())
    code, text = verified(capsys)
    assert code == 2
    assert text.startswith("paris verify: error: ")
    assert sorted(here.iterdir()) == before


def test_other_files_are_refused(here, capsys):
    assert verified(capsys) == (2, "paris verify: error: RUN run.npz: No such file or directory\n")
    (here / "run.npz").write_bytes(b"rubbish")
    assert "RUN run.npz is not a file that paris_core has written" in verified(capsys)[1]
    problem = make_problem(50, 9, 4)
    prune(*problem.arrays, 5).save("run.npz")
    code, text = verified(capsys)
    assert code == 2
    assert "holds a PruneResult, not a run; paris_core.PruneResult.load(...)" in text
    recorded("--keep", "0.9")
    with pytest.raises(ValueError, match=r"run\.npz holds a run, not a PruneResult"):
        PruneResult.load("run.npz")
    content = bytearray((here / "run.npz").read_bytes())
    content[100] ^= 1
    (here / "run.npz").write_bytes(content)
    assert "RUN run.npz is damaged" in verified(capsys)[1]
