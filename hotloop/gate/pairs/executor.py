"""The seam between deciding and measuring: running a process pair, and a scripted stand-in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from hotloop.gate.model import Benchmark, Pair


class PairExecutor(Protocol):
    """Runs process pairs, one at a time in each lane; leaving the context ends what still runs."""

    @property
    def lanes(self) -> int:
        """How many pairs it can measure at once."""
        ...

    @property
    def doubts(self) -> tuple[str, ...]:
        """What could not be shown about the code that ran so far, a sentence for each side."""
        ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What both sides had in head's version so far, so that it is not judged."""
        ...

    def measure(
        self, lane: int, benchmark: Benchmark, seed: int, following: Sequence[Benchmark] = ()
    ) -> Pair:
        """Start two processes, sample them side by side, end them; a lane is the caller's thread.

        ``seed`` fixes order and layout: pairs with the same seed have the same memory layout,
        and consecutive ones may be forks of the same two processes, which load what the
        ``following`` ones need too.
        """
        ...

    def cancel(self, lane: int) -> None:
        """From another thread: end the lane's pair soon; what ``measure`` returns is unused."""
        ...

    def stop(self) -> None:
        """From another thread: end the pairs of all lanes at once, for good."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@dataclass(slots=True)
class ScriptedPairs:
    """A PairExecutor that plays ``script``: label -> number of the pair (from 0) -> Pair.

    ``log`` has what was done, in order. ``on_measure`` gets each pair's seconds, so that a
    ManualClock can be moved on. ``seeds`` and ``following`` are what each was told of others.
    """

    script: Mapping[str, Callable[[int], Pair]]
    on_measure: Callable[[float], None] = lambda _seconds: None
    lanes: int = 1
    doubts: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    log: list[str] = field(default_factory=list)
    seeds: list[int] = field(default_factory=list)
    following: list[int] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)

    def measure(
        self, lane: int, benchmark: Benchmark, seed: int, following: Sequence[Benchmark] = ()
    ) -> Pair:
        label = benchmark.label
        number = self.taken.get(label, 0)
        self.taken[label] = number + 1
        self.log.append(f"measure {label}")
        self.seeds.append(seed)
        self.following.append(len(following))
        pair = self.script[label](number)
        self.on_measure(pair.elapsed_s)
        return pair

    def cancel(self, lane: int) -> None:
        self.log.append(f"cancel {lane}")

    def stop(self) -> None:
        self.log.append("stop")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.log.append("close all")
