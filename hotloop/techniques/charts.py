"""An attempt as charts: those of the comparison that its figures are."""

from hotloop.compare import charts as compare_charts
from hotloop.report.charts import Chart
from hotloop.techniques.result import Attempt


def charts(result: Attempt) -> list[Chart]:
    """The time of a call with each technique."""
    return compare_charts.charts(result.comparison)
