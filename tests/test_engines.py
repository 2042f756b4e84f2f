"""The lazy engine returns what the exhaustive one does, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from problems import PAIRS, Problem, make_problem, options, penalties, problems
from replay import assert_same_numbers, pruned_up_to

scenarios = pytest.mark.parametrize(
    "asked",
    [
        {"criterion": criterion, "objective": asked}
        for criterion, objective in PAIRS
        for asked in ([objective, ("worst", 4)] if objective == "worst" else [objective])
    ],
    ids=lambda asked: "{criterion}-{objective}".format(**asked),
)
outputs = pytest.mark.parametrize("n_outputs", [None, 3], ids="C={}".format)


def assert_engines_agree(problem, k, **options):
    """Compare the engines; returns the lazy result with working sets as small as they get."""
    exhaustive = pruned_up_to(problem, k, engine="exhaustive", **options)
    for cache_bytes in (256 << 20, 0):  # room for large working sets, and for the smallest ones
        options["cache_bytes"] = cache_bytes
        lazy = pruned_up_to(problem, k, engine="lazy", **options)
        assert_same_numbers(lazy, exhaustive)
        assert lazy.stop_reason == exhaustive.stop_reason
        assert lazy.n_refactorizations == exhaustive.n_refactorizations
        assert lazy.stats["v_switches"] == exhaustive.stats["v_switches"]
    return lazy, exhaustive


@given(problems(), penalties(), st.floats(0.0, 1.0))
def test_on_small_problems(problem, lam, fraction):
    assert_engines_agree(problem, int(fraction * (problem.n_rows - 1)), lam=lam)


@pytest.mark.parametrize("lam", [1e-5, 1e-2, 1.0, 1e2, 1e6])
@pytest.mark.parametrize("seed", [0, 1])
def test_working_sets_smaller_than_the_data(lam, seed):
    lazy, exhaustive = assert_engines_agree(make_problem(20_000, 400, 24, seed=seed), 600, lam=lam)
    assert lazy.stats["working_sets_built"] > 0
    assert lazy.stats["rows_evaluated"] < exhaustive.stats["rows_evaluated"] / 10


@pytest.mark.parametrize("lam", [1e-5, 1.0, 1e2, 1e6])
def test_rows_too_long_to_be_copied(lam):
    problem = make_problem(6_000, 100, 300, seed=1)
    lazy, exhaustive = assert_engines_agree(problem, 150, lam=lam)
    assert lazy.stats["working_sets_built"] > 0
    assert lazy.stats["rows_evaluated"] < exhaustive.stats["rows_evaluated"] / 5


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
    assert lazy.stats["full_scans"] > 0  # no working set can tell them apart


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
        assert_same_numbers(more, one)
        assert more.stats == one.stats


def test_memory_map(tmp_path):
    problem = make_problem(30_000, 200, 16, seed=9)
    np.save(tmp_path / "Phi.npy", problem.Phi)
    Phi = np.load(tmp_path / "Phi.npy", mmap_mode="r")
    mapped = paris_core.prune(Phi, *problem.arrays[1:], 300, lam=1.0, cache_bytes=1 << 20)
    loaded = paris_core.prune(*problem.arrays, 300, lam=1.0, cache_bytes=1 << 20)
    assert_same_numbers(mapped, loaded)


# --------------------------------------------------------------- every criterion and objective


@given(st.data(), problems(outputs=(None, 1, 3)), penalties(), st.floats(0.0, 1.0))
def test_every_option_on_small_problems(data, problem, lam, fraction):
    chosen = data.draw(options(problem), label="options")
    monitor = problem.Phi_val[::-1], problem.y_val[::-1]
    k = int(fraction * (problem.n_rows - 1))
    assert_engines_agree(problem, k, lam=lam, monitor=monitor, **chosen)


@scenarios
@outputs
def test_more_rows_than_a_working_set(asked, n_outputs):
    problem = make_problem(20_000, 200, 24, seed=1, n_outputs=n_outputs)
    lazy, exhaustive = assert_engines_agree(problem, 300, lam=1.0, **asked)
    assert len(lazy.removed) == 300
    # Or the engine would be lazy in name only.
    assert lazy.stats["rows_evaluated"] < exhaustive.stats["rows_evaluated"] / 2


@scenarios
@pytest.mark.parametrize("lam", [1e-5, 1e-2, 1e2, 1e6])
def test_every_penalty(asked, lam):
    assert_engines_agree(make_problem(6000, 60, 8, seed=2), 300, lam=lam, **asked)
    assert_engines_agree(make_problem(300, 20, 8, seed=2, n_outputs=3), 299, lam=lam, **asked)


@scenarios
@pytest.mark.parametrize("lam", [1e80, 1e92, 1e100])
@pytest.mark.parametrize(("n_rows", "n_val", "dimension"), [(251, 5, 3), (517, 5, 6)])
def test_leverages_that_single_precision_cannot_hold(asked, lam, n_rows, n_val, dimension):
    """Whole numbers and next to no weights: rows tie, and bounds must not round down."""
    rng = np.random.default_rng(2)
    problem = make_problem(n_rows, n_val, dimension)
    for table, most in zip(problem.arrays, (15, 9, 9, 5), strict=True):
        table[:] = rng.integers(-most, most, table.shape, endpoint=True)
    assert_engines_agree(problem, int(0.9 * n_rows), lam=lam, **asked)


@scenarios
@outputs
def test_all_but_one_row(asked, n_outputs):
    problem = make_problem(1500, 30, 5, seed=7, n_outputs=n_outputs)
    lazy, _ = assert_engines_agree(problem, 1499, lam=0.1, **asked)
    assert len(lazy.kept) == 1


def identical(problem):
    problem.Phi[:] = problem.Phi[0]
    problem.y[:] = problem.y[0]


def duplicated(problem):
    third = problem.n_rows // 3
    problem.Phi[: 3 * third] = np.tile(problem.Phi[:third], (3, 1))
    problem.y[: 3 * third] = np.tile(problem.y[:third], (3,) + (1,) * (problem.y.ndim - 1))


def giant(problem):
    problem.Phi[1234] *= 1e6
    problem.y[1234] = -1e6
    problem.y_val[7] = 1e5


def ill_conditioned(problem):
    for table in (problem.Phi, problem.Phi_val):
        table *= np.geomspace(1.0, 1e-8, table.shape[1])


def silent(problem):
    """Rows that cannot change anything: no features, or a target that is met."""
    problem.Phi[::2] = 0.0
    problem.y[::2] = 0.0


@scenarios
@outputs
@pytest.mark.parametrize(
    "spoil",
    [identical, duplicated, giant, ill_conditioned, silent],
    ids=lambda spoil: spoil.__name__,
)
def test_adversaries(asked, n_outputs, spoil):
    problem = make_problem(6000, 40, 8, seed=3, n_outputs=n_outputs)
    spoil(problem)
    lazy, _ = assert_engines_agree(problem, 120, lam=0.1, **asked)
    if spoil is identical:
        assert lazy.removed.tolist() == list(range(120))


@scenarios
@outputs
def test_weights_protection_quotas_and_monitor(asked, n_outputs):
    problem = make_problem(8000, 100, 8, seed=5, n_outputs=n_outputs)
    rng = np.random.default_rng(0)
    strata = rng.integers(0, 5, 8000)
    sizes = np.bincount(strata)
    assert_engines_agree(
        problem,
        300,
        lam=10.0,
        val_weight=rng.uniform(0.0, 2.0, 100) * (rng.uniform(size=100) < 0.5),
        protect=rng.uniform(size=8000) < 0.4,
        strata=strata,
        quotas=sizes - np.array([40, 0, 100, 200, 10]),
        monitor=(problem.Phi[:50], problem.y[:50], rng.uniform(0.0, 1.0, 50)),
        **asked,
    )


@scenarios
def test_number_of_threads_changes_no_scenario(asked):
    problem = make_problem(9000, 600, 12, seed=8, n_outputs=2)
    chosen = {"lam": 1.0, "engine": "lazy", **asked}
    one = paris_core.prune(*problem.arrays, 150, n_threads=1, **chosen)
    assert_same_numbers(paris_core.prune(*problem.arrays, 150, n_threads=3, **chosen), one)


@scenarios
def test_size_of_the_cache_changes_no_scenario(asked):
    problem = make_problem(5000, 60, 12, seed=8)
    chosen = {"lam": 1.0, **asked}
    default = paris_core.prune(*problem.arrays, 150, **chosen)
    for cache_bytes in (1, 3 * 8 * 5000 + 5):
        assert_same_numbers(
            paris_core.prune(*problem.arrays, 150, cache_bytes=cache_bytes, **chosen), default
        )


@pytest.mark.parametrize(
    ("n_rows", "n_features", "criterion", "engine"),
    [
        (300, 8, "representer", "lazy"),  # the paper's own case, always
        (300, 8, "refit", "exhaustive"),  # small
        (2000, 300, "refit", "exhaustive"),  # hardly more rows than features
        (9000, 64, "refit", "lazy"),
    ],
)
def test_auto_takes_the_faster_one(n_rows, n_features, criterion, engine):
    problem = make_problem(n_rows, 50, n_features)
    run = [
        paris_core.prune(*problem.arrays, 5, lam=1.0, criterion=criterion, engine=name)
        for name in ("auto", engine)
    ]
    assert run[0].stats == run[1].stats
    evaluated = n_rows * 5 - 10  # what "exhaustive" does
    assert (run[0].stats["rows_evaluated"] == evaluated) == (engine == "exhaustive")
