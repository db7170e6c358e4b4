import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.timing.schedule import (
    LONG_CALL_S,
    SHORTEST_SAMPLE_S,
    Share,
    Slot,
    one_each,
    plan,
    share,
)

shares = st.lists(
    st.builds(Share, st.integers(0, 40), st.integers(1, 9), st.integers(1, 5)),
    min_size=1,
    max_size=6,
)
seeds = st.integers(0, 2**32)


@given(shares, seeds)
def test_every_contender_gets_exactly_its_share(shares: list[Share], seed: int) -> None:
    slots = plan(shares, random.Random(seed))
    expected = {i: s.samples for i, s in enumerate(shares) if s.samples}
    given: Counter[int] = Counter()
    for slot in slots:
        assert 1 <= slot.samples <= shares[slot.contender].per_turn
        given[slot.contender] += slot.samples
    assert given == expected
    assert all(slot.calls == shares[slot.contender].calls for slot in slots)


@given(shares, seeds)
def test_the_same_seed_gives_the_same_order(shares: list[Share], seed: int) -> None:
    assert plan(shares, random.Random(seed)) == plan(shares, random.Random(seed))


@given(st.integers(1, 40), st.integers(1, 40), seeds)
def test_samples_of_the_rarer_contender_are_spread_evenly(
    often: int, seldom: int, seed: int
) -> None:
    often, seldom = max(often, seldom), min(often, seldom)
    slots = plan([Share(often, 1), Share(seldom, 1)], random.Random(seed))
    # Between two turns of the rarer one lie as many of the other as its share, give or take
    # one for the rounding and one for the order within the round at each end.
    places = [i for i, slot in enumerate(slots) if slot.contender == 1]
    for before, after in pairwise(places):
        assert abs((after - before - 1) - often / seldom) <= 3


def test_within_equal_shares_every_round_holds_everyone_once() -> None:
    slots = plan([Share(50, 1)] * 4, random.Random(1))
    for start in range(0, len(slots), 4):
        assert sorted(slot.contender for slot in slots[start : start + 4]) == [0, 1, 2, 3]


def test_the_order_within_rounds_is_random() -> None:
    slots = plan([Share(400, 1)] * 2, random.Random(1))
    firsts = Counter(slot.contender for slot in slots[::2])
    # 400 fair coins: 200 +- 10; six standard deviations are 60.
    assert 140 < firsts[0] < 260


def test_nobody_and_nothing_to_do_is_an_empty_plan() -> None:
    assert plan([], random.Random(1)) == ()
    assert plan([Share(0, 1)], random.Random(1)) == ()


def test_calibration_calls_everyone_once() -> None:
    assert sorted(one_each(3, random.Random(1)), key=lambda s: s.contender) == [
        Slot(0, 1),
        Slot(1, 1),
        Slot(2, 1),
    ]


@pytest.mark.parametrize(
    ("call_s", "budget_s", "expected"),
    [
        (0.020, 0.8, Share(40, 1, 1, 0)),
        (1.5, 0.8, Share(1, 1)),
        (SHORTEST_SAMPLE_S, 1.0, Share(2000, 1, 2, 1)),
        (SHORTEST_SAMPLE_S / 2, 1.0, Share(2000, 2, 2, 2)),
        (3e-6, 1.0, Share(1996, 167, 2, 2)),
        (0.4, 0.4, Share(1, 1)),
    ],
)
def test_a_share_fills_the_budget_and_never_falls_below_one_sample(
    call_s: float, budget_s: float, expected: Share
) -> None:
    assert share(call_s, budget_s, warm_up_s=0.001) == expected


def test_the_budget_pays_for_what_is_done_for_a_call_outside_of_its_time() -> None:
    assert share(1e-4, 0.1, 1e-3, cost_s=2e-3) == Share(10, 5, 1, 1)


@given(st.floats(1e-8, 1e3), st.floats(1e-3, 100))
def test_samples_are_long_enough_for_the_clock(call_s: float, budget_s: float) -> None:
    given_share = share(call_s, budget_s, warm_up_s=0.001)
    assert given_share.calls * call_s >= SHORTEST_SAMPLE_S * (1 - 1e-9)


@given(st.floats(1e-6, 1.0), st.sampled_from([1e-3, 20e-3]))
def test_at_most_half_of_a_turn_is_not_recorded(call_s: float, warm_up_s: float) -> None:
    given_share = share(call_s, 10.0, warm_up_s)
    if call_s >= LONG_CALL_S:
        assert given_share.warm_up is None
    else:
        assert given_share.warm_up is not None
        recorded_s = given_share.per_turn * given_share.calls * call_s
        # Samples are whole ones.
        assert recorded_s >= 0.6 * max(warm_up_s, call_s)
        assert recorded_s <= 1.5 * max(warm_up_s, call_s)
        unrecorded_s = (1 + given_share.warm_up * given_share.calls) * call_s
        assert warm_up_s <= unrecorded_s * (1 + 1e-9)
        assert unrecorded_s <= warm_up_s + 2 * given_share.calls * call_s
