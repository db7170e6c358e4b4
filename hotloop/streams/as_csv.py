"""The stream ladder's result as CSV: one row a variant, base units, full precision.

Every row carries broker, problem, seed and machine, so that files of several runs
can be put together. What is unknown is empty, never 0. Samples, probes and
latencies are in the JSON alone.
"""

from collections.abc import Callable

from hotloop.report import csv_rows
from hotloop.report.csv_rows import Value
from hotloop.streams.result import AccountFacts, Drain, StreamResult, VariantResult


def render(result: StreamResult) -> str:
    """CSV text with a head line; lines end in a line feed alone."""
    return csv_rows.render(_COLUMNS, result, result.variants)


def _drain(value: Callable[[Drain], Value]) -> Callable[[StreamResult, VariantResult], Value]:
    return lambda _, variant: None if variant.drain is None else value(variant.drain)


def _account(
    value: Callable[[AccountFacts], Value],
) -> Callable[[StreamResult, VariantResult], Value]:
    return lambda _, variant: None if variant.account is None else value(variant.account)


def _sustained(_: StreamResult, variant: VariantResult) -> Value:
    return None if variant.sustain is None else variant.sustain.records_per_second


_COLUMNS: dict[str, Callable[[StreamResult, VariantResult], Value]] = {
    "name": lambda _, v: v.name,
    "idea": lambda _, v: v.idea,
    "commits": lambda _, v: v.commits,
    "status": lambda _, v: v.status.value,
    "reason": lambda _, v: v.reason,
    "median_records_per_second": _drain(lambda d: d.records_per_second.median),
    "low_records_per_second": _drain(lambda d: d.records_per_second.low),
    "high_records_per_second": _drain(lambda d: d.records_per_second.high),
    "confidence": _drain(lambda d: d.records_per_second.confidence),
    "runs": _drain(lambda d: len(d.records_per_second.samples)),
    "of_aiokafka": _drain(lambda d: d.of_aiokafka),
    "of_limit": _drain(lambda d: d.of_limit),
    "join_seconds": _drain(lambda d: d.join_seconds),
    "cpu_seconds_per_million": _drain(lambda d: d.cpu_seconds_per_million),
    "broker_cpu_seconds_per_million": _drain(lambda d: d.broker_cpu_seconds_per_million),
    "speedup": _drain(lambda d: d.scale.speedup if d.scale else None),
    "sustained_records_per_second": _sustained,
    "sent": _account(lambda a: a.sent),
    "acknowledged": _account(lambda a: a.acknowledged),
    "unique": _account(lambda a: a.unique),
    "lost": _account(lambda a: a.lost),
    "duplicated": _account(lambda a: a.duplicated),
    "out_of_order": _account(lambda a: a.out_of_order),
    "committed": _account(lambda a: a.committed),
    "partitions": lambda r, _: r.problem.partitions,
    "topics": lambda r, _: r.problem.topics,
    "workers": lambda r, _: r.problem.workers,
    "record_bytes": lambda r, _: r.problem.record_bytes,
    "broker_version": lambda r, _: r.broker.version if r.broker else None,
    "broker_nodes": lambda r, _: r.broker.nodes if r.broker else None,
    "seed": lambda r, _: r.seed,
    "cpu": lambda r, _: r.machine.cpu,
    "python": lambda r, _: r.machine.python,
    # Added later, so that those before them keep their places.
    "not_reached": _account(lambda a: a.not_reached),
    "expired": _account(lambda a: a.expired),
    "missing": _account(lambda a: a.missing),
    "refused": _account(lambda a: a.refused),
}
