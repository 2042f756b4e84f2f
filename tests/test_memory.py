"""What needs more memory than there is is refused before it is tried, with the amount."""

import numpy as np
import pytest

import paris_core
from paris_core import datasets, metrics, regularization
from paris_core._support import memory
from paris_core.linalg import RidgeFactor

N, D = 3000, 1500  # a Gram matrix of 17 MiB
WIDE = np.zeros((N, D))
SHORT = np.zeros((40, D))
LONG = np.zeros((1500, D))
FEW = np.zeros((2000, 2))

CALLS = {
    "prune": lambda: paris_core.prune(WIDE, WIDE[:, 0], SHORT, SHORT[:, 0], 1, lam=1.0),
    "prune_groups": lambda: paris_core.prune_groups(
        WIDE, WIDE[:, 0], SHORT, SHORT[:, 0], np.arange(N), lam=1.0
    ),
    "choose_k": lambda: paris_core.choose_k(WIDE, WIDE[:, 0], SHORT, SHORT[:, 0], 1, lam=1.0),
    "explain": lambda: paris_core.explain(WIDE, WIDE[:, 0], SHORT[0], lam=1.0),
    "influence_matrix": lambda: paris_core.influence_matrix(FEW, FEW[:, 0], LONG[:, :2], lam=1.0),
    "RidgeFactor": lambda: RidgeFactor(WIDE, WIDE[:, 0], 1.0),
    "select_lambda": lambda: regularization.select_lambda(WIDE, WIDE[:, 0]),
    "one_hot": lambda: paris_core.one_hot(np.arange(3000)),
    "make_storms": lambda: datasets.make_storms(n_hours=400_000),
    "random_removal_curves": lambda: metrics.random_removal_curves(
        FEW, FEW[:, 0], 3, FEW, FEW[:, 0], n_curves=3_000_000, lam=1.0
    ),
    "another dtype": lambda: RidgeFactor(np.zeros((N, D), dtype=np.float32), np.zeros(N), 1.0),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_there_is_refused(name, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**20)
    with pytest.raises(MemoryError, match=r"needs [\d,.]+ (MiB|GiB), but 1 MiB are available: \w"):
        CALLS[name]()


def test_a_few_bytes_are_not_asked_for(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 0)
    paris_core.prune(FEW[:50], FEW[:50, 0], FEW[:9], FEW[:9, 0], 3, lam=1.0)


# ------------------------------------------------------------------ what there is, from files


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def proc(tmp_path):
    """Files as in /proc: 8 GiB are free."""
    folder = tmp_path / "proc"
    write(folder, {"meminfo": "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\n"})
    return folder


def in_group(proc, path, mount):
    """This process is in a control group, and the hierarchy is mounted."""
    write(proc, {"self/cgroup": path, "self/mountinfo": mount})


def test_what_the_system_has(proc):
    assert memory.available(proc) == 2**33


def test_nothing_is_said_where_nothing_can_be_told(tmp_path, monkeypatch):
    monkeypatch.setattr(memory.os, "sysconf", lambda name: (_ for _ in ()).throw(ValueError(name)))
    assert memory.available(tmp_path) is None
    monkeypatch.setattr(memory, "available", lambda: None)
    memory.require(2**60, "a test", "nothing")


@pytest.mark.parametrize("inner", ["max", "1000000000000"], ids=["none", "more than the system"])
def test_a_container_of_version_2(proc, tmp_path, inner):
    """The outer group leaves least: 2 GiB, of which 1 is used and half of that by cached files."""
    mount = tmp_path / "groups"
    in_group(proc, "0::/job/step\n", f"30 23 0:26 / {mount} rw - cgroup2 cgroup2 rw\n")
    stat = f"anon 5\ninactive_file {2**28}\nactive_file {2**28}\n"
    write(
        mount,
        {
            "job/step/memory.max": inner,
            "job/step/memory.current": "0",
            "job/memory.max": str(2**31),
            "job/memory.current": str(2**30),
            "job/memory.stat": stat,
        },
    )
    assert memory.available(proc) == 2**30 + 2**29


def test_a_container_of_version_1_that_sees_its_own_part_alone(proc, tmp_path):
    mount = tmp_path / "memory groups"
    place = str(mount).replace(" ", "\\040")
    in_group(
        proc,
        "5:cpu,cpuacct:/elsewhere\n4:memory:/box/abc\n",
        f"31 23 0:27 /box/abc {place} ro - cgroup cgroup rw,memory\n",
    )
    write(
        mount,
        {
            "memory.limit_in_bytes": str(2**30),
            "memory.usage_in_bytes": str(2**29),
            "memory.stat": f"inactive_file 1\ntotal_inactive_file {2**20}\ntotal_active_file 0\n",
        },
    )
    assert memory.available(proc) == 2**29 + 2**20


def test_a_group_that_is_over_its_limit_leaves_nothing(proc, tmp_path):
    mount = tmp_path / "groups"
    in_group(proc, "0::/\n", f"30 23 0:26 / {mount} rw - cgroup2 cgroup2 rw\n")
    write(mount, {"memory.max": "100", "memory.current": "300"})
    assert memory.available(proc) == 0
