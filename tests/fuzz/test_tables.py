"""A dozen files of the fuzzer of tables."""

import pytest

from .tables import case, run

pytest.importorskip("pandas", reason="pandas (the extra `cli`) is not installed")
pytest.importorskip("pyarrow", reason="pyarrow (the extra `cli`) is not installed")
pytest.importorskip("clevercsv", reason="CleverCSV (the extra `cli`) is not installed")


@pytest.mark.parametrize("number", range(12))
def test_a_spoilt_table_is_read_or_refused(tmp_path, number):
    assert run(case(f"suite:{number}"), tmp_path) is None


def test_a_spoilt_table_is_trained_on_or_refused(tmp_path, few_epochs):
    assert run(case("suite:100"), tmp_path, train=True) is None
