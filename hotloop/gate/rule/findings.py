"""What the pairs of one benchmark show: figures, or why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hotloop.gate.model import Benchmark, Ending, Pair, Stop, Trouble
from hotloop.gate.rule import decide
from hotloop.gate.rule.decide import Judgement, Rule
from hotloop.gate.rule.discoveries import discovered
from hotloop.gate.verdicts import Verdict

# A benchmark that gave no figure is tried again before it counts as failed; one that works
# most of the time may fail this often.
TROUBLES_AT_FIRST = 2
TROUBLES_IN_ALL = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one benchmark.

    ``pairs`` in order of time, those without a figure included; ``judgement`` is None if
    there is no figure; ``reason`` says why a verdict rests on no figures. ``given_up_after``: only
    so many figures could flag it; None: all. ``as_built`` is what was found before compiled code
    was placed alike on both sides, each pair in a layout of its own (None: it was not).
    """

    benchmark: Benchmark
    verdict: Verdict
    pairs: tuple[Pair, ...]
    judgement: Judgement | None
    reason: str | None
    given_up_after: int | None = None
    as_built: "Finding | None" = None

    @property
    def log_ratios(self) -> tuple[float, ...]:
        """log(head/base) of each pair that gave figures, in order of time."""
        return tuple(log_ratios(self.pairs))


@dataclass(frozen=True, slots=True)
class Campaign:
    """All that was measured in one run of the gate, in the suite's order.

    ``tested`` is how many benchmarks shared the false alarms.
    """

    findings: tuple[Finding, ...]
    stop: Stop
    elapsed_s: float
    tested: int


def conclude(
    benchmark: Benchmark, pairs: Sequence[Pair], rule: Rule, given_up_after: int | None = None
) -> Finding:
    """The finding of one benchmark from its pairs: judged by its figures, or by their absence."""
    ratios = log_ratios(pairs)
    troubled = [pair for pair in pairs if pair.log_ratio is None]
    judgement = decide.judge(rule, ratios, given_up_after)
    if is_hopeless(pairs):
        verdict, reason = _blame(troubled)
        if ratios:
            reason = f"{len(troubled)} of {len(pairs)} pairs of processes failed: {reason}"
    elif judgement is None:
        verdict, reason = Verdict.UNDECIDED, "no time was left to measure it"
    else:
        verdict, reason = judgement.verdict, None
    return Finding(benchmark, verdict, tuple(pairs), judgement, reason, given_up_after)


def together(rule: Rule, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of one run, where the evidence on one counts for the others too."""
    judged = discovered(rule, [f.judgement if f.verdict.by_numbers else None for f in findings])
    return [
        finding
        if judgement is None
        else replace(finding, verdict=judgement.verdict, judgement=judgement)
        for finding, judgement in zip(findings, judged, strict=True)
    ]


def log_ratios(pairs: Sequence[Pair]) -> list[float]:
    """log(head/base) of each pair that gave figures, in order of time."""
    return [pair.log_ratio for pair in pairs if pair.log_ratio is not None]


def gave_figures(pairs: Sequence[Pair]) -> bool:
    """Whether any of them gave figures on both sides."""
    return any(pair.log_ratio is not None for pair in pairs)


def is_hopeless(pairs: Sequence[Pair]) -> bool:
    """Whether the benchmark fails too often to be measured."""
    troubled = [pair.log_ratio is None for pair in pairs for _ in range(pair.attempts)]
    if any(_is_skipped(pair) for pair in pairs):
        return True
    at_first = troubled[:TROUBLES_AT_FIRST]
    return (len(at_first) == TROUBLES_AT_FIRST and all(at_first)) or (
        sum(troubled) >= TROUBLES_IN_ALL
    )


def _is_skipped(pair: Pair) -> bool:
    return any(trouble.ending is Ending.SKIPPED for trouble in pair.troubles)


def _blame(troubled: Sequence[Pair]) -> tuple[Verdict, str]:
    """The verdict on a benchmark that fails: by which side fails."""
    skipped = next((pair for pair in troubled if _is_skipped(pair)), None)
    telling = troubled if skipped is None else [skipped]
    base, head = _last(telling, "base_trouble"), _last(telling, "head_trouble")
    if head is not None and head.ending is Ending.SKIPPED:
        return Verdict.SKIPPED, f"at head: {head.message}"
    if base is None and head is not None:
        if head.ending is Ending.ABSENT:
            # It was there when head's suite was listed, so no change of the code removed it.
            return Verdict.FAILED, f"its parameters are others in each process: {head.message}"
        return Verdict.BROKEN, head.message
    if base is not None and head is None:
        return Verdict.NEW, f"does not run at base: {base.message}"
    if base is not None and base.ending is Ending.SKIPPED and head is not None:
        return Verdict.FAILED, f"skipped at base, fails at head: {head.message}"
    assert head is not None
    return Verdict.FAILED, f"fails at base and at head: {head.message}"


def _last(troubled: Sequence[Pair], side: str) -> Trouble | None:
    """The last trouble of a side, None if it never had any."""
    troubles: list[Trouble | None] = [getattr(pair, side) for pair in troubled]
    return next((trouble for trouble in reversed(troubles) if trouble is not None), None)
