"""What ``hotloop compute`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.compute.result import ComputeResult
from hotloop.report.quantities import Absent, Quantity, Unit, bounds


def terms(result: ComputeResult) -> dict[str, str]:
    """What must be equal, so that two of them are of the same work."""
    problem = result.problem
    return {
        "--size": f"{problem.width}x{problem.height}",
        "--steps": str(problem.steps),
        "--window": ",".join(map(repr, problem.window)),
    }


def entries(result: ComputeResult) -> Iterator[Quantity | Absent]:
    """The time and the memory of each variant, or why it has none."""
    for variant in result.variants:
        timed = variant.seconds
        if timed is None:
            yield Absent(variant.name, f"{variant.status.value}: {variant.reason}")
            continue
        yield Quantity(variant.name, "time", Unit.SECONDS, timed.median, *bounds(timed))
        if variant.peak_memory_bytes is not None:
            yield Quantity(variant.name, "memory", Unit.BYTES, variant.peak_memory_bytes)
