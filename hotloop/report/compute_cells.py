"""What a reader of the ladder's result is told, in words and cells, whatever the format.

The terminal table and the Markdown table take the same head, cells and notes from here.
"""

from collections.abc import Sequence

from hotloop.compute_result import ComputeResult, VariantResult
from hotloop.outcome import Status
from hotloop.report.layout import Align, Column, Row, Style, Table
from hotloop.units import UNKNOWN, count, duration, factor, percent, plus_minus, rate, size

# "ms" and "us" are the widest units: shorter ones are filled up, so that ± stands under ±.
UNIT_WIDTH = 2

_STYLES = {
    Status.OK: Style.PLAIN,
    Status.UNAVAILABLE: Style.ABSENT,
    Status.WRONG: Style.BAD,
    Status.FAILED: Style.BAD,
}


def head_segments(result: ComputeResult) -> list[str]:
    """The problem, the machine and the order, each short enough to stand on a line."""
    problem, machine = result.problem, result.machine
    iterations = "" if problem.iterations is None else f" = {count(problem.iterations)} iterations"
    window = ",".join(repr(bound) for bound in problem.window)
    cpus = "" if machine.usable_cpus is None else f"{machine.usable_cpus} x "
    python = "Python" if machine.implementation == "CPython" else machine.implementation
    return [
        f"Mandelbrot {problem.width} x {problem.height}, {count(problem.steps)} steps{iterations}",
        f"window {window}",
        f"{cpus}{machine.cpu or 'unknown CPU'}",
        f"{python} {machine.python}",
        f"order seed {result.seed}",
    ]


def table(result: ComputeResult) -> Table:
    """One row a variant, in the order of the result, which is the ladder's."""
    columns = (
        Column("variant", Align.LEFT),
        Column("idea", Align.LEFT, dispensable=3, wrapped=True),
        Column("time", Align.LEFT),
        Column("iterations/s", dispensable=4),
        Column(f"vs {result.check.reference}", Align.LEFT),
        Column("checked", Align.LEFT, dispensable=2),
        Column("memory", dispensable=1),
    )
    return Table(columns, _rows(result))


def doubts(result: ComputeResult) -> list[str]:
    """What makes the figures doubtful: first this result's intervals, then its warnings."""
    short = result.short_of_confidence
    if not short:
        return list(result.warnings)
    reached = sorted({_confidence(v.seconds.confidence) for v in short if v.seconds})
    timed = [v for v in result.variants if v.seconds is not None]
    names = "" if len(short) == len(timed) else f"for {', '.join(v.name for v in short)} "
    interval = (
        f"± holds {names}with {' or '.join(reached)} confidence instead of "
        f"{_confidence(result.confidence)}: there were too few processes"
    )
    return [interval, *result.warnings]


def remarks(result: ComputeResult) -> list[str]:
    """What is worth knowing and no reason for doubt."""
    slow = [
        f"{v.name} {duration(v.first_call_seconds)}"
        for v in result.variants
        if v.first_call_is_slow and v.first_call_seconds is not None
    ]
    return [f"first call, not in the times: {', '.join(slow)}"] if slow else []


def closing(result: ComputeResult) -> str:
    """How long it took, and how much of that was spent on what was to be measured."""
    inside = percent(result.measured_fraction)
    return f"{duration(result.elapsed_seconds)}, {inside} of it inside the variants"


def _confidence(fraction: float) -> str:
    """A level of confidence, whose digits after 90 matter: "93.8 %", "95 %"."""
    return f"{fraction * 100:.3g} %"


def _rows(result: ComputeResult) -> tuple[Row, ...]:
    times = _filled([_time_parts(v) for v in result.variants])
    factors = _filled([_factor_parts(v, result.check.reference) for v in result.variants])
    return tuple(
        Row(
            cells=(
                v.name,
                v.idea,
                time,
                UNKNOWN if v.iterations_per_second is None else rate(v.iterations_per_second),
                ratio,
                _checked(v, result.check.reference),
                UNKNOWN if v.peak_memory_bytes is None else size(v.peak_memory_bytes),
            ),
            remark=_remark(v),
            style=_STYLES[v.status],
        )
        for v, time, ratio in zip(result.variants, times, factors, strict=True)
    )


def _remark(variant: VariantResult) -> str | None:
    """Why there are no figures: a wrong answer's pixels, a missing package, a crash."""
    return None if variant.status is Status.OK else f"{variant.status.value}: {variant.reason}"


def _checked(variant: VariantResult, reference: str) -> str:
    if variant.mismatched_pixels is None:
        return UNKNOWN
    if variant.mismatched_pixels > 0:
        return f"{count(variant.mismatched_pixels)} differ"
    return "reference" if variant.name == reference else "equal"


def _time_parts(variant: VariantResult) -> tuple[str, str]:
    if variant.seconds is None:
        return UNKNOWN, ""
    number, unit = duration(variant.seconds.median).split(" ")
    return f"{number} {unit:<{UNIT_WIDTH}}", plus_minus(variant.seconds.relative_half_width)


def _factor_parts(variant: VariantResult, reference: str) -> tuple[str, str]:
    if variant.speedup is None:
        return UNKNOWN, ""
    half_width = None if variant.name == reference else variant.speedup_half_width
    return factor(variant.speedup), "" if half_width is None else plus_minus(half_width)


def _filled(parts: Sequence[tuple[str, str]]) -> list[str]:
    """Each estimate with its uncertainty, the estimates ending and the "±" starting together."""
    width = max((len(estimate) for estimate, _ in parts), default=0)
    return [f"{estimate:>{width}} {uncertainty}".rstrip() for estimate, uncertainty in parts]
