"""Benchmarks whose set-up, which is not timed, costs one side far more than the other.

The calls that follow find in the caches what the set-up has left there, so that it may show in
their time, as it may in asv, which sets up before each of its samples too.
"""

import threading

from hotloop.base.text import name
from hotloop.base.units import counted, duration, first_few
from hotloop.gate.model import Benchmark
from hotloop.gate.pairs.slices import Costs

MOST_NAMES = 3
# A machine makes one side's set-up twice as slow for a while, and a short one leaves little behind.
FACTOR = 3.0
LEAST_S = 1e-3


class SetUps:
    """Is told, from any thread, what the calls of each benchmark cost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}

    def note(self, benchmark: Benchmark, base: Costs, head: Costs) -> None:
        """Remember it if its set-ups differ much."""
        sides = [max(0.0, costs.thread_s - costs.timed_s) for costs in (base, head)]
        if max(sides) >= max(LEAST_S, FACTOR * min(sides)):
            took = " and ".join(map(duration, sides))
            with self._lock:
                self._found[benchmark.label] = f"{name(benchmark.label)} ({took})"

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence, if there are any."""
        if not self._found:
            return ()
        who = first_few(list(self._found.values()), MOST_NAMES)
        return (
            f"the set-up of {counted(len(self._found), 'benchmark')}, which is not timed, takes "
            f"another time at base than at head: {who}; what it leaves in the CPU's caches can "
            "show in the calls after it",
        )
