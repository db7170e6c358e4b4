"""Whole campaigns of the gate without processes: benchmarks whose pairs are scripted."""

import math
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from hotloop.base.clock import ManualClock
from hotloop.gate.model import Benchmark, Ending, Kind, Pair, Timing, Trouble
from hotloop.gate.pairs.executor import ScriptedPairs
from hotloop.gate.rule import campaign
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.findings import Campaign
from hotloop.gate.rule.limits import Limits
from hotloop.gate.verdicts import Verdict
from scripts.error_rates.drawn import AtOnce

PAIR_S = 0.3


def benchmark(name: str) -> Benchmark:
    return Benchmark(name, (), None, Kind.TIME, "seconds", timeout_s=60.0)


def good(log_ratio: float, elapsed_s: float = PAIR_S) -> Pair:
    return Pair(Timing.TURNS, log_ratio, 1.0, math.exp(log_ratio), 100, 10, elapsed_s)


def bad(base: Trouble | None = None, head: Trouble | None = None) -> Pair:
    return Pair(Timing.TURNS, None, None, None, 0, 0, PAIR_S, base, head)


FAILS = Trouble(Ending.FAILED, "ValueError: boom")
SKIPS = Trouble(Ending.SKIPPED, "needs a GPU")

Play = Callable[[int], Pair]


def noisy(centre: float, sd: float, elapsed_s: float = PAIR_S, seed: int = 5) -> Play:
    rng = random.Random(seed)
    return lambda _number: good(rng.gauss(centre, sd), elapsed_s)


def run(
    script: dict[str, Play],
    limits: Limits | None = None,
    seed: int = 1,
    stops_early: Callable[[Sequence[float]], bool] | None = None,
    lanes: int = 1,
    progress: campaign.ReportProgress = lambda text, part: None,
) -> tuple[Campaign, ScriptedPairs]:
    clock = ManualClock()
    pairs = ScriptedPairs(script, lambda s: clock.sleep_ns(round(s * 1e9)), lanes)
    rule = Rule(0.01, 0.005, 0.015, len(script))
    done = campaign.run(
        [benchmark(name) for name in script],
        pairs,
        rule,
        limits or Limits(),
        clock,
        random.Random(seed),
        progress,
        stops_early,
        # A thread for each pair takes longer than all else; several lanes need them.
        threads=AtOnce if lanes == 1 else ThreadPoolExecutor,
    )
    return done, pairs


def verdicts(done: Campaign) -> dict[str, Verdict]:
    return {entry.benchmark.name: entry.verdict for entry in done.findings}


def measured(pairs: ScriptedPairs) -> list[str]:
    """Labels, in the order in which they were measured."""
    return [line.split()[1] for line in pairs.log if line.startswith("measure")]
