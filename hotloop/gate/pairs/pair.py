"""One pair of processes, base and head side by side: start up, take samples, end."""

import math
import os
import random
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hotloop.gate.model import Benchmark, Kind, Pair, Side, Timing, Trouble
from hotloop.gate.pairs.caches import bring
from hotloop.gate.pairs.cold_turns import are_cold, may_be_cold
from hotloop.gate.pairs.common import TIMED, Common
from hotloop.gate.pairs.couple import SIDES, Couple
from hotloop.gate.pairs.figure import Samples, figure
from hotloop.gate.pairs.forks import Fork
from hotloop.gate.pairs.lanes import Lane, on_cpus
from hotloop.gate.pairs.partners import Partners
from hotloop.gate.pairs.precision import Precision
from hotloop.gate.pairs.sampling import take_samples, take_samples_of_one, try_turns
from hotloop.gate.pairs.slices import Costs, SamplingPlan
from hotloop.timing.children import Lost

# For the ends of fixtures and the like.
ENDING_LIMIT_S = 10.0
# Two interpreters take less to start, even on a machine that is busy building.
START_LIMIT_S = 2.0


class Servers:
    """A lane's two processes that have imported what a batch of benchmarks needs."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self._batch: tuple[int, str] | None = None
        self._has_all_cpus = False
        self._couple: Couple | None = None
        self.files: frozenset[str] = frozenset()

    def of(
        self, seed: int, benchmark: Benchmark, following: Sequence[Benchmark], all_cpus: bool
    ) -> Couple:
        """The servers of this batch, started if necessary; those of another batch are ended.

        ``files`` are then those that they load for it: of this benchmark and the following ones.
        ``all_cpus``: whether they have to have been started on all.
        """
        batch = (seed, benchmark.batch)
        is_loaded = benchmark.file is None or benchmark.file in self.files
        has_cpus = self._has_all_cpus or not all_cpus
        if self._couple is None or self._batch != batch or not is_loaded or not has_cpus:
            self.dismiss()
            self._couple = self._common.couple(seed, self._common.folder(), {})
            self._batch, self._has_all_cpus = batch, all_cpus
            together = [each.file for each in (benchmark, *following)]
            self.files = frozenset(file for file in together if file is not None)
        return self._couple

    def are(self, couple: Couple) -> bool:
        return couple is self._couple

    def dismiss(self) -> None:
        couple, self._couple = self._couple, None
        if couple is not None:
            couple.close()


class NoFork(Exception):
    """The servers died, did not answer, or have threads, which forks would lack."""


class ProcessPair:
    """Two processes of one benchmark; ``measure`` ends them, as ``kill`` does at any time.

    ``end_soon`` lets their fixtures end: files that these leave behind would disturb later pairs.

    ``forked``: forks of the lane's servers, which load what ``following`` need too; otherwise
    fresh processes. Each of the ``takes`` ends as soon as it is as precise as is ``wanted``.
    """

    def __init__(
        self,
        common: Common,
        lane: Lane,
        servers: Servers,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
        forked: bool,
        wanted: Precision,
        takes: int,
        following: Sequence[Benchmark] = (),
    ) -> None:
        self._common = common
        self._lane = lane
        self._servers = servers
        self._benchmark = benchmark
        self._seed = seed
        self._forked = forked
        self._wanted = wanted
        self._takes = takes
        self._following = following
        # Libraries make teams of as many threads as they may use CPUs when they are loaded.
        self._all_cpus = common.may_be_parallel(benchmark)
        self._chance = random.Random(f"{seed} {benchmark.asv_id}")
        self._folder = common.folder()
        self._caches = {side: at for side, at in caches.items() if isinstance(at, Path)}
        self._couple: Couple | None = None
        self._partners = Partners(
            benchmark.timeout_s,
            {side: at for side, at in caches.items() if isinstance(at, Trouble)},
        )
        self._first_s: tuple[float, ...] = ()
        self._ready_by = time.monotonic()
        self._turns_are_out = False
        self._is_unwanted = threading.Event()
        self._end = threading.Lock()
        self._is_over = False
        self.is_killed = False

    def measure(self) -> Pair:
        """Start both up, sample them side by side, end them.

        Raises NoFork if the servers cannot be forked.
        """
        start_s = time.perf_counter()
        takes: list[Samples] = []
        try:
            while True:
                self._get_ready()
                timing, plan, samples = self._sampled()
                self._check_origins()
                takes.append(samples)
                is_over = self.is_killed or self._is_unwanted.is_set()
                if not samples or is_over or len(takes) >= self._takes:
                    break
                self._part()
            if not samples:
                self._let_end()
        finally:
            self._part()
            self._be_over()
        elapsed_s = time.perf_counter() - start_s
        rounds = sum(max(map(len, take.values()), default=0) for take in takes)
        calls = plan.calls * plan.blocks if plan else 1
        troubles = self._partners.troubles
        if troubles:
            of_base, of_head = (troubles.get(side) for side in SIDES)
            return Pair(timing, None, None, None, rounds, calls, elapsed_s, of_base, of_head)
        clock = plan.clock if plan else None
        ratio, base, head = figure(takes, clock)
        return Pair(timing, ratio, base, head, rounds, calls, elapsed_s, first_s=self._first_s)

    def passes_alone(self, side: Side) -> bool:
        """Whether the benchmark ends well on one side, in a process of its own.

        The other side's process does nothing. As many samples are taken as in a pair.
        """
        self._ready_by = time.monotonic() + START_LIMIT_S + self._partners.limit_s
        try:
            self._start()
            if side not in self._partners.workers:
                return False
            worker = self._partners.workers[side]
            self._let_get_ready(side)
            costs: Any = worker.receive(self._ready_by - time.monotonic())
            if isinstance(costs, Lost):
                return False
            plan = self._common.plan(self._benchmark)
            if plan is None:
                plan = self._common.agree(self._benchmark, Costs(**costs), Costs(**costs))
            assert self._couple is not None
            if not plan.firsts and not take_samples_of_one(
                side, worker, plan, self._cpus(plan), self._couple.give_turns
            ):
                self._let_end()
                return False
            worker.send("finish")
            return not isinstance(worker.receive(self._partners.limit_s), Lost)
        finally:
            self._part()
            self._be_over()

    def end_soon(self) -> None:
        """From any thread: take no more samples than are under way; kill what takes too long."""
        if self._is_unwanted.is_set():
            return
        self._is_unwanted.set()
        killer = threading.Timer(ENDING_LIMIT_S, self._kill_unless_over)
        killer.daemon = True
        killer.start()

    def kill(self) -> None:
        """From any thread: make ``measure`` end soon, with troubles."""
        self.is_killed = True
        self._partners.kill()
        if self._couple is not None:
            self._couple.kill()

    def _kill_unless_over(self) -> None:
        """Its servers may be in use by the next pair already."""
        with self._end:
            if not self._is_over:
                self.kill()

    def _be_over(self) -> None:
        with self._end:
            self._is_over = True

    # ---- getting ready

    def _get_ready(self) -> None:
        if self._partners.troubles:
            return
        self._ready_by = time.monotonic() + START_LIMIT_S + self._partners.limit_s
        self._start()
        for side in self._partners.workers:
            self._let_get_ready(side)

    def _start(self) -> None:
        with on_cpus(self._common.all_cpus if self._all_cpus else None):
            if self._forked:
                self._fork()
            else:
                self._start_fresh()

    def _fork(self) -> None:
        """Fork both from the lane's servers, which may have to be started first."""
        servers = self._servers.of(self._seed, self._benchmark, self._following, self._all_cpus)
        self._hold(servers)
        forks = {}
        for side, server in servers.children.items():
            folder = self._folder / side.value
            folder.mkdir(parents=True)
            if side in self._caches:
                bring(self._caches[side], folder)
            forks[side] = Fork(server, self._folder / f"{side.value}.log")
            suite = os.fspath(self._common.contenders[side].suite)
            files = sorted(self._servers.files)
            forks[side].begin(suite, self._benchmark.asv_id, folder, files)
        began = [fork.has_begun(self._ready_by - time.monotonic()) for fork in forks.values()]
        if len(began) == len(SIDES) and all(began):
            self._partners.workers.update(forks)
            return
        for fork in forks.values():
            fork.kill()
        self._couple = None
        self._servers.dismiss()
        raise NoFork

    def _start_fresh(self) -> None:
        """Two processes for this pair alone."""
        couple = self._common.couple(self._seed, self._folder, self._caches)
        self._hold(couple)
        self._partners.workers.update(couple.children)
        for side, message in couple.failures.items():
            self._partners.fail(side, message)

    def _hold(self, couple: Couple) -> None:
        self._couple = couple
        if self.is_killed:
            couple.kill()

    def _let_get_ready(self, side: Side) -> None:
        plan = self._common.plan(self._benchmark)
        timed = self._benchmark.kind in TIMED
        self._partners.workers[side].send(
            "prepare",
            suite=os.fspath(self._common.contenders[side].suite),
            name=self._benchmark.asv_id,
            timed=timed,
            known_block_s=plan.block_s if plan else 0.0,
            starts_warm=plan.starts_warm if plan else False,
            firsts=plan.firsts if plan else False,
        )
        if not timed:
            self._partners.workers[side].send("value")

    def _let_end(self) -> None:
        """Let benchmarks end that nobody has told to: their fixtures may leave files behind.

        A test that failed in its samples has said so before its fixtures end.
        """
        if self._benchmark.kind not in TIMED or self.is_killed:
            return
        workers = self._partners.workers
        left = [worker for side, worker in workers.items() if side not in self._partners.gone]
        for worker in left:
            worker.send("finish")
        deadline = time.monotonic() + ENDING_LIMIT_S
        for worker in left:
            worker.receive(deadline - time.monotonic())

    def _part(self) -> None:
        """Keep servers whose forks left well; end everything else.

        Not if one failed while they took turns: some may lie unused in the servers' pipes.
        """
        failed = self.is_killed or (self._turns_are_out and self._partners.have_failed)
        for worker in self._partners.workers.values():
            if isinstance(worker, Fork) and not failed:
                failed = not worker.leave()
            worker.kill()
        if self._couple is not None and not self._servers.are(self._couple):
            self._couple.close()
        elif self._couple is not None and failed:
            self._servers.dismiss()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ---- measuring

    def _sampled(self) -> tuple[Timing, SamplingPlan | None, Samples]:
        """How it was sampled, and each side's samples; the partners have what went wrong."""
        partners = self._partners
        timed = self._benchmark.kind in TIMED
        plan = self._common.plan(self._benchmark)
        timing = plan.timing if plan else Timing.TURNS if timed else Timing.VALUES
        costs = partners.answers(self._ready_by)
        if not timed:
            return timing, None, self._values()
        if partners.troubles:
            return timing, plan, {}
        self._first_s = tuple(costs[side].get("first_s", 0.0) for side in SIDES)
        if plan is None:
            partners.refuse_anothers_server()
            if partners.troubles:
                return timing, plan, {}
            base, head = (Costs(**costs[side]) for side in SIDES)
            plan = self._agreed(base, head)
            if partners.troubles:
                return plan.timing, plan, {}
            if plan.firsts or base.probed != head.probed:
                # These two have already made calls, to find out what they cost.
                self._check_origins()
                self._let_end()
                self._part()
                self._get_ready()
                partners.answers(self._ready_by)
                if partners.troubles:
                    return plan.timing, plan, {}
        if not plan.pinned:
            self._common.room.have_alone()
        assert self._couple is not None
        give_turns = self._couple.give_turns
        self._turns_are_out = True
        samples = take_samples(
            partners,
            plan,
            self._cpus(plan),
            give_turns,
            self._chance,
            self._wanted,
            self._is_unwanted.is_set,
        )
        self._turns_are_out = not samples
        return plan.timing, plan, samples

    def _agreed(self, base: Costs, head: Costs) -> SamplingPlan:
        """The plan for all pairs of the benchmark, once some turns were tried.

        Unless a side had trouble in them.
        """
        plan = self._common.agree(self._benchmark, base, head)
        if may_be_cold(plan):
            assert self._couple is not None
            self._turns_are_out = True
            tried = try_turns(
                self._partners, plan, self._cpus(plan), self._couple.give_turns, self._chance
            )
            if not tried:
                return plan
            self._turns_are_out = False
            if are_cold(tried):
                plan = replace(plan, warms=True, expected_s=2 * plan.expected_s)
        return self._common.keep(self._benchmark, plan)

    def _check_origins(self) -> None:
        """Check where the project's modules came from, after the benchmark has run."""
        benchmark = self._benchmark
        raw = benchmark.kind is Kind.TIMERAW
        self._common.origins.check(self._partners.workers, benchmark.asv_id, raw)

    def _values(self) -> Samples:
        """Each side's number, if the benchmark is not timed."""
        answers = self._partners.answers(self._ready_by)
        numbers = {side: float(answer["number"]) for side, answer in answers.items()}
        for side in [side for side, number in numbers.items() if math.isnan(number)]:
            self._partners.skip(side, "it returned NaN, asv's skip")
        return {side: [number] for side, number in numbers.items()}

    def _cpus(self, plan: SamplingPlan) -> list[int] | None:
        """The CPUs for both while they are timed; None: leave them as they are."""
        if plan.pinned and self._lane.cpu is not None:
            return [self._lane.cpu]
        return None if self._common.all_cpus is None else sorted(self._common.all_cpus)
