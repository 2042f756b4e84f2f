"""The lazy engine returns what the streaming one does, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from problems import Problem, make_problem, penalties, problems

NUMBERS = ("removed", "delta_loss", "val_index", "loss", "weights", "mask", "kept")


def assert_engines_agree(problem, k, **options):
    """Compare the engines; returns the lazy result with fronts as small as they get."""
    streaming = paris_core.prune(*problem.arrays, k, engine="streaming", **options)
    for cache_bytes in (256 << 20, 0):  # room for large fronts, and for the smallest ones
        options["cache_bytes"] = cache_bytes
        lazy = paris_core.prune(*problem.arrays, k, engine="lazy", **options)
        for name in NUMBERS:
            np.testing.assert_array_equal(
                getattr(lazy, name), getattr(streaming, name), err_msg=name
            )
        assert lazy.stop_reason == streaming.stop_reason
        assert lazy.n_refactorizations == streaming.n_refactorizations
        assert lazy.stats["v_switches"] == streaming.stats["v_switches"]
    return lazy, streaming


@given(problems(), penalties(), st.floats(0.0, 1.0))
def test_on_small_problems(problem, lam, fraction):
    assert_engines_agree(problem, int(fraction * (problem.n_rows - 1)), lam=lam)


@pytest.mark.parametrize("lam", [1e-5, 1e-2, 1.0, 1e2, 1e6])
@pytest.mark.parametrize("seed", [0, 1])
def test_fronts_smaller_than_the_data(lam, seed):
    lazy, streaming = assert_engines_agree(make_problem(20_000, 400, 24, seed=seed), 600, lam=lam)
    assert lazy.stats["fronts_built"] > 0
    assert lazy.stats["rows_looked_at"] < streaming.stats["rows_looked_at"] / 10


@pytest.mark.parametrize("lam", [1e-5, 1.0, 1e2, 1e6])
def test_rows_too_long_to_be_copied(lam):
    problem = make_problem(6_000, 100, 300, seed=1)
    lazy, streaming = assert_engines_agree(problem, 150, lam=lam)
    assert lazy.stats["fronts_built"] > 0
    assert lazy.stats["rows_looked_at"] < streaming.stats["rows_looked_at"] / 5


def test_long_rows_to_the_end():
    problem = make_problem(700, 30, 280, seed=2)
    problem.Phi[:300] = problem.Phi[300:600]  # ties
    problem.y[:300] = problem.y[300:600]
    problem.Phi[650] *= 1e6  # an outlier
    assert_engines_agree(problem, 699, lam=0.1)


def test_long_rows_ill_conditioned():
    problem = make_problem(3000, 60, 264, seed=6)
    problem.Phi[:] *= np.geomspace(1.0, 1e-8, 264)
    problem.Phi_val[:] *= np.geomspace(1.0, 1e-8, 264)
    for lam in (1e-4, 1.0):
        assert_engines_agree(problem, 200, lam=lam)


def test_down_to_one_row():
    assert_engines_agree(make_problem(7000, 60, 6), 6999, lam=1.0)


def test_weights_and_protection():
    problem = make_problem(12_000, 300, 10, seed=5)
    rng = np.random.default_rng(0)
    assert_engines_agree(
        problem,
        500,
        lam=10.0,
        val_weight=rng.uniform(0.0, 2.0, 300) * (rng.uniform(size=300) < 0.5),
        protect=rng.uniform(size=12_000) < 0.4,
    )


def test_all_rows_identical():
    problem = make_problem(9000, 40, 5)
    problem.Phi[:] = problem.Phi[0]
    problem.y[:] = problem.y[0]
    lazy, _ = assert_engines_agree(problem, 60, lam=1.0)
    assert lazy.removed.tolist() == list(range(60))  # ties go to the smallest row
    assert lazy.stats["full_scans"] > 0  # no front can tell them apart


def test_duplicated_rows():
    base = make_problem(4000, 80, 8, seed=2)
    problem = Problem(np.tile(base.Phi, (3, 1)), np.tile(base.y, 3), base.Phi_val, base.y_val)
    assert_engines_agree(problem, 900, lam=0.1)


@pytest.mark.parametrize("lam", [1e-3, 1.0, 1e3])
def test_one_giant_outlier(lam):
    problem = make_problem(9000, 80, 8, seed=3)
    problem.Phi[1234] *= 1e6
    problem.y[1234] = -1e6
    problem.y_val[7] = 1e5
    assert_engines_agree(problem, 700, lam=lam)


def test_v_that_moves_all_the_time():
    # With one constant feature and two validation rows far out on either side, every deletion moves
    # the mean towards the one, which makes the other the worst.
    rng = np.random.default_rng(4)
    n = 12_000
    problem = Problem(np.ones((n, 1)), rng.normal(size=n), np.ones((2, 1)), np.array([50.0, -50.0]))
    lazy, _ = assert_engines_agree(problem, 800, lam=1e3)
    assert lazy.stats["v_switches"] > 400


@pytest.mark.parametrize("lam", [1e-4, 1.0])
def test_ill_conditioned_features(lam):
    problem = make_problem(9000, 60, 12, seed=6)
    problem.Phi[:] *= np.geomspace(1.0, 1e-8, 12)
    problem.Phi_val[:] *= np.geomspace(1.0, 1e-8, 12)
    assert_engines_agree(problem, 600, lam=lam)


def test_more_threads_change_nothing():
    problem = make_problem(40_000, 5000, 16, seed=8)
    one = paris_core.prune(*problem.arrays, 800, lam=1.0, engine="lazy", n_threads=1)
    for n_threads in (2, 5):
        more = paris_core.prune(*problem.arrays, 800, lam=1.0, engine="lazy", n_threads=n_threads)
        for name in NUMBERS:
            np.testing.assert_array_equal(getattr(more, name), getattr(one, name), err_msg=name)
        assert more.stats == one.stats


def test_memory_map(tmp_path):
    problem = make_problem(30_000, 200, 16, seed=9)
    np.save(tmp_path / "Phi.npy", problem.Phi)
    Phi = np.load(tmp_path / "Phi.npy", mmap_mode="r")
    mapped = paris_core.prune(Phi, *problem.arrays[1:], 300, lam=1.0, cache_bytes=1 << 20)
    loaded = paris_core.prune(*problem.arrays, 300, lam=1.0, cache_bytes=1 << 20)
    for name in NUMBERS:
        np.testing.assert_array_equal(getattr(mapped, name), getattr(loaded, name), err_msg=name)
