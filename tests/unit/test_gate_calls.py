"""What the gate's worker times of asv_runner's benchmarks: which calls share a set-up."""

from collections.abc import Callable

import pytest
from asv_runner.benchmarks.time import TimeBenchmark

from hotloop.gate.worker.calls import Call, call_of

CLOCK_TICK_S = 1.0


class Noting:
    """A suite's class that notes what is done with it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def setup(self) -> None:
        self.done.append("set up")

    def time_it(self) -> None:
        self.done.append("call")

    def teardown(self) -> None:
        self.done.append("tear down")


class Plain:
    """One without a set-up."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def time_it(self) -> None:
        self.done.append("call")


def call(suite: Noting | Plain) -> Call:
    benchmark = TimeBenchmark("suite.time_it", suite.time_it, [suite])
    benchmark.do_setup()
    return call_of(benchmark)


def clock() -> Callable[[], float]:
    """Says 0, 1, 2, ... seconds: a block takes one."""
    ticks = iter(range(1000))
    return lambda: CLOCK_TICK_S * next(ticks)


def test_each_call_has_a_set_up_of_its_own() -> None:
    suite = Noting()
    made = call(suite)
    assert made.number == 1
    assert made.sample(1, 3, clock()) == 3 * CLOCK_TICK_S
    assert suite.done == ["set up", "call"] + ["tear down", "set up", "call"] * 2


def test_before_asv_runner_0_3_the_calls_of_a_block_share_a_set_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(TimeBenchmark, "_setup_isolates_timed_calls")
    suite = Noting()
    made = call(suite)
    assert made.number == 0
    assert made.sample(3, 2, clock()) == 2 * CLOCK_TICK_S
    assert suite.done == ["set up", *["call"] * 3, "tear down", "set up", *["call"] * 3]


def test_without_set_ups_as_many_calls_make_a_block_as_one_likes() -> None:
    suite = Plain()
    made = call(suite)
    assert made.number == 0
    made.sample(4, 1, clock())
    assert suite.done == ["call"] * 4
