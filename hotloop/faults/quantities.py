"""What ``hotloop fault`` gives ``hotloop diff`` to compare."""

from collections.abc import Iterator

from hotloop.base.units import rate
from hotloop.faults.result import FaultResult
from hotloop.report.quantities import Absent, Quantity, Unit


def entries(result: FaultResult) -> Iterator[Quantity | Absent]:
    """The pause of each fault and its account, or why there are none."""
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
