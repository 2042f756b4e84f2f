"""Which lines of the package the tests run: Python and C++ in one go.

    pip install '.[test]' coverage gcovr && python tests/line_coverage.py [arguments of pytest]

builds the core with counters (GCC), runs the suite with it under coverage.py, child processes
included, and prints both shares and the files with the most lines left out. The exit status is 1 if
a test fails or a share is below its limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from instrumented import ROOT, environment, install

LIMITS = {"Python": 95.0, "C++": 90.0}

SETTINGS = """
[run]
source_pkgs = paris_core
data_file = {scratch}/coverage
parallel = true
patch = subprocess, _exit

[report]
exclude_also =
    if TYPE_CHECKING:
    \\.\\.\\.$
"""


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        install(scratch, PARIS_COVERAGE="ON")
        (scratch / "settings").write_text(SETTINGS.format(scratch=scratch))
        tests = coverage(scratch, "run", "-m", "pytest", "-q", *arguments)
        counts = {"Python": python_counts(scratch), "C++": cpp_counts(scratch)}
    shares = {language: tell(language, files) for language, files in counts.items()}
    enough = all(shares[language] >= limit for language, limit in LIMITS.items())
    return 0 if enough and tests == 0 else 1


def coverage(scratch: Path, command: str, *arguments: str) -> int:
    return subprocess.run(
        [sys.executable, "-m", "coverage", command, f"--rcfile={scratch}/settings", *arguments],
        cwd=ROOT,
        env=environment(scratch),
    ).returncode


# Lines that ran and all lines, by file.
Counts = dict[str, tuple[int, int]]


def python_counts(scratch: Path) -> Counts:
    coverage(scratch, "combine", "--quiet")
    coverage(scratch, "json", "--quiet", "-o", f"{scratch}/python.json")
    files = json.loads((scratch / "python.json").read_text())["files"]
    return {
        name.rpartition("site/")[2]: (
            entry["summary"]["covered_lines"],
            entry["summary"]["num_statements"],
        )
        for name, entry in files.items()
    }


def cpp_counts(scratch: Path) -> Counts:
    filters = ["--filter", "cpp/include/", "--filter", "cpp/src/"]
    output = ["--json-summary", f"{scratch}/cpp.json"]
    subprocess.run(
        [sys.executable, "-m", "gcovr", "--root", str(ROOT), *filters, *output, f"{scratch}/build"],
        check=True,
    )
    files = json.loads((scratch / "cpp.json").read_text())["files"]
    return {file["filename"]: (file["line_covered"], file["line_total"]) for file in files}


def tell(language: str, files: Counts) -> float:
    """Print the share of lines that ran, and where the others are; the share in percent."""
    ran, total = (sum(counts) for counts in zip(*files.values(), strict=True))
    share = 100 * ran / total
    print(f"{language}: {ran} of {total} lines, {share:.1f} % (at least {LIMITS[language]} %)")
    left_out = {name: total - ran for name, (ran, total) in files.items() if ran < total}
    for name in sorted(left_out, key=left_out.__getitem__, reverse=True)[:10]:
        print(f"  {left_out[name]:4d} lines left out of {files[name][1]:4d} in {name}")
    return share


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
