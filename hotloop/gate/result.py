"""The result of ``hotloop gate``, as stored: schema ``hotloop.gate/1``.

The classes mirror the JSON key by key, in base units and full precision; an unknown
value is null there and None here, never 0. Ratios are head over base: 1.03 is 3 %
slower. Every pair's log ratio is stored, so that a result can be judged again without
timing anything. Tables, exports and the exit code are functions of these values alone.

Schema history: 1, the first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from hotloop.base.machine import Machine
from hotloop.base.outcome import EXIT_FINE, EXIT_INTERRUPTED, EXIT_UNDECIDED
from hotloop.base.storage import Form
from hotloop.gate.explanation import Explanation
from hotloop.gate.model import Effort, Kind, Named, Shard, Stop, Timing
from hotloop.gate.rule.decide import LARGEST_LOG_RATIO, Rule
from hotloop.gate.verdicts import Conclusion, Control, Verdict

SCHEMA = "hotloop.gate/1"

# A run passes if at most this fraction of its benchmarks lacks the pairs that a verdict needs.
# With more, "none is slower" would answer a question that was hardly asked.
LARGEST_SHORT_PART = 0.1
# Base has nothing to compare them with, or the suite itself leaves them out.
WITHOUT_FIGURES = frozenset({Verdict.NEW, Verdict.GONE, Verdict.SKIPPED})


@dataclass(frozen=True, slots=True)
class ContenderFacts:
    """One side: the full hash, the user's name for it, its message, asv's environment."""

    commit: str
    revision: str
    subject: str
    environment: str


@dataclass(frozen=True, slots=True)
class BenchmarkResult(Named):
    """One benchmark with one combination of parameters.

    ``low`` and ``high`` contain ``ratio`` with 95 % confidence; None with too few pairs.
    ``p_value`` is adjusted for the number of benchmarks and of looks: a slower one has at
    most ``false_alarms``. ``detectable`` is the slowdown (0.026 for 2.6 %) that this many
    pairs would have shown. ``base`` and ``head`` are medians over pairs in ``unit``.
    ``log_ratios`` are log(head/base) of each pair that gave figures, in order of time,
    limited to ±LARGEST_LOG_RATIO; the first ``pairs`` of them decided. ``seconds`` is
    the time of all its pairs. ``kind`` and ``unit`` are None for benchmarks that only
    base's suite has. ``given_up_after``: only the first so many log ratios could flag it, because
    the time would not have sufficed for more; None: all. ``touched_by``: what of the change it
    runs, if that was looked for. ``as_built`` are the log ratios for which it was flagged at
    first, if it was then measured again with its compiled code at the same addresses on both
    sides: other figures are from there. ``explanation``: why it changed, if that was looked for.
    """

    verdict: Verdict
    ratio: float | None
    low: float | None
    high: float | None
    p_value: float | None
    pairs: int
    seconds: float
    kind: Kind | None
    unit: str | None
    timing: Timing | None
    base: float | None
    head: float | None
    detectable: float | None
    log_ratios: tuple[float, ...]
    reason: str | None
    given_up_after: int | None = None
    touched_by: str | None = None
    as_built: tuple[float, ...] = ()
    explanation: Explanation | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.pairs <= len(self.log_ratios):
            raise ValueError(f"{self.label} has {len(self.log_ratios)} of {self.pairs} log ratios")
        if not all(abs(d) <= LARGEST_LOG_RATIO for d in self.log_ratios):
            raise ValueError(f"{self.label} has a log ratio beyond {LARGEST_LOG_RATIO}")
        if not self.verdict.by_numbers and not self.reason:
            raise ValueError(f"{self.label} is {self.verdict.value} without a reason")
        if self.verdict.by_numbers and not self.verdict.is_open and not self.pairs:
            raise ValueError(f"{self.label} is {self.verdict.value} without a pair")
        if not 0 <= self.seconds < math.inf:
            raise ValueError(f"{self.label} took {self.seconds} s")
        if self.p_value is not None and not 0 <= self.p_value <= 1:
            raise ValueError(f"{self.label} has a p-value of {self.p_value}")
        known = [value for value in (self.low, self.ratio, self.high) if value is not None]
        if not all(low <= high for low, high in pairwise(known)):
            raise ValueError(f"the bounds of {self.label} are out of order: {known}")


@dataclass(frozen=True, slots=True)
class Part:
    """What one machine measured of a suite that several share.

    ``suite`` is a checksum of the names of all its benchmarks, ``benchmarks`` their number.
    """

    shard: Shard
    suite: str
    benchmarks: int
    machine: Machine
    seed: int
    stopped_by: Stop
    elapsed_seconds: float
    building_seconds: float
    measuring_seconds: float


@dataclass(frozen=True, slots=True)
class GateResult:
    """One comparison. ``tested`` benchmarks, those that gave figures, share the false alarms.

    ``false_alarms`` is the largest chance that a run on equal commits flags anything;
    with the ``control`` DISCOVERIES it is also the largest part of what is flagged that is not so,
    on average. Slowdowns up to ``floor`` are not flagged; "same" rules out one of ``margin``.
    ``noise`` is the median over benchmarks of the robust
    standard deviation of a pair's log ratio: 0.004 for 0.4 %. ``budget_seconds`` None:
    the usual time for each benchmark. ``unproved`` are those of ``warnings`` that say why
    the code that ran could not be shown to be the commits'. ``tracing_seconds``: how long it
    took to find out what the change touches; None: all were measured.
    the code that ran could not be shown to be the commits'. ``parts``: one if this is a shard of a
    suite, one for each shard if it is all of them together, none otherwise. Then ``tested`` is the
    number of all benchmarks of the suite, and of several parts the longest times count.
    ``lanes`` is how many pairs were measured at once, ``lanes_why`` a clause that says why; None:
    not stored, or of several parts. ``explaining_seconds``: how long it took to explain what
    changed most; None: nobody asked.
    """

    base: ContenderFacts
    head: ContenderFacts
    false_alarms: float
    floor: float
    margin: float
    verdict: Conclusion
    benchmarks: tuple[BenchmarkResult, ...]
    tested: int
    effort: Effort
    stopped_by: Stop
    noise: float | None
    elapsed_seconds: float
    building_seconds: float
    measuring_seconds: float
    budget_seconds: float | None
    seed: int
    machine: Machine
    warnings: tuple[str, ...]
    unproved: tuple[str, ...] = ()
    tracing_seconds: float | None = None
    parts: tuple[Part, ...] = ()
    control: Control = Control.ALARMS
    lanes: int | None = None
    lanes_why: str | None = None
    explaining_seconds: float | None = None

    def __post_init__(self) -> None:
        labels = [(benchmark.name, benchmark.params) for benchmark in self.benchmarks]
        if len(set(labels)) < len(labels):
            raise ValueError("a benchmark is there twice")
        if not 0 < self.false_alarms < 1:
            raise ValueError(f"false alarms in {self.false_alarms} of all runs")
        if not 0 <= self.floor < self.margin < math.inf:
            raise ValueError(f"a floor of {self.floor} under a margin of {self.margin}")
        if self.lanes is not None and self.lanes < 1:
            raise ValueError(f"{self.lanes} lanes")
        if self.tested < 1:
            raise ValueError(f"{self.tested} benchmarks tested")
        if len(self.parts) > 1 and [part.shard for part in self.parts] != [
            Shard(number, len(self.parts)) for number in range(1, len(self.parts) + 1)
        ]:
            raise ValueError("its parts are not all shards of one suite")
        if self.verdict is not conclude(self.benchmarks):
            raise ValueError(f"the verdict is {self.verdict.value}, but its benchmarks say other")

    @property
    def shard(self) -> Shard | None:
        """Which part of the suite this is; None: all of it."""
        whole = not self.parts or len(self.parts) == self.parts[0].shard.of
        return None if whole else self.parts[0].shard

    @property
    def rule(self) -> Rule:
        """What counted as slower."""
        return Rule(self.false_alarms, self.floor, self.margin, self.tested, self.control)

    def having(self, *verdicts: Verdict) -> tuple[BenchmarkResult, ...]:
        """The benchmarks with one of these verdicts, in their order."""
        return tuple(b for b in self.benchmarks if b.verdict in verdicts)

    @property
    def undecided(self) -> tuple[BenchmarkResult, ...]:
        """Those without the answer that was wanted; a quick run only asks whether they run."""
        return tuple(b for b in self.benchmarks if b.verdict.is_open and not self.merely_ran(b))

    def merely_ran(self, benchmark: BenchmarkResult) -> bool:
        """Whether it did everything that a quick run asks."""
        return self.effort is Effort.QUICK and benchmark.verdict.is_open and benchmark.pairs > 0

    @property
    def looking_slower(self) -> tuple[BenchmarkResult, ...]:
        """The undecided ones that look slower as far as anything is known.

        Their interval is above the floor or, with too few pairs for one, each pair is above the
        margin.
        """
        return tuple(
            b
            for b in self.undecided
            if b.pairs
            and (
                b.low > 1 + self.floor
                if b.low is not None
                else min(b.log_ratios[: b.pairs]) > math.log1p(self.margin)
            )
        )

    @property
    def short_of_pairs(self) -> tuple[BenchmarkResult, ...]:
        """The undecided ones that could not have been called slower, however slow they are."""
        first = self.rule.first_look
        return tuple(b for b in self.undecided if b.pairs < first)

    @property
    def is_hardly_measured(self) -> bool:
        """Whether too many benchmarks are short of pairs for the run to pass."""
        return len(self.short_of_pairs) > LARGEST_SHORT_PART * len(self.compared)

    @property
    def compared(self) -> tuple[BenchmarkResult, ...]:
        """The benchmarks that ran on base and exist on head: all that could be judged."""
        return self.having(*(v for v in Verdict if v.by_numbers or v is Verdict.BROKEN))


def conclude(benchmarks: Sequence[BenchmarkResult]) -> Conclusion:
    """The verdict of the whole: the first of not measured, slower, broken, undecided, fine.

    Without any figure it is untouched, not "not measured", if there is an untouched benchmark and
    none that the change touches should have given figures.
    """
    if not any(b.pairs or b.verdict is Verdict.BROKEN for b in benchmarks):
        beside = {b.verdict for b in benchmarks} - WITHOUT_FIGURES
        return Conclusion.UNTOUCHED if beside == {Verdict.UNTOUCHED} else Conclusion.NOT_MEASURED
    found = {b.verdict.conclusion for b in benchmarks}
    return next(conclusion for conclusion in Conclusion if conclusion in found)


class Strictness(Enum):
    """Whether the gate passes with an undecided benchmark, or with code that may be another."""

    UNDECIDED_PASSES = 0
    UNDECIDED_FAILS = 1


def exit_code(result: GateResult, strictness: Strictness) -> int:
    """130 if it was interrupted, otherwise 4, 1, 3 or 0.

    3 if more than a tenth of the benchmarks had too few pairs to be called slower at all. In a
    strict run also 3 if any is undecided, or if the code could not be shown to be the commits'.
    A quick run says nothing about speed: what ran in it passes.
    """
    if result.stopped_by is Stop.INTERRUPTED:
        return EXIT_INTERRUPTED
    code = result.verdict.code
    if code not in (EXIT_FINE, EXIT_UNDECIDED):
        return code
    strict = strictness is Strictness.UNDECIDED_FAILS
    fails = result.is_hardly_measured or (strict and (result.undecided or result.unproved))
    return EXIT_UNDECIDED if fails else EXIT_FINE


FORM = Form(GateResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load
