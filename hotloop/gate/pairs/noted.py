"""What the first pairs have shown of some benchmarks, told in one sentence for all of them."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping

from hotloop.base.text import name
from hotloop.base.units import counted, duration, first_few
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
                self._found[benchmark.label] = what

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence, if there are any."""
        with self._lock:
            return remarks_of(self._found, self._sentence)

    @abstractmethod
    def _what(self, base: Costs, head: Costs) -> str:
        """What is to be told of one, in a few words; empty: nothing."""

    @abstractmethod
    def _sentence(self, many: str, who: str) -> str:
        """About so many benchmarks, some of which are named."""


def remarks_of(found: Mapping[str, str], sentence: Callable[[str, str], str]) -> tuple[str, ...]:
    """One sentence about so many benchmarks, some of which are named; none if there are none.

    ``found`` has what is to be told of each, by its label.
    """
    if not found:
        return ()
    each = [f"{name(label)} ({name(what)})" for label, what in found.items()]
    return (sentence(counted(len(found), "benchmark"), first_few(each, MOST_NAMES)),)


def durations(seconds: Iterable[float]) -> str:
    """Of base and of head, or of one of them."""
    return " and ".join(map(duration, seconds))
