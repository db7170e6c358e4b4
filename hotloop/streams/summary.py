"""Runs in, the stream ladder's result out: a pure function.

Which runs there were, and in which order, was decided elsewhere. This module says what
may be concluded from them; ``doubts`` says what makes it doubtful.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.stats.interval import CONFIDENCE, ratio_interval
from hotloop.stats.median import known_median
from hotloop.streams.doubts import WIDE_INTERVAL, doubts
from hotloop.streams.intervals import rate
from hotloop.streams.part import Runs
from hotloop.streams.result import (
    BrokerFacts,
    Drain,
    Generator,
    Limit,
    ProblemFacts,
    Scale,
    StreamResult,
    VariantResult,
)
from stream.account.figures import Account
from stream.consume.job import Resolved

if TYPE_CHECKING:
    from stream.measure.drain import Drained

# What "of aiokafka" compares with, the first one that was measured: the client below Faust.
BASES = ("aiokafka_batch", "aiokafka")


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything known about a variant.

    ``failure``: (UNAVAILABLE or FAILED, why), or None. ``provenance``: what its process really
    ran with, its settings as they may be shown. ``drains``: with all its
    workers; ``single_drains``: with one each, if there are more. ``parts``: what was found beside
    the drains, of all variants. ``account``: of all runs together. ``install``: what installs it,
    if it is not installed and nobody named it.
    """

    name: str
    idea: str
    commits: str
    failure: tuple[Status, str] | None
    provenance: Resolved | None
    drains: "tuple[Drained, ...]"
    single_drains: "tuple[Drained, ...]"
    parts: tuple[Runs, ...]
    account: Account | None
    install: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the whole run. ``doubts`` are sentences to be shown first."""

    machine: Machine
    broker: BrokerFacts | None
    problem: ProblemFacts
    limit_samples: tuple[float, ...]
    limit_reason: str | None
    perf_test_per_s: float | None
    perf_test_reason: str | None
    generator: Generator | None
    seed: int
    elapsed_s: float
    doubts: tuple[str, ...]


def summarise(entries: Sequence[Entry], context: Context) -> StreamResult:
    """The result, a row for every entry, in their order."""
    limit = _limit(context)
    base = _base(entries)
    base_per_s = None if base is None else _median_per_s(base.drains)
    limit_per_s = None
    if limit is not None and limit.records_per_second is not None:
        limit_per_s = limit.records_per_second.median
    rows = tuple(_row(entry, context.problem.workers, limit_per_s, base_per_s) for entry in entries)
    result = StreamResult(
        machine=context.machine,
        broker=context.broker,
        problem=context.problem,
        variants=rows,
        base=None if base is None else base.name,
        limit=limit,
        generator=context.generator,
        seed=context.seed,
        elapsed_seconds=context.elapsed_s,
        confidence=CONFIDENCE,
        warnings=(),
    )
    return replace(result, warnings=(*context.doubts, *doubts(result)))


def is_wide(samples: Sequence[float]) -> bool:
    """Whether the interval of these rates is wider than the result promises."""
    return rate(samples).relative_half_width > WIDE_INTERVAL


def _row(
    entry: Entry, workers: int, limit_per_s: float | None, base_per_s: float | None
) -> VariantResult:
    status, reason = _status(entry)
    provenance = entry.provenance
    row = VariantResult(
        name=entry.name,
        idea=entry.idea,
        commits=entry.commits,
        status=status,
        reason=reason,
        settings={k: str(v) for k, v in provenance.settings.items()} if provenance else {},
        versions=provenance.versions if provenance else {},
        loop=provenance.loop if provenance else None,
        compiled=provenance.compiled if provenance else {},
        drain=_drain(entry, workers, limit_per_s, base_per_s) if entry.drains else None,
        sustain=None,
        latency=(),
        account=entry.account,
        left_out=entry.install,
    )
    for part in entry.parts:
        row = part.filled(row)
    return row


def _status(entry: Entry) -> tuple[Status, str | None]:
    """A lost record is worse than any failure to measure the rest."""
    account = entry.account
    if account is not None and account.lost:
        due = account.unique + account.lost
        return Status.WRONG, f"lost {account.lost:,} of {due:,} records"
    if account is not None and account.unknown:
        return Status.WRONG, f"saw {account.unknown:,} record(s) that nobody sent"
    if entry.failure is not None:
        return entry.failure
    failures = [reason for part in entry.parts if (reason := part.failure(entry.name))]
    if failures:
        return Status.FAILED, "; ".join(failures)
    if account is None:
        return Status.FAILED, "nothing was measured"
    return Status.OK, None


def _drain(
    entry: Entry, workers: int, limit_per_s: float | None, base_per_s: float | None
) -> Drain:
    drains = entry.drains
    measured = rate([drain.records_per_s for drain in drains])
    return Drain(
        records_per_second=measured,
        records=sum(drain.records for drain in drains),
        join_seconds=statistics.median(drain.join_s for drain in drains),
        cpu_seconds_per_million=known_median([drain.cpu_s_per_million for drain in drains]),
        broker_cpu_seconds_per_million=known_median(
            [drain.broker_cpu_s_per_million for drain in drains]
        ),
        of_limit=measured.median / limit_per_s if limit_per_s else None,
        of_aiokafka=measured.median / base_per_s if base_per_s else None,
        scale=_scale(entry, workers),
    )


def _scale(entry: Entry, workers: int) -> Scale | None:
    """The speed-up, run by run: both were measured in the same round."""
    many = [drain.records_per_s for drain in entry.drains]
    single = [drain.records_per_s for drain in entry.single_drains]
    pairs = min(len(many), len(single))
    if not pairs:
        return None
    speedup = ratio_interval([[one] for one in many[:pairs]], [[one] for one in single[:pairs]])
    return Scale(workers, rate(single), speedup.estimate, speedup.low, speedup.high)


def _limit(context: Context) -> Limit | None:
    if not context.limit_samples and context.limit_reason is None:
        return None
    return Limit(
        records_per_second=rate(context.limit_samples) if context.limit_samples else None,
        reason=context.limit_reason,
        perf_test_records_per_second=context.perf_test_per_s,
        perf_test_reason=context.perf_test_reason,
    )


def _base(entries: Sequence[Entry]) -> Entry | None:
    drained = {entry.name: entry for entry in entries if entry.drains}
    return next((drained[name] for name in BASES if name in drained), None)


def _median_per_s(drains: "Sequence[Drained]") -> float:
    return statistics.median(drain.records_per_s for drain in drains)
