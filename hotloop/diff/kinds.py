"""What is compared of each kind of stored result.

A new kind of result needs a line here, and a ``quantities.py`` beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hotloop.base.machine import Machine
from hotloop.base.storage import Form
from hotloop.calibrate import quantities as calibrate_quantities
from hotloop.calibrate.result import FORM as CALIBRATION
from hotloop.compare import quantities as compare_quantities
from hotloop.compare.result import FORM as COMPARE
from hotloop.compute import quantities as compute_quantities
from hotloop.compute.result import FORM as COMPUTE
from hotloop.faults import quantities as fault_quantities
from hotloop.faults.result import FORM as FAULT
from hotloop.gate import quantities as gate_quantities
from hotloop.gate.result import FORM as GATE
from hotloop.report.quantities import Absent, Quantity
from hotloop.streams import quantities as stream_quantities
from hotloop.streams.result import FORM as STREAM
from hotloop.techniques import quantities as try_quantities
from hotloop.techniques.result import FORM as TRY


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
    entries: Callable[[Any], Iterator[Quantity | Absent]]
    terms: Callable[[Any], dict[str, str]] = lambda _result: {}

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


KINDS = {
    kind.form.schema: kind
    for kind in (
        Kind(
            COMPUTE,
            "hotloop compute",
            "variant",
            compute_quantities.entries,
            compute_quantities.terms,
        ),
        Kind(
            COMPARE,
            "hotloop compare",
            "contender",
            compare_quantities.entries,
            compare_quantities.terms,
        ),
        Kind(TRY, "hotloop try", "technique", try_quantities.entries, try_quantities.terms),
        Kind(
            STREAM, "hotloop stream", "variant", stream_quantities.entries, stream_quantities.terms
        ),
        Kind(FAULT, "hotloop fault", "fault", fault_quantities.entries),
        Kind(GATE, "hotloop gate", "benchmark", gate_quantities.entries),
        Kind(CALIBRATION, "hotloop calibrate", "benchmark", calibrate_quantities.entries),
    )
}
"""By schema."""
