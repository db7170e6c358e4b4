"""The traps as a chart: how many times as fast the right code is."""

from hotloop.base.units import factor
from hotloop.compare.words import factor_cell
from hotloop.compute.traps.result import TrapsResult
from hotloop.report.charts import Axis, Chart, Estimate, Estimates, Mark, Scale


def charts(result: TrapsResult) -> list[Chart]:
    """The factor of every trap that was timed; none without any."""
    rows = [
        Estimate(
            trap.name,
            trap.factor.value,
            trap.factor.low,
            trap.factor.high,
            factor_cell(trap.factor),
        )
        for trap in result.traps
        if trap.factor is not None
    ]
    if not rows:
        return []
    axis = Axis("times as fast as what looks right", Scale.LOG, factor)
    return [Estimates("What is right, beside what looks right", axis, rows, (Mark(1.0, "equal"),))]
