"""Turn what was measured into the harness's terms: records in, the result out."""

from collections.abc import Sequence

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.streams.options import Options
from hotloop.streams.result import (
    BrokerFacts,
    Generator,
    ProblemFacts,
    StreamResult,
)
from hotloop.streams.run import LIMIT, Contender, Records
from hotloop.streams.summary import Context, Entry, summarise
from stream import registry
from stream.consume.job import ConsumerReport, Resolved
from stream.load import generator

HIDDEN = "(hidden)"
# Settings whose names have one of these may hold a secret.
SECRET = ("password", "jaas", "secret", "sasl")


def conclude(
    records: Records,
    options: Options,
    *,
    machine: Machine,
    broker: BrokerFacts | None,
    doubts: Sequence[str],
    elapsed_s: float,
) -> StreamResult:
    """The result of one measurement, with a row for every requested variant."""
    fill = records.fill
    context = Context(
        machine=machine,
        broker=broker,
        problem=ProblemFacts(
            records=fill.records if fill else 0,
            partitions=options.partitions,
            record_bytes=generator.record_bytes(records.plan.seed),
            topics=options.topics,
            workers=options.workers,
            producers=options.producers,
        ),
        limit_samples=tuple(records.fetched_per_s),
        limit_reason=records.failures.get(LIMIT),
        perf_test_per_s=records.perf_test_per_s,
        perf_test_reason=records.perf_test_reason,
        generator=Generator(fill.records_per_s, fill.cpu_s_per_million) if fill else None,
        seed=records.plan.seed,
        elapsed_s=elapsed_s,
        doubts=(*doubts, *(fill.doubts if fill else ())),
    )
    return summarise(
        [_entry(name, records, name in options.asked) for name in options.variants], context
    )


def _entry(name: str, records: Records, is_asked: bool) -> Entry:
    variant = registry.get(name)
    workers = records.plan.workers
    runs = records.drained.get(Contender(name, workers), [])
    single = records.drained.get(Contender(name, 1), []) if workers > 1 else []
    accounts = records.accounts.get(name, [])
    reports = [run.report for run in (*runs, *single)]
    reports += [report for part in records.parts for report in part.reports(name)]
    return Entry(
        name=name,
        idea=variant.idea,
        commits=variant.commits,
        failure=_failure(variant, records),
        provenance=_provenance(reports[0]) if reports else None,
        drains=tuple(runs),
        single_drains=tuple(single),
        parts=records.parts,
        account=sum(accounts[1:], accounts[0]) if accounts else None,
        install=None if is_asked else variant.install(),
    )


def _failure(variant: registry.Variant, records: Records) -> tuple[Status, str] | None:
    missing = variant.unavailable()
    if missing is not None:
        return Status.UNAVAILABLE, missing
    reason = records.failures.get(variant.name)
    return None if reason is None else (Status.FAILED, reason)


def _provenance(report: ConsumerReport) -> Resolved:
    return Resolved(
        settings={name: _shown(name, value) for name, value in report.settings.items()},
        versions=report.versions,
        loop=report.loop,
        compiled=report.compiled,
    )


def _shown(name: str, value: object) -> str:
    return HIDDEN if any(part in name.lower() for part in SECRET) else str(value)
