"""From a request to the calibration: build one commit twice, take pairs, simulate."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.machine import read_machine
from hotloop.base.values import seed_or_new
from hotloop.calibrate.options import Options
from hotloop.calibrate.result import CalibrationResult
from hotloop.calibrate.summary import Asked, CalibrationContext, judge_again, summarise
from hotloop.gate.measure import DISTRIBUTIONS, Beginning, changed, ready, usual_rule
from hotloop.gate.model import Request
from hotloop.gate.pairs.executor import PairExecutor
from hotloop.gate.preparation import Prepared
from hotloop.gate.rule import campaign
from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.limits import Limits
from hotloop.report.progress import Progress

# A calibration ends by its pairs, never by time; a week is no limit.
NO_BUDGET_S = 7 * 24 * 3600.0


def measure(request: Request, options: Options, progress: Progress) -> CalibrationResult:
    """Build, find the benchmarks, take pairs, simulate.

    Ctrl-C while building ends it with KeyboardInterrupt, while measuring with the result
    so far. Raises UsageError and MeasurementError of whatever comes in between.
    """
    with ready(request, options.lanes, progress) as (prepared, pairs, beginning):
        return calibrate(prepared, pairs, options, beginning, progress)


def calibrate(
    prepared: Prepared,
    executor: PairExecutor,
    options: Options,
    beginning: Beginning,
    progress: Progress,
) -> CalibrationResult:
    """Take pairs of what is prepared, and simulate."""
    seed = seed_or_new(options.seed)
    benchmarks = prepared.suite.benchmarks
    usual = usual_rule(options.effort, max(1, len(benchmarks)))
    asked = _asked(options, usual, options.budget_s, seed)
    with executor:
        measured = campaign.run(
            benchmarks,
            executor,
            asked.rule,
            Limits(budget_s=NO_BUDGET_S, pairs=options.pairs),
            beginning.clock,
            random.Random(seed),
            _Count(progress, options.pairs * len(benchmarks)).report,
            stops_early=_never,
        )
    progress.report(f"simulating {options.runs} runs", 1.0)
    context = CalibrationContext(
        contender=prepared.head,
        machine=read_machine(DISTRIBUTIONS),
        seed=seed,
        elapsed_s=(beginning.clock.now_ns() - beginning.start_ns) / 1e9,
        warnings=(*executor.doubts, *prepared.warnings, *beginning.warnings),
    )
    return summarise(measured, asked, context)


def rejudge(stored: CalibrationResult, options: Options) -> CalibrationResult:
    """Stored pairs under the options' rule.

    The false alarms, the floor and the seed stay as they were if the options do not set them.
    So does the budget, unless the effort is different. The effort is that of the options.
    """
    facts, effort = stored.rule, options.effort
    rule = Rule(facts.false_alarms, facts.floor, effort.margin_over(facts.floor), facts.tested)
    budget_s = facts.budget_seconds if facts.effort is effort else None
    seed = stored.seed if options.seed is None else options.seed
    return judge_again(stored, _asked(options, rule, options.budget_s or budget_s, seed))


def _asked(options: Options, rule: Rule, budget_s: float | None, seed: int) -> Asked:
    """The gate that ``hotloop gate`` would be with these options, and ``rule`` without them."""
    return Asked(
        effort=options.effort,
        rule=changed(rule, options.rule, options.effort),
        budget_s=budget_s,
        runs=options.runs,
        simulation_seed=seed,
    )


@dataclass(slots=True)
class _Count:
    """Progress by pairs taken, because here their number ends the measuring."""

    progress: Progress
    pairs: int
    taken: int = 0

    def report(self, _what: str, _done: float) -> None:
        self.taken += 1
        done = min(1.0, self.taken / max(1, self.pairs))
        self.progress.report(f"{self.taken} of {self.pairs} pairs of equal code", done)


def _never(_log_ratios: Sequence[float]) -> bool:
    return False
