"""How the gate samples a benchmark, from what a block costs each side."""

import itertools
import math
from typing import Any

import pytest

from hotloop.gate.model import Timing
from hotloop.gate.pairs.precision import AT_FIRST, USUAL, Precision
from hotloop.gate.pairs.slices import (
    DEAL_S,
    FEWEST_ROUNDS,
    LONGEST_PAIR_S,
    PAIR_S,
    PARALLEL_SLICE_S,
    SHARED_STRETCHES,
    SLICE_S,
    SLICE_WITH_SET_UPS_S,
    Costs,
    SamplingPlan,
    agree,
    log_ratio,
)


def costs(call_s: float, calls: int = 1, **other: Any) -> Costs:
    seconds = call_s * calls
    values: dict[str, Any] = {
        "calls": calls,
        "number": 0,
        "timer": "wall",
        "first_s": call_s,
        "timed_s": seconds,
        "elapsed_s": seconds,
        "thread_s": seconds,
        "other_threads_s": 0.0,
        "children_s": 0.0,
        "waits": 0.0,
        "can_be_copied": True,
        **other,
    }
    return Costs(**values)


def plan(call_s: float, can_pin: bool = True, **other: Any) -> SamplingPlan:
    return agree(costs(call_s, **other), costs(call_s, **other), can_pin)


@pytest.mark.parametrize("call_s", [30e-9, 1e-6, 77e-6, 1.9e-3])
def test_quick_calls_take_turns_of_half_a_millisecond_by_cpu_time(call_s: float) -> None:
    agreed = plan(call_s, calls=4)
    assert (agreed.timing, agreed.clock, agreed.blocks) == (Timing.TURNS, "cpu", 1)
    assert SLICE_S <= agreed.calls * call_s < SLICE_S + 2 * call_s
    sampled_s = agreed.rounds * agreed.calls * 2 * call_s
    assert sampled_s == pytest.approx(PAIR_S, rel=0.05)
    assert agreed.expected_s == pytest.approx(sampled_s)
    assert agreed.pinned


def test_a_busy_machine_makes_no_block_longer_and_so_no_later_warm_up_shorter() -> None:
    busy = plan(1e-6, elapsed_s=6e-6, delayed_s=5e-6, waits=3.0)
    assert busy == plan(1e-6)
    # What it waits for belongs to it.
    assert plan(1e-6, elapsed_s=6e-6, delayed_s=0.0, waits=3.0).block_s == 6e-6


def test_the_slice_is_long_enough_for_the_quicker_side() -> None:
    agreed = agree(costs(1e-4), costs(1e-5), can_pin=True)
    assert agreed.calls == 50
    assert agreed == agree(costs(1e-5), costs(1e-4), can_pin=True)


@pytest.mark.parametrize(
    ("call_s", "calls"),
    [(3e-3, 25), (0.01, 8), (0.02, 4), (0.05, 3), (0.075, 2), (2.0, 1), (60.0, 1)],
)
def test_slow_calls_share_the_core_and_each_is_a_sample(call_s: float, calls: int) -> None:
    agreed = plan(call_s)
    assert (agreed.timing, agreed.clock, agreed.calls) == (Timing.SHARED, "cpu", 1)
    assert agreed.rounds == calls


def test_slow_calls_take_turns_where_nothing_can_be_pinned() -> None:
    agreed = plan(0.5, can_pin=False)
    assert (agreed.timing, agreed.calls, agreed.rounds) == (Timing.TURNS, 1, FEWEST_ROUNDS)
    assert not agreed.pinned


WAITING: dict[str, dict[str, Any]] = {
    "sleeps": {"waits": 1.0, "thread_s": 1e-3},
    "sleeps in one call of fifty": {"waits": 0.02, "thread_s": 9e-3, "delayed_s": 0.0},
    "sleeps on a loaded machine": {"waits": 0.02, "thread_s": 4e-3, "delayed_s": 5e-3},
    "sleep counted as delay": {"waits": 0.02, "thread_s": 4e-3, "delayed_s": 9e-3},
    "has subprocesses": {"children_s": 5e-3, "thread_s": 5e-3},
}


@pytest.mark.parametrize("how", WAITING)
def test_what_waits_is_timed_by_the_wall_and_in_turns(how: str) -> None:
    agreed = agree(costs(10e-3), costs(10e-3, **WAITING[how]), can_pin=True)
    assert (agreed.timing, agreed.clock, agreed.pinned) == (Timing.TURNS, "wall", True)
    assert agreed.rounds == LONGEST_PAIR_S / 20e-3


PARALLEL: dict[str, dict[str, Any]] = {
    "threads": {"other_threads_s": 9e-3},
    "threads that come too late to work": {"other_threads_s": 0.03e-3},
    "a pool of processes": {"children": 2, "waits": 1.0, "thread_s": 1e-4},
    "processes that end": {"children_s": 15e-3, "waits": 1.0, "thread_s": 1e-4},
}


@pytest.mark.parametrize("how", PARALLEL)
@pytest.mark.parametrize("is_head", [False, True])
def test_what_computes_on_several_cpus_has_all_for_long_turns(how: str, is_head: bool) -> None:
    one, other = costs(10e-3), costs(10e-3, **PARALLEL[how])
    agreed = agree(one, other, True) if is_head else agree(other, one, True)
    assert (agreed.timing, agreed.clock, agreed.pinned) == (Timing.TURNS, "wall", False)
    assert agreed.parallel
    # As long a stretch before each sample, which does not count.
    assert agreed.warms
    assert agreed.calls * 10e-3 == pytest.approx(PARALLEL_SLICE_S)
    assert (agreed.rounds, agreed.deal) == (FEWEST_ROUNDS, 0)
    assert agreed.expected_s == pytest.approx(FEWEST_ROUNDS * 4 * PARALLEL_SLICE_S)


def test_long_calls_on_several_cpus_are_samples_each() -> None:
    agreed = plan(3.0, other_threads_s=2.0)
    assert (agreed.calls, agreed.rounds) == (1, FEWEST_ROUNDS)


@pytest.mark.parametrize(
    "harmless",
    [
        {"waits": 1.0},  # Gave up the CPU and got it back at once.
        {"thread_s": 5e-3},  # Was preempted: the machine is loaded.
        {"waits": 0.02, "thread_s": 5e-3},  # One call of fifty waited; the machine may be loaded.
        {"waits": 0.02, "thread_s": 5e-3, "delayed_s": 5e-3},  # It was.
        {"waits": 1.0, "thread_s": 5e-3, "delayed_s": 4.95e-3},
        {"waits": 0.0, "thread_s": 9e-3, "delayed_s": 0.0},  # A virtual machine lost its CPU.
        {"other_threads_s": 1e-5},
    ],
)
def test_a_loaded_machine_makes_no_benchmark_one_that_waits(harmless: dict[str, Any]) -> None:
    assert plan(10e-3, **harmless).timing is Timing.SHARED


def test_a_timer_of_its_own_is_read_in_turns_and_a_cpu_timer_may_share() -> None:
    own, cpu = plan(10e-3, timer="own"), plan(10e-3, timer="cpu", waits=1.0)
    assert (own.timing, own.clock) == (Timing.TURNS, "own")
    assert (cpu.timing, cpu.clock) == (Timing.SHARED, "own")


def test_a_fixed_number_makes_blocks_of_it() -> None:
    agreed = plan(1e-6, calls=7, number=7)
    assert (agreed.timing, agreed.calls, agreed.clock) == (Timing.TURNS, 7, "undisturbed")
    assert agreed.blocks == math.ceil(SLICE_S / 7e-6)
    # Long enough for the system call that reads a thread's CPU time.
    assert plan(1e-4, calls=7, number=7).clock == "cpu"


def test_dear_set_ups_shorten_slices_and_bound_the_pair() -> None:
    agreed = plan(10e-6, number=1, elapsed_s=5e-3, thread_s=5e-3)
    assert agreed.blocks == 2
    assert agreed.expected_s <= 1.1 * LONGEST_PAIR_S
    dearest = plan(10e-6, number=1, elapsed_s=1.0, thread_s=1.0)
    assert (dearest.blocks, dearest.rounds) == (1, FEWEST_ROUNDS)


@pytest.mark.parametrize(
    ("set_up_s", "slice_s"),
    [(1e-6, SLICE_S), (2e-3, 2e-3), (0.1, SLICE_WITH_SET_UPS_S)],
)
def test_set_ups_that_many_calls_share_lengthen_slices(set_up_s: float, slice_s: float) -> None:
    call_s, calls = 2e-5, 250
    agreed = plan(call_s, calls=calls, thread_s=calls * call_s + set_up_s)
    assert (agreed.timing, agreed.blocks) == (Timing.TURNS, 1)
    assert agreed.calls * call_s == pytest.approx(slice_s, rel=0.05)
    once_s = 2 * set_up_s if set_up_s > 1e-4 else 0.0
    assert agreed.expected_s == pytest.approx(
        agreed.rounds * (2 * agreed.calls * call_s + once_s), rel=0.01
    )
    assert agreed.rounds == FEWEST_ROUNDS or agreed.expected_s < LONGEST_PAIR_S * 1.1


def test_a_clock_that_did_not_tick_divides_nothing() -> None:
    assert plan(0.0).rounds >= FEWEST_ROUNDS


def test_a_ratio_is_a_logarithm_where_there_is_one() -> None:
    assert log_ratio(2.0, 4.0) == math.log(2)
    assert log_ratio(4.0, 2.0) == -math.log(2)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        (0.0, 0.0, 0.0),
        (-3.0, -3.0, 0.0),
        (math.inf, math.inf, 0.0),
        (0.0, 1.0, math.inf),
        (1.0, 0.0, -math.inf),
        (-2.0, -1.0, math.inf),
        (1.0, -1.0, -math.inf),
        (1.0, math.inf, math.inf),
    ],
)
def test_values_without_a_ratio_say_which_is_larger(
    base: float, head: float, expected: float
) -> None:
    assert log_ratio(base, head) == expected


def test_each_copy_of_a_process_is_used_for_some_rounds() -> None:
    agreed = plan(1e-4)
    assert agreed.deal * 2 * SLICE_S == pytest.approx(DEAL_S)
    assert agreed.rounds >= 5 * agreed.deal


@pytest.mark.parametrize("call_s", [2e-3, 0.02, 1.0])
def test_calls_that_share_the_core_are_made_in_the_process_itself(call_s: float) -> None:
    assert plan(call_s).deal == 0


def test_both_sides_must_be_fit_for_copies() -> None:
    assert agree(costs(1e-4), costs(1e-4, can_be_copied=False), can_pin=True).deal == 0
    assert agree(costs(1e-4, can_be_copied=False), costs(1e-4), can_pin=True).deal == 0


@pytest.mark.parametrize("call_s", [1e-6, 1e-4, 5e-3, 0.1])
@pytest.mark.parametrize("copied", [True, False])
@pytest.mark.parametrize("wanted", [USUAL, AT_FIRST])
def test_stretches_make_up_the_rounds_and_end_with_a_copys_last(
    call_s: float, copied: bool, wanted: Precision
) -> None:
    agreed = plan(call_s, can_pin=False, can_be_copied=copied)
    stretches = list(agreed.stretches(wanted.rounds, wanted.copies))
    assert sum(stretches) == agreed.rounds
    assert len(stretches) <= 6
    assert all(rounds % max(1, agreed.deal) == 0 for rounds in stretches)
    enough = wanted.copies * agreed.deal
    if agreed.deal and agreed.rounds >= enough:
        # As soon as the copies are as many as have to agree.
        assert enough in itertools.accumulate(stretches)


@pytest.mark.parametrize("call_s", [2e-3, 5e-3, 8e-3, 9e-3, 15e-3, 0.02, 1.0])
@pytest.mark.parametrize("wanted", [USUAL, AT_FIRST])
def test_calls_that_share_the_core_are_parted_into_few_long_stretches(
    call_s: float, wanted: Precision
) -> None:
    agreed = plan(call_s)
    stretches = list(agreed.stretches(wanted.rounds, wanted.copies))
    assert sum(stretches) == agreed.rounds
    assert len(stretches) <= SHARED_STRETCHES
    # One call of many at the end of a part moves no median.
    assert stretches == [agreed.rounds] or min(stretches) >= wanted.rounds - 1


def test_long_calls_that_compile_nothing_are_not_warmed_up_again() -> None:
    assert plan(0.5).starts_warm
    assert not plan(0.05).starts_warm
    assert plan(0.5, first_s=0.6).starts_warm
    assert not plan(0.5, first_s=0.7).starts_warm
    assert not agree(costs(0.5), costs(0.5, first_s=0.9), can_pin=True).starts_warm


def test_first_calls_are_timed_in_a_fresh_copy_for_each_round() -> None:
    agreed = plan(10e-3, number=1, firsts=1)
    assert (agreed.timing, agreed.calls, agreed.blocks) == (Timing.COLD, 1, 1)
    assert (agreed.deal, agreed.firsts) == (1, True)
    assert 5 < agreed.rounds < LONGEST_PAIR_S / 20e-3
    assert plan(10e-3, number=1, firsts=3).rounds < agreed.rounds
    assert plan(3.0, number=1, firsts=1).rounds == 1
    assert plan(10e-3, number=1, firsts=1, set_up_s=0.1).expected_s < LONGEST_PAIR_S * 1.1
    shared = plan(1e-3, calls=1, number=1, firsts=1, blocks_of_a_sample=5)
    assert (shared.calls, shared.blocks) == (1, 5)


def test_where_there_are_no_copies_a_pair_has_one_first_call() -> None:
    for both in [(True, False), (False, True), (False, False)]:
        base, head = (costs(1e-3, number=1, firsts=1, can_be_copied=fit) for fit in both)
        agreed = agree(base, head, can_pin=True)
        assert (agreed.timing, agreed.deal, agreed.rounds) == (Timing.COLD, 0, 1)


def test_first_calls_that_wait_are_timed_by_the_wall() -> None:
    assert plan(10e-3, number=1, firsts=1).clock == "cpu"
    assert plan(10e-3, number=1, firsts=1, waits=1.0, thread_s=1e-3).clock == "wall"
    assert not plan(10e-3, number=1, firsts=1, other_threads_s=9e-3).pinned


def test_a_copy_is_used_for_as_long_as_its_set_ups_take() -> None:
    usual, dear = plan(1e-4), plan(1e-4, set_up_s=15e-3)
    round_s = usual.expected_s / usual.rounds
    assert usual.deal * round_s == pytest.approx(DEAL_S, rel=0.1)
    assert dear.deal * round_s == pytest.approx(30e-3, rel=0.1)
    assert dear.rounds == usual.rounds


def test_there_are_no_copies_where_setting_up_takes_longer_than_the_samples() -> None:
    assert plan(1e-4, set_up_s=PAIR_S).deal == 0
