"""What ``hotloop stream`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.report.quantities import Absent, Quantity, Unit, bounds
from hotloop.streams.measures import PARTS
from hotloop.streams.result import Drain, StreamResult


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
        for part in PARTS:
            yield from part.quantities(variant)


def _drained(name: str, drain: Drain) -> Iterator[Quantity]:
    per_s = drain.records_per_second
    yield Quantity(name, "records/s", Unit.PER_SECOND, per_s.median, *bounds(per_s))
    if drain.cpu_seconds_per_million is not None:
        cpu_s = drain.cpu_seconds_per_million / 1e6
        yield Quantity(name, "CPU a record", Unit.SECONDS, cpu_s)
