"""How long a pair is sampled: scripted workers, whose samples say when it is enough."""

import itertools
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from hotloop.gate.model import Side, Timing
from hotloop.gate.pairs.cold_turns import EXCESS, ROUNDS_TRIED, are_cold, may_be_cold
from hotloop.gate.pairs.partners import Partners
from hotloop.gate.pairs.precision import AT_FIRST, USUAL, Precision
from hotloop.gate.pairs.sampling import take_samples, try_turns
from hotloop.gate.pairs.slices import SamplingPlan


class Worker:
    """Answers each ``run`` with as many samples as it has slots; ``take`` makes them."""

    def __init__(self, replies: int, take: Callable[[], float]) -> None:
        self.replies, self._take = replies, take
        self.answers: list[object] = []
        self.runs: list[int] = []
        self.slots: list[list[int]] = []
        self.rests: list[bool] = []

    def send(self, command: str, **arguments: Any) -> None:
        if command == "run":
            mine = arguments["slots"].count(arguments["me"])
            self.runs.append(mine)
            self.slots.append(arguments["slots"])
            self.rests.append(arguments["rests"])
            self.answers.append([self._take() for _ in range(mine)])
        else:
            self.answers.append({})

    def has_news(self) -> bool:
        return bool(self.answers)

    def receive(self, _limit_s: float) -> object:
        return self.answers.pop(0)


@pytest.fixture
def readable() -> Iterator[int]:
    reading, writing = os.pipe()
    os.write(writing, b"news")
    yield reading
    os.close(reading)
    os.close(writing)


def never() -> bool:
    return False


def plan(timing: Timing, rounds: int, expected_s: float = 60.0, deal: int = 0) -> SamplingPlan:
    return SamplingPlan(timing, "cpu", 1, 1, rounds, True, expected_s, 1e-3, deal)


def sampled(
    agreed: SamplingPlan,
    replies: int,
    base: Callable[[], float],
    head: Callable[[], float],
    wanted: Precision = USUAL,
    is_unwanted: Callable[[], bool] = never,
) -> tuple[list[int], list[int]]:
    """How many rounds each stretch had, of base and of head."""
    partners = Partners(60.0, {})
    workers = {Side.BASE: Worker(replies, base), Side.HEAD: Worker(replies, head)}
    partners.workers.update(workers)  # type: ignore[arg-type]
    chance = random.Random(1)
    samples = take_samples(
        partners, agreed, None, lambda _side, _turns: None, chance, wanted, is_unwanted
    )
    runs = [workers[side].runs for side in (Side.BASE, Side.HEAD)]
    assert [len(samples[side]) for side in (Side.BASE, Side.HEAD)] == list(map(sum, runs))
    return runs[0], runs[1]


def steady() -> float:
    return 1e-3


def restless(seed: int) -> Callable[[], float]:
    chance = random.Random(seed)
    return lambda: 1e-3 * chance.lognormvariate(0, 0.2)


@pytest.mark.parametrize("timing", [Timing.TURNS, Timing.SHARED, Timing.COLD])
def test_samples_that_agree_end_the_pair_and_both_sides_have_as_many(
    readable: int, timing: Timing
) -> None:
    base, head = sampled(plan(timing, 100), readable, steady, steady)
    assert base == head
    assert len(base) == 1


@pytest.mark.parametrize("timing", [Timing.TURNS, Timing.SHARED, Timing.COLD])
def test_samples_that_scatter_are_taken_to_the_end(readable: int, timing: Timing) -> None:
    base, head = sampled(plan(timing, 100), readable, restless(4), restless(5))
    assert base == head
    assert sum(base) == 100


def test_samples_of_the_same_copies_count_as_one(readable: int) -> None:
    # A stretch has two copies of each side, of ten rounds: four are wanted.
    base, _ = sampled(plan(Timing.TURNS, 100, deal=10), readable, steady, steady)
    assert base == [20, 20]


def test_three_copies_are_enough_for_a_first_pair(readable: int) -> None:
    base, head = sampled(plan(Timing.TURNS, 60, deal=10), readable, steady, steady, AT_FIRST)
    assert base == head == [30]
    base, _ = sampled(plan(Timing.TURNS, 60, deal=10), readable, restless(4), steady, AT_FIRST)
    assert base == [30, 30]


def test_a_pair_that_nobody_waits_for_ends_after_a_stretch(readable: int) -> None:
    agreed = plan(Timing.SHARED, 60, deal=10)
    long, _ = sampled(agreed, readable, restless(4), steady)
    short, _ = sampled(agreed, readable, restless(4), steady, is_unwanted=lambda: True)
    assert len(long) > 1
    assert short == long[:1]


def late() -> float:
    time.sleep(1e-3)
    return 1e-3 * random.Random(time.perf_counter_ns()).lognormvariate(0, 0.2)


def test_a_late_pair_in_turns_is_cut_short_but_not_one_that_shares_the_core(
    readable: int,
) -> None:
    in_turns, _ = sampled(plan(Timing.TURNS, 50, expected_s=1e-4), readable, late, late)
    assert len(in_turns) == 1
    shared, _ = sampled(plan(Timing.SHARED, 50, expected_s=1e-4), readable, late, late)
    assert sum(shared) == 50


def cold_then_warm(cold_s: float, warm_s: float) -> Callable[[], float]:
    """What begins a turn of two samples finds the caches cold."""
    return itertools.cycle([cold_s, warm_s]).__next__


def workers(
    replies: int, base: Callable[[], float], head: Callable[[], float]
) -> tuple[Partners, dict[Side, Worker]]:
    partners = Partners(60.0, {})
    made = {Side.BASE: Worker(replies, base), Side.HEAD: Worker(replies, head)}
    partners.workers.update(made)  # type: ignore[arg-type]
    return partners, made


def test_the_sample_that_warms_a_turn_does_not_count(readable: int) -> None:
    warming = replace(plan(Timing.TURNS, 20), warms=True)
    partners, made = workers(
        readable, cold_then_warm(2e-3, 1e-3), cold_then_warm(3e-3, restless(1)())
    )
    samples = take_samples(
        partners, warming, None, lambda _side, _turns: None, random.Random(1), USUAL, never
    )
    assert set(samples[Side.BASE]) == {1e-3}
    assert 3e-3 not in samples[Side.HEAD]
    for slots in made[Side.BASE].slots:
        assert slots[::2] == slots[1::2]


@pytest.mark.parametrize("colder", [Side.BASE, Side.HEAD, None])
def test_turns_are_cold_if_their_first_samples_take_longer_on_either_side(
    readable: int, colder: Side | None
) -> None:
    excess = {side: 4 * EXCESS if side is colder else EXCESS / 2 for side in Side}
    partners, made = workers(
        readable, *(cold_then_warm(1e-3 * (1 + excess[side]), 1e-3) for side in Side)
    )
    tried = try_turns(
        partners, plan(Timing.TURNS, 9), None, lambda _side, _turns: None, random.Random(1)
    )
    assert [worker.runs for worker in made.values()] == [[2 * ROUNDS_TRIED]] * 2
    assert are_cold(tried) == (colder is not None)


def test_only_what_takes_turns_by_cpu_time_may_be_cold() -> None:
    assert may_be_cold(plan(Timing.TURNS, 9))
    assert not may_be_cold(plan(Timing.SHARED, 9))
    assert not may_be_cold(plan(Timing.COLD, 9))
    for unlike in ({"clock": "wall"}, {"pinned": False}):
        assert not may_be_cold(replace(plan(Timing.TURNS, 9), **unlike))


@pytest.mark.parametrize("parallel", [False, True])
def test_who_computes_on_several_cpus_is_at_rest_in_the_other_turns(
    readable: int, parallel: bool
) -> None:
    partners = Partners(60.0, {})
    workers = {side: Worker(readable, steady) for side in Side}
    partners.workers.update(workers)  # type: ignore[arg-type]
    agreed = replace(plan(Timing.TURNS, 8), parallel=parallel)
    take_samples(partners, agreed, None, lambda _side, _turns: None, random.Random(1), USUAL, never)
    assert {rests for worker in workers.values() for rests in worker.rests} == {parallel}
