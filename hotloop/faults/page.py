"""What a reader of the fault runs sees: a row for each run, what was repeated and why."""

from collections.abc import Callable

from hotloop.base.units import count, counted, duration
from hotloop.faults.result import FaultReport, FaultResult
from hotloop.report.figures import Figure, Sheet, Value
from hotloop.report.layout import Align, Column, Row, Wrap
from hotloop.report.page import STYLES, Page, cpus, python
from stream.account.figures import Account

# Not "pause": one of the faults has that name.
PAUSE = "pause in service"


def page(result: FaultResult) -> Page:
    """The brokers, the load and the machine, a row for each run, doubts, reasons, the cost."""
    sheet = Sheet(_figures(), tuple(_figures()))
    return Page(
        head=_head(result),
        tables=[sheet.table(_row(sheet, report) for report in result.faults)],
        doubts=[*_doubts(result), *result.warnings],
        remarks=_remarks(result),
        closing=[f"{counted(len(result.faults), 'fault run')}, {result.elapsed_seconds:.0f} s"],
    )


def _figures() -> dict[str, Figure[FaultReport]]:
    return {
        "fault": Figure(lambda r: r.fault, Column("fault", Align.LEFT)),
        "variant": Figure(lambda r: r.variant, Column("variant", Align.LEFT)),
        "idea": Figure(
            lambda r: r.idea, Column("what happens", Align.LEFT, dispensable=1, wrapped=Wrap.WORDS)
        ),
        "pause_seconds": Figure(lambda r: r.pause_seconds, Column(PAUSE), duration),
        "sent": Figure(_account(lambda a: a.sent), Column("sent", dispensable=3), count),
        "lost": Figure(_account(lambda a: a.lost), Column("lost"), count),
        "duplicated": Figure(_account(lambda a: a.duplicated), Column("twice"), count),
        "bad": Figure(_account(lambda a: a.bad), Column("bad", dispensable=2), count),
    }


def _account(value: Callable[[Account], Value]) -> Callable[[FaultReport], Value]:
    return lambda report: None if report.account is None else value(report.account)


def _head(result: FaultResult) -> list[str]:
    brokers = dict.fromkeys(
        f"Kafka {report.broker.version}, {report.broker.mode}"
        for report in result.faults
        if report.broker is not None
    )
    rates = dict.fromkeys(
        f"a steady {report.offered_per_second:,.0f} records/s" for report in result.faults
    )
    return [*brokers, *rates, cpus(result.machine), python(result.machine)]


def _row(sheet: Sheet[FaultReport], report: FaultReport) -> Row:
    is_known = report.account is not None and report.pause_seconds is not None
    remark = None if is_known else f"{report.variant} {report.status.value}: {report.reason}"
    return sheet.row(report, remark, STYLES[report.status])


def _doubts(result: FaultResult) -> list[str]:
    """Sentences about runs with figures: broken or untested promises, then doubts."""
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
