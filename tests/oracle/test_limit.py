"""The measured limit against what a clock, a width and a number of units allow.

An iteration is 4 multiplies and 4 adds. A core starts from 1 to 4 vector operations of floating
point a cycle and its clock is between 0.5 and 7 GHz: a rate outside of that was not measured but
made up, by a compiler that left the work out or by a clock that was read wrongly.

Other processes can take nearly all of one stretch of 20 ms: what a test needs from below, it waits
for over many.
"""

from collections.abc import Callable
from time import monotonic, perf_counter

import pytest

from implementations.registry import Unavailable, load, load_limit
from implementations.workload import LIMIT_STRETCH_S, prepare_limit

LANES = {"AVX-512": 8, "AVX2": 4, "SSE2": 2, "NEON": 2}
OPERATIONS_OF_AN_ITERATION = 8
CLOCK_HZ = (0.5e9, 7e9)
OPERATIONS_A_CYCLE = (1, 4)
WAIT_S = 30.0


def measured(threads: int, is_enough: Callable[[float, str], bool]) -> tuple[float, str]:
    """The best rate so far and its unit, once it is enough or after half a minute."""
    workload = prepare_limit({"threads": threads})
    end_s = monotonic() + WAIT_S
    while True:
        answer = workload.call()
        rate, unit = answer["iterations_per_second"], answer["unit"]
        if is_enough(rate, unit) or monotonic() > end_s:
            return rate, unit


def between(threads: int, unit: str) -> tuple[float, float]:
    """The lowest rate that one thread could have, and the highest of so many."""
    lanes = LANES.get(unit, 1)
    low, high = (
        hertz * lanes * operations / OPERATIONS_OF_AN_ITERATION
        for hertz, operations in zip(CLOCK_HZ, OPERATIONS_A_CYCLE, strict=True)
    )
    return low, threads * high


@pytest.mark.parametrize("threads", [1, 2])
def test_the_limit_is_what_a_clock_a_width_and_ports_allow(threads: int) -> None:
    rate, unit = measured(threads, lambda rate, unit: rate >= between(threads, unit)[0])
    low, high = between(threads, unit)
    assert low <= rate <= high


def test_later_calls_never_lower_the_limit() -> None:
    workload = prepare_limit({"threads": 1})
    rates = [workload.call()["iterations_per_second"] for _ in range(5)]
    assert rates == sorted(rates)


def test_no_plain_loop_passes_the_limit() -> None:
    """The cross-check from the other side: work that is really done cannot be faster."""
    inside = (-0.1, 0.1, -0.1, 0.1)
    compute_mandel = load("memoryview")
    start_s = perf_counter()
    steps = int(compute_mandel(60, 50, 3000, inside).sum())
    of_the_loop = steps / (perf_counter() - start_s)
    assert of_the_loop < measured(1, lambda rate, _: rate > of_the_loop)[0]


def test_a_wider_vector_has_a_higher_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    if "sse2" not in load_limit().vectors():
        pytest.skip("the processor has one width only")
    best = dict.fromkeys(("scalar", "sse2"), 0.0)
    end_s = monotonic() + WAIT_S
    # In turns, so that a machine that gets slower for a while does so for both.
    while not 0 < 1.3 * best["scalar"] < best["sse2"] and monotonic() < end_s:
        for vector, rate in best.items():
            monkeypatch.setenv("HOTLOOP_VECTOR", vector)
            best[vector] = max(rate, load_limit().measure(1, LIMIT_STRETCH_S))
    assert 1.3 * best["scalar"] < best["sse2"]


def test_the_limit_takes_the_time_that_it_is_given() -> None:
    start_s = perf_counter()
    load_limit().measure(2, 2 * LIMIT_STRETCH_S)
    assert perf_counter() - start_s >= 2 * LIMIT_STRETCH_S


def test_fewer_than_one_thread_is_refused() -> None:
    with pytest.raises(ValueError, match="1 thread or more, not 0"):
        load_limit().measure(0, LIMIT_STRETCH_S)


def test_a_limit_that_is_not_built_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Unavailable, match=r"implementations\.limit is not built: run make build"):
        load_limit()
