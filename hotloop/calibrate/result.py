"""The result of ``hotloop calibrate``, as stored: schema ``hotloop.calibration/1``.

The classes mirror the JSON key by key, in base units and full precision; an unknown
value is null there and None here, never 0. Slowdowns are fractions: 0.026 is 2.6 %.
Every pair's log ratio is stored, so that other rules and budgets can be tried on them
without timing anything. Tables are functions of these values alone.

Schema history: 1, the first.
"""

import math
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.outcome import EXIT_FINE, EXIT_INTERRUPTED, EXIT_NOT_MEASURED
from hotloop.base.storage import Form
from hotloop.gate.model import Effort, Kind, Named, Timing
from hotloop.gate.rule.decide import LARGEST_LOG_RATIO
from hotloop.gate.rule.simulate import Rates
from hotloop.stats.proportion import Proportion

SCHEMA = "hotloop.calibration/1"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The pairs of one benchmark on equal commits.

    ``per_call`` is the median in ``unit``; ``pair_seconds`` is what one pair adds to a run:
    half of its own time if two are measured at once.
    ``log_ratios`` are log(head/base) in order of time, limited to ±LARGEST_LOG_RATIO.
    """

    timing: Timing
    per_call: float
    pair_seconds: float
    log_ratios: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.log_ratios:
            raise ValueError("no log ratios")
        if not all(abs(d) <= LARGEST_LOG_RATIO for d in self.log_ratios):
            raise ValueError(f"a log ratio beyond {LARGEST_LOG_RATIO}")
        if not 0 < self.pair_seconds < math.inf:
            raise ValueError(f"a pair of {self.pair_seconds} s")


@dataclass(frozen=True, slots=True)
class Spread:
    """How the log ratios of equal code scatter between pairs.

    ``robust_deviation`` is the standard deviation that the median distance from the median
    suggests; ``worst`` is the largest distance from 0. ``low`` and ``high`` contain the
    centre with 95 % confidence; for equal code it is 0.
    """

    deviation: float
    robust_deviation: float
    worst: float
    centre: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.centre <= self.high:
            raise ValueError(f"{self.centre} is not within {self.low} and {self.high}")
        if min(self.deviation, self.robust_deviation, self.worst) < 0:
            raise ValueError("a spread below 0")

    @property
    def is_biased(self) -> bool:
        """Whether equal code does not look equal."""
        return not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class BenchmarkCalibration(Named):
    """One benchmark with one combination of parameters; without figures it has a ``reason``."""

    kind: Kind
    unit: str
    recorded: Recorded | None
    spread: Spread | None
    rates: Rates | None
    reason: str | None

    def __post_init__(self) -> None:
        known = [part is not None for part in (self.recorded, self.spread, self.rates)]
        if any(known) != all(known):
            raise ValueError(f"{self.label} has figures and lacks some")
        if all(known) == (self.reason is not None):
            raise ValueError(f"{self.label} has either figures or a reason")


@dataclass(frozen=True, slots=True)
class SuiteRates:
    """The gate on this suite, in ``runs`` simulated runs on equal commits.

    ``false_alarms``: flagged anything; ``false_slower``: called anything slower; both with
    the pairs as recorded. ``swapped_false_alarms``: flagged anything with base and head of
    each pair swapped by a fair coin (None: a file from before this was simulated).
    ``run_seconds`` is the median time of such a run without its builds.
    """

    runs: int
    seed: int
    false_alarms: Proportion
    false_slower: Proportion
    run_seconds: float
    swapped_false_alarms: Proportion | None = None


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The gate's rule in these simulations; ``budget_seconds`` is for measuring, without builds.

    ``effort`` is usual or thorough; older files do not have it and are of the usual one.
    """

    false_alarms: float
    floor: float
    margin: float
    tested: int
    budget_seconds: float
    effort: Effort = Effort.USUAL


@dataclass(frozen=True, slots=True)
class CalibrationResult:
    """One calibration. ``slowdowns`` and ``powers`` name what the rows' figures are for.

    ``suite`` is None if no benchmark gave a figure. ``elapsed_seconds`` are those of
    building and measuring; the simulation comes after. ``interrupted``: not all requested
    pairs were taken.
    """

    commit: str
    revision: str
    subject: str
    environment: str
    machine: Machine
    rule: RuleFacts
    slowdowns: tuple[float, ...]
    powers: tuple[float, ...]
    suite: SuiteRates | None
    benchmarks: tuple[BenchmarkCalibration, ...]
    seed: int
    elapsed_seconds: float
    measuring_seconds: float
    interrupted: bool
    warnings: tuple[str, ...]

    def __post_init__(self) -> None:
        for benchmark in self.benchmarks:
            rates = benchmark.rates
            if rates is not None and (
                len(rates.power) != len(self.slowdowns) or len(rates.detectable) != len(self.powers)
            ):
                raise ValueError(f"{benchmark.label} lacks a slowdown or a power")
        if (self.suite is None) != (not self.measured):
            raise ValueError("rates of the suite without a benchmark, or the reverse")

    @property
    def measured(self) -> tuple[BenchmarkCalibration, ...]:
        """The benchmarks that have figures."""
        return tuple(b for b in self.benchmarks if b.recorded is not None)


def exit_code(result: CalibrationResult) -> int:
    """130 if it was interrupted, 4 if no benchmark gave a figure, otherwise 0."""
    if result.interrupted:
        return EXIT_INTERRUPTED
    return EXIT_FINE if result.measured else EXIT_NOT_MEASURED


FORM = Form(CalibrationResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load
