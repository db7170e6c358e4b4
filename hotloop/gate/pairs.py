"""The real executor of the gate: pairs of processes, base and head side by side.

Whatever a benchmark does to its process ends as a ``Trouble`` of its side: where one fails
while its partner waits for the turn, the partner is given all turns at once, so that it is
known whether that one runs.
"""

import contextlib
import math
import os
import random
import select
import shutil
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hotloop.children import POLL_S, Child, Lost, hung
from hotloop.gate.caches import SetupCaches, bring
from hotloop.gate.couple import SIDES, Couple
from hotloop.gate.forks import Fork
from hotloop.gate.lanes import Lane, Room, usable_cpus
from hotloop.gate.layout import can_be_equal, draw_layout
from hotloop.gate.leftovers import orphans_ended, scratch_folder
from hotloop.gate.model import Benchmark, Contender, Ending, Kind, Pair, Side, Timing, Trouble
from hotloop.gate.slices import Costs, Plan, agree, log_ratio

TIMED = frozenset({Kind.TIME, Kind.TIMERAW})
# What a fork measures as well as a fresh process does: not memory, of which it would find
# its server's.
FORKED = frozenset({Kind.TIME, Kind.TRACK})
# The two of a pair share what time a core gives: each may take twice as long as alone.
SHARING = 2.0
# Two interpreters that start on a machine that is busy building take less.
START_LIMIT_S = 2.0
# Sending samples that are ready takes milliseconds.
ANSWER_LIMIT_S = 5.0
# Late, and with all turns its own: who then takes this, and this many times what both
# should have taken, hangs.
LAST_CHANCE_S = 0.5
PATIENCE = 5.0
# Where others hold the CPU too, a pair ends after this many times what it takes alone:
# another pair says more than the rest of this one.
HURRY = 2.5


class ProcessPairs:
    """Runs benchmarks of ``base`` and ``head``; use as a context, whose end kills every process."""

    def __init__(self, base: Contender, head: Contender, lanes: Sequence[Lane]) -> None:
        self.contenders: Mapping[Side, Contender] = {Side.BASE: base, Side.HEAD: head}
        self.room = Room()
        self.can_pin = all(lane.cpu is not None for lane in lanes)
        self.all_cpus = usable_cpus()
        self._desks = tuple(Desk(lane) for lane in lanes)
        self._lock = threading.Lock()
        self._plans: dict[str, Plan] = {}
        self._not_forked: set[str] = set()
        self._started = 0
        self._stopped = False
        self._equal_layout = can_be_equal()

    @property
    def lanes(self) -> int:
        return len(self._desks)

    @property
    def equal_layout(self) -> bool:
        """Whether the two of a pair lie alike in memory; else the system randomises each."""
        return self._equal_layout

    def __enter__(self) -> Self:
        self._leftovers = contextlib.ExitStack()
        self._leftovers.enter_context(orphans_ended())
        self._folder = self._leftovers.enter_context(scratch_folder())
        self._caches = SetupCaches(self.contenders, self._folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        for desk in self._desks:
            desk.dismiss_servers()
        self._leftovers.close()

    def measure(self, lane: int, benchmark: Benchmark, seed: int) -> Pair:
        """A pair of processes; the first pair of a setup_cache waits for it."""
        desk = self._desks[lane]
        with desk.lane.keeping_to():
            with self._lock:
                caches = self._caches.of(benchmark)
            self.room.enter()
            try:
                pair = ProcessPair(self, desk, benchmark, seed, caches)
                desk.pair = pair
                if self._stopped:
                    pair.kill()
                return pair.measure()
            finally:
                desk.pair = None
                self.room.leave()

    def cancel(self, lane: int) -> None:
        pair = self._desks[lane].pair
        if pair is not None:
            pair.kill()

    def stop(self) -> None:
        self._stopped = True
        self._caches.stop()
        for lane in range(self.lanes):
            self.cancel(lane)

    def folder(self) -> Path:
        """A new folder's path, below one that is gone at the end."""
        with self._lock:
            self._started += 1
            return self._folder / f"{self._started:08d}"

    def plan(self, benchmark: Benchmark) -> Plan | None:
        """The plan of the benchmark's earlier pairs."""
        return self._plans.get(benchmark.asv_id)

    def agree(self, benchmark: Benchmark, base: Costs, head: Costs) -> Plan:
        """The plan of the benchmark's pairs, from its first one."""
        return self._plans.setdefault(benchmark.asv_id, agree(base, head, self.can_pin))

    def may_fork(self, benchmark: Benchmark) -> bool:
        return benchmark.kind in FORKED and benchmark.asv_id not in self._not_forked

    def fork_no_more(self, benchmark: Benchmark) -> None:
        """It failed in a fork: whether that is why, fresh processes will show."""
        self._not_forked.add(benchmark.asv_id)


class Desk:
    """What a lane has at hand: the pair that it measures, and the servers of its batch."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.pair: ProcessPair | None = None
        self.servers: Couple | None = None
        self.batch: tuple[int, str] | None = None

    def dismiss_servers(self) -> None:
        servers, self.servers = self.servers, None
        if servers is not None:
            servers.close()


class ProcessPair:
    """Two processes of one benchmark; ``measure`` ends them, as ``kill`` does at any time."""

    def __init__(
        self,
        executor: ProcessPairs,
        desk: Desk,
        benchmark: Benchmark,
        seed: int,
        caches: Mapping[Side, Path | Trouble],
    ) -> None:
        self._executor = executor
        self._desk = desk
        self._benchmark = benchmark
        self._seed = seed
        self._chance = random.Random(f"{seed} {benchmark.asv_id}")
        self._folder = executor.folder()
        self._caches = {side: at for side, at in caches.items() if isinstance(at, Path)}
        self._couple: Couple | None = None
        self._workers: dict[Side, Child | Fork] = {}
        self._troubles = {side: at for side, at in caches.items() if isinstance(at, Trouble)}
        self._ready_by = time.monotonic() + START_LIMIT_S + SHARING * benchmark.timeout_s
        self._killed = False

    def measure(self) -> Pair:
        """Let both get ready, sample them side by side, end them."""
        start_s = time.perf_counter()
        try:
            self._get_ready()
            timing, plan, samples = self._sampled()
        finally:
            self._part()
        elapsed_s = time.perf_counter() - start_s
        rounds = max(map(len, samples.values()), default=0)
        calls = plan.calls * plan.blocks if plan else 1
        if self._troubles:
            return Pair(
                timing,
                None,
                None,
                None,
                rounds,
                calls,
                elapsed_s,
                self._troubles.get(Side.BASE),
                self._troubles.get(Side.HEAD),
            )
        base, head = (statistics.median(samples[side]) for side in SIDES)
        rounds_of_both = zip(samples[Side.BASE], samples[Side.HEAD], strict=True)
        ratio = statistics.median(log_ratio(*both) for both in rounds_of_both)
        return Pair(timing, ratio, base, head, rounds, calls, elapsed_s)

    def kill(self) -> None:
        """From any thread: let ``measure`` end soon, in troubles."""
        self._killed = True
        for worker in list(self._workers.values()):
            worker.kill()
        if self._couple is not None:
            self._couple.kill()

    # ---- getting ready

    def _get_ready(self) -> None:
        if self._troubles:
            return
        if not (self._executor.may_fork(self._benchmark) and self._fork()):
            self._start_fresh()
        for side in self._workers:
            self._let_get_ready(side)

    def _fork(self) -> bool:
        """Get both from the lane's servers, which may have to be started; False: in vain."""
        servers = self._servers()
        self._hold(servers)
        forks = {}
        for side, server in servers.children.items():
            folder = self._folder / side.value
            folder.mkdir(parents=True)
            if side in self._caches:
                bring(self._caches[side], folder)
            forks[side] = Fork(server, self._folder / f"{side.value}.log")
            suite = os.fspath(self._executor.contenders[side].suite)
            forks[side].begin(suite, self._benchmark.asv_id, folder)
        began = [fork.has_begun(self._ready_by - time.monotonic()) for fork in forks.values()]
        if len(began) == len(SIDES) and all(began):
            self._workers.update(forks)
            return True
        for fork in forks.values():
            fork.kill()
        self._desk.dismiss_servers()
        self._executor.fork_no_more(self._benchmark)
        shutil.rmtree(self._folder, ignore_errors=True)
        return False

    def _servers(self) -> Couple:
        """The lane's servers for this batch; those of another are dismissed."""
        batch = (self._seed, self._benchmark.module)
        if self._desk.servers is None or self._desk.batch != batch:
            self._desk.dismiss_servers()
            self._desk.servers = self._new_couple(self._executor.folder(), {})
            self._desk.batch = batch
        return self._desk.servers

    def _start_fresh(self) -> None:
        """Two processes for this pair alone."""
        couple = self._new_couple(self._folder, self._caches)
        self._hold(couple)
        self._workers.update(couple.children)
        for side, message in couple.failures.items():
            self._fail(side, message)

    def _new_couple(self, folder: Path, caches: Mapping[Side, Path]) -> Couple:
        chance = random.Random(self._seed)
        return Couple(
            self._executor.contenders,
            draw_layout(chance),
            self._executor.equal_layout,
            folder,
            chance,
            caches,
        )

    def _hold(self, couple: Couple) -> None:
        self._couple = couple
        if self._killed:
            couple.kill()

    def _let_get_ready(self, side: Side) -> None:
        plan = self._executor.plan(self._benchmark)
        timed = self._benchmark.kind in TIMED
        self._workers[side].send(
            "prepare",
            suite=os.fspath(self._executor.contenders[side].suite),
            name=self._benchmark.asv_id,
            timed=timed,
            known_block_s=plan.block_s if plan else 0.0,
            cold=plan.cold if plan else False,
        )
        if not timed:
            self._workers[side].send("value")

    def _part(self) -> None:
        """Servers whose forks did well go on; whatever else is left is ended."""
        failed = self._killed or any(
            trouble.ending is Ending.FAILED for trouble in self._troubles.values()
        )
        for worker in self._workers.values():
            if isinstance(worker, Fork) and not failed:
                failed = not worker.leave()
            worker.kill()
        if self._couple is not None and self._couple is not self._desk.servers:
            self._couple.close()
        elif self._couple is not None and failed:
            self._desk.dismiss_servers()
            self._executor.fork_no_more(self._benchmark)
        shutil.rmtree(self._folder, ignore_errors=True)

    # ---- measuring

    def _sampled(self) -> tuple[Timing, Plan | None, Mapping[Side, Sequence[float]]]:
        """How it was sampled, and each side's samples; what went wrong is in ``_troubles``."""
        timed = self._benchmark.kind in TIMED
        plan = self._executor.plan(self._benchmark)
        timing = plan.timing if plan else Timing.TURNS if timed else Timing.VALUES
        costs = self._answers(self._ready_by)
        if not timed:
            numbers = {
                side: answer["number"] for side, answer in self._answers(self._ready_by).items()
            }
            for side in [side for side, number in numbers.items() if math.isnan(number)]:
                self._troubles[side] = Trouble(Ending.SKIPPED, "it returned NaN, asv's skip")
            return timing, None, {side: [number] for side, number in numbers.items()}
        if self._troubles:
            return timing, plan, {}
        if plan is None:
            base, head = (Costs(**costs[side]) for side in SIDES)
            plan = self._executor.agree(self._benchmark, base, head)
        return plan.timing, plan, self._run(plan)

    def _answers(self, deadline: float) -> dict[Side, Any]:
        """What each side without trouble answers by then; skips are troubles too."""
        answers = {}
        for side, worker in self._workers.items():
            if side in self._troubles:
                continue
            reply = worker.receive(deadline - time.monotonic())
            if isinstance(reply, Lost):
                self._lose(side, reply)
            elif isinstance(reply, dict) and reply.get("skipped"):
                words = worker.last_words() or "its parameters are skipped"
                self._troubles[side] = Trouble(Ending.SKIPPED, words)
            else:
                answers[side] = reply
        return answers

    def _run(self, plan: Plan) -> Mapping[Side, Sequence[float]]:
        """Both sides' samples, stretch after stretch, until the plan or its time is over."""
        if not plan.pinned:
            self._executor.room.have_alone()
        samples: dict[Side, list[float]] = {side: [] for side in SIDES}
        end_s = time.monotonic() + HURRY * plan.expected_s
        for rounds in plan.stretches():
            taken = self._run_stretch(plan, rounds)
            if self._troubles:
                return {}
            for side in SIDES:
                samples[side] += taken[side]
            if time.monotonic() > end_s:
                break
        for worker in self._workers.values():
            worker.send("finish")
        self._answers(time.monotonic() + SHARING * self._benchmark.timeout_s)
        return samples

    def _run_stretch(self, plan: Plan, rounds: int) -> Mapping[Side, Sequence[float]]:
        """Both sides' samples in so many rounds, in their order."""
        firsts = [self._chance.randrange(2) for _ in range(rounds)]
        turns = [owner for first in firsts for owner in (first, 1 - first)]
        shared = plan.timing is Timing.SHARED
        cpus = self._cpus(plan)
        # In random order, so that neither side is always the first to be ready.
        for me, side in self._chance.sample(tuple(enumerate(SIDES)), len(SIDES)):
            self._workers[side].send(
                "run",
                slots=[me] * rounds if shared else turns,
                me=me,
                calls=plan.calls,
                blocks=plan.blocks,
                clock=plan.clock,
                cpus=cpus,
                deal=2 * plan.deal,
            )
        for owner in turns[:2] if shared else turns[:1]:
            self._give_turns(SIDES[owner], 1)
        return self._collect(plan, len(turns))

    def _collect(self, plan: Plan, slots: int) -> Mapping[Side, Sequence[float]]:
        """Wait for both sides' samples; who fails or hangs leaves all turns to the other."""
        samples: dict[Side, Sequence[float]] = {}
        waiting = dict(self._workers)
        deadline = time.monotonic() + SHARING * self._benchmark.timeout_s + plan.expected_s
        freed = False
        while waiting:
            select.select([worker.replies for worker in waiting.values()], [], [], POLL_S)
            for side in [side for side, worker in waiting.items() if worker.has_news()]:
                reply = waiting.pop(side).receive(ANSWER_LIMIT_S)
                if isinstance(reply, Lost):
                    self._lose(side, reply)
                else:
                    assert isinstance(reply, list)
                    samples[side] = [float(sample) for sample in reply]
            late = time.monotonic() > deadline
            if late and freed:
                for side in waiting:
                    self._lose(side, hung(deadline))
                return samples
            if not freed and (late or self._troubles):
                freed = True
                for side in waiting:
                    self._give_turns(side, slots)
                if late:
                    deadline = time.monotonic() + LAST_CHANCE_S + PATIENCE * plan.expected_s
        return samples

    def _cpus(self, plan: Plan) -> list[int] | None:
        """What both run on while they are timed; None: as they are."""
        if plan.pinned and self._desk.lane.cpu is not None:
            return [self._desk.lane.cpu]
        return None if self._executor.all_cpus is None else sorted(self._executor.all_cpus)

    def _give_turns(self, side: Side, turns: int) -> None:
        assert self._couple is not None
        self._couple.give_turns(side, turns)

    def _lose(self, side: Side, lost: Lost) -> None:
        if lost.error == "TimeoutError":
            self._fail(side, f"timed out after {self._benchmark.timeout_s:g} s")
        else:
            self._fail(side, lost.message)

    def _fail(self, side: Side, message: str) -> None:
        self._troubles[side] = Trouble(Ending.FAILED, message)
