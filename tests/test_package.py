"""The package as a whole: import, build facts, instruction-set levels."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import paris_core
from problems import make_problem
from replay import assert_greedy

ROOT = Path(__file__).parents[1]
LEVELS = ("baseline", "x86-64-v3", "x86-64-v4")


def run_python(script, *arguments, **variables):
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **variables},
    )


def test_import_needs_numpy_alone():
    heavy = ["sklearn", "scipy", "tqdm", "pandas", "matplotlib"]
    process = run_python(f"import sys, paris_core; print([m for m in {heavy} if m in sys.modules])")
    assert process.stdout.strip() == "[]", process.stderr


def test_version():
    assert paris_core.__version__ == version("paris-core")
    assert re.match(r"\d+\.\d+\.\d+", paris_core.__version__)


def test_everything_public_exists_and_is_documented():
    for name in paris_core.__all__:
        value = getattr(paris_core, name)
        assert name.startswith("__") or value.__doc__


def test_show_config(capsys):
    facts = paris_core.show_config(mode="dict")
    assert capsys.readouterr().out == ""
    assert facts["version"] == paris_core.__version__
    assert facts["simd"] in LEVELS
    assert facts["eigen"].startswith("3.4")
    assert facts["threads"] >= 1
    assert facts["compiler"]
    assert "fast-math" not in facts["flags"]
    assert paris_core.show_config() is None
    printed = capsys.readouterr().out
    for key in ("version", "compiler", "flags", "simd", "eigen", "threads"):
        assert key in printed
        assert str(facts[key]) in printed
    with pytest.raises(ValueError, match=r"\bmode\b"):
        paris_core.show_config(mode="xml")


@pytest.mark.parametrize("level", LEVELS)
def test_every_instruction_set_deletes_the_best_rows(level, tmp_path):
    problem = make_problem(300, 40, 19, seed=12)
    np.savez(tmp_path / "problem.npz", *problem.arrays)
    process = run_python(
        "import sys, numpy as np, paris_core\n"
        "arrays = np.load(sys.argv[1])\n"
        "result = paris_core.prune(*(arrays[f] for f in arrays.files), 250, lam=0.01)\n"
        "result.save(sys.argv[2])\n"
        "print(paris_core.show_config(mode='dict')['simd'])\n",
        tmp_path / "problem.npz",
        tmp_path / "result.npz",
        PARIS_CORE_SIMD=level,
    )
    if process.returncode and re.search("supports|this build has", process.stderr):
        pytest.skip(process.stderr.splitlines()[-1])
    assert process.stdout.strip() == level, process.stderr
    assert_greedy(paris_core.PruneResult.load(tmp_path / "result.npz"), problem, 0.01)


def test_instruction_set_that_was_not_built(tmp_path):
    package = Path(paris_core.__file__).parent
    shutil.copytree(package, tmp_path / "paris_core", ignore=shutil.ignore_patterns("_core_v*"))
    process = run_python("import paris_core", PARIS_CORE_SIMD="", PYTHONPATH=str(tmp_path))
    assert process.returncode == 0, process.stderr
    process = run_python("import paris_core", PARIS_CORE_SIMD="x86-64-v3", PYTHONPATH=str(tmp_path))
    assert process.returncode != 0
    assert "ImportError: PARIS_CORE_SIMD='x86-64-v3', but this" in process.stderr
    assert "set it to one of these or unset it" in process.stderr


def test_source_distribution_has_no_images_and_no_results():
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 cannot read TOML")
    if not (ROOT / ".git").exists():
        pytest.skip("needs a checkout")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    left_out = project["tool"]["scikit-build"]["sdist"]["exclude"]
    command = ["git", "ls-files", "-z"]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    carried = [
        name
        for name in tracked.split("\0")[:-1]
        if not any(name == folder or name.startswith(f"{folder}/") for folder in left_out)
    ]
    assert "docs/index.md" in carried
    kinds = {".png", ".svg", ".csv", ".gz", ".xz", ".npz", ".parquet"}
    assert [name for name in carried if Path(name).suffix in kinds] == []
    assert [name for name in carried if (ROOT / name).stat().st_size > 100_000] == []


def test_unknown_instruction_set():
    process = run_python("import paris_core", PARIS_CORE_SIMD="quantum")
    assert process.returncode != 0
    assert "ImportError" in process.stderr
    assert "PARIS_CORE_SIMD='quantum'" in process.stderr


def test_lowest_versions_are_those_declared():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:dependencies|plot|cli|test) = \[(.*)\]", project, re.MULTILINE)
    declared = dict(re.findall(r'"([\w-]+)>=([\d.]+)"', " ".join(lists)))
    assert {"numpy", "scikit-learn", "matplotlib", "pandas", "pytest"} <= set(declared)
    text = (ROOT / "tests" / "lowest.txt").read_text(encoding="utf-8")
    lowest = dict(re.findall(r"^([\w-]+)==([\d.]+)$", text, re.MULTILINE))
    assert set(lowest) == set(declared)
    for name, release in declared.items():
        assert re.fullmatch(rf"{re.escape(release)}(\.0)*", lowest[name]), name
