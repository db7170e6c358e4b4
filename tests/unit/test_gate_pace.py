"""The usual time of a run, from what pairs take."""

import pytest

from hotloop.gate.model import Benchmark, Kind, Pair, Timing
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import ALLOWANCE_PAIRS, ALLOWANCE_S
from hotloop.gate.rule.pace import Pace

RULE = Rule(0.01, 0.005, 0.015, 2)
BENCHMARKS = [Benchmark(name, (), None, Kind.TIME, "", 60.0, None, 60.0) for name in "ab"]


def pair(seconds: float, alone: bool = False) -> Pair:
    return Pair(Timing.TURNS, 0.0, 1.0, 1.0, 3, 1, seconds, alone=alone)


def test_quick_benchmarks_have_an_allowance_each() -> None:
    pace = Pace(BENCHMARKS, 2)
    for benchmark in BENCHMARKS:
        pace.add(benchmark, [pair(0.1)] * 3)
    assert pace.usual_s(RULE, 1.0) == pytest.approx(2 * ALLOWANCE_S)


def test_who_has_the_machine_alone_is_given_the_other_lanes_time_too() -> None:
    beside, alone = Pace(BENCHMARKS, 2), Pace(BENCHMARKS, 2)
    for benchmark in BENCHMARKS:
        beside.add(benchmark, [pair(3.0)] * 3)
        alone.add(benchmark, [pair(3.0, alone=True)] * 3)
    # Two lanes take as many pairs in half the time.
    assert beside.usual_s(RULE, 1.0) == pytest.approx(2 * ALLOWANCE_PAIRS * 3.0 / 2)
    assert alone.usual_s(RULE, 1.0) == pytest.approx(2 * ALLOWANCE_PAIRS * 3.0)
    assert alone.wave_s(BENCHMARKS) == pytest.approx(6.0)
