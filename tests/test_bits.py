"""The corpus of bits: nothing computes anything else than it did, to the last bit."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bits.corpus import LEVELS
from bits.record import differences, digests, first_difference, record
from bits.runs import Outcome
from bits.tables import placed, uniform

TESTS = Path(__file__).parent

on_x86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="the corpus was made on x86-64"
)


@on_x86
@pytest.mark.parametrize("level", LEVELS)
def test_no_bit_has_changed(level):
    environment = {**os.environ, "PARIS_CORE_SIMD": level}
    process = subprocess.run(
        [sys.executable, "-m", "bits", "--level", level],
        cwd=TESTS,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if "not supported" in process.stdout:
        pytest.skip(process.stdout.strip())
    if "but this build has" in process.stderr:
        pytest.skip(process.stderr.strip().splitlines()[-1])
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout == f"{level}: the same bits\n"


@pytest.mark.parametrize("level", LEVELS)
def test_factors_are_rebuilt_in_the_runs_that_are_to_show_it(level):
    runs = json.loads((TESTS / "bits" / f"{level}.json").read_text(encoding="utf-8"))["runs"]
    rebuilding = [name for name in runs if "huge rows" in name or "lone directions" in name]
    assert len(rebuilding) > 10
    for name in rebuilding:
        assert int(runs[name]["n_refactorizations"].split()[1]) > 0, name


# ------------------------------------------------------------------------- what a difference says


@pytest.mark.parametrize("size", [1, 2, 3, 10, 64, 100])
def test_where_a_bit_differs(size):
    array = uniform("array", size)
    was = digests(array)
    assert first_difference(array, was) is None
    named = 0
    for place in range(size):
        changed = array.copy()
        changed[place] = np.nextafter(changed[place], 2.0)
        begin, end = first_difference(changed, was)
        assert place < end
        assert end - begin <= max(1, size // 4)
        named += begin <= place
    assert named > 0.9 * size


def test_other_shapes_differ():
    array = uniform("array", 6)
    for other in (array[:5], array.reshape(2, 3), np.append(array, 0.0), np.empty(0)):
        assert first_difference(other, digests(array)) is not None


def test_the_first_difference_comes_first():
    early, late, rough = uniform("a", 50), uniform("b", 50), uniform("c", 5)
    stored = record(Outcome({"late": late, "early": early}, {"rough": rough}))
    same = Outcome({"late": late.copy(), "early": early.copy()}, {"rough": rough + 1e-11})
    assert differences(same, stored) == []
    late[40], early[3] = 7.0, -0.125
    lines = differences(Outcome({"late": late, "early": early}, {"rough": rough + 1e-7}), stored)
    assert lines[0].startswith("early (50,) differs first at 3, where it now is -0.125; its last")
    assert lines[1].startswith("late (50,) differs first between 33 and 40")
    assert lines[2].startswith("rough is about [")


def test_a_run_with_other_arrays():
    stored = record(Outcome({"removed": np.arange(3)}))
    assert differences(Outcome({"kept": np.arange(3)}), stored) == [
        "the arrays are kept, and were removed"
    ]


# ----------------------------------------------------------------------------- what runs begin from


def test_tables_are_what_they_always_were():
    # The first 53 of every 64 bits of SHAKE-128 of "seed", from -1 to 1, worked out in fractions.
    first = uniform("seed", 2, 2).reshape(-1)
    assert [value.hex() for value in first.tolist()] == [
        "-0x1.37adb4f70d940p-4",
        "-0x1.22ad117641f40p-5",
        "0x1.b6fc1c6334aa4p-2",
        "-0x1.d5dfed2449df0p-3",
    ]
    assert -1 <= uniform("many", 10_000).min() < -0.99 < 0.99 < uniform("many", 10_000).max() < 1


def test_placed():
    array = uniform("array", 3, 5)
    for offset in range(0, 64, 8):
        copy = placed(array, offset)
        assert copy.ctypes.data % 64 == offset
        np.testing.assert_array_equal(copy, array)
