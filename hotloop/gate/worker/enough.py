"""How often a benchmark that is watched is called: until that runs nothing new."""

from __future__ import annotations

from typing import Callable  # noqa: UP035  (evaluated by Python 3.8)

from .own import time
from .trace import Trace

# A benchmark is called until some calls in a row ran nothing new: a cache fills up, a branch is
# taken every few calls.
FEWEST_CALLS, QUIET_CALLS, MOST_CALLS = 5, 3, 30
# Long calls are not made that often, but at least so often: the first is unlike all others.
FEWEST_LONG_CALLS = 2


def call_until_nothing_new(
    trace: Trace,
    call: Callable[[], object],
    end_s: float,
    most: int = MOST_CALLS,
    made: int = 0,
) -> None:
    """Call until that runs nothing new, ``most`` times, or until ``end_s`` of the wall clock.

    ``made`` calls count, which there have been before.
    """
    quiet = 0
    for calls in range(made + 1, min(most, MOST_CALLS) + 1):
        known = trace.size
        call()
        quiet = quiet + 1 if trace.size == known else 0
        if calls >= FEWEST_CALLS and quiet >= QUIET_CALLS:
            return
        if calls >= FEWEST_LONG_CALLS and time.perf_counter() > end_s:
            return
