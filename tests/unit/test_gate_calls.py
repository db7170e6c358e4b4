"""What the gate's worker times of asv_runner's benchmarks: which calls share a set-up."""

import gc
import itertools
import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import asv_runner.benchmarks.time
import pytest
from asv_runner.benchmarks.time import TimeBenchmark

import hotloop.gate.worker.asv  # noqa: F401  (with all that it imports)
from hotloop.gate.pairs.slices import Costs
from hotloop.gate.worker import own
from hotloop.gate.worker.calls import BadTimer, Call, Probe, call_of, delayed_s, refuse_samples
from hotloop.gate.worker.undone import NeverRan

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


def test_what_other_programs_take_of_a_short_block_does_not_count() -> None:
    # Asleep it has no CPU, as while another program has it.
    suite = Noting()
    suite.time_it = lambda: time.sleep(0.02)  # type: ignore[method-assign]
    made = call(suite)
    assert made.sample(1, 3, made.clock("wall")) >= 0.06
    assert made.sample(1, 3, made.clock("undisturbed")) < 0.03


def test_a_short_block_is_timed_by_the_clock_that_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = call(Noting())
    monkeypatch.setattr(own.time, "perf_counter", clock())
    monkeypatch.setattr(own.time, "thread_time", itertools.count(0, 9).__next__)
    assert made.sample(1, 3, made.clock("undisturbed")) == 3 * CLOCK_TICK_S


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


def test_garbage_collection_is_off_until_a_call_switches_it_on() -> None:
    class Collecting:
        def __init__(self) -> None:
            self.seen: list[bool] = []

        def time_it(self) -> None:
            self.seen.append(gc.isenabled())
            gc.enable()

    plain, suite = call(Plain()), Collecting()
    plain.sample(2, 1, clock())
    assert not plain.collects
    made = call_of(TimeBenchmark("suite.time_it", suite.time_it, [suite]))
    made.sample(2, 1, clock())
    assert suite.seen == [False, True]
    assert made.collects


def test_calls_that_are_looked_at_tell_of_work_that_nobody_does() -> None:
    class Lazy:
        def time_it(self) -> object:
            return map(str, [1])

    suite = Lazy()
    made = call_of(TimeBenchmark("suite.time_it", suite.time_it, [suite]))
    made.sample(2, 1, clock())
    with pytest.raises(NeverRan):
        made.sample(2, 1, clock(), look=True)


@pytest.mark.parametrize(
    ("settings", "samples"),
    [
        ({"number": 1, "repeat": 1, "warmup_time": 0}, 1),
        ({"number": 7, "repeat": 3, "warmup_time": 0.0}, 3),
        ({"number": 1, "repeat": (1, 4, 10.0), "warmup_time": 0}, 4),
        ({"number": 1, "repeat": (1, 4, 0.0), "warmup_time": 0, "min_run_count": 1}, 1),
        ({"number": 1, "repeat": (1, 4, 0.0), "warmup_time": 0}, 2),
        ({"number": 1, "repeat": 1}, 0),
        ({"repeat": 1, "warmup_time": 0}, 0),
        ({"number": 1, "warmup_time": 0}, 0),
        ({"number": 1, "repeat": 1, "warmup_time": 0.1}, 0),
    ],
)
def test_asv_times_the_first_calls_where_the_suite_says_how_many_and_wants_no_warm_up(
    settings: dict[str, Any], samples: int
) -> None:
    suite = Plain()
    suite.__dict__.update(settings)
    made = call(suite)
    assert (made.firsts() > 0) == (samples > 0)
    if samples:
        taken = made.first_samples(made.number, made.blocks_of_a_sample, clock())
        assert len(taken) == samples
        assert len(suite.done) == samples * settings["number"]


def test_of_the_first_calls_each_has_a_set_up_of_its_own() -> None:
    suite = Noting()
    suite.__dict__.update(number=2, repeat=1, warmup_time=0)
    made = call(suite)
    assert (made.number, made.blocks_of_a_sample, made.firsts()) == (1, 2, 1)
    assert made.first_samples(1, 2, clock()) == [2 * CLOCK_TICK_S]
    assert suite.done == ["set up", "call", "tear down", "set up", "call"]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([0.0], "its timer did not move"),
        ([0.0, 0.0, 1.0], "its timer did not move"),
        ([1.0, -1.0, 1.0], "says that calls took -1 s"),
        ([math.nan], "took nan s"),
        ([1.0, math.inf], "took inf s"),
    ],
)
def test_seconds_that_are_none_are_refused(samples: list[float], words: str) -> None:
    with pytest.raises(BadTimer, match=words):
        refuse_samples(samples)


def test_a_coarse_timer_may_stand_still_now_and_then() -> None:
    refuse_samples([])
    refuse_samples([0.0, 0.01, 0.01])


def timed_by(timer: Callable[[], float]) -> Call:
    suite = Plain()
    suite.__dict__.update(timer=timer, time_it=lambda: time.sleep(2e-3))
    return call(suite)


def test_a_timer_that_moves_when_it_is_read_is_refused() -> None:
    made = timed_by(itertools.count().__next__)
    assert made.timer == "own"
    with pytest.raises(BadTimer, match="moves by 1 s whenever it is read"):
        made.refuse_timer(1, 1)


def test_a_timer_that_moves_with_the_calls_is_let_be() -> None:
    timed_by(lambda: time.perf_counter()).refuse_timer(1, 1)
    timed_by(lambda: time.perf_counter_ns()).refuse_timer(1, 1)


def test_a_clock_that_the_suite_stops_is_not_the_one_that_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asv_runner.benchmarks.time, "wall_timer", lambda: 1.0)
    suite = Plain()
    suite.__dict__.update(time_it=lambda: time.sleep(2e-3))
    made = call(suite)
    real = [time.perf_counter, time.monotonic, time.time, time.thread_time, time.process_time]
    for name in ("perf_counter", "monotonic", "time", "thread_time", "process_time"):
        monkeypatch.setattr(time, name, lambda: 1.0)
    # As freezegun does.
    for name, module in list(sys.modules.items()):
        if name.startswith("hotloop.gate.worker."):
            for attribute, value in list(vars(module).items()):
                if any(value is one for one in real):
                    monkeypatch.setattr(module, attribute, lambda: 1.0)
    assert made.timer == "wall"
    assert made.sample(1, 1, made.clock("wall")) >= 2e-3


def test_what_the_system_takes_between_two_readings_is_no_other_thread_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken_s = itertools.cycle([0.0, 1e-3, 1e-3])
    monkeypatch.setattr(own.time, "thread_time", lambda: 1.0)
    monkeypatch.setattr(own.time, "process_time", lambda: 1.0 + next(taken_s))
    probe = Probe()
    next(taken_s)
    assert probe.report()["other_threads_s"] == 0.0


@pytest.mark.skipif(
    delayed_s() is None, reason="this system does not tell what a thread waited for"
)
@pytest.mark.parametrize(("every", "waits"), [(50, True), (1000, False)])
def test_few_calls_that_sleep_make_a_benchmark_one_that_waits(every: int, waits: bool) -> None:
    """Also on a machine that has other work to do, where one try in fourteen errs."""
    known = {"calls": 199, "number": 0, "timer": "wall", "can_be_copied": True}
    tries = []
    for _ in range(9):
        probe = Probe()
        for call_number in range(1, 200):
            sum(range(1000))
            if call_number % every == 0:
                time.sleep(2e-3)
        facts: dict[str, Any] = {**known, "first_s": 0.0, "timed_s": 0.0, **probe.report()}
        tries.append(Costs(**facts).waits_for_something)
    assert statistics.mode(tries) is waits, tries
