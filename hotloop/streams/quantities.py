"""What ``hotloop stream`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.base.units import rate
from hotloop.report.quantities import Absent, Quantity, Unit, bounds
from hotloop.streams.result import Drain, Rebalance, StreamResult, Sustain
from stream.measure.figures import Latency


def terms(result: StreamResult) -> dict[str, str]:
    """What must be equal, so that two of them are of the same work."""
    problem = result.problem
    return {
        "--partitions": str(problem.partitions),
        "--topics": str(problem.topics),
        "--workers": str(problem.workers),
        "--producers": str(problem.producers),
        "bytes of a record": str(problem.record_bytes),
    }


def entries(result: StreamResult) -> Iterator[Quantity | Absent]:
    """What each measure says of each variant, or why it was not measured."""
    for variant in result.variants:
        name = variant.name
        if not variant.has_figures:
            yield Absent(name, f"{variant.status.value}: {variant.reason}")
        if variant.drain is not None:
            yield from _drained(name, variant.drain)
        if variant.sustain is not None:
            yield from _sustained(name, variant.sustain)
        for latency in variant.latency:
            yield from _delayed(name, latency)
        for group in variant.rebalance:
            yield from _rebalanced(name, group)


def _drained(name: str, drain: Drain) -> Iterator[Quantity]:
    per_s = drain.records_per_second
    yield Quantity(name, "records/s", Unit.PER_SECOND, per_s.median, *bounds(per_s))
    if drain.cpu_seconds_per_million is not None:
        cpu_s = drain.cpu_seconds_per_million / 1e6
        yield Quantity(name, "CPU a record", Unit.SECONDS, cpu_s)


def _sustained(name: str, sustain: Sustain) -> Iterator[Quantity]:
    if sustain.records_per_second is not None:
        yield Quantity(name, "sustained/s", Unit.PER_SECOND, sustain.records_per_second)


def _delayed(name: str, latency: Latency) -> Iterator[Quantity]:
    offered = f"at {rate(latency.offered_per_second)}/s"
    for percentile, seconds in (
        ("p50", latency.p50_seconds),
        ("p99", latency.p99_seconds),
        ("p99.9", latency.p999_seconds),
    ):
        yield Quantity(name, f"{percentile} {offered}", Unit.SECONDS, seconds)


def _rebalanced(name: str, group: Rebalance) -> Iterator[Quantity]:
    for event in group.events:
        row = f"{name} {group.protocol} {event.event}"
        for figure, unit, spread in (
            ("pause", Unit.SECONDS, event.pause_seconds),
            ("all flow after", Unit.SECONDS, event.back_seconds),
            ("repeated", Unit.RECORDS, event.repeated_records),
        ):
            yield Quantity(row, figure, unit, spread.median, *bounds(spread))
