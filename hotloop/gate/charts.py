"""A gate's result as charts."""

import math

from hotloop.base import units
from hotloop.gate import cells, icicles
from hotloop.gate.result import BenchmarkResult, GateResult
from hotloop.gate.verdicts import Verdict
from hotloop.report.charts import Axis, Chart, Curves, Estimate, Estimates, Mark, Scale, Series

# Beyond these nobody looks at more of them; the table has them all.
MOST_CHANGES = 60
MOST_SERIES = 12
# Up to a factor of 2 either way, per cents are read on a straight axis.
LOG_FROM = math.log(2)


def charts(result: GateResult) -> list[Chart]:
    """The changes with their intervals, and the pairs of those that are not the same."""
    judged = [b for b in result.benchmarks if b.ratio is not None]
    notable = [b for b in cells.listed(result) if b.ratio is not None]
    same = [b for b in judged if b.verdict is Verdict.SAME]
    shown = [*notable, *same][:MOST_CHANGES]
    if not shown:
        return []
    left_out = len(judged) - len(shown)
    return [
        Estimates(
            "Head over base",
            _axis(shown),
            [_estimate(benchmark) for benchmark in shown],
            (Mark(1.0, "no change"),),
            (1 / (1 + result.floor), 1 + result.floor),
            "shaded: up to the floor"
            + (f"; without {units.counted(left_out, 'other')}" if left_out else ""),
        ),
        *(icicle for benchmark in notable if (icicle := icicles.icicle_of(benchmark)) is not None),
        *(_pairs(benchmark, result) for benchmark in notable[:MOST_SERIES] if benchmark.pairs > 1),
    ]


def _axis(shown: list[BenchmarkResult]) -> Axis:
    ratios = [b.ratio for b in shown if b.ratio is not None and b.ratio > 0]
    is_wide = any(abs(math.log(ratio)) > LOG_FROM for ratio in ratios)
    return Axis("change", Scale.LOG if is_wide else Scale.LINEAR, units.change)


def _estimate(benchmark: BenchmarkResult) -> Estimate:
    assert benchmark.ratio is not None
    said = f"{benchmark.verdict.value} {cells.change(benchmark)}"
    return Estimate(
        benchmark.label,
        benchmark.ratio,
        benchmark.low,
        benchmark.high,
        said,
        benchmark.verdict.style,
    )


def _pairs(benchmark: BenchmarkResult, result: GateResult) -> Chart:
    """Every pair's ratio in order of time."""
    ratios = [math.exp(log_ratio) for log_ratio in benchmark.log_ratios]
    return Curves(
        f"Pairs of {benchmark.label}",
        Axis("pair, in order of time", Scale.LINEAR, "{:.0f}".format),
        Axis("change", _axis([benchmark]).scale, units.change),
        (Series("head over base", tuple(enumerate(ratios, start=1)), is_scatter=True),),
        (Mark(1.0, "no change"), Mark(1 + result.floor, "the floor")),
    )
