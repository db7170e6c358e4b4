"""The stream ladder as charts."""

from collections.abc import Callable

from hotloop.base.outcome import Status
from hotloop.base.units import duration, plus_minus
from hotloop.report.charts import Axis, Chart, Curves, Estimate, Estimates, Mark, Scale, Series
from hotloop.report.layout import Style
from hotloop.streams.page import figure
from hotloop.streams.result import StreamResult, VariantResult
from stream.measure.figures import Latency


def charts(result: StreamResult) -> list[Chart]:
    """Drains, sustained rates, latency over the rate, and what rebalances cost."""
    return [*_drains(result), *_sustained(result), *_latencies(result), *_rebalances(result)]


def _drains(result: StreamResult) -> list[Chart]:
    rows = []
    for variant in result.variants:
        if variant.drain is not None:
            per_s = variant.drain.records_per_second
            said = f"{figure(per_s.median)} {plus_minus(per_s.relative_half_width)}"
            rows.append(
                Estimate(variant.name, per_s.median, per_s.low, per_s.high, said, _style(variant))
            )
    limit = result.limit
    raw = limit.records_per_second if limit is not None else None
    marks = [Mark(raw.median, "the fastest fetch, nothing decoded")] if raw is not None else []
    axis = Axis("records a second", Scale.LOG, figure)
    return [Estimates("Draining a topic", axis, rows, marks)] if rows else []


def _sustained(result: StreamResult) -> list[Chart]:
    rows = [
        Estimate(v.name, v.sustain.records_per_second, None, None, said, _style(v))
        for v in result.variants
        if v.sustain is not None and v.sustain.records_per_second is not None
        for said in [figure(v.sustain.records_per_second)]
    ]
    axis = Axis("records a second", Scale.LOG, figure)
    return [Estimates("The highest rate that was sustained", axis, rows)] if rows else []


def _latencies(result: StreamResult) -> list[Chart]:
    """A chart for each variant with more than one rate."""
    return [
        Curves(
            f"Latency of {variant.name}",
            Axis("records offered a second", Scale.LINEAR, figure),
            Axis("latency", Scale.LOG, duration),
            (
                _percentile("p50", variant, lambda at: at.p50_seconds),
                _percentile("p99", variant, lambda at: at.p99_seconds),
                _percentile("p99.9", variant, lambda at: at.p999_seconds),
            ),
        )
        for variant in result.variants
        if len(variant.latency) > 1
    ]


def _rebalances(result: StreamResult) -> list[Chart]:
    """A chart for each event: the longest pause of every group."""
    rows: dict[str, list[Estimate]] = {}
    for variant in result.variants:
        for group in variant.rebalance:
            for event in group.events:
                pause = event.pause_seconds
                name = f"{variant.name} {group.protocol}"
                said = duration(pause.median)
                row = Estimate(name, pause.median, pause.low, pause.high, said, _style(variant))
                rows.setdefault(event.event, []).append(row)
    axis = Axis("seconds", Scale.LINEAR, "{:g}".format)
    return [
        Estimates(f"The longest pause of a partition: {event}", axis, mine)
        for event, mine in rows.items()
    ]


def _percentile(name: str, variant: VariantResult, seconds: Callable[[Latency], float]) -> Series:
    points = ((at.offered_per_second, seconds(at)) for at in variant.latency)
    return Series(name, tuple(sorted(points)))


def _style(variant: VariantResult) -> Style:
    return Style.PLAIN if variant.status is Status.OK else Style.BAD
