"""The faults of ``python -m tests.faults`` can be put into the kernels as they are now."""

from pathlib import Path

import pytest

from faults.faults import FAULTS, Fault
from faults.trial import TESTS

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_applies(fault):
    text = (ROOT / fault.file).read_text(encoding="utf-8")
    assert fault.apply(text) != text


def test_no_two_alike():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert len({(fault.file, fault.right, fault.wrong) for fault in FAULTS}) == len(FAULTS)


def test_tests_exist():
    for test in {*TESTS, *(test for fault in FAULTS for test in fault.tests)}:
        assert (ROOT / "tests" / f"{test}.py").is_file()
    for fault in FAULTS:
        assert not fault.cpp or (ROOT / "cpp" / "tests" / f"test_{fault.cpp}.cpp").is_file()


@pytest.mark.parametrize("text", ["nothing of the kind", "a sign and a sign"])
def test_says_when_the_kernel_has_changed(text):
    fault = Fault("a fault", "kernel.hpp", "sign", "nothing")
    with pytest.raises(
        LookupError, match=rf"a fault: kernel.hpp holds .* {text.count('sign')} times"
    ):
        fault.apply(text)
