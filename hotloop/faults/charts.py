"""The fault runs as charts."""

from hotloop.base.units import count, duration
from hotloop.faults.result import FaultReport, FaultResult
from hotloop.report.charts import Axis, Chart, Estimate, Estimates, Scale
from hotloop.report.page import STYLES


def charts(result: FaultResult) -> list[Chart]:
    """The longest pause of each run, and the records that came twice."""
    pauses, repeats = [], []
    for report in result.faults:
        if report.pause_seconds is not None and report.account is not None:
            pauses.append(_row(report, report.pause_seconds, duration(report.pause_seconds)))
            twice = report.account.duplicated
            repeats.append(_row(report, twice, count(twice)))
    if not pauses:
        return []
    return [
        Estimates("Pause in service", Axis("seconds", Scale.LINEAR, "{:g}".format), pauses),
        Estimates("Records seen twice", Axis("records", Scale.LINEAR, "{:,.0f}".format), repeats),
    ]


def _row(report: FaultReport, value: float, said: str) -> Estimate:
    name = f"{report.fault} {report.variant}"
    return Estimate(name, value, None, None, said, STYLES[report.status])
