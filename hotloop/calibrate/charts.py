"""A calibration as a chart."""

from collections.abc import Sequence

from hotloop.base.units import percent
from hotloop.calibrate.result import CalibrationResult
from hotloop.report.charts import Axis, Chart, Curves, Estimate, Estimates, Scale, Series
from hotloop.stats.proportion import Proportion

# More curves than this cannot be told apart.
MOST_CURVES = 6


def charts(result: CalibrationResult) -> list[Chart]:
    """Each benchmark's noise between pairs, and how often a slowdown of it would be found."""
    spreads = [(b, b.spread.robust_deviation) for b in result.measured if b.spread is not None]
    if not spreads:
        return []
    noise = [
        Estimate(b.label, deviation, None, None, percent(deviation)) for b, deviation in spreads
    ]
    found = [
        Series(b.label, tuple(zip(result.slowdowns, _rates(b.rates.power), strict=True)))
        for b in result.measured
        if b.rates is not None
    ]
    axis = Axis("robust standard deviation between pairs", Scale.LOG, percent)
    curves = Curves(
        "Slowdowns found",
        Axis("slowdown", Scale.LINEAR, percent),
        Axis("found", Scale.LINEAR, percent),
        found[:MOST_CURVES],
        note="" if len(found) <= MOST_CURVES else f"the first {MOST_CURVES} benchmarks",
    )
    return [Estimates("Noise", axis, noise), *([curves] if len(result.slowdowns) > 1 else [])]


def _rates(power: Sequence[Proportion]) -> list[float]:
    return [share.rate for share in power]
