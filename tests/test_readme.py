"""The examples in README.md print what README.md says."""

import contextlib
import inspect
import io
import re
from pathlib import Path

import pytest

import paris_core

README = Path(__file__).parents[1] / "README.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_examples_print_what_is_shown():
    names = {"__name__": "example"}  # the second one goes on where the first one ends
    for code, shown in zip(blocks("python"), blocks("text"), strict=True):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(README), "exec"), names)
        assert printed.getvalue() == shown


@pytest.mark.parametrize("option", list(inspect.signature(paris_core.prune).parameters)[4:])
def test_table_names_the_options(option):
    table = README.read_text(encoding="utf-8").partition("## Options of `prune`")[2]
    assert f"`{option}`" in table
