"""What all process pairs of a run have in common: the contenders, the plans, the machine."""

import contextlib
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from hotloop.base.cpus import pinnable_cpus
from hotloop.gate.model import Benchmark, Contender, Kind, Pair, Side
from hotloop.gate.pairs.caches import SetupCaches
from hotloop.gate.pairs.couple import Couple
from hotloop.gate.pairs.emptied import Emptied
from hotloop.gate.pairs.figure import CPU
from hotloop.gate.pairs.first_calls import FirstCalls
from hotloop.gate.pairs.hidden import HiddenSlowdowns
from hotloop.gate.pairs.kept_files import KeptFiles
from hotloop.gate.pairs.lanes import Room
from hotloop.gate.pairs.leftovers import (
    orphans_ended,
    scratch_folder,
    with_own_temporary_folder,
)
from hotloop.gate.pairs.noted import Noted
from hotloop.gate.pairs.origins import Origins
from hotloop.gate.pairs.precision import USUAL, Precision, wanted_of
from hotloop.gate.pairs.run_dry import RunDry
from hotloop.gate.pairs.set_ups import SetUps
from hotloop.gate.pairs.slices import Costs, SamplingPlan, agree
from hotloop.gate.pairs.takes import takes_of
from hotloop.gate.pairs.unfinished import Unfinished
from hotloop.timing.memory_layout import can_be_equal, draw_layout

# What a fork measures as well as a fresh process does. Not memory: a fork would count its
# server's.
FORKED = frozenset({Kind.TIME, Kind.TRACK})
TIMED = frozenset({Kind.TIME, Kind.TIMERAW})


class Common:
    """Used by the threads of all lanes at once.

    ``equal_layout``: whether both processes of a pair have the same memory layout; if not, the
    system randomises each. ``all_cpus`` are those of this process; None if it cannot pin.
    ``forks``: whether a process may be a fork of another at all. ``rough_at_first``: whether a
    benchmark's first pairs may be less precise.
    """

    def __init__(
        self,
        contenders: Mapping[Side, Contender],
        can_pin: bool,
        forks: bool = True,
        rough_at_first: bool = False,
    ) -> None:
        self.contenders = contenders
        self.origins = Origins(contenders)
        kinds = (FirstCalls, RunDry, Emptied, Unfinished, SetUps)
        self._noted: tuple[Noted, ...] = tuple(kind() for kind in kinds)
        self._hidden = HiddenSlowdowns()
        self.kept_files = KeptFiles([*contenders.values()])
        self.room = Room()
        self.all_cpus = pinnable_cpus()
        self.equal_layout = can_be_equal()
        self._can_pin = can_pin
        self._forks = forks
        self._rough_at_first = rough_at_first
        self._lock = threading.Lock()
        self._scratch: Path | None = None
        self._folders = 0
        self._plans: dict[str, SamplingPlan] = {}
        self._begun: Counter[str] = Counter()
        self._sizes: defaultdict[str, list[float]] = defaultdict(list)
        self._not_forked: set[str] = set()
        self._modules_not_forked: set[str] = set()

    @contextlib.contextmanager
    def in_use(self) -> Iterator[SetupCaches]:
        """What a run of pairs takes: one folder for all files, and an end of all that runs."""
        # Orphans are ended before the folder is removed: they may still write into it.
        with scratch_folder() as scratch, orphans_ended():
            self._scratch = scratch
            self.contenders = {
                side: with_own_temporary_folder(contender, scratch)
                for side, contender in self.contenders.items()
            }
            yield SetupCaches(self.contenders, scratch, self.origins)

    def folder(self) -> Path:
        """A new folder's path, below one that is removed at the end."""
        assert self._scratch is not None, "nothing is measured before the executor is entered"
        with self._lock:
            self._folders += 1
            return self._scratch / f"{self._folders:08d}"

    def couple(self, seed: int, folder: Path, caches: Mapping[Side, Path]) -> Couple:
        """Two new processes, with the memory layout that ``seed`` gives."""
        chance = random.Random(seed)
        layout = draw_layout(chance)
        return Couple(self.contenders, layout, self.equal_layout, folder, chance, caches)

    def plan(self, benchmark: Benchmark) -> SamplingPlan | None:
        """The plan that the benchmark's earlier pairs used."""
        return self._plans.get(benchmark.asv_id)

    def may_be_parallel(self, benchmark: Benchmark) -> bool:
        """Whether it computes on several CPUs, or may: nobody knows before its first pair."""
        plan = self.plan(benchmark)
        return benchmark.kind in TIMED and (plan is None or plan.parallel)

    def is_parallel(self, benchmark: Benchmark) -> bool:
        plan = self.plan(benchmark)
        return plan is not None and plan.parallel

    def begin(self, benchmark: Benchmark) -> None:
        """Count a pair of the benchmark, however often it has to be tried."""
        with self._lock:
            self._begun[benchmark.asv_id] += 1

    def wanted(self, benchmark: Benchmark) -> Precision:
        """How precise its last pair that was begun has to be."""
        return wanted_of(self._begun[benchmark.asv_id]) if self._rough_at_first else USUAL

    def takes(self, benchmark: Benchmark) -> int:
        """How many its next pair has."""
        with self._lock:
            return takes_of(self.plan(benchmark), self._sizes[benchmark.asv_id])

    def end(self, benchmark: Benchmark, pair: Pair) -> None:
        """Note what a pair of it has said."""
        if pair.log_ratio is None:
            return
        with self._lock:
            self._sizes[benchmark.asv_id].append(abs(pair.log_ratio))
        plan = self.plan(benchmark)
        # First calls are timed by it; of what waits they scatter as much as later calls do.
        if plan is not None and plan.clock in CPU:
            self._hidden.note(benchmark, pair)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is not judged: what both sides had in common, what calls and set-ups do besides."""
        noted = (remark for each in self._noted for remark in each.remarks)
        shared = (*self.origins.remarks, *self.kept_files.remarks)
        return (*shared, *self._hidden.remarks, *noted)

    def agree(self, benchmark: Benchmark, base: Costs, head: Costs) -> SamplingPlan:
        """A plan for the benchmark's pairs, made from its first one."""
        if not self._forks:
            base, head = (replace(costs, can_be_copied=False) for costs in (base, head))
        for noted in self._noted:
            noted.note(benchmark, base, head)
        return agree(base, head, self._can_pin)

    def keep(self, benchmark: Benchmark, plan: SamplingPlan) -> SamplingPlan:
        """``plan`` for all its pairs, or the one that another lane has kept for it meanwhile."""
        return self._plans.setdefault(benchmark.asv_id, plan)

    def may_fork(self, benchmark: Benchmark) -> bool:
        return (
            self._forks
            and benchmark.kind in FORKED
            and benchmark.module not in self._modules_not_forked
            and benchmark.asv_id not in self._not_forked
        )

    def fork_no_more(self, benchmark: Benchmark) -> None:
        """It fails in forks and in fresh processes alike: try one kind only."""
        self._not_forked.add(benchmark.asv_id)

    def fork_no_module(self, module: str) -> None:
        """Never fork this module again: its forks do not behave like fresh processes."""
        self._modules_not_forked.add(module)
