"""Warnings about undecided benchmarks: there may be a slowdown that nobody waited for.

The rule needs some pairs before it can call anything slower. If the time is up before that, a
benchmark stays undecided however slow it is, and the result must say so.
"""

import math
from collections.abc import Sequence

from hotloop.base.text import name
from hotloop.base.units import count, first_few
from hotloop.gate.model import Stop
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.rule.decide import Rule
from hotloop.gate.verdicts import Verdict

MOST_NAMES = 3
# Pairs take longer from time to time.
SPARE = 1.2
# Up to here a change is shown in per cent, then as a factor.
FACTOR_FROM = 10.0


def undecided(result: GateResult) -> tuple[str, ...]:
    """A sentence on those that look slower, and one on those with too few pairs to ever do."""
    slower = result.looking_slower
    looking = {b.label for b in slower}
    rule = result.rule
    few = [b for b in result.short_of_pairs if b.pairs and b.label not in looking]
    advice = _advice(result, rule)
    said = []
    if slower:
        who = "benchmark looks" if len(slower) == 1 else "benchmarks look"
        had = "it had" if len(slower) == 1 else "they had"
        needed = max(_next_look(rule, b.pairs) for b in slower)
        said.append(
            f"{count(len(slower))} undecided {who} slower ({_changes(slower)}): {had} "
            f"{_pairs(slower)} of the {needed} or more pairs that a verdict needs here; {advice}"
        )
    # A user who interrupts knows that little was measured.
    if few and result.stopped_by is not Stop.INTERRUPTED:
        who = "benchmark has" if len(few) == 1 else "benchmarks have"
        said.append(
            f"{count(len(few))} undecided {who} {_pairs(few)} of the {rule.first_look} pairs "
            f"before which nothing is called slower here, however slow it is; {advice}"
        )
    return tuple(said)


def _advice(result: GateResult, rule: Rule) -> str:
    alone = ", or --bench to judge fewer together" if result.tested > 1 else ""
    return f"give a larger --budget (about {_two_digits(_needed_s(result, rule))} s){alone}"


def _needed_s(result: GateResult, rule: Rule) -> float:
    """How long it would have taken to measure up to the next look of all undecided ones."""
    measured = [b for b in result.benchmarks if b.pairs]
    lane_s = math.fsum(b.seconds for b in measured)
    pairs = sum(b.pairs for b in measured)
    if not lane_s or not pairs:
        return SPARE * result.measuring_seconds
    missing_s = math.fsum(
        (_next_look(rule, b.pairs) - b.pairs) * (b.seconds / b.pairs if b.pairs else lane_s / pairs)
        for b in result.undecided
    )
    # Lanes measure at the same time.
    return SPARE * result.measuring_seconds * (1 + missing_s / lane_s)


def _next_look(rule: Rule, pairs: int) -> int:
    return next(look for look in rule.looks(Verdict.SLOWER) if look > pairs)


def _pairs(some: Sequence[BenchmarkResult]) -> str:
    fewest, most = min(b.pairs for b in some), max(b.pairs for b in some)
    return str(fewest) if fewest == most else f"{fewest} to {most}"


def _changes(some: Sequence[BenchmarkResult]) -> str:
    """The largest first: ``suite.time_a 30x, suite.time_b +12 %``."""
    first = sorted(some, key=lambda b: -(b.ratio or 1.0))
    return first_few([f"{name(b.label)} {_change(b.ratio or 1.0)}" for b in first], MOST_NAMES)


def _change(ratio: float) -> str:
    if ratio >= FACTOR_FROM:
        return f"{ratio:.3g}x"
    percents = (ratio - 1) * 100
    return f"{percents:+,.0f} %" if percents >= 10 else f"{percents:+.1f} %"


def _two_digits(seconds: float) -> str:
    """Rounded up to two significant digits: 87.2 -> "88", 431 -> "440"."""
    step = 10 ** max(0, math.floor(math.log10(max(1.0, seconds))) - 1)
    return count(math.ceil(seconds / step) * step)
