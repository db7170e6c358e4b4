"""How long a pair is sampled: scripted workers, whose samples say when it is enough."""

import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hotloop.gate.model import Side, Timing
from hotloop.gate.pairs.partners import Partners
from hotloop.gate.pairs.precision import AT_FIRST, USUAL, Precision
from hotloop.gate.pairs.sampling import take_samples
from hotloop.gate.pairs.slices import SamplingPlan


class Worker:
    """Answers each ``run`` with as many samples as it has slots; ``take`` makes them."""

    def __init__(self, replies: int, take: Callable[[], float]) -> None:
        self.replies, self._take = replies, take
        self.answers: list[object] = []
        self.runs: list[int] = []

    def send(self, command: str, **arguments: Any) -> None:
        if command == "run":
            mine = arguments["slots"].count(arguments["me"])
            self.runs.append(mine)
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


def plan(timing: Timing, rounds: int, expected_s: float = 60.0, deal: int = 0) -> SamplingPlan:
    return SamplingPlan(timing, "cpu", 1, 1, rounds, True, expected_s, 1e-3, deal)


def sampled(
    agreed: SamplingPlan,
    replies: int,
    base: Callable[[], float],
    head: Callable[[], float],
    wanted: Precision = USUAL,
) -> tuple[list[int], list[int]]:
    """How many rounds each stretch had, of base and of head."""
    partners = Partners(60.0, {})
    workers = {Side.BASE: Worker(replies, base), Side.HEAD: Worker(replies, head)}
    partners.workers.update(workers)  # type: ignore[arg-type]
    chance = random.Random(1)
    samples = take_samples(partners, agreed, None, lambda _side, _turns: None, chance, wanted)
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
