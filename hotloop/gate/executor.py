"""The seam between deciding and measuring: who runs a process pair, and a scripted stand-in.

Preparing (starting two interpreters, importing, setting up, warming up) and measuring
are two steps, so that the next pair gets ready on another CPU while this one is timed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from hotloop.gate.model import Benchmark, Pair


class PreparedPair(Protocol):
    """Two fresh processes that are getting ready, or are; ``close`` ends them in any state."""

    def measure(self) -> Pair:
        """Wait until both are ready, sample them side by side, end them."""
        ...

    def close(self) -> None: ...


class PairExecutor(Protocol):
    """Starts process pairs; leaving it ends whatever still runs."""

    def prepare(self, benchmark: Benchmark, seed: int) -> PreparedPair:
        """Start the two processes and return at once; ``seed`` fixes order and layout."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@dataclass(slots=True)
class ScriptedPairs:
    """A PairExecutor that plays ``script``: label -> number of the pair (from 0) -> Pair.

    ``log`` holds what was done, in order. ``on_measure`` is told of each pair's
    seconds, so that a ManualClock can be moved on.
    """

    script: Mapping[str, Callable[[int], Pair]]
    on_measure: Callable[[float], None] = lambda _seconds: None
    log: list[str] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    def prepare(self, benchmark: Benchmark, seed: int) -> "ScriptedPair":
        self.log.append(f"prepare {benchmark.label}")
        return ScriptedPair(self, benchmark.label)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.log.append("close all")


@dataclass(slots=True)
class ScriptedPair:
    """A pair of a ScriptedPairs."""

    executor: ScriptedPairs
    label: str

    def measure(self) -> Pair:
        number = self.executor.taken.get(self.label, 0)
        self.executor.taken[self.label] = number + 1
        self.executor.log.append(f"measure {self.label}")
        pair = self.executor.script[self.label](number)
        self.executor.on_measure(pair.elapsed_s)
        return pair

    def close(self) -> None:
        self.executor.log.append(f"close {self.label}")
