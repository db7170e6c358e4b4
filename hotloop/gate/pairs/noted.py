"""What the first pairs have shown of some benchmarks, told in one sentence for all of them."""

import threading
from abc import ABC, abstractmethod

from hotloop.base.text import name
from hotloop.base.units import counted, first_few
from hotloop.gate.model import Benchmark
from hotloop.gate.pairs.slices import Costs

MOST_NAMES = 3


class Noted(ABC):
    """Is told, from any thread, what the calls of each benchmark cost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, str] = {}

    def note(self, benchmark: Benchmark, base: Costs, head: Costs) -> None:
        """Remember it if there is something to tell of it."""
        what = self._what(base, head)
        if what:
            with self._lock:
                self._found[benchmark.label] = f"{name(benchmark.label)} ({name(what)})"

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence, if there are any."""
        if not self._found:
            return ()
        who = first_few(list(self._found.values()), MOST_NAMES)
        return (self._sentence(counted(len(self._found), "benchmark"), who),)

    @abstractmethod
    def _what(self, base: Costs, head: Costs) -> str:
        """What is to be told of one, in a few words; empty: nothing."""

    @abstractmethod
    def _sentence(self, many: str, who: str) -> str:
        """About so many benchmarks, some of which are named."""
