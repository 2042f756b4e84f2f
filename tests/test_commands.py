"""Commands that README, docs and ``--help`` show do run, on files of the names they use."""

import contextlib
import io
import re
import shlex

import numpy as np
import pytest

from paris_core import cli
from test_docs import PAGES


def shown():
    """Every ``paris audit``, ``prune`` and so on in a page or in the text of ``--help``."""
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    for command in ("audit", "prune", "explain", "verify"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert cli.main([command, "--help"]) == 0
        texts.append(printed.getvalue())
    lines = {
        line
        for text in texts
        for line in re.findall(r"^ *(paris (?:audit|prune|explain|verify) .*\S)", text, re.M)
    }
    return sorted(line for line in lines if "[" not in line)  # but the line of the usage


COMMANDS = shown()


def test_commands_are_shown():
    assert len(COMMANDS) > 5


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("few_epochs")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_command_runs(command, tmp_path, monkeypatch):
    pd = pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
    if "parquet" in command:
        pytest.importorskip("pyarrow", reason="pyarrow (the extra `cli`) is not installed")
    if "--report" in command:
        pytest.importorskip("matplotlib", reason="matplotlib (the extra `cli`) is not installed")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("train.csv", "new.csv", "trusted.csv", "claims.parquet", "audited.csv"):
        table = pd.DataFrame(rng.normal(size=(600, 2)), columns=["a", "b"])
        target = "paid" if name in ("claims.parquet", "audited.csv") else "dst"
        table[target] = table["a"] + rng.normal(size=600)
        if target == "dst":
            table["t"], table["month"] = np.arange(600), np.arange(600) // 60
            table["station"] = table["month"]
        if name.endswith("parquet"):
            table.to_parquet(name)
        else:
            table.to_csv(name, index=False)
    if command.startswith("paris verify run.npz"):
        argv = ["prune", "train.csv", "--target", "dst", "--keep", "0.9", "--quiet"]
        assert cli.main([*argv, "--result", "run.npz"]) == 0
    assert cli.main([*shlex.split(command)[1:], "--quiet"]) == 0
    for written in re.findall(r"--(?:out|report|result|groups) (\S+)", command):
        assert (tmp_path / written).stat().st_size > 100
