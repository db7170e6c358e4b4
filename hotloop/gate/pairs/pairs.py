"""The real executor of the gate: pairs of processes, one at a time in each lane."""

import collections
import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from hotloop.gate.model import Benchmark, Contender, Ending, Kind, Pair, Side, Trouble
from hotloop.gate.pairs.common import Common
from hotloop.gate.pairs.lanes import Lane
from hotloop.gate.pairs.pair import NoFork, ProcessPair, Servers
from hotloop.gate.pairs.slices import SamplingPlan

SHARED = (
    "alone it passes: both sides run at the same time, and it uses something that both share, as a "
    "port or a file of one name"
)
# So many benchmarks of a module have to fail in forks and in fresh processes with the same words,
# before others that fail so in forks are spared the fresh ones: the import of their file fails, or
# they all call what is not there.
ALIKE = 3


class ProcessPairs:
    """Runs benchmarks of ``base`` and ``head``; use as a context, whose end kills every process.

    ``rough_at_first``: whether the first pairs of each may be less precise, where many pairs follow
    if these leave any doubt.
    """

    def __init__(
        self,
        base: Contender,
        head: Contender,
        lanes: Sequence[Lane],
        forks: bool = True,
        rough_at_first: bool = False,
    ) -> None:
        can_pin = all(lane.cpu is not None for lane in lanes)
        contenders = {Side.BASE: base, Side.HEAD: head}
        self._common = Common(contenders, can_pin, forks, rough_at_first)
        self._lanes = tuple(lanes)
        self._servers = tuple(Servers(self._common) for _ in lanes)
        self._pairs: list[ProcessPair | None] = [None for _ in lanes]
        # Batches whose files are not loaded together any more.
        self._apart: set[str] = set()
        # Benchmarks that fail while those of other lanes run.
        self._alone: set[str] = set()
        # Failures for which nothing beside them is to blame.
        self._own_faults: set[tuple[object, ...]] = set()
        # How many benchmarks failed so in forks and then in fresh processes.
        self._confirmed: collections.Counter[tuple[object, ...]] = collections.Counter()
        # Lanes whose pair nobody waits for.
        self._cancelled: set[int] = set()
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
        """What is not judged."""
        return self._common.remarks

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
        their result counts. If they succeed, no benchmark of the module is forked again. Where
        others of the module failed in both with the same words, the forks' result counts.

        It may have shared a file or a port with what ran beside it: its second try has the machine
        alone, and so have its later pairs if that succeeds. If one side fails then too, but not
        without the other, neither can be measured.
        """
        self._cancelled.discard(lane)
        try:
            with self._lanes[lane].keeping_to():
                self._common.begin(benchmark)
                with self._cache_lock:
                    caches = self._caches.of(benchmark)
                pair = self._measure(lane, benchmark, seed, caches, following)
                self._common.end(benchmark, pair)
                return pair
        finally:
            self._pairs[lane] = None

    def _measure(
        self,
        lane: int,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
        following: Sequence[Benchmark],
    ) -> Pair:
        begun_s = time.perf_counter()
        forks = self._common.may_fork(benchmark)
        if benchmark.group is None or benchmark.batch in self._apart:
            following = ()
        pair = self._attempt(lane, benchmark, seed, caches, forks, following)
        if pair is None and following and not self._is_cancelled(lane):
            # One of the others' files may have started threads.
            self._apart.add(benchmark.batch)
            pair = self._attempt(lane, benchmark, seed, caches, forks)
        lost_s = 0.0
        if pair is None:
            if not self._is_cancelled(lane):
                self._common.fork_no_module(benchmark.module)
            forks, lost_s = False, time.perf_counter() - begun_s
            pair = self._attempt(lane, benchmark, seed, caches, forked=False)
            assert pair is not None
        if not pair.has_failed or self._is_cancelled(lane):
            return replace(pair, lost_s=lost_s)
        if forks and self._confirmed[_fault(benchmark, pair)] >= ALIKE:
            return replace(pair, lost_s=lost_s)
        disturbed = self._may_be_disturbed(benchmark, pair)
        if not forks and not disturbed:
            pair = self._without_the_other(lane, benchmark, seed, caches, pair)
            return replace(pair, lost_s=lost_s)
        lost_s = time.perf_counter() - begun_s
        fresh = self._attempt(lane, benchmark, seed, caches, forked=False, alone=disturbed)
        assert fresh is not None
        if self._is_cancelled(lane):
            return fresh
        if not fresh.has_failed:
            if disturbed:
                self._alone.add(benchmark.asv_id)
            else:
                self._alone.discard(benchmark.asv_id)
                self._common.fork_no_module(benchmark.module)
            return replace(fresh, lost_s=lost_s)
        self._common.fork_no_more(benchmark)
        if forks and _fault(benchmark, fresh) == _fault(benchmark, pair):
            self._confirmed[_fault(benchmark, pair)] += 1
        fresh = self._without_the_other(lane, benchmark, seed, caches, fresh)
        elapsed_s = pair.elapsed_s + fresh.elapsed_s
        # To wait for the other lanes, and to try one side alone, takes nothing of the others' time.
        lost_s = max(0.0, time.perf_counter() - begun_s - elapsed_s)
        return replace(fresh, elapsed_s=elapsed_s, lost_s=lost_s, attempts=2)

    def _attempt(
        self,
        lane: int,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
        forked: bool,
        following: Sequence[Benchmark] = (),
        alone: bool = False,
    ) -> Pair | None:
        """One pair of processes; None: it should have been forked but could not.

        ``alone``: while no other lane measures.
        """
        alone = alone or benchmark.asv_id in self._alone or self._common.is_parallel(benchmark)
        with self._common.room.inside(alone), contextlib.suppress(NoFork):
            pair = self._processes(lane, benchmark, seed, caches, forked, following).measure()
            return replace(pair, alone=alone or self._common.is_parallel(benchmark))
        return None

    def _processes(
        self,
        lane: int,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
        forked: bool,
        following: Sequence[Benchmark] = (),
    ) -> ProcessPair:
        """The lane's next pair, killed already if it is cancelled."""
        pair = ProcessPair(
            self._common,
            self._lanes[lane],
            self._servers[lane],
            benchmark,
            seed,
            caches,
            forked,
            self._common.wanted(benchmark),
            self._common.takes(benchmark),
            following,
        )
        self._pairs[lane] = pair
        if self._is_cancelled(lane):
            pair.kill()
        return pair

    def _may_be_disturbed(self, benchmark: Benchmark, pair: Pair) -> bool:
        """Whether it may have failed because of the other lanes."""
        if self.lanes == 1 or benchmark.asv_id in self._alone:
            return False
        return _may_share(benchmark, pair) and _fault(benchmark, pair) not in self._own_faults

    def _without_the_other(
        self,
        lane: int,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
        pair: Pair,
    ) -> Pair:
        """``pair``; if only one side fails, and not where the other does nothing, both fail."""
        fault = _fault(benchmark, pair)
        if fault in self._own_faults or not _may_share(benchmark, pair):
            return pair
        if len(pair.troubles) != 1 or not self._passes_alone(lane, benchmark, seed, caches, pair):
            self._own_faults.add(fault)
            return pair
        (trouble,) = pair.troubles
        shared = Trouble(Ending.FAILED, f"{trouble.message}; {SHARED}")
        return replace(pair, base_trouble=shared, head_trouble=shared)

    def _passes_alone(
        self,
        lane: int,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
        pair: Pair,
    ) -> bool:
        """Whether the only side that fails does not while no other process measures."""
        side = Side.BASE if pair.base_trouble is not None else Side.HEAD
        with self._common.room.inside(alone=True):
            return self._processes(lane, benchmark, seed, caches, False).passes_alone(side)

    def _is_cancelled(self, lane: int) -> bool:
        return self._stopped or lane in self._cancelled

    def cancel(self, lane: int) -> None:
        """Let the lane's pair end soon, and orderly: others may need the files that it uses."""
        self._cancelled.add(lane)
        pair = self._pairs[lane]
        if pair is not None:
            pair.end_soon()

    def stop(self) -> None:
        self._stopped = True
        self._caches.stop()
        for pair in self._pairs:
            if pair is not None:
                pair.kill()

    def plan(self, benchmark: Benchmark) -> SamplingPlan | None:
        """How the benchmark's pairs are sampled; known after the first."""
        return self._common.plan(benchmark)


def _may_share(benchmark: Benchmark, pair: Pair) -> bool:
    """Whether something beside it may be to blame for its failure; not if it hangs."""
    failed = all(trouble.ending is Ending.FAILED for trouble in pair.troubles)
    return failed and pair.elapsed_s < benchmark.timeout_s and benchmark.kind is Kind.TIME


def _fault(benchmark: Benchmark, pair: Pair) -> tuple[object, ...]:
    """The same for benchmarks of a module that fail alike."""
    return (benchmark.module, pair.base_trouble, pair.head_trouble)
