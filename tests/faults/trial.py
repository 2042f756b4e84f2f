"""One fault at a time: a tree of its own, built with the fault in it, and its tests."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from .faults import Fault

#: Tests of what the kernels compute, the quick ones first. Not the corpus of bits, which notices
#: every change: a fault is to be caught by a test that knows what is right.
TESTS = [
    "test_linalg",
    "test_upkeep",
    "test_identities",
    "test_influence",
    "test_explanation",
    "test_stopping",
    "test_monitor",
    "test_result",
    "test_criteria",
    "test_reference",
    "test_prune",
    "test_quotas_in_prune",
    "test_replay",
    "test_pruner",
    "test_engines",
    "test_extremes",
    "test_numerics",
]
_LONGEST = 1200  # seconds that the tests may take: a fault may make them hang


@dataclass(frozen=True)
class Outcome:
    """What became of a fault."""

    caught_by: str  # the first test that failed; empty if none did
    bits_differ: bool  # from the corpus


class Tree:
    """A copy of the files of `root` in `folder`, and what is built from it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder / "tree"
        self._build = folder / "build"
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
        wanted = {name for name in names.split("\0") if (root / name).is_file()}
        for old in [path for path in self.folder.rglob("*") if path.is_file()]:
            if str(old.relative_to(self.folder)) not in wanted and old.suffix != ".so":
                old.unlink()
        for name in sorted(wanted):
            self._copy(name)

    def _copy(self, name: str) -> None:
        source, target = self.root / name, self.folder / name
        if target.is_file() and target.read_bytes() == source.read_bytes():
            return  # keeps its time: nothing is to be built anew
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)

    def put(self, fault: Fault) -> None:
        """Put the fault into its file."""
        path = self.folder / fault.file
        path.write_text(fault.apply(path.read_text(encoding="utf-8")), encoding="utf-8")

    def mend(self, fault: Fault) -> None:
        """Take it out again."""
        self._copy(fault.file)

    def sources(self) -> str:
        """A digest of what is built and of the package, without the faults."""
        running = hashlib.sha256()
        for part in ("cpp", "python"):
            for path in sorted((self.folder / part).rglob("*")):
                if path.suffix in (".hpp", ".cpp", ".cmake", ".py"):
                    running.update(str(path.relative_to(self.folder)).encode() + path.read_bytes())
        return running.hexdigest()

    def build(self) -> None:
        """Build the baseline module in place."""
        pybind11 = _output(sys.executable, "-m", "pybind11", "--cmakedir")
        configure = [
            *("cmake", "-S", self.folder, "-B", self._build, "-DPARIS_SIMD_LEVELS=baseline"),
            *("-DCMAKE_BUILD_TYPE=Release", f"-DPython_EXECUTABLE={sys.executable}"),
            f"-Dpybind11_DIR={pybind11}",
        ]
        for command in (configure, ["cmake", "--build", self._build]):
            process = subprocess.run(command, check=False, capture_output=True, text=True)
            if process.returncode:
                raise RuntimeError(process.stdout + process.stderr)
        for module in self._build.glob("_core*.so"):
            shutil.copyfile(module, self.folder / "python" / "paris_core" / module.name)

    def run_tests(self, first: tuple[str, ...]) -> str:
        """Run the tests, `first` before the others, until one fails; returns its name."""
        order = [*first, *(test for test in TESTS if test not in first)]
        files = [f"tests/{test}.py" for test in order]
        command = [sys.executable, "-m", "pytest", "-x", "-v", "--no-header", "--tb=no", *files]
        code, output = self._run(command)
        if code == 0:
            return ""
        failed = re.findall(r"^(?:FAILED|ERROR) (tests/\S+)", output, re.MULTILINE)
        started = re.findall(r"^(tests/\S+::\S+)", output, re.MULTILINE)
        how = {None: " (hangs)", 1: ""}.get(code, f" (crash: {code})")
        return (failed[:1] or started[-1:] or ["the tests cannot start"])[0] + how

    def bits_differ(self) -> bool:
        """Whether the corpus of bits notices something, or cannot be run."""
        code, _ = self._run([sys.executable, "-m", "tests.bits", "--level", "baseline"])
        return code != 0

    def run_cpp_tests(self, topic: str) -> str:
        """Build and run the C++ tests of a topic; returns it if they fail."""
        folder = self.folder / "cpp" / "tests"
        program = self._build / f"test_{topic}"
        eigen = _output(
            sys.executable,
            "-c",
            "import importlib.metadata as m;"
            "print(m.distribution('cmeel-eigen').locate_file('cmeel.prefix/include/eigen3'))",
        )
        sources = [folder / name for name in ("main.cpp", "allocations.cpp", f"test_{topic}.cpp")]
        command = [
            *("c++", "-std=c++17", "-O2", "-ffp-contract=off", "-pthread", "-UNDEBUG"),
            *("-DEIGEN_RUNTIME_NO_MALLOC", "-DEIGEN_MPL2_ONLY", "-DEIGEN_DONT_PARALLELIZE"),
            *("-isystem", eigen, "-I", self.folder / "cpp" / "include", *sources, "-o", program),
        ]
        subprocess.run(command, check=True, capture_output=True)
        code, output = self._run([program, topic])
        failed = re.findall(r"FAIL (\S+)", output)
        return "" if code == 0 else f"cpp/tests/test_{topic}.cpp {' '.join(failed[:1])}".strip()

    def _run(self, command) -> tuple[int | None, str]:
        environment = {
            **os.environ,
            **{"PYTHONPATH": str(self.folder / "python"), "CI": "1", "PARIS_CORE_SIMD": "baseline"},
        }
        with (self._build / "output.txt").open("w+", encoding="utf-8") as output:
            try:
                process = subprocess.run(
                    command,
                    cwd=self.folder,
                    env=environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    check=False,
                    timeout=_LONGEST,
                )
                code = process.returncode
            except subprocess.TimeoutExpired:
                code = None
            output.seek(0)
            return code, output.read()


def try_out(fault: Fault, tree: Tree) -> Outcome:
    """Build the tree with the fault in it, and run the tests."""
    tree.put(fault)
    try:
        tree.build()
        bits_differ = tree.bits_differ()
        if fault.only_bits:
            return Outcome("tests/bits" if bits_differ else "", bits_differ)
        caught_by = tree.run_tests(fault.tests)
        if not caught_by and fault.cpp:
            caught_by = tree.run_cpp_tests(fault.cpp)
        return Outcome(caught_by, bits_differ)
    finally:
        tree.mend(fault)


class Outcomes:
    """What is known of faults in the present sources, in a file."""

    def __init__(self, tree: Tree) -> None:
        self._sources = tree.sources()
        self._path = tree.folder.parent / "outcomes.json"
        self._all = json.loads(self._path.read_text()) if self._path.exists() else {}

    def _key(self, fault: Fault) -> str:
        parts = (self._sources, fault.file, fault.right, fault.wrong)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def known(self, fault: Fault) -> Outcome | None:
        """The outcome of a fault that was caught, None for others."""
        stored = self._all.get(self._key(fault))
        return None if stored is None or not stored["caught_by"] else Outcome(**stored)

    def keep(self, fault: Fault, outcome: Outcome) -> None:
        self._all[self._key(fault)] = asdict(outcome)
        self._path.write_text(json.dumps(self._all, indent=1))


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
