"""The order of a stream measurement: what runs when, and how long it may take.

    fill ── round 1 ── round 2 ── ... ── more where uncertain ── perf test ── loads ── rebalances
            every variant once, and the raw fetch, in random order

Rounds interleave the variants, so that what slows the machine for a while slows
them all. Knows a ``Lab`` and a clock, and runs in the tests without either
Kafka or time.
"""

import random
import statistics
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from hotloop.base.clock import Clock
from hotloop.base.errors import MeasurementError
from hotloop.base.mishap import told
from hotloop.streams.lab import Fill, Lab
from hotloop.streams.options import Measure
from hotloop.streams.summary import is_wide
from stream.measure.sustain import FIRST_SHARE_OF_DRAIN, LATENCY_SHARES

if TYPE_CHECKING:
    from stream.account.figures import Account
    from stream.consume.job import GroupProtocol
    from stream.faults.rebalance import Rebalanced
    from stream.measure.drain import Drained
    from stream.measure.sustain import LatencyAt, Sustained

Key = TypeVar("Key", bound=Hashable)

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
# To find where a search begins.
GUESS_RECORDS = 200_000
GUESS_STRETCH_S = 1.0
# No generator sends more; but a drain of a few records from one fetch may show any rate.
MOST_FIRST_PER_S = 300_000.0

# The default ladder must end within 4 minutes, and the start of a broker comes first.
BUDGET_S = 215.0
# Start, join, stop and account of a worker, on average over the ladder; and of the raw fetch.
EXPECTED_OVERHEAD_S = 1.7
EXPECTED_START_S = 5.0
EXPECTED_FILL_S = 12.0
EXPECTED_PERF_TEST_S = 6.0
EXPECTED_SUSTAIN_S = 80.0
EXPECTED_LATENCY_S = 45.0
# Of one group: start, calm, three changes with the session of a dead member, the last commits.
EXPECTED_REBALANCE_S = 32.0
# The slowest variants, on those cores.
SLOWEST_PER_S = 6_000.0
# At most this many times the requested runs, if they left an interval wide.
MOST_RUNS_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. ``variants``: those that can run here. ``records`` None: by time.

    ``protocols``: of each variant, those that its group is rebalanced with.
    """

    variants: tuple[str, ...]
    protocols: Mapping[str, "tuple[GroupProtocol, ...]"]
    measures: frozenset[Measure]
    records: int | None
    all_workers: int
    workers: int
    runs: int
    seed: int

    @property
    def drains(self) -> int:
        """Processes (or groups of them) in the rounds, the raw fetch included."""
        return self.runs * len(self.contenders()) if Measure.DRAIN in self.measures else 0

    @property
    def is_loaded(self) -> bool:
        """Whether anything runs under a paced load."""
        return bool(self.measures & {Measure.SUSTAIN, Measure.LATENCY})

    def groups(self) -> list["Group"]:
        """Every variant with each of its protocols, if rebalances are measured."""
        if Measure.REBALANCE not in self.measures:
            return []
        return [Group(name, one) for name in self.variants for one in self.protocols[name]]

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
        loads_s = 0.0
        if self.is_loaded:
            loads_s += EXPECTED_SUSTAIN_S
        if Measure.LATENCY in self.measures:
            loads_s += EXPECTED_LATENCY_S
        rebalances_s = self.runs * len(self.groups()) * EXPECTED_REBALANCE_S
        return EXPECTED_START_S + drains_s + loads_s * len(self.variants) + rebalances_s

    def _least_s(self) -> float:
        return self.drains * (SHORTEST_STRETCH_S + EXPECTED_OVERHEAD_S)


@dataclass(frozen=True, slots=True)
class Contender:
    """A variant with a number of workers, or the raw fetch."""

    name: str
    workers: int


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group of one variant, with one of its protocols."""

    name: str
    protocol: "GroupProtocol"


@dataclass(slots=True)
class Records:
    """What was measured so far; a variant that failed keeps what it had.

    ``failures``: of variants, and ``unsettled``: of groups, each with the reason.
    """

    plan: Plan
    fill: Fill | None = None
    drained: dict[Contender, list["Drained"]] = field(default_factory=dict)
    accounts: dict[str, list["Account"]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    fetched_per_s: list[float] = field(default_factory=list)
    perf_test_per_s: float | None = None
    perf_test_reason: str | None = None
    guesses: dict[str, "Drained"] = field(default_factory=dict)
    sustained: dict[str, "Sustained"] = field(default_factory=dict)
    latencies: dict[str, list["LatencyAt"]] = field(default_factory=dict)
    rebalanced: dict[Group, list["Rebalanced"]] = field(default_factory=dict)
    unsettled: dict[Group, str] = field(default_factory=dict)
    is_interrupted: bool = False

    @property
    def has_figures(self) -> bool:
        """Whether there is enough for a table."""
        return any(self.drained.values()) or bool(
            self.sustained or self.latencies or self.rebalanced
        )

    def rates(self, contender: Contender) -> list[float]:
        """The rates of a contender's runs, in order of time."""
        if contender.name == LIMIT:
            return self.fetched_per_s
        return [run.records_per_s for run in self.drained.get(contender, [])]

    def add_account(self, name: str, account: "Account") -> None:
        """Note the account of one more run."""
        self.accounts.setdefault(name, []).append(account)


def measure(plan: Plan, lab: Lab, clock: Clock, report: Callable[[str, float], None]) -> Records:
    """Run the plan. ``report`` gets what is being done and the fraction that is finished.

    Any failure costs only its own variant or figure. If ``lab.check`` fails, it costs everything
    that was still to come, and so does an interruption, which is raised only if nothing was
    measured yet.
    """
    return _Session(plan, lab, clock, report).run()


class _Session:
    def __init__(
        self, plan: Plan, lab: Lab, clock: Clock, report: Callable[[str, float], None]
    ) -> None:
        self._plan = plan
        self._lab = lab
        self._clock = clock
        self._report = report
        self._rng = random.Random(plan.seed)
        self._records = Records(plan)
        self._start_ns = clock.now_ns()
        self._stretch_s = STRETCH_S

    def run(self) -> Records:
        plan, records = self._plan, self._records
        if not plan.variants:
            return records
        try:
            if plan.drains:
                self._say("filling the topic")
                records.fill = self._lab.fill(plan.records or DEFAULT_RECORDS * plan.all_workers)
                self._rounds()
                self._perf_test()
            elif plan.is_loaded:
                self._say("filling a topic for first guesses")
                records.fill = self._lab.fill(GUESS_RECORDS)
            if plan.is_loaded:
                for name in plan.variants:
                    self._attempt(name, partial(self._loads, name), records.failures)
            self._rebalances()
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
                self._records.failures.setdefault(name, reason)

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
        self._say(f"{name}{workers}: drain, {which}")
        self._attempt(name, partial(self._drain_once, contender), self._records.failures)

    def _drain_once(self, contender: Contender) -> None:
        records, plan = self._records, self._plan
        alone = plan.all_workers == 1
        stretch_s = None if plan.records is not None and alone else self._stretch_s
        if contender.name == LIMIT:
            records.fetched_per_s.append(self._lab.raw_fetch(stretch_s))
            return
        run = self._lab.drain(contender.name, contender.workers, stretch_s)
        records.drained.setdefault(contender, []).append(run)
        records.add_account(contender.name, run.account)

    def _perf_test(self) -> None:
        self._say("kafka-consumer-perf-test")
        try:
            self._records.perf_test_per_s = self._lab.perf_test()
        except Exception as error:
            self._records.perf_test_reason = told(error)

    def _loads(self, name: str) -> None:
        """The search, and then latency under shares of its answer."""
        records = self._records
        found = self._lab.search(name, self._first_per_s(name), self._say)
        records.sustained[name] = found
        records.add_account(name, found.account)
        sustained_per_s = found.answer.sustained_per_s
        if sustained_per_s is None:
            raise MeasurementError(f"{name} sustained none of {len(found.probes)} offered rates")
        if Measure.LATENCY in self._plan.measures:
            for share in LATENCY_SHARES:
                self._say(f"{name}: latency at {share:.0%} of what it sustains")
                at = self._lab.latency_at(name, share * sustained_per_s)
                records.latencies.setdefault(name, []).append(at)
                records.add_account(name, at.account)

    def _rebalances(self) -> None:
        """Every group once a round, in random order; one that fails costs no other."""
        failures, unsettled = self._records.failures, self._records.unsettled
        for number in range(self._plan.runs):
            groups = [
                group
                for group in self._plan.groups()
                if group.name not in failures and group not in unsettled
            ]
            self._rng.shuffle(groups)
            for group in groups:
                which = f"rebalance, run {number + 1} of {self._plan.runs}"
                self._say(f"{group.name}, {group.protocol.value}: {which}")
                self._attempt(group, partial(self._rebalance, group), unsettled)

    def _rebalance(self, group: Group) -> None:
        run = self._lab.rebalance(group.name, group.protocol, self._say)
        self._records.rebalanced.setdefault(group, []).append(run)
        self._records.add_account(group.name, run.account)

    def _first_per_s(self, name: str) -> float:
        """Where a search begins: below the drain's rate, from a short drain if necessary."""
        records = self._records
        rates = records.rates(Contender(name, self._plan.workers))
        if not rates:
            self._say(f"{name}: a short drain, to find where to begin")
            guess = self._lab.drain(name, self._plan.workers, GUESS_STRETCH_S)
            records.guesses[name] = guess
            records.add_account(name, guess.account)
            rates = [guess.records_per_s]
        return min(MOST_FIRST_PER_S, FIRST_SHARE_OF_DRAIN * statistics.median(rates))

    def _attempt(self, key: Key, action: Callable[[], None], failures: dict[Key, str]) -> None:
        """Do it unless ``key`` has failed before; if it fails now, note why."""
        if key in failures:
            return
        try:
            action()
        except Exception as error:
            failures[key] = told(error)
            self._lab.check()

    def _shuffled(self, contenders: Sequence[Contender]) -> list[Contender]:
        active = [c for c in contenders if c.name not in self._records.failures]
        self._rng.shuffle(active)
        return active

    def _is_wide(self, contender: Contender) -> bool:
        rates = self._records.rates(contender)
        return contender.name not in self._records.failures and bool(rates) and is_wide(rates)

    def _is_complete(self, name: str) -> bool:
        records, plan = self._records, self._plan
        drains = len(records.drained.get(Contender(name, plan.workers), []))
        groups = [group for group in plan.groups() if group.name == name]
        rebalances = min((len(records.rebalanced.get(one, [])) for one in groups), default=0)
        done = {
            Measure.DRAIN: drains >= plan.runs,
            Measure.SUSTAIN: name in records.sustained,
            Measure.LATENCY: len(records.latencies.get(name, [])) == len(LATENCY_SHARES),
            Measure.REBALANCE: rebalances >= plan.runs,
        }
        return all(done[measure] for measure in plan.measures)

    def _left_s(self) -> float:
        """What is left of the budget for drains."""
        least_s = self._plan.drains * (SHORTEST_STRETCH_S + EXPECTED_OVERHEAD_S)
        elapsed_s = (self._clock.now_ns() - self._start_ns) / NS_PER_S
        return max(BUDGET_S, least_s) - EXPECTED_PERF_TEST_S - elapsed_s

    def _say(self, what: str) -> None:
        elapsed_s = (self._clock.now_ns() - self._start_ns) / NS_PER_S
        self._report(what, min(0.99, elapsed_s / self._plan.expected_s()))
