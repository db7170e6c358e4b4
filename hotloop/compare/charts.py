"""A comparison as charts."""

from hotloop.base.units import duration, plus_minus
from hotloop.compare.result import Comparison
from hotloop.report.charts import Axis, Chart, Curves, Estimate, Estimates, Scale, Series


def charts(result: Comparison) -> list[Chart]:
    """Times with their intervals; where there are several sizes, times over the size."""
    sizes = {row.size for row in result.contenders if row.size is not None}
    return _over(result) if len(sizes) > 1 else _times(result)


def _times(result: Comparison) -> list[Chart]:
    rows = [
        Estimate(
            row.name,
            seconds.median,
            seconds.low,
            seconds.high,
            f"{duration(seconds.median)} {plus_minus(seconds.relative_half_width)}",
        )
        for row in result.contenders
        if (seconds := row.seconds) is not None
    ]
    axis = Axis("time of a call", Scale.LOG, duration)
    return [Estimates("Time of a call", axis, rows)] if rows else []


def _over(result: Comparison) -> list[Chart]:
    points: dict[str, list[tuple[float, float]]] = {}
    for row in result.contenders:
        if row.seconds is not None and row.size is not None:
            points.setdefault(row.name, []).append((row.size, row.seconds.median))
    if not points:
        return []
    return [
        Curves(
            "Time of a call over the size of the input",
            Axis("size", Scale.LOG, "{:,g}".format),
            Axis("time of a call", Scale.LOG, duration),
            [Series(name, sorted(places)) for name, places in points.items()],
        )
    ]
