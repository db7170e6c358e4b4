"""Benchmarks whose first call does far more than all later ones, which are what is timed.

It may fill a cache that the others find filled, use up a file, compile or import. Code that is
reached only then may become as slow as it likes without a change of any figure: it has to be said.
"""

import threading

from hotloop.base.text import name
from hotloop.base.units import counted, duration, first_few
from hotloop.gate.model import Benchmark
from hotloop.gate.pairs.slices import Costs
from hotloop.timing.first_calls import is_far_longer

MOST_NAMES = 3


class FirstCalls:
    """Is told, from any thread, what the calls of each benchmark cost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}

    def note(self, benchmark: Benchmark, base: Costs, head: Costs) -> None:
        """If the first calls are not what is timed: remember it if they cost far more."""
        sides = (base, head)
        if any(costs.firsts for costs in sides) or not any(map(is_far_more, sides)):
            return
        firsts, later = (
            " and ".join(map(duration, times))
            for times in ([c.first_s for c in sides], [call_s(c) for c in sides])
        )
        with self._lock:
            self._found[benchmark.label] = f"{name(benchmark.label)} ({firsts}, later {later})"

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence, if there are any."""
        if not self._found:
            return ()
        who = first_few(list(self._found.values()), MOST_NAMES)
        return (
            f"the first call of {counted(len(self._found), 'benchmark')} takes far longer than "
            f"later ones, at base and at head: {who}; what only a first call does (filling a "
            "cache, reading a file to its end, compiling, importing) is in no verdict",
        )


def is_far_more(costs: Costs) -> bool:
    """Whether the first call took far longer than one of the later ones."""
    return is_far_longer(costs.first_s, call_s(costs))


def call_s(costs: Costs) -> float:
    """Seconds of one of the later calls."""
    return costs.timed_s / costs.calls
