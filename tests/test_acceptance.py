"""Whether removing rows has earned its place, against the same rule written anew."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accepting import gain, refusal
from paris_core.evidence.acceptance import Verdict, in_words, not_contradicted, verdict

#: What each reason says, and what the rule written anew calls it.
WORDS = {
    "chance": r"^the gain, -?[\d.]+( ± [\d.]+ % of the squared error| % .* by one unit alone), "
    r"is within chance$",
    "growth": r"^the error would grow, by [\d.]+ ± [\d.]+ % of the squared error$",
    "tail": r"^in tail \d the error would grow, by [\d.]+ ± [\d.]+ % of the squared error$",
    "fewer": r"^fewer removals do as well, within a standard error$",
    "random": r"^the gain over as many removed at random, .* error, is within chance$",
    None: r"^the gain is [\d.]+ ± [\d.]+ % of the squared error$",
}
N = 40


def never():
    raise AssertionError("as many at random are looked at last")


def losses(seed=0):
    return np.random.default_rng(seed).uniform(1.0, 2.0, N)


def named(*tails):
    return {f"tail {place}": tail for place, tail in enumerate(tails)}


def better(by, noise=0.1, seed=1):
    """The losses above, lower by `by` and by some noise."""
    return losses() - by + noise * np.random.default_rng(seed).normal(size=N)


def test_all_is_well():
    found = verdict(losses(), better(0.5), lambda: losses())
    assert isinstance(found, Verdict)
    assert found.accepted
    assert re.search(WORDS[None], found.reason)
    mean, error, n = gain(losses() - better(0.5))
    assert found.gain == pytest.approx((mean, error, n), rel=1e-12)
    share = 100 * mean / losses().mean()
    assert f"{share:.1f} ± {100 * error / losses().mean():.1f} %" in found.reason


def test_each_reason():
    half = np.arange(N) < N // 2
    worse_there = better(0.5) + 0.6 * half
    for name, call in {
        "chance": lambda: verdict(losses(), better(0.01), never),
        "tail": lambda: verdict(losses(), worse_there, never, tails=named(~half, half)),
        "fewer": lambda: verdict(losses(), better(0.5), never, least=better(0.5, seed=2)),
        "random": lambda: verdict(losses(), better(0.5), lambda: better(0.5, seed=2)),
    }.items():
        found = call()
        assert not found.accepted
        assert re.search(WORDS[name], found.reason)
    assert verdict(losses(), worse_there, losses).accepted  # a tail that nobody minds


def test_a_few_rows_that_are_far_off_do_not_hide_that_all_are_better():
    before = np.random.default_rng(0).uniform(1.0, 2.0, N)
    before[:2] = 400.0, 900.0
    after = 0.81 * before  # all errors are a tenth smaller
    mean, error, _ = gain(before - after)
    assert mean < 1.685 * error  # Student's t, 39 degrees of freedom, 95 %
    assert verdict(before, after, lambda: before).accepted
    after[2:] = before[2:] * 1.2
    assert not verdict(before, after, never).accepted


def test_absolute_errors_alone_are_not_enough():
    """Most rows are better, and one is so much worse that the mean square is."""
    before = np.full(N, 4.0)
    after = np.where(np.arange(N) == 0, 400.0, 1.0)
    assert np.sqrt(before).mean() > np.sqrt(after).mean()
    assert not verdict(before, after, never).accepted


def test_a_change_for_the_worse_is_called_that():
    found = verdict(losses(), better(-0.5), never)
    assert not found.accepted
    assert found.gain.mean < 0
    assert re.search(WORDS["growth"], found.reason)
    slightly = verdict(losses(), better(-0.01), never)
    assert slightly.gain.mean < 0
    assert re.search(WORDS["chance"], slightly.reason)


def test_nothing_changed():
    assert not verdict(losses(), losses(), never).accepted
    same = verdict(losses(), better(0.5), lambda: better(0.5))
    assert not same.accepted
    assert "at random" in same.reason


def test_every_row_is_better_by_the_same():
    """Without any spread there is no doubt."""
    before = np.full(N, 2.0)
    assert verdict(before, before - 1.0, lambda: before).accepted
    assert not verdict(before, before + 1.0, never).accepted


def test_as_many_at_random_are_asked_for_once_and_may_not_be_there():
    calls = []

    def asked(answer):
        calls.append(answer)
        return answer

    assert verdict(losses(), better(0.5), lambda: asked(None)).accepted
    assert len(calls) == 1
    everything = {"least": losses(), "tails": named(np.ones(N, dtype=bool)), "weight": np.ones(N)}
    assert verdict(losses(), better(0.5), lambda: asked(losses()), **everything).accepted
    assert len(calls) == 2


def test_a_clear_gain_can_be_spared_the_comparison():
    found = verdict(losses(), better(0.5), never, spare_clear=True)
    assert found.accepted
    assert found.gain.t > 3.5
    after = losses() - better(0.0) + losses() - 0.045  # a gain of about three standard errors
    assert 2.0 < gain_of(after).t < 3.5
    calls = []
    verdict(losses(), after, lambda: calls.append(1), spare_clear=True)
    assert calls == [1]


def gain_of(after):
    return verdict(losses(), after, lambda: None).gain


def test_what_is_known_otherwise_need_not_be_contradicted():
    slight = better(0.01)
    assert not verdict(losses(), slight, never).accepted
    assert not_contradicted(losses(), slight) == gain_of(slight)
    assert not_contradicted(losses(), losses()) is None
    assert not_contradicted(losses(), better(-0.01)) is None
    tail = np.arange(N) < 8
    after = better(0.3) + 0.4 * tail
    assert not_contradicted(losses(), after, tails=named(~tail)).mean > 0.0
    assert not_contradicted(losses(), after, tails=named(~tail, tail)) is None
    assert not_contradicted(losses(), after, tails=named(np.zeros(N, dtype=bool))) is not None
    # Rows that err together are one, which has no standard error.
    units = np.where(tail, 0, np.arange(N))
    assert not_contradicted(losses(), after, tails=named(tail), units=units) is not None


def test_a_tail_of_one_row_says_nothing():
    tail = np.arange(N) == 3
    after = better(0.5)
    after[3] += 2.0
    assert verdict(losses(), after, losses, tails=named(tail)).accepted
    assert verdict(losses(), after, losses, tails=named(np.zeros(N, dtype=bool))).accepted
    tail[4] = True
    after[4] += 2.0
    assert "in tail 0 the" in verdict(losses(), after, never, tails=named(tail)).reason
    # With weights of which one alone counts it is one row again.
    weight = np.where(np.arange(N) == 4, 0.0, 1.0)
    assert verdict(losses(), after, losses, tails=named(tail), weight=weight).accepted
    # And two rows that err together are one.
    units = np.where(np.arange(N) == 4, 3, np.arange(N))
    assert verdict(losses(), after, losses, tails=named(tail), units=units).accepted


def test_one_tail_of_several_is_enough():
    """Of classes none may lose."""
    codes = np.arange(N) % 4
    after = better(0.5) + 0.8 * (codes == 2)
    tails = {f"class {code}": codes == code for code in range(4)}
    assert "in class 2 the error" in verdict(losses(), after, never, tails=tails).reason
    del tails["class 2"]
    assert verdict(losses(), after, losses, tails=tails).accepted


def test_a_tail_that_is_worse_within_chance():
    tail = np.arange(N) < 10
    wave = np.tile([1.0, -1.0], 5)
    error = np.sqrt(10 / 9 * 10) / 10  # of the mean of ±1
    bound = 1.833 * error  # Student's t, nine degrees of freedom, 95 %
    for by, accepted in ((0.99 * bound, True), (1.01 * bound, False)):
        after = losses() - 1.5
        after[:10] = losses()[:10] + by + wave
        assert verdict(losses(), after, losses, tails=named(tail)).accepted == accepted


def test_weights():
    """Half of the rows alone are better; with weights for the others there is no gain."""
    half = np.arange(N) < N // 2
    after = np.where(half, better(0.5), better(0.0))
    assert verdict(losses(), after, losses, weight=half.astype(float)).accepted
    assert not verdict(losses(), after, never, weight=(~half).astype(float)).accepted


def test_units():
    """Forty rows that err together in two units are two observations."""
    units = np.arange(N) // (N // 2)
    after = losses() - np.where(units, 0.1, 0.5)
    assert verdict(losses(), after, losses).accepted
    found = verdict(losses(), after, never, units=units)
    assert not found.accepted
    assert found.gain.n_units == 2
    one = verdict(losses(), better(0.5), never, units=np.zeros(N, dtype=int))
    assert not one.accepted  # of one unit nothing is known
    assert "of the squared error by one unit alone, is within chance" in one.reason
    names = np.array([70, -3])[units]
    assert verdict(losses(), after, never, units=names) == found


def test_units_of_the_control():
    """The gain over as many at random rests on the same units."""
    units = np.arange(N) // (N // 4)
    others = better(0.5) + np.array([0.0, 0.1, 0.0, 0.5])[units]
    assert verdict(losses(), better(0.5), lambda: others).accepted
    found = verdict(losses(), better(0.5), lambda: others, units=units)
    assert "at random" in found.reason


@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 30),
    by=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    noise=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    weighted=st.booleans(),
    clustered=st.booleans(),
    with_least=st.booleans(),
    n_tails=st.integers(0, 3),
    control=st.sampled_from([None, 0.0, 0.3]),
)
def test_twin(seed, n, by, noise, weighted, clustered, with_least, n_tails, control):
    rng = np.random.default_rng(seed)
    before = rng.uniform(1.0, 3.0, n)

    def changed(by):
        return np.maximum(before - by + noise * rng.normal(size=n), 0.0)

    after = changed(by)
    others = None if control is None else changed(control)
    tails = [rng.random(n) < 0.3 for _ in range(n_tails)]
    how = {}
    if weighted:
        how["weight"] = rng.integers(0, 3, n) + 0.5 * (np.arange(n) == 0)
    if clustered:
        how["units"] = rng.integers(0, 1 + n // 2, n)
    if with_least:
        how["least"] = changed(0.3)
    arrays = before.copy(), after.copy()
    found = verdict(before, after, lambda: others, tails=named(*tails), **how)
    expected = refusal(before, after, lambda: others, tails=tails, **how)
    if noise:  # else rounding errors are all that there is
        assert found.accepted == (expected is None)
        assert re.search(WORDS[expected], found.reason)
    mean, error, n_units = gain(before - after, how.get("weight"), how.get("units"))
    assert found.gain.mean == pytest.approx(mean, rel=1e-9, abs=1e-12)
    assert found.gain.standard_error == pytest.approx(error, rel=1e-9, abs=1e-12, nan_ok=True)
    assert found.gain.n_units == n_units
    for mine, copy in zip((before, after), arrays, strict=True):
        np.testing.assert_array_equal(mine, copy)


def test_chance_passes_about_as_often_as_it_should():
    """Of changes without any effect one in twenty, by either test, and some more by both."""
    rng = np.random.default_rng(0)
    squares = rng.normal(size=(2, 2000, 60)) ** 2
    passed = sum(verdict(*pair, lambda: None).accepted for pair in zip(*squares, strict=True))
    assert 85 < passed < 175


def test_words_where_the_losses_were_zero():
    found = verdict(np.zeros(N), better(0.0), never)
    growth = found.gain._replace(mean=-found.gain.mean)
    assert in_words(growth, np.zeros(N), np.ones(N)) in found.reason
    assert "%" not in found.reason


def test_rows_without_weight_are_no_evidence():
    """One row alone, or one unit, says nothing, however many others have no weight."""
    weight = (np.arange(N) == 7).astype(float)
    found = verdict(losses(), better(0.5), never, weight=weight)
    assert not found.accepted
    assert found.gain.n_units == 1
    units = np.arange(N) // 4
    assert not verdict(
        losses(), better(0.5), never, weight=1.0 * (units == 3), units=units
    ).accepted
    counts = np.arange(N) % 2 == 0
    found = verdict(losses(), better(0.2), losses, weight=counts.astype(float))
    assert found.gain == pytest.approx(
        verdict(losses()[counts], better(0.2)[counts], lambda: losses()[counts]).gain
    )
