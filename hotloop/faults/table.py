"""The fault runs as a table of one screen: head, a row a run, what was repeated and why."""

from hotloop.base.outcome import Status
from hotloop.base.units import count, duration
from hotloop.faults.result import FaultReport, FaultResult
from hotloop.report.layout import Align, Column, Line, Row, Style, Table, fit
from hotloop.report.screen import marked, no_room, packed, plain

_STYLES = {
    Status.OK: Style.PLAIN,
    Status.UNAVAILABLE: Style.ABSENT,
    Status.WRONG: Style.BAD,
    Status.FAILED: Style.BAD,
}
# Not "pause": one of the faults has that name.
PAUSE = "pause in service"
_COLUMNS = (
    Column("fault", Align.LEFT),
    Column("variant", Align.LEFT),
    Column("what happens", Align.LEFT, dispensable=1, wrapped=True),
    Column(PAUSE),
    Column("sent", dispensable=3),
    Column("lost"),
    Column("twice"),
    Column("bad", dispensable=2),
)


def render(result: FaultResult, width: int) -> tuple[Line, ...]:
    """The lines to print, at most ``width`` wide as far as names and figures allow."""
    fitted = fit(Table(_COLUMNS, tuple(_row(report) for report in result.faults)), width)
    return (
        *packed(_head_segments(result), width),
        Line(""),
        *fitted.lines,
        Line(""),
        *marked([*_doubts(result), *result.warnings], width),
        *plain(_remarks(result), width),
        *no_room(fitted.left_out, width),
        *plain([_closing(result)], width),
    )


def _head_segments(result: FaultResult) -> list[str]:
    machine = result.machine
    cpus = "" if machine.usable_cpus is None else f"{machine.usable_cpus} x "
    brokers = dict.fromkeys(
        f"Kafka {report.broker.version}, {report.broker.mode}"
        for report in result.faults
        if report.broker is not None
    )
    rates = dict.fromkeys(
        f"a steady {report.offered_per_second:,.0f} records/s" for report in result.faults
    )
    return [
        *brokers,
        *rates,
        f"{cpus}{machine.cpu or 'unknown CPU'}",
        f"Python {machine.python}",
    ]


def _row(report: FaultReport) -> Row:
    style = _STYLES[report.status]
    account = report.account
    if account is None or report.pause_seconds is None:
        cells = (report.fault, *[""] * (len(_COLUMNS) - 1))
        return Row(cells, f"{report.variant} {report.status.value}: {report.reason}", style)
    return Row(
        (
            report.fault,
            report.variant,
            report.idea,
            duration(report.pause_seconds),
            count(account.sent),
            count(account.lost),
            count(account.duplicated),
            count(account.bad),
        ),
        style=style,
    )


def _doubts(result: FaultResult) -> list[str]:
    """What is to be said of runs with figures: broken or untested promises, then doubts."""
    return [
        f"{report.fault}, {report.variant}: {sentence}"
        for report in result.faults
        if report.account is not None
        for sentence in (*filter(None, [report.reason]), *report.doubts)
    ]


def _remarks(result: FaultResult) -> list[str]:
    """Why records came twice, and what a column means."""
    harmed = [(report, report.account) for report in result.faults if report.account is not None]
    lines = [
        f"{report.fault}, {report.variant}: {report.duplicates_explained}"
        for report, account in harmed
        if account.duplicated
    ]
    if harmed:
        lines.append(f"{PAUSE}: the longest time without any new record after the fault began")
    return lines


def _closing(result: FaultResult) -> str:
    runs = len(result.faults)
    return f"{runs} fault run{'s' if runs > 1 else ''}, {result.elapsed_seconds:.0f} s"
