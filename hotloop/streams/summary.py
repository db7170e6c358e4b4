"""Runs in, the stream ladder's result out: a pure function.

Which runs there were, and in which order, was decided elsewhere. This module says what
may be concluded from them, and what makes it doubtful.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.base.units import percent
from hotloop.stats.interval import CONFIDENCE, median_interval, ratio_interval
from hotloop.streams.result import (
    BrokerFacts,
    Drain,
    Generator,
    Handover,
    Limit,
    ProblemFacts,
    Rate,
    Rebalance,
    Scale,
    Spread,
    StreamResult,
    Sustain,
    VariantResult,
)
from stream.account.figures import Account
from stream.consume.job import Resolved
from stream.measure.figures import Latency

if TYPE_CHECKING:
    from stream.faults.handover import Cost
    from stream.faults.rebalance import Rebalanced
    from stream.measure.drain import Drained

# An interval this wide, as half its width over the median, decides little.
WIDE_INTERVAL = 0.10
# The generator must be this much faster than the fastest Faust, or it may be the limit.
GENERATOR_FACTOR = 3.0
# From here on a variant reads about as fast as records can be fetched.
NEAR_LIMIT = 0.9
# If it is further above the limit than runs differ, one of the two is wrong.
ABOVE_LIMIT = 1.1
# A fetch brings 1 MB, 13,000 records, at once. Below this a fast client was timed only on what
# was already there, not on what it can fetch.
SHORT_STRETCH_S = 0.1
# What "of aiokafka" compares with, the first one that was measured: the client below Faust.
BASES = ("aiokafka_batch", "aiokafka")
FAUST = "faust"
NOTHING = "nothing"
LIMIT = "the limit"


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups that were rebalanced with one protocol, and why there were no more, if one failed.

    ``session_timeout_s`` None: the user's cluster says so.
    """

    protocol: str
    session_timeout_s: float | None
    runs: "tuple[Rebalanced, ...]"
    failure: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything known about a variant.

    ``failure``: (UNAVAILABLE or FAILED, why), or None. ``provenance``: what its process really
    ran with, its settings as they may be shown. ``drains``: with all its
    workers; ``single_drains``: with one each, if there are more. ``account``:
    of all runs together. ``install``: what installs it, if it is not installed and nobody named it.
    """

    name: str
    idea: str
    commits: str
    failure: tuple[Status, str] | None
    provenance: Resolved | None
    drains: "tuple[Drained, ...]"
    single_drains: "tuple[Drained, ...]"
    sustain: Sustain | None
    latency: tuple[Latency, ...]
    account: Account | None
    install: str | None = None
    groups: tuple[Groups, ...] = ()


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
    return replace(result, warnings=(*context.doubts, *_doubts(result)))


def rate(samples: Sequence[float]) -> Rate:
    """The median of the runs' rates with its interval."""
    interval = median_interval(samples)
    return Rate(interval.estimate, interval.low, interval.high, interval.confidence, tuple(samples))


def is_wide(samples: Sequence[float]) -> bool:
    """Whether the interval of these rates is wider than the result promises."""
    return rate(samples).relative_half_width > WIDE_INTERVAL


def _row(
    entry: Entry, workers: int, limit_per_s: float | None, base_per_s: float | None
) -> VariantResult:
    status, reason = _status(entry)
    provenance = entry.provenance
    return VariantResult(
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
        sustain=entry.sustain,
        latency=entry.latency,
        account=entry.account,
        left_out=entry.install,
        rebalance=tuple(_rebalance(groups) for groups in entry.groups),
    )


def _rebalance(groups: Groups) -> Rebalance:
    runs = groups.runs
    accounts = [run.account for run in runs]
    return Rebalance(
        protocol=groups.protocol,
        session_timeout_seconds=groups.session_timeout_s,
        calm_pause_seconds=_spread([run.calm_pause_s for run in runs]) if runs else None,
        events=tuple(
            _handover(event.value, [run.costs[event] for run in runs])
            for event in (runs[0].costs if runs else ())
        ),
        account=sum(accounts[1:], accounts[0]) if accounts else None,
        reason=groups.failure,
    )


def _handover(event: str, costs: "Sequence[Cost]") -> Handover:
    kept = [cost.kept_pause_s for cost in costs if cost.kept_pause_s is not None]
    return Handover(
        event=event,
        pause_seconds=_spread([cost.pause_s for cost in costs]),
        kept_pause_seconds=_spread(kept) if kept else None,
        back_seconds=_spread([cost.back_s for cost in costs]),
        repeated_records=_spread([cost.repeated for cost in costs]),
    )


def _spread(values: Sequence[float]) -> Spread:
    interval = median_interval(values)
    return Spread(
        interval.estimate, interval.low, interval.high, interval.confidence, tuple(values)
    )


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
    unsettled = [groups for groups in entry.groups if groups.failure is not None]
    if unsettled:
        return Status.FAILED, "; ".join(f"{one.protocol}: {one.failure}" for one in unsettled)
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
        cpu_seconds_per_million=_median([drain.cpu_s_per_million for drain in drains]),
        broker_cpu_seconds_per_million=_median(
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


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _doubts(result: StreamResult) -> list[str]:
    """One sentence for each thing in the figures themselves that deserves doubt."""
    drained = {v.name: v.drain for v in result.variants if v.drain is not None}
    found = []
    wide = [
        name
        for name, drain in drained.items()
        if drain.records_per_second.relative_half_width > WIDE_INTERVAL
    ]
    if wide:
        found.append(
            f"the interval of {', '.join(wide)} is wider than ± {percent(WIDE_INTERVAL)}: "
            "give more --runs, or repeat on a quieter machine"
        )
    short = _short_stretches(result, drained)
    if short:
        found.append(
            f"{', '.join(short)}: a run took less than {SHORT_STRETCH_S:g} s, no longer than a "
            "fetch or two, so that its rate says little: give more --records, or leave it out"
        )
    found += _ceiling_doubts(result, drained, short)
    for variant in result.variants:
        account = variant.account
        if account is not None and account.out_of_order:
            found.append(
                f"{variant.name} saw {account.out_of_order:,} record(s) after a later one of "
                "their partition: it does not keep the order"
            )
        if account is not None:
            found += _unseen_doubts(variant.name, account)
        found += _load_doubts(variant)
    return found


def _unseen_doubts(name: str, account: Account) -> list[str]:
    """Records that the user function did not see, for other reasons than that they are lost."""
    found = []
    if account.expired:
        found.append(account.taken_away(name))
    if account.missing:
        found.append(account.mislaid(name))
    if account.not_reached:
        found.append(
            f"{name} passed {account.not_reached:,} record(s) over that it did not commit: its "
            "group would get them again"
        )
    if account.bad:
        found.append(
            f"{name} reported {account.bad:,} record(s) as unreadable, though all can be read"
        )
    return found


def _short_stretches(result: StreamResult, drained: Mapping[str, Drain]) -> list[str]:
    """The variants, and the limit, whose stretches were shorter than what says something."""
    short = []
    for name, drain in drained.items():
        measured = drain.records_per_second
        if drain.records / len(measured.samples) / measured.median < SHORT_STRETCH_S:
            short.append(name)
    problem, limit = result.problem, result.limit
    if limit is not None and limit.records_per_second is not None:
        longest_s = problem.records / problem.topics / limit.records_per_second.median
        if longest_s < SHORT_STRETCH_S:
            short.append(LIMIT)
    return short


def _ceiling_doubts(
    result: StreamResult, drained: Mapping[str, Drain], short: Sequence[str]
) -> list[str]:
    """Where generator, broker or machine rather than a variant may have been the limit."""
    found = []
    # What was measured over too short a time is near to nothing.
    shares = {
        name: drain.of_limit or 0.0
        for name, drain in drained.items()
        if name not in short and LIMIT not in short
    }
    above = [name for name, share in shares.items() if share > ABOVE_LIMIT]
    if above:
        found.append(
            f"{', '.join(above)} read faster than the limit, which decodes nothing: one of the "
            "two was measured wrong; give more --runs, or repeat on a quieter machine"
        )
    near = [name for name, share in shares.items() if NEAR_LIMIT < share <= ABOVE_LIMIT]
    if near:
        found.append(
            f"{', '.join(near)} read about as fast as records can be fetched here: "
            "the broker or the machine may be the limit, not the client"
        )
    fausts = [
        drain.records_per_second.median for name, drain in drained.items() if name.startswith(FAUST)
    ]
    generator = result.generator
    if fausts and generator and generator.records_per_second < GENERATOR_FACTOR * max(fausts):
        found.append(
            f"the load generator reached {generator.records_per_second:,.0f} records/s, less than "
            f"{GENERATOR_FACTOR:g} times the fastest Faust: give more --producers"
        )
    return found


def _load_doubts(variant: VariantResult) -> list[str]:
    found = []
    if variant.sustain is not None and variant.sustain.limited_by == "generator":
        found.append(
            f"{variant.name} took all that the generator could send: it may sustain more; "
            "give more --producers"
        )
    doubtful = [row for row in variant.latency if row.limited_by != NOTHING]
    if doubtful:
        rates = ", ".join(f"{row.offered_per_second:,.0f}" for row in doubtful)
        found.append(
            f"{variant.name} did not keep up during its latency run at {rates} records/s, "
            "so that the figures say more about the backlog: repeat on a quieter machine"
        )
    late = sum(row.late for row in variant.latency)
    if late:
        found.append(
            f"{late:,} record(s) had not reached {variant.name} when its latency runs ended: "
            "they count with the time until then"
        )
    return found
