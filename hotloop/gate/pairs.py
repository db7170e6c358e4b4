"""The real executor of the gate: pairs of fresh processes, base and head side by side.

    driver ──commands──> base ──turn──> head ──turn──> base ...     on one CPU
           <──replies───      <──turn──

Both get ready at the same time, away from the CPU that another pair is timed on. Whatever
a benchmark does to its process ends as a ``Trouble`` of its side: where one fails while
its partner waits for the turn, the partner is given all turns at once, so that it is known
whether that one runs.
"""

import contextlib
import math
import os
import random
import select
import shutil
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hotloop.children import POLL_S, Child, Lost, hung
from hotloop.gate.caches import SetupCaches, bring
from hotloop.gate.layout import can_be_equal, children_lie_at, draw_layout, stack_bytes_taken
from hotloop.gate.model import Benchmark, Contender, Ending, Kind, Pair, Side, Timing, Trouble
from hotloop.gate.slices import Costs, Plan, agree, log_ratio
from hotloop.gate.spawn import start_worker, variables_of, worker_command
from hotloop.gate.worker import TURN

SIDES = (Side.BASE, Side.HEAD)
TIMED = frozenset({Kind.TIME, Kind.TIMERAW})
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
# Its value moves the stack.
PADDING_VARIABLE = "HOTLOOP_PADDING"


class ProcessPairs:
    """Runs benchmarks of ``base`` and ``head``; use as a context, whose end kills every process.

    ``cpu`` is the one that is timed on; None: this system cannot pin. In the context the
    calling thread keeps off that CPU, and so does what it starts: libraries that ask how
    many CPUs there are find one less.
    """

    def __init__(self, base: Contender, head: Contender, cpu: int | None) -> None:
        self.contenders: Mapping[Side, Contender] = {Side.BASE: base, Side.HEAD: head}
        self.cpu = cpu
        self.all_cpus: list[int] | None = None
        self._plans: dict[str, Plan] = {}
        self._pairs: list[ProcessPair] = []
        self._started = 0
        self._equal_layout = can_be_equal()

    @property
    def equal_layout(self) -> bool:
        """Whether the two of a pair lie alike in memory; else the system randomises each."""
        return self._equal_layout

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="hotloop-gate-"))
        self._caches = SetupCaches(self.contenders, self._folder)
        if self.cpu is not None:
            self.all_cpus = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, set(self.all_cpus) - {self.cpu} or self.all_cpus)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pair in list(self._pairs):
            pair.close()
        if self.all_cpus is not None:
            os.sched_setaffinity(0, self.all_cpus)
        shutil.rmtree(self._folder, ignore_errors=True)

    def prepare(self, benchmark: Benchmark, seed: int) -> "ProcessPair":
        """Start two processes that get ready; the first pair of a setup_cache waits for it."""
        caches = self._caches.of(benchmark)
        folder = self._folder / f"{self._started:08d}"
        self._started += 1
        pair = ProcessPair(self, benchmark, seed, folder, caches)
        self._pairs.append(pair)
        try:
            pair.start()
        except BaseException:
            pair.close()
            raise
        return pair

    def plan(self, benchmark: Benchmark) -> Plan | None:
        """The plan of the benchmark's earlier pairs."""
        return self._plans.get(benchmark.asv_id)

    def agree(self, benchmark: Benchmark, base: Costs, head: Costs) -> Plan:
        """The plan of the benchmark's pairs, from its first one."""
        return self._plans.setdefault(benchmark.asv_id, agree(base, head, self.cpu is not None))

    def forget(self, pair: "ProcessPair") -> None:
        self._pairs.remove(pair)


class ProcessPair:
    """Two fresh processes of one benchmark; ``measure`` ends them, ``close`` does at any time."""

    def __init__(
        self,
        executor: ProcessPairs,
        benchmark: Benchmark,
        seed: int,
        folder: Path,
        caches: Mapping[Side, Path | Trouble],
    ) -> None:
        self._executor = executor
        self._benchmark = benchmark
        self._chance = random.Random(seed)
        self._folder = folder
        self._caches = caches
        self._children: dict[Side, Child] = {}
        self._pipes: dict[Side, tuple[int, int]] = {}
        self._troubles = {
            side: cache for side, cache in caches.items() if isinstance(cache, Trouble)
        }
        self._ready_by = time.monotonic() + START_LIMIT_S + SHARING * benchmark.timeout_s
        self._open = True

    def start(self) -> None:
        """Spawn both in random order, and let them get ready."""
        if self._troubles:
            return
        layout = draw_layout(self._chance)
        variables = {side: variables_of(self._executor.contenders[side]) for side in SIDES}
        for side in SIDES:
            variables[side]["PYTHONHASHSEED"] = str(layout.hash_seed)
        taken = {side: self._stack_bytes(side, variables[side]) for side in SIDES}
        for side in SIDES:
            padding_bytes = layout.padding_bytes + max(taken.values()) - taken[side]
            variables[side][PADDING_VARIABLE] = "." * padding_bytes
            self._pipes[side] = os.pipe()
        lie = children_lie_at(layout) if self._executor.equal_layout else contextlib.nullcontext()
        with lie:
            for side in self._chance.sample(SIDES, 2):
                self._spawn(side, variables[side], layout.heap_bytes)
        for side, child in self._children.items():
            self._let_get_ready(child, self._executor.contenders[side].suite)

    def measure(self) -> Pair:
        """Wait until both are ready, sample them side by side, end them."""
        start_s = time.perf_counter()
        self._hasten()
        try:
            timing, plan, samples = self._sampled()
        finally:
            self.close()
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

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        for child in self._children.values():
            child.kill()
        for child in self._children.values():
            child.reap()
        for pipe in self._pipes.values():
            os.close(pipe[0])
            os.close(pipe[1])
        shutil.rmtree(self._folder, ignore_errors=True)
        self._executor.forget(self)

    # ---- getting ready

    def _stack_bytes(self, side: Side, variables: Mapping[str, str]) -> int:
        command = worker_command(self._executor.contenders[side])
        # The system notes the program's own path once more.
        return stack_bytes_taken((command[0], *command), variables)

    def _spawn(self, side: Side, variables: dict[str, str], heap_bytes: int) -> None:
        folder = self._folder / side.value
        folder.mkdir(parents=True)
        cache = self._caches.get(side)
        if isinstance(cache, Path):
            bring(cache, folder)
        partner = Side.HEAD if side is Side.BASE else Side.BASE
        pipes = (self._pipes[side][0], self._pipes[partner][1])
        contender = self._executor.contenders[side]
        log = self._folder / f"{side.value}.log"
        try:
            self._children[side] = start_worker(
                contender, variables, log, folder, pipes, heap_bytes
            )
        except OSError as error:
            self._fail(side, f"its process did not start: {error}")

    def _let_get_ready(self, child: Child, suite: Path) -> None:
        plan = self._executor.plan(self._benchmark)
        timed = self._benchmark.kind in TIMED
        child.send(
            "prepare",
            suite=os.fspath(suite),
            name=self._benchmark.asv_id,
            timed=timed,
            known_block_s=plan.block_s if plan else 0.0,
            cold=plan.cold if plan else False,
        )
        if not timed:
            child.send("value")

    def _hasten(self) -> None:
        """Nothing is timed until these two are ready: let one of them have the idle CPU.

        Only where they share the one other: libraries that count CPUs must find as many
        on both sides, and before as after.
        """
        cpus, cpu = self._executor.all_cpus, self._executor.cpu
        if cpu is None or cpus is None or len(cpus) != len(SIDES):
            return
        child = self._children.get(self._chance.choice(SIDES))
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(child.pid, {cpu})

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
        for side, child in self._children.items():
            if side in self._troubles:
                continue
            reply = child.receive(deadline - time.monotonic())
            if isinstance(reply, Lost):
                self._lose(side, reply)
            elif isinstance(reply, dict) and reply.get("skipped"):
                words = child.last_words() or "its parameters are skipped"
                self._troubles[side] = Trouble(Ending.SKIPPED, words)
            else:
                answers[side] = reply
        return answers

    def _run(self, plan: Plan) -> Mapping[Side, Sequence[float]]:
        """Both sides' samples, stretch after stretch, until the plan or its time is over."""
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
        for child in self._children.values():
            child.send("finish")
        self._answers(time.monotonic() + SHARING * self._benchmark.timeout_s)
        return samples

    def _run_stretch(self, plan: Plan, rounds: int) -> Mapping[Side, Sequence[float]]:
        """Both sides' samples in so many rounds, in their order."""
        firsts = [self._chance.randrange(2) for _ in range(rounds)]
        turns = [owner for first in firsts for owner in (first, 1 - first)]
        shared = plan.timing is Timing.SHARED
        cpus = [self._executor.cpu] if plan.pinned else self._executor.all_cpus
        for me, side in enumerate(SIDES):
            self._children[side].send(
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
        waiting = dict(self._children)
        deadline = time.monotonic() + SHARING * self._benchmark.timeout_s + plan.expected_s
        freed = False
        while waiting:
            select.select([child.replies for child in waiting.values()], [], [], POLL_S)
            for side in [side for side, child in waiting.items() if child.has_news()]:
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

    def _give_turns(self, side: Side, turns: int) -> None:
        os.write(self._pipes[side][1], TURN * turns)

    def _lose(self, side: Side, lost: Lost) -> None:
        if lost.error == "TimeoutError":
            self._fail(side, f"timed out after {self._benchmark.timeout_s:g} s")
        else:
            self._fail(side, lost.message)

    def _fail(self, side: Side, message: str) -> None:
        self._troubles[side] = Trouble(Ending.FAILED, message)
