"""What a reader of a calibration sees: each benchmark's noise, and what the gate sees."""

import math
import statistics

from hotloop.base.text import name, sentence
from hotloop.base.units import UNKNOWN, count, counted, percent
from hotloop.calibrate.result import BenchmarkCalibration, CalibrationResult, SuiteRates
from hotloop.gate import cells as gate_cells
from hotloop.gate.model import Effort, Timing
from hotloop.report.layout import Align, Column, Row, Style, Table, Wrap
from hotloop.report.page import Page, cpus
from hotloop.stats.proportion import at_most

# One word each; docs/gate-method.md draws them.
TIMING_WORDS = {
    Timing.TURNS: "turns",
    Timing.SHARED: "shared",
    Timing.COLD: "cold",
    Timing.VALUES: "values",
}
# A benchmark that ends undecided this often on equal commits is mentioned.
OFTEN_UNDECIDED = 0.05
SHORT_HASH = 7
MEAN = "mean of these"
# From here on one decimal tells "almost always" from "always".
ALMOST_CERTAIN = 0.99
# Where per cent lose a decimal: just below 10 and 1, because rounding comes first.
WHOLE_FROM = 9.95
TENTHS_FROM = 0.995


def page(result: CalibrationResult) -> Page:
    """What was timed, a row for each benchmark, doubts, how to read it, the whole suite."""
    return Page(
        head=_head(result),
        tables=[Table(_columns(result), _rows(result))],
        doubts=_doubts(result),
        remarks=_remarks(result),
        closing=_conclusion(result),
    )


def _head(result: CalibrationResult) -> list[str]:
    rule = result.rule
    pairs = [len(b.recorded.log_ratios) for b in result.measured if b.recorded is not None]
    return [
        f"{result.commit[:SHORT_HASH]} {result.revision} beside itself",
        counted(len(result.benchmarks), "benchmark"),
        *([f"up to {counted(max(pairs), 'pair')} each"] if pairs else []),
        f"false alarms: {gate_cells.false_alarms(rule.false_alarms)}",
        f"floor {rule.floor * 100:.3g} %",
        *([rule.effort.value] if rule.effort is not Effort.USUAL else []),
        f"budget {gate_cells.spent(rule.budget_seconds)}",
        cpus(result.machine),
        result.environment,
    ]


def _columns(result: CalibrationResult) -> tuple[Column, ...]:
    return (
        Column("benchmark", Align.LEFT, wrapped=Wrap.NAMES),
        Column("per call", dispensable=2),
        Column("timed", Align.LEFT, dispensable=1),
        Column("sd %"),
        Column("robust", dispensable=4),
        Column("worst", dispensable=3),
        *(Column(f"{power * 100:.0f} %") for power in result.powers),
        *(Column(f"+{slowdown * 100:g}") for slowdown in result.slowdowns),
    )


def _rows(result: CalibrationResult) -> tuple[Row, ...]:
    width = len(_columns(result))
    rows = [_row(benchmark, width) for benchmark in result.benchmarks]
    if len(result.measured) > 1:
        powers = [b.rates.power for b in result.measured if b.rates is not None]
        means = [
            _chance(statistics.fmean(share.rate for share in shares))
            for shares in zip(*powers, strict=True)
        ]
        rows.append(Row((MEAN, *[""] * (width - 1 - len(means)), *means)))
    return tuple(rows)


def _row(benchmark: BenchmarkCalibration, width: int) -> Row:
    recorded, spread, rates = benchmark.recorded, benchmark.spread, benchmark.rates
    if recorded is None or spread is None or rates is None:
        reason = sentence(benchmark.reason or "")
        return Row((benchmark.label, *[""] * (width - 1)), reason, Style.ABSENT)
    return Row(
        (
            benchmark.label,
            gate_cells.value(recorded.per_call, benchmark.unit),
            TIMING_WORDS[recorded.timing],
            _per_cent(spread.deviation),
            _per_cent(spread.robust_deviation),
            _per_cent(spread.worst),
            *(UNKNOWN if seen is None else f"{seen * 100:.1f}" for seen in rates.detectable),
            *(_chance(share.rate) for share in rates.power),
        )
    )


def _doubts(result: CalibrationResult) -> list[str]:
    biased = [
        f"{name(b.label)} {b.spread.centre * 100:+.2f} % "
        f"[{b.spread.low * 100:+.2f}, {b.spread.high * 100:+.2f}]"
        for b in result.measured
        if b.spread is not None and b.spread.is_biased
    ]
    doubts = []
    if biased:
        doubts.append(
            "equal code differs by more than chance explains in 19 of 20 cases: "
            f"{', '.join(biased)} (of {counted(len(result.measured), 'benchmark')})"
        )
    suite = result.suite
    if suite is not None and suite.false_alarms.low > result.rule.false_alarms:
        doubts.append(
            f"the gate flags equal commits in {percent(suite.false_alarms.rate)} of its runs here, "
            f"more than {result.rule.false_alarms * 100:.3g} %: {_why_so_many(result, suite)}"
        )
    if result.interrupted:
        doubts.append("interrupted: fewer pairs than asked for")
    return [*doubts, *result.warnings]


def _why_so_many(result: CalibrationResult, suite: SuiteRates) -> str:
    """A bias, unless a run takes more pairs than were recorded: then chance looks like a bias."""
    recorded = [b.recorded for b in result.measured if b.recorded is not None]
    pairs = math.ceil(suite.run_seconds / math.fsum(each.pair_seconds for each in recorded))
    if pairs <= min(len(each.log_ratios) for each in recorded):
        return "the pairs are biased"
    return (
        "the pairs are biased, or so few that chance looks like it; "
        f"--pairs {pairs}, as many as a run takes, would tell"
    )


def _remarks(result: CalibrationResult) -> list[str]:
    if not result.measured:
        return []
    undecided = [
        f"{name(b.label)} {percent(b.rates.undecided.rate)}"
        for b in result.measured
        if b.rates is not None and b.rates.undecided.rate > OFTEN_UNDECIDED
    ]
    chances = ", ".join(f"{power * 100:.0f} %" for power in result.powers)
    return [
        "in per cent; sd, robust sd, worst: how two processes of equal code differ",
        f"{chances}: the smallest slowdown that is seen so often; "
        "+: how often a slowdown of so many per cent is seen",
        *([f"undecided on equal commits: {', '.join(undecided)} of the runs"] if undecided else []),
    ]


def _conclusion(result: CalibrationResult) -> list[str]:
    """The suite as a whole, and how long it took to find out."""
    said = "nothing could be measured" if result.suite is None else _false_alarms(result.suite)
    return [said, f"{gate_cells.spent(result.elapsed_seconds)} for building and measuring"]


def _false_alarms(suite: SuiteRates) -> str:
    share = suite.false_alarms
    bound = at_most(share.count, share.trials)
    swapped = suite.swapped_false_alarms
    unbiased = (
        ""
        if swapped is None
        else f" ({count(swapped.count)} of as many with base and head swapped at random)"
    )
    return (
        f"equal commits, simulated: {count(share.count)} of {counted(share.trials, 'run')} flagged "
        f"anything, so at most {percent(bound)}{unbiased}; a run measures for "
        f"{gate_cells.spent(suite.run_seconds)}"
    )


def _chance(rate: float) -> str:
    """In per cent: "55", "99.6", and "100" only if nothing was missed."""
    if ALMOST_CERTAIN <= rate < 1:
        return f"{math.floor(rate * 1000) / 10:.1f}"
    return f"{rate * 100:.0f}"


def _per_cent(part: float) -> str:
    """Two significant digits, at most two decimals: "0.43", "1.9", "12"."""
    percents = part * 100
    for decimals, from_here in ((0, WHOLE_FROM), (1, TENTHS_FROM)):
        if percents >= from_here:
            return f"{percents:.{decimals}f}"
    return f"{percents:.2f}"
