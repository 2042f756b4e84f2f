"""The example in README.md prints what README.md says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_example_prints_what_is_shown():
    (code,), (shown,) = blocks("python"), blocks("text")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), {"__name__": "example"})
    assert printed.getvalue() == shown


@pytest.mark.parametrize("option", ["lam", "criterion", "objective", "engine", "cache_bytes"])
def test_table_names_the_options(option):
    assert f"| `{option}` |" in README.read_text(encoding="utf-8")
