"""How each kind of stored result becomes a section of the page.

A new kind of result needs a line here and nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hotloop.base.machine import Machine
from hotloop.base.storage import Form, shown_from
from hotloop.base.stored import Named
from hotloop.calibrate import charts as calibrate_charts
from hotloop.calibrate import page as calibrate_page
from hotloop.calibrate.result import FORM as CALIBRATION
from hotloop.compare import charts as compare_charts
from hotloop.compare import page as compare_page
from hotloop.compare.result import FORM as COMPARE
from hotloop.compute import charts as compute_charts
from hotloop.compute import listings as compute_listings
from hotloop.compute import page as compute_page
from hotloop.compute.result import FORM as COMPUTE
from hotloop.compute.traps import charts as traps_charts
from hotloop.compute.traps import page as traps_page
from hotloop.compute.traps.result import FORM as TRAPS
from hotloop.diff import charts as diff_charts
from hotloop.diff import page as diff_page
from hotloop.diff.result import FORM as DIFF
from hotloop.faults import charts as fault_charts
from hotloop.faults import page as fault_page
from hotloop.faults.result import FORM as FAULT
from hotloop.gate import charts as gate_charts
from hotloop.gate import page as gate_page
from hotloop.gate.cells import Detail
from hotloop.gate.result import FORM as GATE
from hotloop.report.charts import Chart
from hotloop.report.html import Section
from hotloop.report.listing import Listing
from hotloop.report.page import Page
from hotloop.streams import charts as stream_charts
from hotloop.streams import page as stream_page
from hotloop.streams.result import FORM as STREAM
from hotloop.techniques import charts as try_charts
from hotloop.techniques import page as try_page
from hotloop.techniques.result import FORM as TRY


@dataclass(frozen=True, slots=True)
class Shown:
    """A result's section; ``machine`` None: it has several."""

    label: str
    section: Section
    machine: Machine | None


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of result is read and shown."""

    form: Form[Any]
    command: str
    page: Callable[[Any], Page]
    charts: Callable[[Any], Sequence[Chart]]
    listings: Callable[[Any], Sequence[Listing]] = lambda _result: ()

    def shown(self, stored: object, named: Named) -> Shown:
        """The section of JSON of this kind. Raises MeasurementError if it is unsound."""
        result = self.form.from_content(stored, named.source)
        title = f"{named.label} ({self.command})"
        machine: Machine | None = getattr(result, "machine", None)
        with shown_from(named.source):
            section = Section(
                title,
                named.source,
                self.page(result),
                self.charts(result),
                machine.command if machine else None,
                self.listings(result),
            )
        return Shown(named.label, section, machine)


KINDS = {
    kind.form.schema: kind
    for kind in (
        Kind(
            COMPUTE,
            "hotloop compute",
            compute_page.page,
            compute_charts.charts,
            compute_listings.listings,
        ),
        Kind(TRAPS, "hotloop compute --traps", traps_page.page, traps_charts.charts),
        Kind(COMPARE, "hotloop compare", compare_page.page, compare_charts.charts),
        Kind(TRY, "hotloop try", try_page.page, try_charts.charts),
        Kind(STREAM, "hotloop stream", stream_page.page, stream_charts.charts),
        Kind(FAULT, "hotloop fault", fault_page.page, fault_charts.charts),
        Kind(GATE, "hotloop gate", partial(gate_page.page, detail=Detail.LIST), gate_charts.charts),
        Kind(CALIBRATION, "hotloop calibrate", calibrate_page.page, calibrate_charts.charts),
        Kind(DIFF, "hotloop diff", diff_page.page, diff_charts.charts),
    )
}
"""By schema."""
