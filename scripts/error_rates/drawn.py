"""One whole run of the gate's rule with pairs that are drawn instead of measured.

It is ``hotloop.gate.rule.campaign.run`` itself: its waves, its limits, its looks. Only the executor
is another one: it draws each pair's log ratio, and sets the clock forward by what a pair adds to a
run.
"""

import math
import random
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from typing import TypeVar

from hotloop.base.clock import ManualClock
from hotloop.gate.model import Benchmark, Kind, Pair, Timing
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.rule import campaign
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.findings import Campaign
from hotloop.gate.rule.limits import Limits

T = TypeVar("T")
# The log ratio of a benchmark's next pair, from the seconds since the run began.
Draw = Callable[[float], float]


def benchmark(name: str) -> Benchmark:
    """One that is timed."""
    return Benchmark(name, (), None, Kind.TIME, "seconds", timeout_s=60.0)


def run(draws: Mapping[Benchmark, tuple[Draw, float]], rule: Rule, seed: int) -> Campaign:
    """A run of these benchmarks, each with what a pair of it adds to a run, in seconds."""
    clock = ManualClock()

    def script(draw: Draw, pair_s: float) -> Callable[[int], Pair]:
        def play(_number: int) -> Pair:
            log_ratio = draw(clock.now_ns() / 1e9)
            return Pair(Timing.TURNS, log_ratio, 1.0, math.exp(log_ratio), 100, 10, pair_s)

        return play

    return campaign.run(
        list(draws),
        ScriptedPairs(
            {each.label: script(*drawn) for each, drawn in draws.items()},
            lambda seconds: clock.sleep_ns(round(seconds * 1e9)),
        ),
        rule,
        Limits(),
        clock,
        random.Random(seed),
        lambda _what, _part: None,
        threads=AtOnce,
    )


class AtOnce(Executor):
    """Runs what it is given at once, in the caller's thread: the one lane of a simulation."""

    def __init__(self, _lanes: int) -> None:
        pass

    def submit(self, fn: Callable[..., T], /, *args: object, **kwargs: object) -> Future[T]:
        """The future of what has been done, whether it returned or raised."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future
