"""A few of the kills, and all of the disks, of ``python -m tests.stress``."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")

ROOT = Path(__file__).parents[1]


def stress(*words):
    """What the program prints; in a process of its own, which forks and has no threads."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.stress", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def test_killed_fits_go_on_to_the_same_end():
    kinds = ["rows", "groups", "folds", "head"]
    text = stress("kills", "--times", "2", "--seed", "1", "--kinds", *kinds)
    for kind in kinds:
        assert f"{kind}: 2 of 2 the same to the last bit" in text


def test_a_killed_command_goes_on_to_the_same_end():
    text = stress("kills", "--times", "1", "--seed", "1", "--kinds", "paris prune")
    assert "paris prune: 1 of 1 the same to the last bit" in text


def test_disks():
    lines = stress("disks").splitlines()
    assert len(lines) == 10
    for line in lines:
        print(line)  # with the reason for what cannot be shown here
        assert "as it should be" in line or "not shown here: " in line
