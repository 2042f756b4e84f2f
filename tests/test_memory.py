"""Requests beyond memory are refused with the amount, before anything is allocated."""

import os
import re
import resource
import subprocess
import sys

import numpy as np
import pytest

import paris_core
from paris_core import _footprint, _memory
from paris_core.linalg import RidgeFactor
from problems import make_problem

GIB = 2**30
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

MOUNTS = {
    1: "35 31 0:32 {root} {place} rw,relatime - cgroup cgroup rw,memory",
    2: "41 31 0:38 {root} {place} rw,relatime - cgroup2 cgroup2 rw",
    "cpu": "32 31 0:29 {root} {place} rw,relatime - cgroup cgroup rw,cpu,cpuacct",
}
FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    2: ("memory.max", "memory.current"),
}


class Machine:
    """A faked /proc, and control groups beside it."""

    def __init__(self, folder):
        self.proc, self.folder = folder / "proc", folder
        (self.proc / "self").mkdir(parents=True)
        self.mounts, self.groups = [], []

    def meminfo(self, available):
        text = f"MemTotal: 99999999 kB\nMemAvailable:  {available // 1024} kB\nSwapFree: 9 kB\n"
        (self.proc / "meminfo").write_text(text)
        return self

    def mount(self, version, place="cgroup", root="/"):
        place = self.folder / place
        place.mkdir(exist_ok=True, parents=True)
        escaped = str(place).replace(" ", r"\040")
        self.mounts.append(MOUNTS[version].format(root=root, place=escaped))
        (self.proc / "self" / "mountinfo").write_text("\n".join(self.mounts) + "\n")
        return place

    def belongs_to(self, version, path):
        self.groups.append({1: "4:memory:", 2: "0::", "cpu": "2:cpu,cpuacct:"}[version] + path)
        (self.proc / "self" / "cgroup").write_text("\n".join(self.groups) + "\n")

    def available(self):
        return _memory.available(self.proc)


def limit(group, version, most, used, **stat):
    group.mkdir(exist_ok=True, parents=True)
    for name, value in zip(FILES[version], (most, used), strict=True):
        (group / name).write_text(f"{value}\n")
    (group / "memory.stat").write_text("".join(f"{k} {v}\n" for k, v in stat.items()))


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path).meminfo(16 * GIB)


def test_what_the_system_says(machine):
    assert machine.available() == 16 * GIB


@pytest.mark.parametrize("version", [1, 2])
def test_limit_of_a_control_group(machine, version):
    place = machine.mount(version)
    machine.belongs_to(version, "/batch/job 1")
    limit(place / "batch" / "job 1", version, 4 * GIB, GIB)
    assert machine.available() == 3 * GIB
    limit(place / "batch" / "job 1", version, 40 * GIB, GIB)
    assert machine.available() == 16 * GIB
    limit(place / "batch" / "job 1", version, GIB, 2 * GIB)
    assert machine.available() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_tightest_of_nested_groups(machine, version):
    place = machine.mount(version)
    machine.belongs_to(version, "/a/b/c")
    limit(place / "a" / "b" / "c", version, 9 * GIB, GIB)
    limit(place / "a" / "b", version, 5 * GIB, 2 * GIB)  # those beside this one count, too
    limit(place / "a", version, "max" if version == 2 else 9223372036854771712, 7 * GIB)
    assert machine.available() == 3 * GIB


@pytest.mark.parametrize(("version", "prefix"), [(1, "total_"), (2, "")])
def test_files_in_memory_make_room(machine, version, prefix):
    place = machine.mount(version)
    machine.belongs_to(version, "/job")
    cached = {"anon": 9, f"{prefix}inactive_file": GIB, f"{prefix}active_file": GIB // 2}
    limit(place / "job", version, 4 * GIB, 3 * GIB, **cached)
    assert machine.available() == 2 * GIB + GIB // 2


@pytest.mark.parametrize("version", [1, 2])
def test_containers_see_their_own_part(machine, version):
    # The group is named from the root of the machine, of which only a part is mounted.
    place = machine.mount(version, root="/docker/1f3")
    machine.belongs_to(version, "/docker/1f3/job")
    limit(place, version, 2 * GIB, GIB)
    assert machine.available() == GIB
    limit(place / "job", version, GIB, GIB // 2)
    assert machine.available() == GIB // 2


def test_groups_outside_of_what_is_mounted(machine):
    place = machine.mount(2)
    machine.belongs_to(2, "/../elsewhere")
    limit(place, 2, 2 * GIB, GIB)
    assert machine.available() == GIB


def test_both_versions_beside_each_other(machine):
    first, cpu, second = machine.mount(1, "one"), machine.mount("cpu", "cpu"), machine.mount(2, "t")
    for version in ("cpu", 1, 2):
        machine.belongs_to(version, "/job")
    limit(first / "job", 1, 6 * GIB, GIB)
    limit(second / "job", 2, "max", GIB)
    limit(cpu / "job", 2, GIB, 0)  # says nothing of memory
    assert machine.available() == 5 * GIB


def test_missing_and_strange_files(machine, tmp_path):
    place = machine.mount(2)
    machine.belongs_to(2, "/job")
    assert machine.available() == 16 * GIB  # the group has no files
    limit(place / "job", 2, "what", "ever")
    assert machine.available() == 16 * GIB
    (machine.proc / "self" / "mountinfo").write_text("\n- \nshort - cgroup2\n\xff\n")
    assert machine.available() == 16 * GIB
    assert _memory.available(tmp_path / "nowhere") == os.sysconf("SC_PAGE_SIZE") * os.sysconf(
        "SC_PHYS_PAGES"
    )


def test_systems_that_tell_nothing(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "sysconf")
    assert _memory.available(tmp_path) is None
    monkeypatch.setattr(_memory, "available", lambda: None)
    _memory.require(2**80, "everything", "never mind")


@linux
@pytest.mark.parametrize(("name", "field"), [("RLIMIT_AS", 0), ("RLIMIT_DATA", 5)])
def test_limits_of_the_process(machine, monkeypatch, name, field):
    pages = ["1", "1", "1", "1", "1", "1", "0"]
    pages[field] = str(GIB // resource.getpagesize())
    (machine.proc / "self" / "statm").write_text(" ".join(pages))
    limits = {getattr(resource, name): (3 * GIB, -1)}
    monkeypatch.setattr(resource, "getrlimit", lambda what: limits.get(what, (-1, -1)))
    assert machine.available() == 2 * GIB


def test_this_machine():
    assert 0 < _memory.available() < 2**50


def test_message_has_the_amounts_and_the_advice(monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: 100 * 2**20)
    _memory.require(100 * 2**20, "it", "never mind")
    with pytest.raises(MemoryError, match=r"^it needs 101 MiB, but 100 MiB are .*: use less"):
        _memory.require(101 * 2**20, "it", "use less")
    with pytest.raises(MemoryError, match=r"^it needs 1,024\.0 GiB, but 100 MiB are available"):
        _memory.require(2**40, "it", "use less")


# ------------------------------------------------------------------------------- what asks for it


def arrays(n_rows, n_features, n_val=4):
    rng = np.random.default_rng(0)
    Phi, Phi_val = rng.normal(size=(n_rows, n_features)), rng.normal(size=(n_val, n_features))
    return Phi, Phi[:, 0].copy(), Phi_val, Phi_val[:, 0].copy()


def refit(n_rows, n_features, **options):
    options = {"lam": 1.0, "criterion": "refit", "objective": "mean", "n_threads": 1} | options
    return paris_core.prune(*arrays(n_rows, n_features), 1, **options)


REQUESTS = {
    "prune": lambda: refit(20, 2500),
    "prune, rows": lambda: refit(400_000, 2, engine="lazy"),
    "RidgeFactor": lambda: RidgeFactor(*arrays(20, 3000)[:2], 1.0, n_threads=1),
    "threads": lambda: RidgeFactor(*arrays(9000, 700)[:2], 1.0, n_threads=64),
    "select_lambda": lambda: paris_core.regularization.select_lambda(*arrays(20, 3000)[:2]),
    "influence_matrix": lambda: paris_core.influence_matrix(*arrays(20_000, 2, 4000)[:3], lam=1.0),
    "prune_groups": lambda: paris_core.prune_groups(*arrays(1000, 200), np.arange(1000), lam=1.0),
    "one_hot": lambda: paris_core.one_hot(np.arange(8000)),
    "explain": lambda: paris_core.explain(
        *arrays(20, 3000)[:2], np.ones(3000), lam=1.0, n_threads=1
    ),
    "choose_k": lambda: paris_core.cross_validation.choose_k(
        *arrays(20, 900, 30), 1, lam=1.0, folds=30, n_threads=1
    ),
    "lagged_features": lambda: paris_core.features.lagged_features(
        {"a": np.ones(20_000)}, np.ones(20_000), lags=range(2000), horizon=1
    ),
    "make_storms": lambda: paris_core.datasets.make_storms(10**8),
    "random_removal_curves": lambda: paris_core.metrics.random_removal_curves(
        *arrays(20, 2)[:2], 5, *arrays(20, 2)[2:], lam=1.0, n_curves=10**9
    ),
    "a copy": lambda: paris_core.metrics.rmse(*np.ones((2, 20_000_000), dtype=np.float32)),
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_requests_beyond_memory_are_refused(request_name, monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: 80 * 2**20)
    allocated = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MemoryError, match=r"needs [\d,.]+ [MG]iB, but 80 MiB are available: \w+"):
        REQUESTS[request_name]()
    # No more than the arguments, which take less than twice what there is.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - allocated < 1024 * 200


def test_caches_that_cannot_be_filled_do_not_count(monkeypatch):
    monkeypatch.setattr(_memory, "available", lambda: 40 * 2**20)
    problem = make_problem(100, 9, 5)
    assert len(paris_core.prune(*problem.arrays, 9, lam=1.0, cache_bytes=2**60).removed) == 9


# ------------------------------------------------------------------ what is promised, and measured

MEASURE = """
import sys
import numpy as np
import paris_core
from paris_core import _footprint
from paris_core.linalg import RidgeFactor

def bytes_of(what):
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(what + ":"))

kind, n_rows, dimension, n_threads = sys.argv[1], *map(int, sys.argv[2:])
Phi = np.random.default_rng(0).normal(size=(n_rows, dimension))
y = Phi @ np.ones(dimension)
before = bytes_of("VmRSS")
if kind == "ridge":
    RidgeFactor(Phi, y, 1.0, n_threads=n_threads).remove(0)
    expected = _footprint.of_ridge(n_rows, dimension, 1, n_threads)
else:
    criterion, objective, engine = kind.split()
    options = {"criterion": criterion, "objective": objective, "engine": engine}
    pruner = paris_core.Pruner(
        Phi, y, Phi[:50], y[:50], lam=1.0, cache_bytes=0, n_threads=n_threads, **options
    )
    pruner.run(5)
    own = (criterion, objective) == ("representer", "worst")
    expected = _footprint.of_pruner(
        n_rows, 50, dimension, 1, lazy=engine == "lazy", papers_own=own,
        refit=criterion == "refit", cache_bytes=0, n_threads=n_threads,
    )
print((bytes_of("VmHWM") - before) / expected)
"""


@linux
@pytest.mark.parametrize(
    ("kind", "n_rows", "dimension", "n_threads"),
    [
        ("ridge", 500, 1200, 1),
        ("ridge", 6000, 700, 2),
        ("refit mean lazy", 700, 1200, 1),
        ("refit mean streaming", 700, 1200, 1),
        ("representer worst lazy", 700, 1200, 1),
        ("representer mean lazy", 700, 1200, 1),
        ("refit mean lazy", 300_000, 16, 1),
        ("representer worst lazy", 300_000, 16, 1),
    ],
)
def test_expected_amounts_are_about_right(kind, n_rows, dimension, n_threads):
    numbers = [str(number) for number in (n_rows, dimension, n_threads)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, kind, *numbers], capture_output=True, text=True, check=True
    )
    # Not less than is needed, or the kernel may kill; not much more, or what fits is refused.
    assert 0.3 < float(done.stdout) < 1.15


SQUEEZED = """
import resource, sys
import numpy as np
import paris_core
from paris_core import _memory

Phi = np.random.default_rng(0).normal(size=(1500, 1000))
y = Phi[:, 0].copy()
if sys.argv[1] == "unseen":  # as where the limit cannot be read
    _memory.available = lambda: None
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**20 * int(sys.argv[2]),) * 2)
try:
    paris_core.prune(
        Phi, y, Phi[:50], y[:50], 5, lam=1.0, criterion="refit", objective="mean", engine="lazy",
        n_threads=1,
    )
except MemoryError as error:
    print("MemoryError:", error)
else:
    print("done")
"""


@linux
@pytest.mark.parametrize("mebibytes", [4, 16, 30, 50])
@pytest.mark.parametrize("seen", ["seen", "unseen"])
def test_limits_end_in_a_memory_error(seen, mebibytes):
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SQUEEZED, seen, str(mebibytes)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.startswith("MemoryError")
    if seen == "seen":
        assert re.search(r"needs \d+ MiB, but \d+ MiB are available: use fewer", done.stdout)


def test_of_sums_by_hand():
    # One block of 1,024 rows of 10 features, of which there are 500; and for each of two threads.
    assert _footprint.of_sums(500, 10, 8) == 8 * (100 + 100 + 10 * 500)
    assert _footprint.of_sums(5000, 10, 2) == 8 * (100 + 2 * (100 + 10 * 1024))
