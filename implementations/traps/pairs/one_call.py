"""time.time around one call.

It is the wall clock, which may be set back, and as a float it moves in steps of 0.24 us. One short
call also holds the cost of asking for the time. perf_counter around many calls, again and again,
shows what a call takes.
"""

import math
import statistics
import time
from collections.abc import Callable

TELLS = "% of the time is one step of the clock"
CLAIMS = True
CALLS = 500


def problem() -> tuple[list[int]]:
    return (list(range(200)),)


def told(function: Callable[..., object]) -> float:
    took_s = statistics.median(is_right(*problem(), CALLS) for _ in range(5))
    if function is looks_right:
        return 100 * math.ulp(time.time()) / (took_s / CALLS)
    return 100 * time.get_clock_info("perf_counter").resolution / took_s


def looks_right(values: list[int], calls: int) -> float:
    total_s = 0.0
    for _ in range(calls):
        start = time.time()
        sum(values)
        total_s += time.time() - start
    return total_s


def is_right(values: list[int], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        sum(values)
    return time.perf_counter() - start
