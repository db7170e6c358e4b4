"""What a reader of the gate's result sees, in words and cells, whatever the format.

The page, the comment on a pull request and the annotations take their words from here.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hotloop.base import units
from hotloop.base.text import name, sentence, shown
from hotloop.base.units import UNKNOWN, count, counted, duration, percent, size
from hotloop.gate.model import Effort, Stop
from hotloop.gate.result import BenchmarkResult, ContenderFacts, GateResult
from hotloop.gate.verdicts import Conclusion, Control, Verdict
from hotloop.report.layout import Style

SHORT_HASH = 7
REVISION_CHARS = 60
# The user's name for the uncommitted state.
WORKING_TREE = "."
# asv's units with a prefix of their own; any other is printed as it is.
SECONDS = "seconds"
BYTES = "bytes"
PLAIN_DIGITS = 4
UNIT_CHARS = 30
SECONDS_PER_MINUTE = 60
# "95 s" is still easy to read; more seconds are shown as minutes.
MINUTES_FROM_S = 100
# For a reason: what happened, and the last line of the process.
REASON_CHARS = 400
# Nobody reads a longer list of names.
MOST_NAMES = 20
# Of those grouped together: how many reasons get a line, and how many names a line has.
MOST_REASONS = 3
FEW_NAMES = 3
# With one pair of each, running says nothing about speed.
RAN = "ran"
# Below this, a slowdown is shown as 0.0 %.
SHOWN_STEP = 0.001


class Detail(Enum):
    """Whether benchmarks without figures share a line or have a row each."""

    COUNT = "count"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Together:
    """Benchmarks without figures that share a line: how many, which, and why."""

    verdict: Verdict
    who: str
    reason: str


def head_segments(result: GateResult) -> list[str]:
    """Both sides, the number of benchmarks, the false alarms, the floor, the environment."""
    base, head = result.base.environment, result.head.environment
    apart = base != head
    return [
        f"base {contender(result.base)}{f' in {base}' if apart else ''}",
        f"head {contender(result.head)}{f' in {head}' if apart else ''}",
        *_size_segments(result),
        *_rule_segments(result),
        *([] if apart else [base]),
    ]


def _of_them_untouched(result: GateResult) -> str:
    if result.tracing_seconds is None:
        return ""
    untouched = len(result.having(Verdict.UNTOUCHED))
    who = "all" if untouched == len(result.benchmarks) > 1 else f"{count(untouched)} of them"
    return f", {who} untouched by the change"


def _size_segments(result: GateResult) -> list[str]:
    """How many benchmarks, and of how many if others measure the rest."""
    number, shard = len(result.benchmarks), result.shard
    if shard is not None:
        whole = counted(result.parts[0].benchmarks, "benchmark")
        said = f"shard {shard.number} of {shard.of}: {count(number)} of {whole}"
        return [said + _of_them_untouched(result)]
    together = f" in {counted(len(result.parts), 'shard')}" if result.parts else ""
    return [f"{counted(number, 'benchmark')}{together}{_of_them_untouched(result)}"]


def _rule_segments(result: GateResult) -> list[str]:
    """What is called slower, if anything can be."""
    if result.effort is Effort.QUICK:
        return []
    return [
        false_discoveries(result.false_alarms)
        if result.control is Control.DISCOVERIES
        else f"false alarms: {false_alarms(result.false_alarms)}",
        f"floor {result.floor * 100:.3g} %",
    ]


def contender(facts: ContenderFacts) -> str:
    """``0e3b359 faster-order``: the short hash, and the name if it says more than the hash."""
    short = name(facts.commit[:SHORT_HASH])
    if facts.revision == WORKING_TREE:
        return f"{short} the working tree"
    named = facts.revision and not facts.commit.startswith(facts.revision)
    return f"{short} {shown(facts.revision, REVISION_CHARS)}" if named else short


def false_alarms(chance: float) -> str:
    """0.01 -> "at most 1 run in 100"."""
    runs = 1 / chance
    if math.isclose(runs, round(runs)):
        return f"at most 1 run in {count(round(runs))}"
    return f"at most {percent(chance)} of runs"


def false_discoveries(part: float) -> str:
    """0.05 -> "of those flagged, at most 1 in 20 is not so, on average"."""
    ones = 1 / part
    if math.isclose(ones, round(ones)):
        return f"of those flagged, at most 1 in {count(round(ones))} is not so, on average"
    return f"of those flagged, at most {percent(part)} are not so, on average"


def change(benchmark: BenchmarkResult) -> str:
    """The estimate: "+3.1 %", "30x", or "" if there is none."""
    return "" if benchmark.ratio is None else units.change(benchmark.ratio)


def interval(benchmark: BenchmarkResult) -> str:
    """The 95 % interval in per cent, "[+2.4, +3.9]"; "" if it is unknown."""
    return units.change_bounds(benchmark.low, benchmark.high)


def measured(benchmark: BenchmarkResult) -> str:
    """ "+3.1 % [+2.4, +3.9], from 1.20 ms to 1.24 ms, 9 pairs"."""
    changed = f"{change(benchmark)} {interval(benchmark)}".strip()
    base, head = value(benchmark.base, benchmark.unit), value(benchmark.head, benchmark.unit)
    return f"{changed}, from {base} to {head}, {counted(benchmark.pairs, 'pair')}"


def value(amount: float | None, unit: str | None) -> str:
    """A median with its unit: "1.20 ms", "41.2 MiB", "417 rows"."""
    if amount is None:
        return UNKNOWN
    if unit == SECONDS and amount >= 0:
        return duration(amount)
    if unit == BYTES and amount >= 0:
        return size(round(amount))
    return f"{amount:,.{PLAIN_DIGITS}g} {shown(unit or '', UNIT_CHARS)}".rstrip()


def detectable(benchmark: BenchmarkResult) -> str:
    """The slowdown that an undecided benchmark would have shown; "" for the others."""
    if not benchmark.verdict.is_open or benchmark.detectable is None:
        return ""
    return f"{_tenths_up(benchmark.detectable)} %"


def listed(result: GateResult) -> tuple[BenchmarkResult, ...]:
    """All that get a row of their own: slower ones first, without those that are the same."""
    # The largest change first; those without one stay in the suite's order.
    return tuple(
        benchmark
        for verdict in Verdict
        if verdict is not Verdict.SAME
        for benchmark in sorted(result.having(verdict), key=lambda b: -abs((b.ratio or 1) - 1))
    )


def told(result: GateResult, detail: Detail) -> tuple[BenchmarkResult | Together, ...]:
    """``listed``, but many with one verdict and without figures share lines."""
    rows: list[BenchmarkResult | Together] = []
    listing = listed(result)
    for verdict in Verdict:
        some = [b for b in listing if b.verdict is verdict]
        if detail is Detail.LIST or len(some) <= (verdict.most_rows or len(some)):
            rows += some
        else:
            rows += _together(verdict, some, len(result.benchmarks))
    return tuple(rows)


def verdict_word(benchmark: BenchmarkResult, result: GateResult) -> str:
    """Its verdict in the table, if the run can give one."""
    return RAN if result.merely_ran(benchmark) else benchmark.verdict.value


def same_sentence(result: GateResult) -> str | None:
    """Those that are the same in one line, with the largest upper bound; None if none are."""
    same = result.having(Verdict.SAME)
    if not same:
        return None
    if len(same) == len(result.benchmarks):
        who = "it" if len(same) == 1 else f"all {count(len(same))}"
    else:
        who = counted(len(same), "other")
    bounds = [b.high - 1 for b in same if b.high is not None]
    subject = "not" if len(same) == 1 else "none"
    worst = max(bounds, default=0.0)
    if len(bounds) < len(same) or worst <= 0:
        return f"{who}, {subject} slower"
    return f"{who}, {subject} slower by {_tenths_up(worst)} % or more"


def conclusion(result: GateResult) -> str:
    """The answer in a sentence, without a full stop: "1 of 8 is slower, 1 is undecided"."""
    known = _findings(result)
    if result.shard is not None:
        known = f"shard {result.shard.number} of {result.shard.of}: {known}"
    if result.stopped_by is Stop.INTERRUPTED:
        return f"interrupted; known so far: {known}"
    return known


def remarks(result: GateResult) -> list[str]:
    """What a reader should know about the whole run, but no reason for doubt."""
    lines = []
    if result.effort is Effort.QUICK:
        lines.append("one pair each shows whether everything runs; it gives no verdict on speed")
    tests = result.verdict is not Conclusion.UNTOUCHED and not result.parts
    if result.having(Verdict.UNTOUCHED) and tests:
        lines.append("the false alarms are shared among the benchmarks that the change touches")
    if result.shard is not None:
        lines.append(
            "this is one part of the suite; the bound on false alarms is for all "
            f"{count(result.shard.of)} together: hotloop gate --from, with the JSON of each"
        )
    if result.stopped_by is Stop.BUDGET and result.undecided:
        more = "--budget" if result.effort is Effort.THOROUGH else "--budget or --thorough"
        lines.append(f"the time was up: with more of it ({more}) fewer are undecided")
    lines += _again(result)
    lines += _not_explained(result)
    if result.noise is not None:
        lines.append(f"noise of this machine: {percent(result.noise)} between process pairs")
    if result.lanes is not None and result.lanes_why:
        pairs = "1 pair at a time" if result.lanes == 1 else f"{count(result.lanes)} pairs at once"
        lines.append(f"{pairs}: {shown(result.lanes_why)}")
    return lines


def _not_explained(result: GateResult) -> list[str]:
    """Which changes have no explanation though explanations were asked for."""
    if result.explaining_seconds is None:
        return []
    flagged = [each for each in result.benchmarks if each.verdict.is_flag]
    explained = [each for each in flagged if each.explanation is not None]
    if not flagged and result.looking_slower:
        return ["nothing is explained: only what is called slower or faster is"]
    if len(explained) < len(flagged):
        return [
            f"explained: the {count(len(explained))} that changed most of {count(len(flagged))}"
        ]
    return []


def _again(result: GateResult) -> list[str]:
    """What was flagged as built and then measured at other addresses, the first few."""
    again = [each for each in result.benchmarks if each.as_built]
    if not again:
        return []
    named = [
        f"{name(each.label)} {units.change(math.exp(statistics.median(each.as_built)))} as built, "
        f"{change(each) or 'nothing'} there"
        for each in again[:FEW_NAMES]
    ]
    more = len(again) - len(named)
    text = ", ".join(named) + (f", and {count(more)} more" if more else "")
    return [f"measured again with compiled code at the same addresses on both sides: {text}"]


def cost(result: GateResult) -> str:
    """How long it took: "52 s: building 31 s, measuring 21 s"."""
    parts = [
        f"{what} {spent(seconds)}"
        for what, seconds in (
            ("building", result.building_seconds),
            ("tracing", result.tracing_seconds or 0.0),
            ("measuring", result.measuring_seconds),
            ("explaining", result.explaining_seconds or 0.0),
        )
        if seconds > 0
    ]
    return spent(result.elapsed_seconds) + (f": {', '.join(parts)}" if parts else "")


def spent(seconds: float) -> str:
    """52.3 -> "52 s"; 192 -> "3 min 12 s"."""
    whole = round(seconds)
    if whole < MINUTES_FROM_S:
        return f"{whole} s"
    minutes, rest = divmod(whole, SECONDS_PER_MINUTE)
    return f"{count(minutes)} min {rest} s"


def reason(benchmark: "BenchmarkResult | Together") -> str:
    """Why there are no figures, on one line, without control characters."""
    return sentence(benchmark.reason or "", REASON_CHARS)


def _together(
    verdict: Verdict, some: Sequence[BenchmarkResult], total: int
) -> list[BenchmarkResult | Together]:
    """All that are skipped in one line; others in a line for each of their first reasons."""
    reasons = Counter(map(reason, some)).most_common()
    first, rest = reasons[:MOST_REASONS], reasons[MOST_REASONS:]
    if verdict is Verdict.SKIPPED:
        texts = [why if len(reasons) == 1 else f"{count(n)} {why}" for why, n in first]
        if rest:
            texts.append(
                f"{count(sum(n for _, n in rest))} for {counted(len(rest), 'more reason')}"
            )
        return [Together(verdict, f"{count(len(some))} of {count(total)}", "; ".join(texts))]
    lines: list[BenchmarkResult | Together] = []
    for why, number in first:
        those = [b for b in some if reason(b) == why]
        who = f"{count(number)}: {labels(those, FEW_NAMES)}" if number > 1 else name(those[0].label)
        lines.append(Together(verdict, who, why))
    if rest:
        number = sum(n for _, n in rest)
        why = f"for {counted(len(rest), 'more reason')}; --verbose lists them"
        lines.append(Together(verdict, f"{count(number)} more", why))
    return lines


def _findings(result: GateResult) -> str:
    if result.verdict is Conclusion.NOT_MEASURED:
        return "nothing could be measured"
    total, quick = len(result.compared), result.effort is Effort.QUICK
    untouched = len(result.having(Verdict.UNTOUCHED))
    if result.verdict is Conclusion.UNTOUCHED:
        return _all_untouched(untouched, len(result.benchmarks))
    undecided, looking = len(result.undecided), len(result.looking_slower)
    if undecided == total:
        answer = f"{'it is' if total == 1 else f'all {count(total)} are'} undecided"
        return answer + _looks(looking, total) + _and_untouched(untouched)
    said: list[str] = []
    for verdict in Verdict:
        number = len(result.having(verdict))
        if number and verdict.style is Style.BAD:
            said.append(_these(number, verdict.value, "" if said else f" of {count(total)}"))
    if not said:
        bad = Verdict.BROKEN if quick else Verdict.SLOWER
        none = f"none of {count(total)} is" if total > 1 else "it is not"
        # Any of the undecided ones may be.
        said.append(f"{none} {'' if quick or not undecided else 'shown to be '}{bad.value}")
    if undecided:
        said.append(_these(undecided, Verdict.UNDECIDED.value, "") + _looks(looking, undecided))
    return ", ".join(said) + _and_untouched(untouched)


def _and_untouched(number: int) -> str:
    return f", {_these(number, Verdict.UNTOUCHED.value, '')}" if number else ""


def _all_untouched(untouched: int, of: int) -> str:
    if untouched == of:
        who = f"all {count(of)} are" if of > 1 else "it is"
        return f"nothing of what changed is run by a benchmark: {who} untouched"
    return (
        f"nothing to compare: {_these(untouched, Verdict.UNTOUCHED.value, f' of {count(of)}')}, "
        "and base has no figure of the others"
    )


def _looks(number: int, of: int) -> str:
    """What is added to ``of`` undecided ones."""
    if not number:
        return ""
    if number == of:
        return " and looks slower" if of == 1 else " and look slower"
    return f" ({count(number)} of them {'looks' if number == 1 else 'look'} slower)"


def _these(number: int, what: str, of: str) -> str:
    return f"{count(number)}{of} {'is' if number == 1 else 'are'} {what}"


def _tenths_up(fraction: float) -> str:
    """In per cent, rounded up to tenths, so that "or more" stays true."""
    return f"{math.ceil(round(fraction / SHOWN_STEP, 6)) * SHOWN_STEP * 100:,.1f}"


def labels(benchmarks: Sequence[BenchmarkResult], most: int = MOST_NAMES) -> str:
    """Their names in a row; of many, the first ones."""
    return units.first_few([name(benchmark.label) for benchmark in benchmarks], most)
