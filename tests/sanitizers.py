"""The compiled core under sanitizers, driven from Python.

    python tests/sanitizers.py [--short] [--only address|thread]

builds the extension once with the address and undefined-behaviour sanitizers and once with the
thread sanitizer, in a scratch folder, and runs tests with it: exit status 1 if one fails or a
sanitizer has something to say, with its report. Needs Linux, GCC and the extra `test`, in the
environment that runs it. The C++ tests have their own builds: the presets `sanitizers` and
`threads` in `cpp/tests`.

CPython, NumPy and the other libraries are not instrumented: of their memory the sanitizers see what
the core reads and writes, and of their threads the locks. Leaks are looked for in the C++ tests
alone, since CPython leaves objects behind at exit.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from instrumented import ROOT, environment, install

# The files that go deepest into the core; the rest of the suite repeats their calls.
CORE = "linalg pruner prune criteria engines identities monitor quotas_in_prune influence replay"

# Tests that send a signal after a while expect the core to have come somewhere by then.
UNHURRIED = "not interrupt"


@dataclass(frozen=True)
class Sanitizer:
    """What is loaded and run for one sanitizer; test files without `test_` and `.py`."""

    libraries: tuple[str, ...]  # before anything else
    variables: dict[str, str]
    short: str
    long: str


SANITIZERS = {
    "address": Sanitizer(
        # The C++ library as well: else the sanitizer does not find its function that throws.
        ("libasan.so", "libubsan.so", "libstdc++.so"),
        {
            # Requests beyond memory are to fail as they do without.
            "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            # Small objects one by one, where an overrun shows.
            "PYTHONMALLOC": "malloc",
        },
        "linalg criteria shared_objects",
        f"{CORE} arguments explanation group_pruning history regularization shared_objects",
    ),
    "thread": Sanitizer(
        ("libtsan.so",),
        {"TSAN_OPTIONS": "second_deadlock_stack=1"},
        "shared_objects",
        "shared_objects pruner engines cross_validation",
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="fewer tests")
    parser.add_argument("--only", choices=SANITIZERS, help="one sanitizer instead of all")
    arguments = parser.parse_args()
    names = [arguments.only] if arguments.only else list(SANITIZERS)
    with tempfile.TemporaryDirectory() as scratch:
        clean = [examine(name, Path(scratch) / name, short=arguments.short) for name in names]
    return 0 if all(clean) else 1


def examine(name: str, scratch: Path, *, short: bool) -> bool:
    """Build and test with one sanitizer; whether all passed and nothing was reported."""
    start = time.monotonic()
    install(scratch, PARIS_SANITIZE=name)
    built = time.monotonic()
    files = (SANITIZERS[name].short if short else SANITIZERS[name].long).split()
    status = run_tests(SANITIZERS[name], files, scratch)
    reports = sorted(scratch.glob("report.*"))
    for report in reports:
        print(f"\n{report.read_text(errors='replace')}")
    clean = status == 0 and not reports
    print(
        f"{name}: {'clean' if clean else f'{len(reports)} reports, exit status {status}'}; "
        f"built in {built - start:.0f} s, tested in {time.monotonic() - built:.0f} s",
        flush=True,
    )
    return clean


def run_tests(sanitizer: Sanitizer, files: list[str], scratch: Path) -> int:
    """Run pytest on these files. Reports go to files, those of undefined behaviour to stderr."""
    compiler = os.environ.get("CXX", "c++")
    libraries = [
        subprocess.check_output([compiler, f"-print-file-name={library}"], text=True).strip()
        for library in sanitizer.libraries
    ]
    variables = {
        name: f"{value}:log_path={scratch}/report" if name.endswith("_OPTIONS") else value
        for name, value in sanitizer.variables.items()
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--capture=sys", "-k", UNHURRIED]
        + [f"tests/test_{file}.py" for file in files],
        cwd=ROOT,
        env=environment(scratch, LD_PRELOAD=" ".join(libraries), **variables),
    ).returncode


if __name__ == "__main__":
    if platform.system() != "Linux":
        sys.exit("tests/sanitizers.py needs Linux and GCC")
    sys.exit(main())
