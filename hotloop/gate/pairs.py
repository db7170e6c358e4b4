"""The real executor of the gate: pairs of processes, one at a time in each lane."""

import contextlib
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from hotloop.gate.caches import SetupCaches
from hotloop.gate.common import Common
from hotloop.gate.lanes import Lane
from hotloop.gate.leftovers import orphans_ended, scratch_folder
from hotloop.gate.model import Benchmark, Contender, Pair, Side
from hotloop.gate.pair import ProcessPair, Servers
from hotloop.gate.slices import Plan


class ProcessPairs:
    """Runs benchmarks of ``base`` and ``head``; use as a context, whose end kills every process."""

    def __init__(
        self, base: Contender, head: Contender, lanes: Sequence[Lane], forks: bool = True
    ) -> None:
        can_pin = all(lane.cpu is not None for lane in lanes)
        self._common = Common({Side.BASE: base, Side.HEAD: head}, can_pin, forks)
        self._lanes = tuple(lanes)
        self._servers = tuple(Servers(self._common) for _ in lanes)
        self._pairs: list[ProcessPair | None] = [None for _ in lanes]
        self._cache_lock = threading.Lock()
        self._stopped = False

    @property
    def lanes(self) -> int:
        return len(self._lanes)

    @property
    def equal_layout(self) -> bool:
        """Whether the two of a pair lie alike in memory; else the system randomises each."""
        return self._common.equal_layout

    @property
    def doubts(self) -> tuple[str, ...]:
        """What was not shown of the code that ran, a sentence for each side."""
        return self._common.origins.doubts

    def __enter__(self) -> Self:
        self._leftovers = contextlib.ExitStack()
        self._leftovers.enter_context(orphans_ended())
        scratch = self._leftovers.enter_context(scratch_folder())
        self._common.use(scratch)
        self._caches = SetupCaches(self._common.contenders, scratch, self._common.origins)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        for servers in self._servers:
            servers.dismiss()
        self._leftovers.close()

    def measure(self, lane: int, benchmark: Benchmark, seed: int) -> Pair:
        """A pair of processes; the first pair of a setup_cache waits for it."""
        place, room = self._lanes[lane], self._common.room
        with place.keeping_to():
            with self._cache_lock:
                caches = self._caches.of(benchmark)
            room.enter()
            try:
                pair = ProcessPair(
                    self._common, place, self._servers[lane], benchmark, seed, caches
                )
                self._pairs[lane] = pair
                if self._stopped:
                    pair.kill()
                return pair.measure()
            finally:
                self._pairs[lane] = None
                room.leave()

    def cancel(self, lane: int) -> None:
        pair = self._pairs[lane]
        if pair is not None:
            pair.kill()

    def stop(self) -> None:
        self._stopped = True
        self._caches.stop()
        for lane in range(self.lanes):
            self.cancel(lane)

    def plan(self, benchmark: Benchmark) -> Plan | None:
        """How the benchmark's pairs are sampled, once the first was."""
        return self._common.plan(benchmark)
