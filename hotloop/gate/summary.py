"""Pairs in, the gate's result out: pure functions, so that stored runs can be judged again."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hotloop.base.machine import Machine
from hotloop.gate import doubts as gate_doubts
from hotloop.gate.model import Benchmark, Contender, Effort, Named, Shard, Stop, Timing
from hotloop.gate.pairs.how_many import Choice
from hotloop.gate.result import BenchmarkResult, ContenderFacts, GateResult, Part, conclude
from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import TAIL, Judgement, Rule
from hotloop.gate.rule.discoveries import discovered
from hotloop.gate.rule.findings import Campaign, Finding
from hotloop.gate.verdicts import Verdict
from hotloop.stats import signed_rank
from hotloop.stats.median import known_median
from hotloop.stats.spread import robust_deviation

# Fewer values than this say little about their spread.
FEWEST_FOR_NOISE = 5
# Values that a benchmark returns say nothing about the machine.
TIMED = frozenset({Timing.TURNS, Timing.SHARED, Timing.COLD})
INTERRUPTED_BEFORE = "interrupted before it was measured"
NOTHING_DIFFERS = "what it runs is the same at base and at head, as tracing shows"


@dataclass(frozen=True, slots=True)
class GateContext:
    """What is known about the whole run besides its pairs.

    ``gone`` are the labels of benchmarks that only base's suite has; ``unproved`` are
    warnings too. ``suite`` is the order of all benchmarks, those that were not measured because
    the change does not touch them included; ``touched`` says by what it touches the others, found
    in ``tracing_s``; None: nobody looked.
    ``shard``: which part of the suite was measured, with the ``checksum`` of all of it.
    """

    base: Contender
    head: Contender
    gone: tuple[str, ...]
    effort: Effort
    budget_s: float | None
    elapsed_s: float
    building_s: float
    seed: int
    machine: Machine
    warnings: tuple[str, ...]
    unproved: tuple[str, ...] = ()
    suite: tuple[Benchmark, ...] = ()
    touched: Mapping[Benchmark, str] = field(default_factory=dict)
    tracing_s: float | None = None
    shard: Shard | None = None
    checksum: str = ""
    lanes: Choice | None = None


def summarise(campaign: Campaign, rule: Rule, context: GateContext) -> GateResult:
    """The result of one campaign, a row for every benchmark, in the suite's order."""
    stop = campaign.stop
    measured = {
        finding.benchmark: replace(
            _row(finding, stop), touched_by=context.touched.get(finding.benchmark)
        )
        for finding in campaign.findings
    }
    untouched = {b: _untouched(b) for b in context.suite if b not in measured}
    order = context.suite if untouched else tuple(measured)
    rows = (
        *((measured | untouched)[benchmark] for benchmark in order),
        *(_gone(label) for label in context.gone),
    )
    result = GateResult(
        base=_facts(context.base),
        head=_facts(context.head),
        false_alarms=rule.false_alarms,
        floor=rule.floor,
        margin=rule.margin,
        verdict=conclude(rows),
        benchmarks=rows,
        tested=campaign.tested,
        effort=context.effort,
        stopped_by=stop,
        noise=measured_noise(rows),
        elapsed_seconds=context.elapsed_s,
        building_seconds=context.building_s,
        measuring_seconds=campaign.elapsed_s,
        budget_seconds=context.budget_s,
        seed=context.seed,
        machine=context.machine,
        warnings=context.warnings,
        unproved=context.unproved,
        tracing_seconds=context.tracing_s,
        parts=_parts(campaign, context),
        control=rule.control,
        lanes=context.lanes.lanes if context.lanes else None,
        lanes_why=context.lanes.why if context.lanes else None,
    )
    return with_doubts(result)


def with_doubts(result: GateResult) -> GateResult:
    """With the warnings that follow from its rows."""
    return replace(result, warnings=(*result.warnings, *gate_doubts.undecided(result)))


def lasting_warnings(result: GateResult) -> tuple[str, ...]:
    """Those that do not follow from its rows, which may be judged again."""
    own = gate_doubts.undecided(result)
    return tuple(said for said in result.warnings if said not in own)


def judge_again(result: GateResult, rule: Rule) -> GateResult:
    """The same pairs under another rule; what figures did not decide stays as it is."""
    rows = _rejudged(result.benchmarks, rule)
    again = replace(
        result,
        false_alarms=rule.false_alarms,
        floor=rule.floor,
        margin=rule.margin,
        control=rule.control,
        verdict=conclude(rows),
        benchmarks=rows,
        warnings=lasting_warnings(result),
    )
    return with_doubts(again)


def measured_noise(rows: Sequence[BenchmarkResult]) -> float | None:
    """The noise of those that were timed."""
    return noise([row.log_ratios for row in rows if row.timing in TIMED])


def noise(all_log_ratios: Sequence[Sequence[float]]) -> float | None:
    """The median over benchmarks of the robust standard deviation between pairs.

    None if no benchmark has enough pairs to say.
    """
    spreads = [
        robust_deviation(ratios) for ratios in all_log_ratios if len(ratios) >= FEWEST_FOR_NOISE
    ]
    return statistics.median(spreads) if spreads else None


def _row(finding: Finding, stop: Stop) -> BenchmarkResult:
    benchmark, pairs = finding.benchmark, finding.pairs
    first = finding.as_built.pairs if finding.as_built else ()
    row = BenchmarkResult(
        name=benchmark.name,
        params=benchmark.params,
        verdict=Verdict.UNDECIDED,  # until judged
        ratio=None,
        low=None,
        high=None,
        p_value=None,
        pairs=0,
        seconds=math.fsum(pair.elapsed_s for pair in (*first, *pairs)),
        kind=benchmark.kind,
        unit=benchmark.unit,
        timing=pairs[-1].timing if pairs else None,
        base=known_median([pair.base for pair in pairs]),
        head=known_median([pair.head for pair in pairs]),
        detectable=None,
        log_ratios=decide.held(finding.log_ratios),
        reason=INTERRUPTED_BEFORE if stop is Stop.INTERRUPTED and not pairs else finding.reason,
        given_up_after=finding.given_up_after,
        as_built=decide.held(finding.as_built.log_ratios) if finding.as_built else (),
    )
    return _judged(row, finding.verdict, finding.judgement)


def _parts(campaign: Campaign, context: GateContext) -> tuple[Part, ...]:
    if context.shard is None:
        return ()
    return (
        Part(
            shard=context.shard,
            suite=context.checksum,
            benchmarks=campaign.tested,
            machine=context.machine,
            seed=context.seed,
            stopped_by=campaign.stop,
            elapsed_seconds=context.elapsed_s,
            building_seconds=context.building_s,
            measuring_seconds=campaign.elapsed_s,
        ),
    )


def _gone(label: str) -> BenchmarkResult:
    reason = "the suite of head does not have it"
    return _without_figures(Named(label, ()), Verdict.GONE, reason)


def _untouched(benchmark: Benchmark) -> BenchmarkResult:
    row = _without_figures(benchmark, Verdict.UNTOUCHED, NOTHING_DIFFERS)
    return replace(row, kind=benchmark.kind, unit=benchmark.unit)


def _without_figures(benchmark: Named, verdict: Verdict, reason: str) -> BenchmarkResult:
    """One of which no pair was measured."""
    return BenchmarkResult(
        name=benchmark.name,
        params=benchmark.params,
        verdict=verdict,
        ratio=None,
        low=None,
        high=None,
        p_value=None,
        pairs=0,
        seconds=0.0,
        kind=None,
        unit=None,
        timing=None,
        base=None,
        head=None,
        detectable=None,
        log_ratios=(),
        reason=reason,
    )


def _rejudged(rows: Sequence[BenchmarkResult], rule: Rule) -> tuple[BenchmarkResult, ...]:
    """Broken stays broken, whatever its pairs before that said."""
    judgements = [
        decide.judge(rule, row.log_ratios, row.given_up_after) if row.verdict.by_numbers else None
        for row in rows
    ]
    return tuple(
        row if judgement is None else _judged(row, judgement.verdict, judgement)
        for row, judgement in zip(rows, discovered(rule, judgements), strict=True)
    )


def _judged(row: BenchmarkResult, verdict: Verdict, judgement: Judgement | None) -> BenchmarkResult:
    """``row`` with the figures of ``judgement``, if figures decide."""
    if judgement is None or not verdict.by_numbers:
        return replace(row, verdict=verdict)
    reachable = signed_rank.is_reachable(judgement.pairs, TAIL)
    bounded = reachable or verdict is Verdict.SAME
    return replace(
        row,
        verdict=verdict,
        ratio=judgement.ratio,
        low=judgement.low if bounded else None,
        high=judgement.high if bounded else None,
        p_value=judgement.p_value,
        pairs=judgement.pairs,
        detectable=judgement.detectable,
    )


def _facts(contender: Contender) -> ContenderFacts:
    return ContenderFacts(
        commit=contender.revision.commit,
        revision=contender.revision.name,
        subject=contender.revision.subject,
        environment=contender.environment,
    )
