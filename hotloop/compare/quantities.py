"""What ``hotloop compare`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.compare.result import Comparison
from hotloop.report.quantities import Absent, Quantity, Unit, bounds


def terms(result: Comparison) -> dict[str, str]:
    """What must be equal, so that two of them are of the same work."""
    task = result.task
    return {
        "input": task.input.removeprefix("input "),
        "setup": task.setup,
        "--fresh": str(task.fresh),
    }


def entries(result: Comparison) -> Iterator[Quantity | Absent]:
    """The time of each contender, at each size, or why it has none."""
    for row in result.contenders:
        name = row.name if row.size is None else f"{row.name} ({row.size:g})"
        if row.seconds is None:
            yield Absent(name, f"{row.status.value}: {row.reason}")
        else:
            yield Quantity(name, "time", Unit.SECONDS, row.seconds.median, *bounds(row.seconds))
