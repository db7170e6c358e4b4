"""Which benchmark gets the next pair, and when to stop.

    wave 1    order  sort | json | loop  dict ...    every benchmark, module by module,
    wave 2    loop  dict | order  sort | json ...    in random order
    ...                                              decided ones drop out
    wave 11   sort                                   until all are decided, or time is up
    overtime  sort                                   what looks slower, for as many pairs again

A benchmark that is unlikely to be flagged in the time left (``prospects``) is given up: it comes
after all others, for "same" only. If it is unlikely to become the same either, it is not
measured any more. So the pairs go to those that may be slower.

Waves spread each benchmark's pairs over the whole run, so that a bad minute of the
machine touches a few pairs of many benchmarks and not all pairs of one. Each lane of the
executor takes the next batch, the benchmarks of one module, when it has finished its last.

Nothing is decided before it is known which benchmarks give figures at all. Only those share the
false alarms (docs/gate-method.md says why the bound still holds).
"""

import math
import random
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace

from hotloop.base import interrupts
from hotloop.base.clock import Clock
from hotloop.gate.model import LARGEST_BATCH, Benchmark, Pair, Stop
from hotloop.gate.pairs.executor import PairExecutor
from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import Rule, Walk
from hotloop.gate.rule.discoveries import is_discovered
from hotloop.gate.rule.findings import (
    Campaign,
    conclude,
    gave_figures,
    is_hopeless,
    log_ratios,
    together,
)
from hotloop.gate.rule.limits import LOOKS_SLOWER, OVERTIME, Limits
from hotloop.gate.rule.pace import Pace
from hotloop.gate.rule.prospects import Prospects
from hotloop.gate.verdicts import Control

# A rule's level is below 1.
LARGEST_LEVEL = 0.5

ReportProgress = Callable[[str, float], None]
"""Called with what is being done and the fraction of the whole that is done, 0 to 1."""


def run(
    benchmarks: Sequence[Benchmark],
    executor: PairExecutor,
    rule: Rule,
    limits: Limits,
    clock: Clock,
    rng: random.Random,
    progress: ReportProgress,
    stops_early: Callable[[Sequence[float]], bool] | None = None,
    threads: Callable[[int], Executor] = ThreadPoolExecutor,
    tested: int | None = None,
) -> Campaign:
    """Take pairs of every benchmark until it is decided or the limits are reached.

    The false alarms of ``rule`` are shared by the benchmarks that give figures, whatever
    number the rule names; or by ``tested``, if others are measured elsewhere. ``stops_early``
    says, from the log ratios so far, whether a benchmark is done (default: the rule has decided).
    ``threads`` gives as many as there are lanes, to measure in. KeyboardInterrupt ends the
    sampling, not the campaign: the result so far is returned with ``Stop.INTERRUPTED``.
    """
    book = _Book(benchmarks, rule, limits, clock, executor.lanes, stops_early, tested)
    interrupted = False
    try:
        with closing(_measured(book, executor, rng, threads)) as measured:
            for benchmark, lane, pair in measured:
                book.add(benchmark, pair, lane)
                progress(book.describe(), book.part_done())
    except KeyboardInterrupt:
        interrupted = True
    rule = book.shared_rule()
    findings = [conclude(b, book.pairs[b], rule, book.given_up.get(b)) for b in benchmarks]
    return Campaign(
        findings=tuple(together(rule, findings)),
        stop=Stop.INTERRUPTED if interrupted else book.why_stopped(),
        elapsed_s=book.elapsed_s(),
        tested=rule.benchmarks,
    )


@dataclass(slots=True)
class _Book:
    """The pairs so far, and what follows from them for the next.

    ``tested``: how many share the false alarms; None until each has a figure or has failed.
    ``hopeful`` are those that may yet be flagged, ``given_up`` those that may not any more, with
    their number of figures then; ``hopeless`` are done, and not decided. ``when_up``: the
    ``started`` of when the usual time was up.
    """

    benchmarks: Sequence[Benchmark]
    rule: Rule
    limits: Limits
    clock: Clock
    lanes: int
    stops_early: Callable[[Sequence[float]], bool] | None
    tested: int | None = None
    pairs: dict[Benchmark, list[Pair]] = field(init=False)
    started: dict[Benchmark, int] = field(init=False)
    done: set[Benchmark] = field(default_factory=set)
    hopeful: set[Benchmark] = field(init=False)
    given_up: dict[Benchmark, int] = field(default_factory=dict)
    hopeless: set[Benchmark] = field(default_factory=set)
    when_up: dict[Benchmark, int] = field(default_factory=dict)
    flagged: int = 0
    lost_s: dict[int, float] = field(default_factory=dict)
    start_ns: int = field(init=False)
    _pace: Pace = field(init=False)
    _walks: dict[Benchmark, Walk] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pairs = {benchmark: [] for benchmark in self.benchmarks}
        self.started = dict.fromkeys(self.benchmarks, 0)
        if self.tested is not None:
            self.rule = replace(self.rule, benchmarks=self.tested)
        self.hopeful = set(self.benchmarks)
        self._pace = Pace(self.benchmarks, self.lanes)
        self.start_ns = self.clock.now_ns()

    def add(self, benchmark: Benchmark, pair: Pair, lane: int) -> None:
        self.lost_s[lane] = self.lost_s.get(lane, 0.0) + pair.lost_s
        pairs = self.pairs[benchmark]
        pairs.append(pair)
        self._pace.add(benchmark, pairs)
        if is_hopeless(pairs):
            self._end(benchmark)
        if self.stops_early is not None:
            ratios = log_ratios(pairs)
            if ratios and self.stops_early(ratios):
                self._end(benchmark)
        elif self.tested is not None:
            if pair.log_ratio is not None:
                self._judge(benchmark, log_ratios(pairs))
        elif not any(map(self._may_yet_give_figures, self.benchmarks)):
            self.rule = self.shared_rule()
            self.tested = self.rule.benchmarks
            # While the last one's first pair was awaited, others may have had more than they need.
            for each in self.benchmarks:
                ratios = log_ratios(self.pairs[each])
                for number in range(1, len(ratios) + 1):
                    self._judge(each, ratios[:number])

    def start(self, benchmark: Benchmark) -> None:
        """Count a pair that is about to be measured."""
        self.started[benchmark] += 1
        if self.limits.pairs is not None and self.started[benchmark] >= self.limits.pairs:
            self.hopeful.discard(benchmark)

    def _end(self, benchmark: Benchmark) -> None:
        self.done.add(benchmark)
        self.hopeful.discard(benchmark)
        if not gave_figures(self.pairs[benchmark]):
            self._pace.leave_out(benchmark)

    def _judge(self, benchmark: Benchmark, ratios: Sequence[float]) -> None:
        """Look at it, if it is time for that: decided, given up, or measured again."""
        if benchmark in self.done or not decide.is_look(self.rule, len(ratios)):
            return
        if benchmark not in self._walks:
            self._walks[benchmark] = Walk(self.rule)
        walk = self._walks[benchmark]
        verdict = walk.look(decide.held(ratios), may_flag=benchmark not in self.given_up)
        if (verdict is not None and verdict.is_flag) or self._is_discovered(walk):
            self.flagged += 1
            self._end(benchmark)
        elif verdict is not None:
            self._end(benchmark)
        elif len(ratios) >= self.rule.first_look:
            self._give_up_if_futile(benchmark, ratios)

    def may_have_overtime(self, benchmark: Benchmark) -> bool:
        """Whether its last test all but called it slower; a budget that was given has none."""
        walk = self._walks.get(benchmark)
        looks_slower = walk is not None and walk.p_value_slower <= LOOKS_SLOWER
        return looks_slower and benchmark in self.hopeful and self.limits.budget_s is None

    def _is_discovered(self, walk: Walk) -> bool:
        if self.rule.control is not Control.DISCOVERIES:
            return False
        return is_discovered(self.rule, walk.sequential_p, self.flagged)

    def _give_up_if_futile(self, benchmark: Benchmark, ratios: Sequence[float]) -> None:
        prospects = Prospects.of(ratios)
        if benchmark not in self.given_up:
            most = len(ratios) + self._waves_left(self.hopeful | {benchmark})
            if self.may_have_overtime(benchmark):
                most = OVERTIME * (self.when_up[benchmark] if self._is_up() else most)
            if prospects.may_be_flagged(self._next_level(), most):
                return
            self.given_up[benchmark] = len(ratios)
            self.hopeful.discard(benchmark)
        # If nobody else comes first: it may turn out so.
        others = [b for b in self.given_up if b not in self.done]
        if not prospects.may_be_same(self.rule, len(ratios) + self._waves_left(others)):
            self._end(benchmark)
            self.hopeless.add(benchmark)

    def _next_level(self) -> Rule:
        """By which another one would be flagged: easier, the more there are already."""
        if self.rule.control is not Control.DISCOVERIES:
            return self.rule
        level = min(self.rule.false_alarms * (self.flagged + 1), LARGEST_LEVEL)
        return replace(self.rule, false_alarms=level)

    def _waves_left(self, those: Collection[Benchmark]) -> float:
        """How many pairs of each of them the time still allows."""
        wave_s = self._pace.wave_s(those)
        waves = (self.budget_s() - self.spent_s()) / wave_s if wave_s else math.inf
        return max(0.0, waves)

    def shared_rule(self) -> Rule:
        """The rule, with its false alarms shared by the benchmarks that have given figures."""
        if self.tested is not None:
            return self.rule
        return replace(self.rule, benchmarks=max(1, sum(map(gave_figures, self.pairs.values()))))

    def _may_yet_give_figures(self, benchmark: Benchmark) -> bool:
        """Whether it has given no figure yet, but may have another pair."""
        pairs, most = self.pairs[benchmark], self.limits.pairs
        is_over = benchmark in self.done or (most is not None and len(pairs) >= most)
        return not is_over and not gave_figures(pairs)

    def is_open(self, benchmark: Benchmark) -> bool:
        """Whether another pair may be started now."""
        return self._has_overtime(benchmark) if self._is_up() else self._is_wanted(benchmark)

    def _has_overtime(self, benchmark: Benchmark) -> bool:
        """Whether it may go on now that the time is up."""
        most = OVERTIME * self.when_up[benchmark]
        return self.may_have_overtime(benchmark) and self.started[benchmark] < most

    def _is_wanted(self, benchmark: Benchmark) -> bool:
        """Whether pairs might decide it: of those that may be flagged, as long as any are."""
        if self.hopeful:
            return benchmark in self.hopeful
        most = self.limits.pairs
        return benchmark not in self.done and (most is None or self.started[benchmark] < most)

    def elapsed_s(self) -> float:
        return (self.clock.now_ns() - self.start_ns) / 1e9

    def spent_s(self) -> float:
        """The part of the budget that is spent, without the loss of the lane that lost most."""
        return self.elapsed_s() - max(self.lost_s.values(), default=0.0)

    def _is_up(self) -> bool:
        """Whether the time is up; not yet, if a pair under way turns out to have lost some."""
        is_up = self.spent_s() >= self.budget_s()
        if not is_up:
            self.when_up = {}
        elif not self.when_up:
            self.when_up = dict(self.started)
        return is_up

    def budget_s(self) -> float:
        """The budget that was given, or the usual time of the benchmarks that give figures."""
        if self.limits.budget_s is not None:
            return self.limits.budget_s
        return self._pace.usual_s(self.shared_rule(), self.limits.generosity)

    def why_stopped(self) -> Stop:
        """The reason, if nobody interrupted."""
        if len(self.done) == len(self.benchmarks):
            return Stop.BUDGET if self.hopeless else Stop.DECIDED
        return Stop.BUDGET if any(map(self._is_wanted, self.benchmarks)) else Stop.PAIRS

    def describe(self) -> str:
        pairs = sum(map(len, self.pairs.values()))
        decided = len(self.done) - len(self.hopeless)
        so_far = f"{pairs} pairs, {decided} of {len(self.benchmarks)} benchmarks decided"
        overtime = sum(map(self._has_overtime, self.benchmarks)) if self._is_up() else 0
        return f"{so_far}, overtime for {overtime} that may be slower" if overtime else so_far

    def part_done(self) -> float:
        decided = len(self.done) / len(self.benchmarks)
        return min(1.0, max(decided, self.spent_s() / self.budget_s()))


def _measured(
    book: _Book,
    executor: PairExecutor,
    rng: random.Random,
    threads_for: Callable[[int], Executor],
) -> Generator[tuple[Benchmark, int, Pair], None, None]:
    """The pairs as they end, each with its lane; a lane runs one at a time."""
    waves = _Waves(book, rng)
    lanes = [_Lane(book, waves) for _ in range(executor.lanes)]
    running: dict[Future[Pair], tuple[int, Benchmark]] = {}
    idle = set(range(executor.lanes))
    with threads_for(executor.lanes) as threads:
        try:
            while True:
                for lane in sorted(idle):
                    if (visit := lanes[lane].next_visit()) is None:
                        break
                    benchmark, seed, following = visit
                    idle.remove(lane)
                    with interrupts.held_back():
                        future = threads.submit(executor.measure, lane, benchmark, seed, following)
                    running[future] = (lane, benchmark)
                if not running:
                    return
                for future in interrupts.first_of(running):
                    lane, benchmark = running.pop(future)
                    idle.add(lane)
                    pair = future.result()
                    if benchmark not in book.done:
                        yield benchmark, lane, pair
                for lane, benchmark in running.values():
                    if benchmark in book.done:
                        with interrupts.held_back():
                            executor.cancel(lane)
        finally:
            with interrupts.held_back():
                executor.stop()


@dataclass(frozen=True, slots=True)
class _Batch:
    """Benchmarks of one module, measured in a row by forks of the same two processes."""

    seed: int
    benchmarks: tuple[Benchmark, ...]


@dataclass(slots=True)
class _Waves:
    """The open benchmarks in waves of random order."""

    book: _Book
    rng: random.Random
    left: list[_Batch] = field(default_factory=list)

    def next_batch(self) -> _Batch | None:
        """None: nothing is open, until a pair that is under way says otherwise."""
        if not self.left:
            self.left = list(self._wave())
        return self.left.pop() if self.left else None

    def _wave(self) -> Iterator[_Batch]:
        wave = [b for b in self.book.benchmarks if self.book.is_open(b)]
        self.rng.shuffle(wave)
        by_batch: dict[str, list[Benchmark]] = {}
        for benchmark in wave:
            by_batch.setdefault(benchmark.batch, []).append(benchmark)
        for members in by_batch.values():
            for start in range(0, len(members), LARGEST_BATCH):
                batch = tuple(members[start : start + LARGEST_BATCH])
                yield _Batch(self.rng.getrandbits(32), batch)


@dataclass(slots=True)
class _Lane:
    """What one lane measures: batch after batch of benchmarks that are still open."""

    book: _Book
    waves: _Waves
    seed: int = 0
    left: list[Benchmark] = field(default_factory=list)

    def next_visit(self) -> tuple[Benchmark, int, tuple[Benchmark, ...]] | None:
        """The next benchmark, its seed and what follows with the same; None: nothing is open."""
        while True:
            while self.left:
                benchmark = self.left.pop()
                if self.book.is_open(benchmark):
                    self.book.start(benchmark)
                    return benchmark, self.seed, tuple(self.left)
            batch = self.waves.next_batch()
            if batch is None:
                return None
            self.seed, self.left = batch.seed, list(batch.benchmarks)
