"""What ``hotloop calibrate`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.calibrate.result import CalibrationResult
from hotloop.report.quantities import Absent, Quantity, Unit


def entries(result: CalibrationResult) -> Iterator[Quantity | Absent]:
    """The noise of each benchmark, or why it is not known."""
    for benchmark in result.benchmarks:
        if benchmark.spread is None:
            yield Absent(benchmark.label, str(benchmark.reason))
            continue
        yield Quantity(benchmark.label, "noise", Unit.FRACTION, benchmark.spread.robust_deviation)
