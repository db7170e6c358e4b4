"""The real executor of the gate: pairs of processes, one at a time in each lane."""

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from hotloop.gate.model import Benchmark, Contender, Pair, Side, Trouble
from hotloop.gate.pairs.common import Common
from hotloop.gate.pairs.lanes import Lane
from hotloop.gate.pairs.pair import NoFork, ProcessPair, Servers
from hotloop.gate.pairs.slices import SamplingPlan


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
        # Batches whose files are not loaded together any more.
        self._apart: set[str] = set()
        self._cache_lock = threading.Lock()
        self._stopped = False

    @property
    def lanes(self) -> int:
        return len(self._lanes)

    @property
    def equal_layout(self) -> bool:
        """Whether both of a pair have the same memory layout; else the system randomises each."""
        return self._common.equal_layout

    @property
    def doubts(self) -> tuple[str, ...]:
        """What could not be shown about the code that ran, a sentence for each side."""
        return self._common.origins.doubts

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is not judged: what both sides had in head's version, what first calls do."""
        return (*self._common.origins.remarks, *self._common.first_calls.remarks)

    def __enter__(self) -> Self:
        self._leftovers = contextlib.ExitStack()
        self._caches = self._leftovers.enter_context(self._common.in_use())
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for servers in self._servers:
            servers.dismiss()
        self._leftovers.close()

    def measure(
        self, lane: int, benchmark: Benchmark, seed: int, following: Sequence[Benchmark] = ()
    ) -> Pair:
        """A pair of processes; the first pair of a setup_cache waits for it.

        A benchmark that fails in forks, or cannot be forked, gets fresh processes at once, and
        their result counts. If they succeed, no benchmark of the module is forked again.
        """
        try:
            with self._lanes[lane].keeping_to():
                with self._cache_lock:
                    caches = self._caches.of(benchmark)
                begun_s = time.perf_counter()
                forks = self._common.may_fork(benchmark)
                if benchmark.group is None or benchmark.batch in self._apart:
                    following = ()
                pair = self._attempt(lane, benchmark, seed, caches, forks, following)
                if pair is None and following and not self._is_cancelled(lane):
                    # One of the others' files may have started threads.
                    self._apart.add(benchmark.batch)
                    pair = self._attempt(lane, benchmark, seed, caches, forks)
                cancelled = self._is_cancelled(lane)
                if pair is not None and (not forks or not pair.has_failed or cancelled):
                    return pair
                lost_s = time.perf_counter() - begun_s
                fresh = self._attempt(lane, benchmark, seed, caches, forked=False)
                assert fresh is not None
                if self._is_cancelled(lane):
                    return fresh
        finally:
            self._pairs[lane] = None
        if pair is None or not fresh.has_failed:
            self._common.fork_no_module(benchmark.module)
            return replace(fresh, lost_s=lost_s)
        self._common.fork_no_more(benchmark)
        return replace(fresh, elapsed_s=fresh.elapsed_s + lost_s, attempts=2)

    def _attempt(
        self,
        lane: int,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
        forked: bool,
        following: Sequence[Benchmark] = (),
    ) -> Pair | None:
        """One pair of processes; None: it should have been forked but could not."""
        room = self._common.room
        room.enter()
        try:
            before = self._pairs[lane]
            pair = ProcessPair(
                self._common,
                self._lanes[lane],
                self._servers[lane],
                benchmark,
                seed,
                caches,
                forked,
                following,
            )
            self._pairs[lane] = pair
            if self._stopped or (before is not None and before.is_killed):
                pair.kill()
            return pair.measure()
        except NoFork:
            return None
        finally:
            room.leave()

    def _is_cancelled(self, lane: int) -> bool:
        pair = self._pairs[lane]
        return self._stopped or (pair is not None and pair.is_killed)

    def cancel(self, lane: int) -> None:
        pair = self._pairs[lane]
        if pair is not None:
            pair.kill()

    def stop(self) -> None:
        self._stopped = True
        self._caches.stop()
        for lane in range(self.lanes):
            self.cancel(lane)

    def plan(self, benchmark: Benchmark) -> SamplingPlan | None:
        """How the benchmark's pairs are sampled; known after the first."""
        return self._common.plan(benchmark)
