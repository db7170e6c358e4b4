"""Recorded pairs in, the calibration's result out: pure functions, so that it can be redone."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hotloop.base.machine import Machine
from hotloop.calibrate.result import (
    BenchmarkCalibration,
    CalibrationResult,
    Recorded,
    RuleFacts,
    Spread,
    SuiteRates,
)
from hotloop.gate.model import Contender, Effort, Kind, Stop
from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import CONFIDENCE, Rule
from hotloop.gate.rule.findings import Campaign, Finding
from hotloop.gate.rule.limits import allowance_s
from hotloop.gate.rule.simulate import POWERS, SLOWDOWNS, Noise, Rates, simulate
from hotloop.gate.summary import INTERRUPTED_BEFORE
from hotloop.stats import signed_rank
from hotloop.stats.spread import robust_deviation


@dataclass(frozen=True, slots=True)
class Asked:
    """The gate to simulate; ``budget_s`` None: its usual time for this suite."""

    effort: Effort
    rule: Rule
    budget_s: float | None
    runs: int
    simulation_seed: int


@dataclass(frozen=True, slots=True)
class CalibrationContext:
    """What is known besides the pairs."""

    contender: Contender
    machine: Machine
    seed: int
    elapsed_s: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Measured:
    """A benchmark before any conclusion: with its pairs, or the reason for having none."""

    name: str
    params: tuple[str, ...]
    kind: Kind
    unit: str
    recorded: Recorded | None
    reason: str | None


def summarise(campaign: Campaign, asked: Asked, context: CalibrationContext) -> CalibrationResult:
    """The result of one campaign on equal commits."""
    in_pairs_s = sum(pair.elapsed_s for finding in campaign.findings for pair in finding.pairs)
    # A run also spends time between two pairs; each benchmark pays its share of that.
    stretch = campaign.elapsed_s / in_pairs_s if in_pairs_s > 0 else 1.0
    measured = [_measured(finding, stretch) for finding in campaign.findings]
    rule, suite, benchmarks = _conclude(measured, asked)
    contender = context.contender
    return CalibrationResult(
        commit=contender.revision.commit,
        revision=contender.revision.name,
        subject=contender.revision.subject,
        environment=contender.environment,
        machine=context.machine,
        rule=rule,
        slowdowns=SLOWDOWNS,
        powers=POWERS,
        suite=suite,
        benchmarks=benchmarks,
        seed=context.seed,
        elapsed_seconds=context.elapsed_s,
        measuring_seconds=campaign.elapsed_s,
        interrupted=campaign.stop is Stop.INTERRUPTED,
        warnings=context.warnings,
    )


def judge_again(result: CalibrationResult, asked: Asked) -> CalibrationResult:
    """The same pairs under another rule or budget."""
    measured = [
        _Measured(b.name, b.params, b.kind, b.unit, b.recorded, b.reason) for b in result.benchmarks
    ]
    rule, suite, benchmarks = _conclude(measured, asked)
    return replace(
        result,
        rule=rule,
        slowdowns=SLOWDOWNS,
        powers=POWERS,
        suite=suite,
        benchmarks=benchmarks,
    )


def spread(log_ratios: Sequence[float]) -> Spread:
    """How the log ratios scatter. Raises ValueError without any."""
    interval = signed_rank.interval(log_ratios, CONFIDENCE)
    return Spread(
        deviation=statistics.stdev(log_ratios) if len(log_ratios) > 1 else 0.0,
        robust_deviation=robust_deviation(log_ratios),
        worst=max(map(abs, log_ratios)),
        centre=interval.estimate,
        low=interval.low,
        high=interval.high,
    )


def _measured(finding: Finding, stretch: float) -> _Measured:
    benchmark = finding.benchmark
    recorded, reason = None, finding.reason
    if reason is None and not finding.log_ratios:
        reason = INTERRUPTED_BEFORE
    if reason is None:
        figures = [pair for pair in finding.pairs if pair.log_ratio is not None]
        recorded = Recorded(
            timing=figures[-1].timing,
            per_call=statistics.median(pair.base for pair in figures if pair.base is not None),
            pair_seconds=stretch * statistics.fmean(pair.elapsed_s for pair in figures),
            log_ratios=decide.held(finding.log_ratios),
        )
    return _Measured(
        benchmark.name, benchmark.params, benchmark.kind, benchmark.unit, recorded, reason
    )


def _conclude(
    measured: Sequence[_Measured], asked: Asked
) -> tuple[RuleFacts, SuiteRates | None, tuple[BenchmarkCalibration, ...]]:
    """The simulated rule, and its results for the suite and for each benchmark."""
    recorded = [each.recorded for each in measured if each.recorded is not None]
    # As in the gate, who cannot run takes no share of the false alarms; who had no turn would.
    no_turn = sum(each.reason == INTERRUPTED_BEFORE for each in measured)
    rule = replace(asked.rule, benchmarks=max(1, len(recorded) + no_turn))
    # The simulated gate has the lanes of the recording. In a campaign the median pair counts,
    # here the mean.
    usual_s = allowance_s(rule, np.array([each.pair_seconds for each in recorded]))
    facts = RuleFacts(
        false_alarms=rule.false_alarms,
        floor=rule.floor,
        margin=rule.margin,
        tested=rule.benchmarks,
        budget_seconds=asked.budget_s or asked.effort.times * usual_s,
        effort=asked.effort,
    )
    if not recorded:
        return facts, None, tuple(_row(each, None) for each in measured)
    found = simulate(
        [Noise(each.log_ratios, each.pair_seconds) for each in recorded],
        rule,
        facts.budget_seconds,
        asked.runs,
        np.random.default_rng(asked.simulation_seed),
    )
    suite = SuiteRates(
        runs=asked.runs,
        seed=asked.simulation_seed,
        false_alarms=found.false_alarms,
        false_slower=found.false_slower,
        run_seconds=found.seconds,
        swapped_false_alarms=found.swapped_false_alarms,
    )
    rates = iter(found.benchmarks)
    rows = tuple(_row(each, None if each.recorded is None else next(rates)) for each in measured)
    return facts, suite, rows


def _row(measured: _Measured, rates: Rates | None) -> BenchmarkCalibration:
    recorded = measured.recorded
    return BenchmarkCalibration(
        name=measured.name,
        params=measured.params,
        kind=measured.kind,
        unit=measured.unit,
        recorded=recorded,
        spread=None if recorded is None else spread(recorded.log_ratios),
        rates=rates,
        reason=measured.reason,
    )
