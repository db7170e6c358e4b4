"""What can be compared of each kind of stored result: the figures of its rows, and their terms.

A new kind of result needs a ``Kind`` here and nothing else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hotloop.base.machine import Machine
from hotloop.base.storage import Form
from hotloop.base.units import rate
from hotloop.calibrate.result import FORM as CALIBRATION
from hotloop.calibrate.result import CalibrationResult
from hotloop.compare.result import FORM as COMPARE
from hotloop.compare.result import Comparison, Seconds
from hotloop.compute.result import FORM as COMPUTE
from hotloop.compute.result import ComputeResult
from hotloop.diff.result import Unit
from hotloop.faults.result import FORM as FAULT
from hotloop.faults.result import FaultResult
from hotloop.gate.cells import BYTES, SECONDS
from hotloop.gate.result import FORM as GATE
from hotloop.gate.result import GateResult
from hotloop.streams.result import FORM as STREAM
from hotloop.streams.result import Drain, Rate, Rebalance, Spread, StreamResult, Sustain
from hotloop.techniques.result import FORM as TRY
from hotloop.techniques.result import Attempt
from stream.measure.figures import Latency

# The gate's intervals, and those of a calibration.
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure of one row; ``low`` and ``high`` contain it with ``confidence`` if they are known.

    Two are compared if all of ``key`` is equal; ``terms`` are what it was measured under, beside
    what the whole result was.
    """

    row: str
    figure: str
    unit: Unit
    value: float
    low: float | None = None
    high: float | None = None
    confidence: float = CONFIDENCE
    terms: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is a figure of."""
        return self.row, self.figure

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """Low, value and high, if a change from it or to it can have an interval."""
        if self.low is None or self.high is None or self.low <= 0:
            return None
        return self.low, self.value, self.high


@dataclass(frozen=True, slots=True)
class Absent:
    """A row without figures, and why."""

    row: str
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """A stored result as far as it can be compared.

    ``command``: what measured it. ``rows``: what each row is. ``terms``: what must be equal, by
    name.
    """

    command: str
    rows: str
    machine: Machine
    terms: dict[str, str]
    quantities: tuple[Quantity, ...]
    absent: tuple[Absent, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of result is read, and what is taken from it."""

    form: Form[Any]
    command: str
    rows: str
    terms: Callable[[Any], dict[str, str]]
    entries: Callable[[Any], Iterator[Quantity | Absent]]

    def content(self, stored: object, source: str) -> Content:
        """What can be compared in JSON of this kind. Raises MeasurementError if it is unsound."""
        result = self.form.from_content(stored, source)
        entries = tuple(self.entries(result))
        return Content(
            self.command,
            self.rows,
            result.machine,
            self.terms(result),
            tuple(entry for entry in entries if isinstance(entry, Quantity)),
            tuple(entry for entry in entries if isinstance(entry, Absent)),
        )


def _no_terms(_: object) -> dict[str, str]:
    return {}


def _compute_terms(result: ComputeResult) -> dict[str, str]:
    problem = result.problem
    return {
        "--size": f"{problem.width}x{problem.height}",
        "--steps": str(problem.steps),
        "--window": ",".join(map(repr, problem.window)),
    }


def _compute_entries(result: ComputeResult) -> Iterator[Quantity | Absent]:
    for variant in result.variants:
        timed = variant.seconds
        if timed is None:
            yield Absent(variant.name, f"{variant.status.value}: {variant.reason}")
            continue
        yield Quantity(variant.name, "time", Unit.SECONDS, timed.median, *_bounds(timed))
        if variant.peak_memory_bytes is not None:
            yield Quantity(variant.name, "memory", Unit.BYTES, variant.peak_memory_bytes)


def _compare_terms(result: Comparison) -> dict[str, str]:
    task = result.task
    return {
        "input": task.input.removeprefix("input "),
        "setup": task.setup,
        "--fresh": str(task.fresh),
    }


def _compare_entries(result: Comparison) -> Iterator[Quantity | Absent]:
    for row in result.contenders:
        name = row.name if row.size is None else f"{row.name} ({row.size:g})"
        if row.seconds is None:
            yield Absent(name, f"{row.status.value}: {row.reason}")
        else:
            yield Quantity(name, "time", Unit.SECONDS, row.seconds.median, *_bounds(row.seconds))


def _try_terms(result: Attempt) -> dict[str, str]:
    return {"function": result.function, **_compare_terms(result.comparison)}


def _try_entries(result: Attempt) -> Iterator[Quantity | Absent]:
    return _compare_entries(result.comparison)


def _bounds(estimate: Seconds | Rate | Spread) -> tuple[float | None, float | None, float]:
    """Low, high and confidence; with a confidence of 0 they say nothing."""
    if estimate.confidence == 0:
        return None, None, 0.0
    return estimate.low, estimate.high, estimate.confidence


def _stream_terms(result: StreamResult) -> dict[str, str]:
    problem = result.problem
    return {
        "--partitions": str(problem.partitions),
        "--topics": str(problem.topics),
        "--workers": str(problem.workers),
        "--producers": str(problem.producers),
        "bytes of a record": str(problem.record_bytes),
    }


def _stream_entries(result: StreamResult) -> Iterator[Quantity | Absent]:
    for variant in result.variants:
        name = variant.name
        if not any((variant.drain, variant.sustain, variant.latency, variant.rebalance)):
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
    yield Quantity(name, "records/s", Unit.PER_SECOND, per_s.median, *_bounds(per_s))
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
            yield Quantity(row, figure, unit, spread.median, *_bounds(spread))


def _fault_entries(result: FaultResult) -> Iterator[Quantity | Absent]:
    for report in result.faults:
        row = f"{report.fault} {report.variant}"
        if report.account is None or report.pause_seconds is None:
            yield Absent(row, f"{report.status.value}: {report.reason}")
            continue
        session = report.session_timeout_seconds
        terms = f"{rate(report.offered_per_second)} records/s, " + (
            "the client's session timeout" if session is None else f"session timeout {session:g} s"
        )
        yield Quantity(row, "pause", Unit.SECONDS, report.pause_seconds, terms=terms)
        for figure, records in (
            ("repeated", report.account.duplicated),
            ("lost", report.account.lost),
        ):
            yield Quantity(row, figure, Unit.RECORDS, records, terms=terms)


_UNITS = {SECONDS: Unit.SECONDS, BYTES: Unit.BYTES}


def _gate_entries(result: GateResult) -> Iterator[Quantity | Absent]:
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


def _calibration_entries(result: CalibrationResult) -> Iterator[Quantity | Absent]:
    for benchmark in result.benchmarks:
        if benchmark.spread is None:
            yield Absent(benchmark.label, str(benchmark.reason))
            continue
        yield Quantity(benchmark.label, "noise", Unit.FRACTION, benchmark.spread.robust_deviation)


KINDS = {
    kind.form.schema: kind
    for kind in (
        Kind(COMPUTE, "hotloop compute", "variant", _compute_terms, _compute_entries),
        Kind(COMPARE, "hotloop compare", "contender", _compare_terms, _compare_entries),
        Kind(TRY, "hotloop try", "technique", _try_terms, _try_entries),
        Kind(STREAM, "hotloop stream", "variant", _stream_terms, _stream_entries),
        Kind(FAULT, "hotloop fault", "fault", _no_terms, _fault_entries),
        Kind(GATE, "hotloop gate", "benchmark", _no_terms, _gate_entries),
        Kind(CALIBRATION, "hotloop calibrate", "benchmark", _no_terms, _calibration_entries),
    )
}
"""By schema."""
