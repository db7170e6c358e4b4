"""What ``hotloop gate`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.gate.cells import BYTES, SECONDS
from hotloop.gate.result import GateResult
from hotloop.report.quantities import Absent, Quantity, Unit

_UNITS = {SECONDS: Unit.SECONDS, BYTES: Unit.BYTES}


def entries(result: GateResult) -> Iterator[Quantity | Absent]:
    """The change of each benchmark and its head, or why it was not judged."""
    for benchmark in result.benchmarks:
        label = benchmark.label
        if benchmark.ratio is None:
            yield Absent(label, f"{benchmark.verdict.value}: {benchmark.reason}")
            continue
        yield Quantity(
            label, "head over base", Unit.RATIO, benchmark.ratio, benchmark.low, benchmark.high
        )
        unit = _UNITS.get(benchmark.unit or "", Unit.OTHER)
        terms = f"in {benchmark.unit}" if unit is Unit.OTHER else ""
        if benchmark.head is not None:
            yield Quantity(label, "head", unit, benchmark.head, terms=terms)
