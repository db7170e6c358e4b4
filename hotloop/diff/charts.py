"""A comparison of stored results as charts."""

import math

from hotloop.base import units
from hotloop.diff.result import DiffResult
from hotloop.report.charts import Axis, Chart, Estimate, Estimates, Mark, Scale

# Beyond these nobody looks at more of them; the table has them all.
MOST_CHANGES = 60


def charts(result: DiffResult) -> list[Chart]:
    """Each result's changes from the first."""
    found: list[Chart] = []
    for comparison in result.comparisons:
        rows = [
            Estimate(
                f"{change.row}, {change.figure}",
                change.ratio,
                change.low,
                change.high,
                units.change(change.ratio),
            )
            for change in comparison.changes
            if change.ratio is not None and 0 < change.ratio < math.inf
        ]
        if rows:
            label, first = result.sources[comparison.source].label, result.sources[0].label
            axis = Axis("change", Scale.LOG, units.change)
            title = f"{label} over {first}"
            found.append(Estimates(title, axis, rows[:MOST_CHANGES], (Mark(1.0, "no change"),)))
    return found
