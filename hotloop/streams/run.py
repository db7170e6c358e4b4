"""The order of a stream measurement: what runs when, and how long it may take.

    fill ── round 1 ── round 2 ── ... ── more where uncertain ── perf test ── the other parts
            every variant once, and the raw fetch, in random order

Rounds interleave the variants, so that what slows the machine for a while slows
them all. Knows a ``Lab`` and a clock, and runs in the tests without either
Kafka or time.
"""

import random
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from hotloop.base.clock import Clock
from hotloop.base.mishap import told
from hotloop.streams.lab import Fill, Lab
from hotloop.streams.measures import DRAIN, PARTS
from hotloop.streams.part import Runs
from hotloop.streams.summary import is_wide

if TYPE_CHECKING:
    from stream.account.figures import Account
    from stream.consume.job import GroupProtocol
    from stream.measure.drain import Drained

Key = TypeVar("Key", bound=Hashable)
OfPart = TypeVar("OfPart", bound=Runs)

NS_PER_S = 1e9
LIMIT = "limit"
INTERRUPTED = "interrupted before it was measured whole"

# A stretch is long enough for a client's fetches and commits to take their usual turns ...
STRETCH_S = 2.0
# ... and below this it would be mostly its first fetch.
SHORTEST_STRETCH_S = 0.7
# 450,000 records a second, the fastest client on two cores of 2023, for such a stretch; for each
# worker, because the first of a group reads alone until the others have joined.
DEFAULT_RECORDS = 1_000_000

# The default ladder must end within 4 minutes, and the start of a broker comes first.
BUDGET_S = 215.0
# Start, join, stop and account of a worker, on average over the ladder; and of the raw fetch.
EXPECTED_OVERHEAD_S = 1.7
EXPECTED_START_S = 5.0
EXPECTED_FILL_S = 12.0
EXPECTED_PERF_TEST_S = 6.0
# The slowest variants, on those cores.
SLOWEST_PER_S = 6_000.0
# At most this many times the requested runs, if they left an interval wide.
MOST_RUNS_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. ``variants``: those that can run here. ``records`` None: by time.

    ``protocols``: of each variant, those that its group is rebalanced with; ``sessions_s``: after
    how long a silent member then counts as dead, None: as the user's cluster has it.
    """

    variants: tuple[str, ...]
    protocols: Mapping[str, "tuple[GroupProtocol, ...]"]
    sessions_s: "Mapping[GroupProtocol, float | None]"
    measures: frozenset[str]
    records: int | None
    all_workers: int
    workers: int
    runs: int
    seed: int

    @property
    def drains(self) -> int:
        """Processes (or groups of them) in the rounds, the raw fetch included."""
        return self.runs * len(self.contenders()) if DRAIN in self.measures else 0

    @property
    def rounds(self) -> int:
        """In how many rounds every variant is measured; 0 if it is once."""
        return max(self.runs if self.drains else 0, *(part.rounds for part in self.parts()))

    def parts(self) -> tuple[Runs, ...]:
        """What is run beside the drains, nothing of it done yet."""
        return tuple(part.runs(self) for part in PARTS)

    def contenders(self) -> list["Contender"]:
        """Every variant with all its workers, also with one if there are more; the limit."""
        counts = sorted({1, self.workers})
        found = [Contender(name, workers) for name in self.variants for workers in counts]
        return [*found, Contender(LIMIT, 1)]

    def expected_s(self) -> float:
        """Roughly how long it will take on two cores of 2023; with fixed records, at most."""
        stretch_s = STRETCH_S if self.records is None else self.records / SLOWEST_PER_S
        drains_s = self.drains * (stretch_s + EXPECTED_OVERHEAD_S)
        if self.drains:
            drains_s += EXPECTED_FILL_S + EXPECTED_PERF_TEST_S
        if self.drains and self.records is None:
            drains_s = min(drains_s, max(BUDGET_S, self._least_s()))
        return EXPECTED_START_S + drains_s + sum(part.expected_s() for part in self.parts())

    def _least_s(self) -> float:
        return self.drains * (SHORTEST_STRETCH_S + EXPECTED_OVERHEAD_S)


@dataclass(frozen=True, slots=True)
class Contender:
    """A variant with a number of workers, or the raw fetch."""

    name: str
    workers: int


@dataclass(slots=True)
class Records:
    """What was measured so far; a variant that failed keeps what it had.

    ``failures``: of variants, with the reason. ``parts``: what was found beside the drains.
    """

    plan: Plan
    fill: Fill | None = None
    drained: dict[Contender, list["Drained"]] = field(default_factory=dict)
    accounts: dict[str, list["Account"]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    fetched_per_s: list[float] = field(default_factory=list)
    perf_test_per_s: float | None = None
    perf_test_reason: str | None = None
    parts: tuple[Runs, ...] = field(init=False)
    is_interrupted: bool = False

    def __post_init__(self) -> None:
        self.parts = self.plan.parts()

    @property
    def has_figures(self) -> bool:
        """Whether there is enough for a table."""
        return any(self.drained.values()) or any(part.has_figures for part in self.parts)

    def part(self, kind: type[OfPart]) -> OfPart:
        """The runs of this kind."""
        return next(part for part in self.parts if isinstance(part, kind))

    def rates(self, contender: Contender) -> list[float]:
        """The rates of a contender's runs, in order of time."""
        if contender.name == LIMIT:
            return self.fetched_per_s
        return [run.records_per_s for run in self.drained.get(contender, [])]

    def rates_of(self, name: str, workers: int) -> list[float]:
        """The rates of a variant's drains with so many workers."""
        return self.rates(Contender(name, workers))

    def add_account(self, name: str, account: "Account") -> None:
        """Note the account of one more run."""
        self.accounts.setdefault(name, []).append(account)


def measure(plan: Plan, lab: Lab, clock: Clock, report: Callable[[str, float], None]) -> Records:
    """Run the plan. ``report`` gets what is being done and the fraction that is finished.

    Any failure costs only its own variant or figure. If ``lab.check`` fails, it costs everything
    that was still to come, and so does an interruption, which is raised only if nothing was
    measured yet.
    """
    return Session(plan, lab, clock, report).run()


class Session:
    """One measurement, under way: ``records`` is what was found so far."""

    def __init__(
        self, plan: Plan, lab: Lab, clock: Clock, report: Callable[[str, float], None]
    ) -> None:
        self._plan = plan
        self.lab = lab
        self._clock = clock
        self._report = report
        self.rng = random.Random(plan.seed)
        self.records = Records(plan)
        self._start_ns = clock.now_ns()
        self._stretch_s = STRETCH_S

    def run(self) -> Records:
        plan, records = self._plan, self.records
        if not plan.variants:
            return records
        try:
            if plan.drains:
                self.say("filling the topic")
                records.fill = self.lab.fill(plan.records or DEFAULT_RECORDS * plan.all_workers)
                self._rounds()
                self._perf_test()
            for part in records.parts:
                part.run(self)
        except Exception as error:
            self._give_up(told(error))
        except KeyboardInterrupt:
            if not records.has_figures:
                raise
            records.is_interrupted = True
            self._give_up(INTERRUPTED)
        return records

    def _give_up(self, reason: str) -> None:
        for name in self._plan.variants:
            if not self._is_complete(name):
                self.records.failures.setdefault(name, reason)

    def _rounds(self) -> None:
        plan = self._plan
        contenders = plan.contenders()
        for number in range(plan.runs):
            begun_ns = self._clock.now_ns()
            active = self._shuffled(contenders)
            for contender in active:
                self._drain(contender, f"run {number + 1} of {plan.runs}")
            round_s = (self._clock.now_ns() - begun_ns) / NS_PER_S
            self._fit(round_s, len(active), plan.runs - number - 1)
        for _ in range(plan.runs * (MOST_RUNS_FACTOR - 1)):
            wide = [c for c in contenders if self._is_wide(c)]
            for contender in self._shuffled(wide):
                if self._left_s() < self._stretch_s + EXPECTED_OVERHEAD_S:
                    return
                self._drain(contender, "once more, its interval is wide")

    def _fit(self, round_s: float, active: int, rounds: int) -> None:
        """Choose the stretch so that ``rounds`` more like the last one end within the budget."""
        if active and rounds:
            overhead_s = round_s / active - self._stretch_s
            fitting_s = self._left_s() / (rounds * active) - overhead_s
            self._stretch_s = min(STRETCH_S, max(SHORTEST_STRETCH_S, fitting_s))

    def _drain(self, contender: Contender, which: str) -> None:
        name = contender.name
        workers = f" with {contender.workers} workers" if contender.workers > 1 else ""
        self.say(f"{name}{workers}: drain, {which}")
        self.attempt(name, partial(self._drain_once, contender), self.records.failures)

    def _drain_once(self, contender: Contender) -> None:
        records, plan = self.records, self._plan
        alone = plan.all_workers == 1
        stretch_s = None if plan.records is not None and alone else self._stretch_s
        if contender.name == LIMIT:
            records.fetched_per_s.append(self.lab.raw_fetch(stretch_s))
            return
        run = self.lab.drain(contender.name, contender.workers, stretch_s)
        records.drained.setdefault(contender, []).append(run)
        records.add_account(contender.name, run.account)

    def _perf_test(self) -> None:
        self.say("kafka-consumer-perf-test")
        try:
            self.records.perf_test_per_s = self.lab.perf_test()
        except Exception as error:
            self.records.perf_test_reason = told(error)

    def attempt(self, key: Key, action: Callable[[], None], failures: dict[Key, str]) -> None:
        """Do it unless ``key`` has failed before; if it fails now, note why."""
        if key in failures:
            return
        try:
            action()
        except Exception as error:
            failures[key] = told(error)
            self.lab.check()

    def _shuffled(self, contenders: Sequence[Contender]) -> list[Contender]:
        active = [c for c in contenders if c.name not in self.records.failures]
        self.rng.shuffle(active)
        return active

    def _is_wide(self, contender: Contender) -> bool:
        rates = self.records.rates(contender)
        return contender.name not in self.records.failures and bool(rates) and is_wide(rates)

    def _is_complete(self, name: str) -> bool:
        plan, records = self._plan, self.records
        drains = len(records.drained.get(Contender(name, plan.workers), []))
        is_drained = DRAIN not in plan.measures or drains >= plan.runs
        return is_drained and all(part.is_complete(name) for part in records.parts)

    def _left_s(self) -> float:
        """What is left of the budget for drains."""
        least_s = self._plan.drains * (SHORTEST_STRETCH_S + EXPECTED_OVERHEAD_S)
        elapsed_s = (self._clock.now_ns() - self._start_ns) / NS_PER_S
        return max(BUDGET_S, least_s) - EXPECTED_PERF_TEST_S - elapsed_s

    def say(self, what: str) -> None:
        """Report what is done now, and how far everything is."""
        elapsed_s = (self._clock.now_ns() - self._start_ns) / NS_PER_S
        self._report(what, min(0.99, elapsed_s / self._plan.expected_s()))
