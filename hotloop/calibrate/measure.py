"""From a request to the calibration: build one commit twice, take pairs, simulate."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.clock import Clock, SystemClock
from hotloop.base.machine import doubts, read_conditions, read_machine
from hotloop.base.values import seed_or_new
from hotloop.calibrate.options import Options, Request
from hotloop.calibrate.result import CalibrationResult
from hotloop.calibrate.summary import Asked, Context, judge_again, summarise
from hotloop.gate.arguments import DEFAULT_FALSE_ALARMS, DEFAULT_FLOOR
from hotloop.gate.measure import DISTRIBUTIONS, UNEQUAL_LAYOUTS
from hotloop.gate.options import THOROUGH_TIMES, margin_over
from hotloop.gate.pairs.executor import PairExecutor
from hotloop.gate.pairs.lanes import default_lanes
from hotloop.gate.pairs.pairs import ProcessPairs
from hotloop.gate.prepare import Prepared, Wish, prepare
from hotloop.gate.result import Effort
from hotloop.gate.rule import campaign
from hotloop.gate.rule.campaign import Limits
from hotloop.gate.rule.decide import Rule
from hotloop.gate.source import project
from hotloop.report.progress import Progress

# Pairs end a calibration, never the time; a week is none.
NO_BUDGET_S = 7 * 24 * 3600.0


def measure(request: Request, options: Options, progress: Progress) -> CalibrationResult:
    """Build, find the benchmarks, take pairs, simulate.

    Ctrl-C while building ends it with KeyboardInterrupt, while measuring with the result
    so far. Raises UsageError and MeasurementError of whatever comes in between.
    """
    clock = SystemClock()
    start_ns = clock.now_ns()
    before = doubts(read_conditions())
    wish = Wish(
        base=request.revision,
        head=request.revision,
        base_environment=request.environment,
        head_environment=request.environment,
        benchmarks=request.benches,
    )
    with prepare(
        project.load(request.config), wish, lambda what: progress.report(what, 0.0)
    ) as prepared:
        pairs = ProcessPairs(prepared.base, prepared.head, default_lanes(), prepared.may_fork)
        warnings = before if pairs.equal_layout else (*before, UNEQUAL_LAYOUTS)
        return calibrate(prepared, pairs, request, options, progress, clock, start_ns, warnings)


def calibrate(
    prepared: Prepared,
    executor: PairExecutor,
    request: Request,
    options: Options,
    progress: Progress,
    clock: Clock,
    start_ns: int,
    warnings: Sequence[str],
) -> CalibrationResult:
    """Take pairs of what is prepared, and simulate; ``start_ns`` is when building began."""
    seed = seed_or_new(options.seed)
    asked = _asked(
        options,
        false_alarms=options.false_alarms or DEFAULT_FALSE_ALARMS,
        floor=DEFAULT_FLOOR if options.floor is None else options.floor,
        budget_s=options.budget_s,
        seed=seed,
    )
    benchmarks = prepared.suite.benchmarks
    with executor:
        measured = campaign.run(
            benchmarks,
            executor,
            Rule(asked.false_alarms, asked.floor, asked.margin, max(1, len(benchmarks))),
            Limits(budget_s=NO_BUDGET_S, pairs=request.pairs),
            clock,
            random.Random(seed),
            _Count(progress, request.pairs * len(benchmarks)).report,
            stops_early=_never,
        )
    progress.report(f"simulating {options.runs} runs", 1.0)
    context = Context(
        contender=prepared.head,
        machine=read_machine(DISTRIBUTIONS),
        seed=seed,
        elapsed_s=(clock.now_ns() - start_ns) / 1e9,
        warnings=(*executor.doubts, *prepared.warnings, *warnings),
    )
    return summarise(measured, asked, context)


def rejudge(stored: CalibrationResult, options: Options) -> CalibrationResult:
    """Stored pairs under the options' rule.

    The false alarms, the floor and the seed stay as they were where the options leave them
    open; the budget too, unless the effort is another one. The effort is the options'.
    """
    rule = stored.rule
    budget_s = rule.budget_seconds if rule.effort is _effort(options) else None
    return judge_again(
        stored,
        _asked(
            options,
            false_alarms=options.false_alarms or rule.false_alarms,
            floor=rule.floor if options.floor is None else options.floor,
            budget_s=options.budget_s or budget_s,
            seed=stored.seed if options.seed is None else options.seed,
        ),
    )


def _asked(
    options: Options, false_alarms: float, floor: float, budget_s: float | None, seed: int
) -> Asked:
    """The gate that ``hotloop gate`` would be with these options."""
    return Asked(
        effort=_effort(options),
        generosity=THOROUGH_TIMES if options.thorough else 1.0,
        false_alarms=false_alarms,
        floor=floor,
        margin=margin_over(floor, options.thorough),
        budget_s=budget_s,
        runs=options.runs,
        simulation_seed=seed,
    )


def _effort(options: Options) -> Effort:
    return Effort.THOROUGH if options.thorough else Effort.USUAL


@dataclass(slots=True)
class _Count:
    """Progress by pairs taken: here it is their number that ends the measuring."""

    progress: Progress
    pairs: int
    taken: int = 0

    def report(self, _what: str, _done: float) -> None:
        self.taken += 1
        done = min(1.0, self.taken / max(1, self.pairs))
        self.progress.report(f"{self.taken} of {self.pairs} pairs of equal code", done)


def _never(_log_ratios: Sequence[float]) -> bool:
    return False
