"""Which lines of the package the tests run.

    pip install '.[test]' coverage gcovr && python tests/line_coverage.py [arguments of pytest]

For Python the suite runs under coverage.py, child processes included; only the tests that kill
processes, fill disks and hurry are left out, since they end or slow what counts. For C++ the tests
of the kernels run on a core with counters (GCC). Prints both shares and the files with the most
lines left out. The exit status is 1 if a test fails or a share is below its limit. Takes about half
an hour of one core.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from instrumented import ROOT, environment, install

LIMITS = {"Python": 95.0, "C++": 90.0}
LEFT_OUT = ("stress", "interrupts")
KERNELS = """
linalg identities criteria prune pruner engines extremes upkeep replay threads quotas_in_prune
monitor stopping shared_objects package
"""

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
    enough = all([measure(language, arguments) for language in LIMITS])
    return 0 if enough else 1


def measure(language: str, arguments: list[str]) -> bool:
    """Whether the tests pass and run enough lines of this language."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        if language == "Python":
            install(scratch)
            (scratch / "settings").write_text(SETTINGS.format(scratch=scratch))
            ignored = [f"--ignore={ROOT}/tests/test_{name}.py" for name in LEFT_OUT]
            failed = coverage(scratch, "run", "-m", "pytest", "-q", *ignored, *arguments)
            files = python_counts(scratch)
        else:
            install(scratch, PARIS_COVERAGE="ON")
            files_of_tests = [f"{ROOT}/tests/test_{name}.py" for name in KERNELS.split()]
            command = [sys.executable, "-m", "pytest", "-q", *files_of_tests, *arguments]
            failed = subprocess.run(command, cwd=ROOT, env=environment(scratch)).returncode
            files = cpp_counts(scratch)
    return tell(language, files) >= LIMITS[language] and failed == 0


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
        if "site/paris_core/" in name  # not of the copies that tests make
    }


def cpp_counts(scratch: Path) -> Counts:
    filters = ["--filter", "cpp/include/", "--filter", "cpp/src/"]
    # The errors are of sources that lie elsewhere, such as those of pybind11.
    output = ["--json-summary", f"{scratch}/cpp.json", "--gcov-ignore-errors=all"]
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
