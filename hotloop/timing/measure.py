"""The timing core: contenders side by side in fresh processes, records out.

    set 1   every contender in a fresh process
            first call of each -> judge: the wrong ones leave
            one round of single calls: how long does a call take?
            rounds until each has its share of its budget; each turn begins with
            unrecorded calls, so that a sample is what a loop of calls gets
    set 2.. fresh processes, warm-up, rounds
            last answers -> judge again
    then    what was measured so far -> as many sets more as are wanted

A set is the unit that statistics count: a process keeps the luck of its memory
layout for life, so more samples from one process say nothing about the next
(Kalibera and Jones 2013, "Rigorous benchmarking in reasonable time",
doi:10.1145/2464157.2464160).
"""

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hotloop.base.clock import Clock
from hotloop.timing import schedule
from hotloop.timing.executor import Executor, FirstCall, ProcessSet, Taken, WorkerLost
from hotloop.timing.record import Contender, Failure, Measurement, Run, Stage, Threads

# Five is the fewest process sets whose range contains the median 15 times in 16.
FEWEST_SETS = 5
# How long the unrecorded calls of a turn take. In one thread, caches and pages are to be warmed
# up: after 1 ms, calls of 0.6 to 0.9 ms took 5 to 10 % longer than in a row, after 4 ms 3 to 6 %.
# After a pause the system may run a team of threads on one CPU at first: 60 ms were seen, and calls
# that take longer meanwhile than at calibration, or were calibrated so, make up for less time.
WARM_UP_S = {Threads.ONE: 4e-3, Threads.ALL: 100e-3, Threads.AUTO: 0.2e-3}
# Turns of calls whose ratio matters more than their times: the shorter they are, the more the
# rest of the machine slows both sides alike. On two loaded CPUs the interval of a ratio was 1.7
# times as wide with turns of 2 ms as with turns of 0.5 ms.
SHORTEST_SAMPLE_S = {
    Threads.ONE: schedule.SHORTEST_SAMPLE_S,
    Threads.ALL: schedule.SHORTEST_SAMPLE_S,
    Threads.AUTO: 0.2e-3,
}

# Each refinement of a short call's time is ten times as good; two suffice for 1 us.
REFINEMENTS = 2

Judge = Callable[[Mapping[str, object]], Mapping[str, str | Failure]]
"""Gets each contender's answer, returns why the wrong ones are wrong, by name.

A Failure stands for one that could not be judged.
"""

MoreSets = Callable[[Sequence[Run]], int]
"""Gets the records of the planned sets, returns how many sets to add to them."""


def no_more_sets(_runs: Sequence[Run]) -> int:
    """The plan is all there is."""
    return 0


Preview = Callable[[Measurement], None]
"""Gets what the first set gave, if others are to come."""


def no_preview(_so_far: Measurement) -> None:
    """Everything is wanted at the end."""


Progress = Callable[[str, float], None]
"""Gets what is being done and the fraction of the whole that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure: process sets, and seconds of samples per contender over all sets.

    Slow calls get fewer sets, so that the slowest takes no longer than its budget, but never
    fewer than ``fewest_sets``; None: always ``sets``.
    """

    seed: int
    budget_s: float
    sets: int = FEWEST_SETS
    fewest_sets: int | None = None

    def __post_init__(self) -> None:
        if self.sets < 1 or not 1 <= (self.fewest_sets or self.sets) <= self.sets:
            raise ValueError(f"{self.sets} process sets: at least 1 is needed")
        if not 0 < self.budget_s < float("inf"):
            raise ValueError(f"a budget of {self.budget_s} s per contender")


def measure(
    contenders: Sequence[Contender],
    executor: Executor,
    plan: Plan,
    judge: Judge,
    clock: Clock,
    progress: Progress,
    more_sets: MoreSets = no_more_sets,
    preview: Preview = no_preview,
) -> Measurement:
    """Time the contenders side by side.

    ``preview`` is told after the first set, and ``more_sets`` asked after those of the plan.

    A contender that cannot be set up, raises, dies, hangs or is judged wrong ends in
    ``failures`` and costs only itself: a set that it spoilt is measured again without
    it. Raises ValueError when two contenders share a name.
    """
    names = [contender.name for contender in contenders]
    if len(set(names)) < len(names):
        raise ValueError(f"contenders must have different names: {', '.join(names)}")
    start_ns = clock.now_ns()
    threads = {contender.name: contender.threads for contender in contenders}
    book = _Book(plan, executor, judge, random.Random(plan.seed), progress, threads)

    def so_far() -> Measurement:
        return Measurement(
            runs=book.valid_runs,
            failures=dict(book.failures),
            seed=plan.seed,
            cpu=executor.cpu,
            elapsed_s=(clock.now_ns() - start_ns) / 1e9,
            inside_s=book.inside_s,
        )

    process = 0
    while process < book.sets:
        _measure_set(process, contenders, book)
        process += 1
        if process == 1 and book.sets > 1:
            preview(so_far())
    book.more = more_sets(book.valid_runs)
    for added in range(process, process + book.more):
        _measure_set(added, contenders, book)
    return so_far()


@dataclass(slots=True)
class _Book:
    """What is known so far."""

    plan: Plan
    executor: Executor
    judge: Judge
    rng: random.Random
    progress: Progress
    threads: dict[str, Threads]
    runs: list[Run] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)
    call_s: dict[str, float] = field(default_factory=dict)
    cost_s: dict[str, float] = field(default_factory=dict)
    inside_s: float = 0.0
    more: int = 0

    @property
    def valid_runs(self) -> tuple[Run, ...]:
        """The records of those that have not failed."""
        return tuple(run for run in self.runs if run.contender not in self.failures)

    @property
    def all_sets(self) -> int:
        """How many sets there will be, as far as is known."""
        return self.sets + self.more

    @property
    def sets(self) -> int:
        """How many sets the plan asks for, as far as is known."""
        calls_s = [
            max(seconds, self.cost_s.get(name, 0.0))
            for name, seconds in self.call_s.items()
            if name not in self.failures
        ]
        if self.plan.fewest_sets is None or not calls_s:
            return self.plan.sets
        affordable = int(self.plan.budget_s / max(*calls_s, schedule.SHORTEST_CALL_S))
        return min(self.plan.sets, max(self.plan.fewest_sets, affordable))

    def know(self, names: Sequence[str], taken: Sequence[Taken]) -> None:
        """How long a call takes, from samples."""
        for name, took in zip(names, taken, strict=True):
            if took.samples_s:
                self.call_s[name] = took.samples_s[0]
                self.cost_s[name] = took.cost_s or 0.0

    def reject(self, wrong: Mapping[str, str | Failure]) -> None:
        for name, reason in wrong.items():
            if not isinstance(reason, Failure):
                reason = Failure(Stage.CHECK, "WrongAnswer", reason)
            self.failures.setdefault(name, reason)

    def share(self, name: str) -> schedule.Share:
        """Those that are about as fast have as many samples, of as many calls.

        What each sample costs besides its calls must not be spread over 4 calls of one and over 5
        of another. And who had more turns than another would sometimes have two in a row, the
        second without another process in between, in all sets of a run.
        """
        peers = self._peers(name)
        threads = self.threads[name]
        return schedule.share(
            statistics.fmean(self.call_s[peer] for peer in peers),
            self.plan.budget_s / self.sets,
            WARM_UP_S[threads],
            SHORTEST_SAMPLE_S[threads],
            min(self.call_s[peer] for peer in peers),
            statistics.fmean(self.cost_s.get(peer, 0.0) for peer in peers),
        )

    def _peers(self, name: str) -> list[str]:
        """Those that are about as fast as this contender, itself among them.

        Groups are made from the quickest on, each up to twice as long as its quickest.
        """
        peers: list[str] = []
        known = {other: s for other, s in self.call_s.items() if other not in self.failures}
        for other in sorted({**known, name: self.call_s[name]}, key=lambda each: self.call_s[each]):
            if peers and self.call_s[other] > 2 * self.call_s[peers[0]]:
                if name in peers:
                    break
                peers = []
            peers.append(other)
        return peers


def _measure_set(process: int, contenders: Sequence[Contender], book: _Book) -> None:
    """One set, repeated without the contender that spoils it until it succeeds."""
    while field_ := [c for c in contenders if c.name not in book.failures]:
        try:
            with book.executor.open(field_) as workers:
                book.failures.update(workers.failures)
                names = [c.name for c in field_ if c.name not in book.failures]
                if process == 0:
                    runs = _first_set(names, workers, book)
                else:
                    runs = _later_set(process, names, workers, book)
        except WorkerLost as lost:
            book.failures[lost.contender] = lost.failure
        else:
            book.runs.extend(runs)
            return


def _first_set(names: Sequence[str], workers: ProcessSet, book: _Book) -> list[Run]:
    """First calls, check, calibration, then the rounds that the shares still lack."""
    first_s, answers = {}, {}
    for name in names:
        book.progress(f"first call of {name}", 0.0)
        first = workers.first_call(name)
        if isinstance(first, FirstCall):
            first_s[name], answers[name] = first.seconds, first.answer
            if first.has_threads:
                book.threads[name] = Threads.ALL
        else:
            book.failures[name] = first
    book.progress("checking the answers", 0.0)
    book.reject(book.judge(answers))
    names = [name for name in names if name not in book.failures]
    calibration = _calibrate(names, workers, book)
    shares, kept = [], []
    for name in names:
        share = book.share(name)
        # The calibration call counts as a sample if a call needs no warm-up.
        counts = share.warm_up is None
        kept.append([calibration[name]] if counts else [])
        shares.append(replace(share, samples=share.samples - counts))
    book.progress(_describe(0, book), _part_done(0, book))
    rounds = workers.run(names, schedule.plan(shares, book.rng))
    taken = [
        replace(
            rest,
            samples_s=[*first, *rest.samples_s],
            # The calibration was one more round, before the others.
            rounds=[*(0 for _ in first), *(turn + 1 for turn in rest.rounds)],
        )
        for first, rest in zip(kept, rounds, strict=True)
    ]
    return _close(0, names, taken, workers, book, first_s)


def _calibrate(names: Sequence[str], workers: ProcessSet, book: _Book) -> dict[str, float]:
    """Seconds per call into ``book.call_s``; returns those of the one round of single calls.

    A call that needs a warm-up is timed again after one, and a call too short for a sample
    of its own in ever longer samples, as timeit's autorange does: the first one holds more
    switch than call.
    """
    took = workers.run(names, schedule.one_each(len(names), book.rng))
    single_s = {name: taken.samples_s[0] for name, taken in zip(names, took, strict=True)}
    book.know(names, took)
    for _ in range(REFINEMENTS):
        shares = [book.share(name) for name in names]
        slots = [
            schedule.Slot(place, share.calls, warm_up=share.warm_up)
            for place, share in enumerate(shares)
            if share.warm_up is not None
        ]
        book.know(names, workers.run(names, slots))
    return single_s


def _later_set(process: int, names: Sequence[str], workers: ProcessSet, book: _Book) -> list[Run]:
    book.progress(_describe(process, book), _part_done(process, book))
    workers.warm_up({name: int(book.call_s[name] < schedule.LONG_CALL_S) for name in names})
    shares = [book.share(name) for name in names]
    taken = workers.run(names, schedule.plan(shares, book.rng))
    return _close(process, names, taken, workers, book, {})


def _close(
    process: int,
    names: Sequence[str],
    taken: Sequence[Taken],
    workers: ProcessSet,
    book: _Book,
    first_s: Mapping[str, float],
) -> list[Run]:
    """End the processes, judge their last answers, and make the records."""
    # As they were timed: who is rejected now may have set the pace of others.
    calls = {name: book.share(name).calls for name in names}
    closings = {name: workers.finish(name) for name in names}
    book.reject(book.judge({name: closing.answer for name, closing in closings.items()}))
    book.inside_s += sum(closing.inside_s for closing in closings.values())
    return [
        Run(
            contender=name,
            process=process,
            calls=calls[name],
            samples_s=tuple(took.samples_s),
            first_call_s=first_s.get(name),
            after_pause_s=tuple(took.after_pause_s),
            told=closings[name].told,
            rounds=tuple(took.rounds),
        )
        for name, took in zip(names, taken, strict=True)
        if name not in book.failures
    ]


def _describe(process: int, book: _Book) -> str:
    return f"timing, process set {process + 1} of {book.all_sets}"


def _part_done(process: int, book: _Book) -> float:
    return (process + 0.5 * (process == 0)) / (book.all_sets + 0.5)
