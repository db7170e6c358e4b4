"""The ladder's result as CSV: one row a variant, base units, full precision.

Every row carries the problem, the seed and the machine, so that files of several
runs can be put together. What is unknown is empty, never 0. The single samples
are in the JSON alone.
"""

from collections.abc import Callable

from hotloop.compute.result import ComputeResult, Limit, Seconds, VariantResult
from hotloop.report import csv_rows
from hotloop.report.csv_rows import Value


def render(result: ComputeResult) -> str:
    """CSV text with a head line; lines end in a line feed alone."""
    return csv_rows.render(_COLUMNS, result, result.variants)


def _time(value: Callable[[Seconds], Value]) -> Callable[[ComputeResult, VariantResult], Value]:
    return lambda _, variant: None if variant.seconds is None else value(variant.seconds)


def _limit(value: Callable[[Limit], Value]) -> Callable[[ComputeResult, VariantResult], Value]:
    return lambda result, _: None if result.limit is None else value(result.limit)


_COLUMNS: dict[str, Callable[[ComputeResult, VariantResult], Value]] = {
    "name": lambda _, v: v.name,
    "idea": lambda _, v: v.idea,
    "status": lambda _, v: v.status.value,
    "reason": lambda _, v: v.reason,
    "median_seconds": _time(lambda s: s.median),
    "low_seconds": _time(lambda s: s.low),
    "high_seconds": _time(lambda s: s.high),
    "confidence": _time(lambda s: s.confidence),
    "lower_quartile_seconds": _time(lambda s: s.lower_quartile),
    "upper_quartile_seconds": _time(lambda s: s.upper_quartile),
    "samples": _time(lambda s: len(s.samples)),
    "processes": _time(lambda s: len(s.samples_per_process)),
    "iterations_per_second": lambda _, v: v.iterations_per_second,
    "speedup": lambda _, v: v.speedup,
    "speedup_low": lambda _, v: v.speedup_low,
    "speedup_high": lambda _, v: v.speedup_high,
    "mismatched_pixels": lambda _, v: v.mismatched_pixels,
    "first_call_seconds": lambda _, v: v.first_call_seconds,
    "peak_memory_bytes": lambda _, v: v.peak_memory_bytes,
    "threads": lambda _, v: v.threads,
    "width": lambda r, _: r.problem.width,
    "height": lambda r, _: r.problem.height,
    "steps": lambda r, _: r.problem.steps,
    "x_min": lambda r, _: r.problem.window[0],
    "x_max": lambda r, _: r.problem.window[1],
    "y_min": lambda r, _: r.problem.window[2],
    "y_max": lambda r, _: r.problem.window[3],
    "iterations": lambda r, _: r.problem.iterations,
    "seed": lambda r, _: r.seed,
    "cpu": lambda r, _: r.machine.cpu,
    "python": lambda r, _: r.machine.python,
    "group": lambda _, v: v.group.value,
    "of_limit_one_thread": lambda _, v: None if v.of_limit is None else v.of_limit.one_thread,
    "of_limit_all_threads": lambda _, v: None if v.of_limit is None else v.of_limit.all_threads,
    "limit_one_thread_iterations_per_second": _limit(lambda x: x.one_thread_iterations_per_second),
    "limit_all_threads_iterations_per_second": _limit(
        lambda x: x.all_threads_iterations_per_second
    ),
    "limit_threads": _limit(lambda x: x.threads),
    "limit_vector": _limit(lambda x: x.vector),
}
