"""Benchmarks whose calls empty what they find: those that are timed may have less to do.

Where it is certain that they have nothing to do, the worker refuses the benchmark.
"""

import threading

from hotloop.base.text import name
from hotloop.base.units import counted, first_few
from hotloop.gate.model import Benchmark
from hotloop.gate.pairs.slices import Costs

MOST_NAMES = 3


class Emptied:
    """Is told, from any thread, what the calls of each benchmark cost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}

    def note(self, benchmark: Benchmark, *sides: Costs) -> None:
        """Remember what its calls have emptied, on either side."""
        what = next((costs.emptied for costs in sides if costs.emptied), "")
        if what:
            with self._lock:
                self._found[benchmark.label] = f"{name(benchmark.label)} ({name(what)})"

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence, if there are any."""
        if not self._found:
            return ()
        who = first_few(list(self._found.values()), MOST_NAMES)
        return (
            f"{counted(len(self._found), 'benchmark')} found something filled at first that the "
            f"calls which are timed find empty: {who}; if it is their input, they have too little "
            "to do: make it anew in each call, or in a set-up before each",
        )
