"""Process pairs with another layout of the compiled code in each pair of a benchmark."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

from hotloop.gate.model import Benchmark, Pair
from hotloop.gate.pairs.executor import PairExecutor


class Relaid:
    """A PairExecutor: ``lay`` gives both builds a new layout from a seed, while nothing runs.

    A layout stays until a benchmark that has had a pair in it wants another, so that all pairs of
    a benchmark have layouts of their own. The time for it counts as the pair's.
    """

    def __init__(self, inner: PairExecutor, lay: Callable[[int], None], seed: int) -> None:
        self._inner = inner
        self._lay = lay
        self._chance = random.Random(seed)
        self._layout: int | None = None
        self._had: set[Benchmark] = set()
        self._running = 0
        self._turn = threading.Condition()

    @property
    def lanes(self) -> int:
        return self._inner.lanes

    @property
    def doubts(self) -> tuple[str, ...]:
        return self._inner.doubts

    @property
    def remarks(self) -> tuple[str, ...]:
        return self._inner.remarks

    def measure(
        self, lane: int, benchmark: Benchmark, seed: int, following: Sequence[Benchmark] = ()
    ) -> Pair:
        """A pair of processes that start in a layout that is new to the benchmark."""
        begun_s = time.perf_counter()
        with self._turn:
            while self._layout is None or benchmark in self._had:
                if not self._running:
                    layout = self._chance.getrandbits(32)
                    self._lay(layout)
                    self._layout = layout
                    self._had.clear()
                else:
                    self._turn.wait()
            self._had.add(benchmark)
            self._running += 1
            # No fork of a process that has loaded an earlier layout.
            own_seed = random.Random(f"{seed} {self._layout}").getrandbits(32)
        waited_s = time.perf_counter() - begun_s
        try:
            pair = self._inner.measure(lane, benchmark, own_seed, following)
            return replace(pair, elapsed_s=pair.elapsed_s + waited_s)
        finally:
            with self._turn:
                self._running -= 1
                self._turn.notify_all()

    def cancel(self, lane: int) -> None:
        self._inner.cancel(lane)

    def stop(self) -> None:
        self._inner.stop()

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)
