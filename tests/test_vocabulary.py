"""docs/glossary.md is kept to: words that it has replaced do not come back."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
EVERYWHERE = ["python/paris_core", "cpp", "docs", "README.md", "benchmarks", "tests"]
PYTHON = ["python/paris_core", "docs", "README.md", "benchmarks", "tests"]
CORE = ["cpp", "python/paris_core"]
# A word that is retired, where, and what to say instead.
RETIRED = [
    (r"[Ss]teering", EVERYWHERE, "validation rows"),
    (r"held[-_ ]out rows? (steer|judge)", EVERYWHERE, "validation rows"),
    (r"\bengine=.streaming|streaming engine", EVERYWHERE, "exhaustive"),
    (r"textbook engine", EVERYWHERE, "exhaustive engine"),
    (r"\b[Ss]ketch(es|ed|ing)?\b|[Ss]ketching|sketched_", CORE, "quantised"),
    (r"\b(score|sketching)_front\b|class \w*Front\b|\bfronts\b", CORE, "working set"),
    (r"\bhorizons?\b", ["cpp"], "validity radius"),
    (r"\bRecent\b|recent\.hpp", CORE, "LRU cache"),
    (r"rows_looked_at|exact looks?\b", EVERYWHERE, "evaluate"),
    (r"\bn_worst=", ["docs", "README.md", "benchmarks"], '("worst", m)'),
    (
        r"\b(tail_(side|threshold|quantile)|(validation|monitor)_fraction)=",
        PYTHON,
        "Tail, splitter",
    ),
    (r"\bwarm_start_rounds\b|\bremove_per_round\b", PYTHON, 'retrain="continue", keep and rounds'),
    (r"retrain=.network", PYTHON, 'retrain="estimator"'),
    (r"\b(error_per_group|group_sizes)\b|groups=\w+, quotas=", PYTHON, "strata"),
]

pytestmark = pytest.mark.skipif(not GLOSSARY.exists(), reason="needs a checkout")


def texts(places):
    for place in places:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            known = file.suffix in (".py", ".pyi", ".hpp", ".cpp", ".md")
            if known and file != Path(__file__) and "vendor" not in file.parts:
                yield file, file.read_text(encoding="utf-8")


@pytest.mark.parametrize(("pattern", "places", "instead"), RETIRED)
def test_a_word_stays_retired(pattern, places, instead):
    found = [
        f"{file.relative_to(ROOT)}: {text[match.start() : match.end() + 20]!r}"
        for file, text in texts(places)
        for match in re.finditer(pattern, text)
    ]
    assert found == [], f"say {instead}"


def test_the_words_of_the_code_are_in_the_glossary():
    glossary = GLOSSARY.read_text(encoding="utf-8")
    for word in (
        "working set",
        "validity radius",
        "quantised",
        "evaluate",
        "stratum",
        "exhaustive",
    ):
        assert word in glossary
