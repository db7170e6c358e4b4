"""The stream ladder as charts."""

from hotloop.base.units import plus_minus
from hotloop.report.charts import Axis, Chart, Estimate, Estimates, Mark, Scale
from hotloop.streams.cells import bar_style, figure
from hotloop.streams.measures import PARTS
from hotloop.streams.result import StreamResult


def charts(result: StreamResult) -> list[Chart]:
    """Drains, sustained rates, latency over the rate, and what rebalances cost."""
    return [*_drains(result), *(chart for part in PARTS for chart in part.charts(result))]


def _drains(result: StreamResult) -> list[Chart]:
    rows = []
    for variant in result.variants:
        if variant.drain is not None:
            per_s = variant.drain.records_per_second
            said = f"{figure(per_s.median)} {plus_minus(per_s.relative_half_width)}"
            style = bar_style(variant)
            rows.append(Estimate(variant.name, per_s.median, per_s.low, per_s.high, said, style))
    limit = result.limit
    raw = limit.records_per_second if limit is not None else None
    marks = [Mark(raw.median, "the fastest fetch, nothing decoded")] if raw is not None else []
    axis = Axis("records a second", Scale.LOG, figure)
    return [Estimates("Draining a topic", axis, rows, marks)] if rows else []
