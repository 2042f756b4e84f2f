"""The examples in README.md and docs/ print what the page says, and its links lead somewhere."""

import contextlib
import inspect
import io
import re
from pathlib import Path

import pytest

import paris_core

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pages
def test_examples_print_what_is_shown(page, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")
    if "plotting" in text.partition("```python")[2]:
        pytest.importorskip("matplotlib", reason="matplotlib (the extra `plot`) is not installed")
    if re.search(r"^import torch$", text, re.MULTILINE):
        pytest.importorskip("torch", reason="the page needs PyTorch, which is not installed")
    monkeypatch.chdir(tmp_path)  # for the files that examples write
    blocks = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == text.count("```python")
    names = {"__name__": "example"}  # one example goes on where the last one ended
    for code, shown in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(page), "exec"), names)
        assert printed.getvalue() == shown


@pages
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("images/") and not (ROOT / "docs" / "images").exists():
            continue  # a source distribution has none
        assert "://" in link or (page.parent / link).is_file(), link


@pytest.mark.parametrize("option", list(inspect.signature(paris_core.prune).parameters)[4:])
def test_table_names_the_options(option):
    table = README.read_text(encoding="utf-8").partition("## Options of `prune`")[2]
    assert f"`{option}`" in table
