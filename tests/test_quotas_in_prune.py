"""`strata` and `quotas`: no stratum falls below its quota, whatever else is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import paris_core
from problems import (
    ORDINARY,
    engines,
    make_problem,
    pairs,
    penalties,
    problems,
    protections,
    stratifications,
)
from replay import assert_greedy, assert_same, pruned_up_to


@pytest.fixture(scope="module")
def problem():
    return make_problem(100, 15, 6, seed=4)


@pytest.fixture(scope="module")
def strata():
    return np.random.default_rng(0).choice(4, size=100, p=[0.6, 0.3, 0.07, 0.03])


@engines
@pairs
@given(data=st.data(), problem=problems(kinds=ORDINARY, outputs=(None, 2)), lam=penalties())
def test_no_stratum_falls_below_its_quota(engine, criterion, objective, data, problem, lam):
    strata, quotas = data.draw(stratifications(problem.n_rows), label="strata and quotas")
    protect = data.draw(protections(problem.n_rows), label="protect")
    chosen = {
        "criterion": criterion,
        "objective": objective,
        "protect": protect,
        "strata": strata,
        "quotas": quotas,
    }
    k = problem.n_rows - 1
    result = pruned_up_to(problem, k, lam=lam, engine=engine, **chosen)

    left = np.bincount(strata[result.kept], minlength=len(quotas))
    assert np.all(left >= quotas)
    if protect is not None:
        assert result.mask[protect].all()
    # Protected rows fill the quota of their stratum, they do not come on top of it.
    sizes = np.bincount(strata, minlength=len(quotas))
    n_protected = np.bincount(strata[protect], minlength=len(quotas)) if protect is not None else 0
    n_deletable = int(np.sum(sizes - np.maximum(quotas, n_protected)))
    assert len(result.removed) == min(k, n_deletable)
    assert result.stop_reason == ("completed" if k <= n_deletable else "exhausted")
    assert_greedy(result, problem, lam, **chosen)


@engines
@pairs
def test_a_stratum_at_its_quota_is_passed_over(problem, strata, engine, criterion, objective):
    quotas = np.array([30, 30, 5, 3])
    assert np.all(np.bincount(strata) >= quotas)
    chosen = {"lam": 0.5, "engine": engine, "criterion": criterion, "objective": objective}
    free = paris_core.prune(*problem.arrays, 99, **chosen)
    result = pruned_up_to(problem, 99, strata=strata, quotas=quotas, **chosen)
    assert result.stop_reason == "exhausted"
    np.testing.assert_array_equal(np.bincount(strata[result.kept]), quotas)
    # The same rows, up to the first that is refused.
    left = np.bincount(strata)
    for i, row in enumerate(free.removed):
        if left[strata[row]] == quotas[strata[row]]:
            assert result.removed[i] != row
            break
        assert result.removed[i] == row
        left[strata[row]] -= 1
    else:
        pytest.fail("no quota was ever reached")


@engines
def test_quota_of_the_whole_stratum_protects_it(problem, strata, engine):
    sizes = np.bincount(strata)
    by_quota = pruned_up_to(
        problem,
        99,
        lam=0.5,
        engine=engine,
        strata=strata,
        quotas=np.where([False, False, True, True], sizes, 0),
    )
    by_mask = pruned_up_to(problem, 99, lam=0.5, engine=engine, protect=strata >= 2)
    assert_same(by_quota, by_mask)
    assert by_quota.stop_reason == by_mask.stop_reason == "exhausted"


@pytest.mark.parametrize("n_strata", [4, 7], ids="{} strata".format)
def test_quotas_of_zero_change_nothing(problem, strata, n_strata):
    # Labels that do not occur are strata of size zero.
    quotas = np.zeros(n_strata, dtype=int)
    assert_same(
        paris_core.prune(*problem.arrays, 80, lam=0.5),
        paris_core.prune(*problem.arrays, 80, lam=0.5, strata=strata, quotas=quotas),
    )


def test_one_stratum_with_a_quota_is_a_smaller_k(problem):
    one_stratum = np.zeros(100, dtype=int)
    result = pruned_up_to(problem, 99, lam=0.5, strata=one_stratum, quotas=[35])
    assert_same(result, paris_core.prune(*problem.arrays, 65, lam=0.5))
    assert result.stop_reason == "exhausted"


def test_quotas_met_at_once(problem, strata):
    result = pruned_up_to(problem, 10, lam=0.5, strata=strata, quotas=np.bincount(strata))
    assert len(result.removed) == 0
    assert result.stop_reason == "exhausted"


def test_pieces_equal_the_whole(problem, strata):
    chosen = {"lam": 0.5, "strata": strata, "quotas": [20, 25, 4, 1], "criterion": "refit"}
    pruner = paris_core.Pruner(*problem.arrays, **chosen)
    while pruner.run(7):
        pass
    assert_same(pruner.result(), paris_core.prune(*problem.arrays, 50, **chosen))
    assert pruner.result().stop_reason == "exhausted"


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, ">i4", list])
def test_every_integer_type(problem, strata, dtype):
    quotas = np.array([20, 25, 4, 1])
    plain = paris_core.prune(*problem.arrays, 50, lam=0.5, strata=strata, quotas=quotas)
    convert = (lambda a: a.tolist()) if dtype is list else (lambda a: a.astype(dtype))
    other = paris_core.prune(
        *problem.arrays, 50, lam=0.5, strata=convert(strata), quotas=convert(quotas)
    )
    assert_same(plain, other)


def test_inputs_are_not_modified(problem, strata):
    mine, quotas = strata.copy(), np.array([20, 25, 4, 1])
    mine.flags.writeable = quotas.flags.writeable = False
    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, strata=mine, quotas=quotas)
    pruner.run(70)
    np.testing.assert_array_equal(mine, strata)
    np.testing.assert_array_equal(quotas, [20, 25, 4, 1])


def test_caller_may_change_its_quotas_while_pruning_goes_on(problem, strata):
    quotas, mine = np.array([20, 25, 4, 1]), strata.copy()
    whole = pruned_up_to(problem, 99, lam=0.5, strata=strata, quotas=quotas)
    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, strata=mine, quotas=quotas)
    pruner.run(3)
    quotas[:] = 0
    mine[:] = 0
    pruner.run(99)
    assert_same(pruner.result(), whole)


@pytest.mark.parametrize("k", [5, 60, 0.6])
@pytest.mark.parametrize("protected", [False, True])
def test_more_rows_than_may_leave_are_refused(problem, strata, k, protected):
    # Of what may not leave, rows that are protected fill the quota of their stratum.
    quotas = np.array([50, 20, 5, 1])
    sizes = np.bincount(strata)
    protect = np.zeros(100, dtype=bool)
    if protected:
        protect[np.flatnonzero(strata == 0)] = True
    stay = int(np.maximum(quotas, np.bincount(strata[protect], minlength=4)).sum())
    assert stay == (76 if not protected else 26 + sizes[0])
    chosen = {"lam": 0.5, "strata": strata, "quotas": quotas, "protect": protect}
    if k == 5:
        assert len(paris_core.prune(*problem.arrays, k, **chosen).removed) == k
        most = paris_core.prune(*problem.arrays, 100 - stay, **chosen)
        assert most.stop_reason == "completed"
        k = 101 - stay
    limits = "protect and quotas" if protected else "quotas"
    with pytest.raises(ValueError, match=rf"\bk must be at most {100 - stay}\b.*{limits} .*{k}"):
        paris_core.prune(*problem.arrays, k, **chosen)


def test_nothing_may_leave(problem):
    everything = np.ones(100, dtype=bool)
    with pytest.raises(ValueError, match=r"k must be at most 0.*protect keep"):
        paris_core.prune(*problem.arrays, 1, lam=0.5, protect=everything)
    result = paris_core.prune(*problem.arrays, 0, lam=0.5, protect=everything)
    assert result.stop_reason == "completed"
    pruner = paris_core.Pruner(*problem.arrays, lam=0.5, protect=everything)
    assert pruner.run(1) == 0
