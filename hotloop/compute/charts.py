"""The ladder as a chart."""

import math

from hotloop.base.units import plus_minus, rate
from hotloop.compute.page import is_past_its_limit
from hotloop.compute.result import ComputeResult, VariantResult
from hotloop.report.charts import Axis, Chart, Estimate, Estimates, Mark, Scale, Shades


def charts(result: ComputeResult) -> list[Chart]:
    """Every timed variant's rate beside the limit, and the picture that all compute."""
    return [*_ladder(result), *_picture(result)]


def _picture(result: ComputeResult) -> list[Chart]:
    if result.picture is None:
        return []
    note = "the darker a point, the later it leaves; the darkest never leave"
    return [Shades("The picture that they compute", result.picture.rows, note=note)]


def _ladder(result: ComputeResult) -> list[Chart]:
    """None if the iterations are unknown."""
    iterations = result.problem.iterations
    if iterations is None:
        return []
    rows = [
        _estimate(variant, iterations) for variant in result.variants if variant.seconds is not None
    ]
    if not rows:
        return []
    limit, card = result.limit, result.gpu_limit
    marks: tuple[Mark, ...] = ()
    if limit is not None:
        one = Mark(limit.one_thread_iterations_per_second, "the limit of 1 thread")
        every = limit.all_threads_iterations_per_second
        marks = (one, Mark(every, f"the limit of {limit.threads} threads"))[: limit.threads]
    if card is not None:
        marks = (*marks, Mark(card.iterations_per_second, "the limit of the GPU"))
    skips = any(row.is_marked for row in rows)
    return [
        Estimates(
            "The ladder",
            Axis("iterations a second", Scale.LOG, rate),
            rows,
            marks,
            note="a hollow marker: leaves out work" if skips else "",
        )
    ]


def _finite(iterations: int, seconds: float) -> float | None:
    """The rate, unless the time is too short for one."""
    per_s = iterations / seconds if seconds > 0 else math.inf
    return per_s if per_s < math.inf else None


def _estimate(variant: VariantResult, iterations: int) -> Estimate:
    seconds = variant.seconds
    assert seconds is not None
    per_s = iterations / seconds.median
    return Estimate(
        variant.name,
        per_s,
        iterations / seconds.high,
        _finite(iterations, seconds.low),
        f"{rate(per_s)} {plus_minus(seconds.relative_half_width)}",
        is_marked=is_past_its_limit(variant),
    )
