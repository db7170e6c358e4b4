"""What a reader of the ladder's result is told, in words and cells, whatever the format.

The terminal table and the Markdown table take the same head, cells and notes from here.
"""

from collections.abc import Sequence

from hotloop.base.outcome import Status
from hotloop.base.units import UNKNOWN, count, duration, factor, percent, plus_minus, rate, size
from hotloop.compute.result import ComputeResult, Group, Limit, VariantResult
from hotloop.report.layout import Align, Column, Row, Style, Table

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
    """One row a variant, in the order of the result, which is the ladder's; last the limit.

    Where the limit was not measured, its rows and columns are not there.
    """
    columns = (
        Column("variant", Align.LEFT),
        Column("idea", Align.LEFT, dispensable=4, wrapped=True),
        Column("time", Align.LEFT),
        Column("iterations/s", dispensable=5),
        Column(f"vs {result.check.reference}", Align.LEFT),
        Column("of limit", dispensable=6),
        Column(_all_threads_head(result.limit), dispensable=3),
        Column("checked", Align.LEFT, dispensable=2),
        Column("memory", dispensable=1),
    )
    whole = Table(columns, _rows(result))
    if result.limit is not None:
        return whole
    place = [column.head for column in columns].index("of limit")
    return whole.without(place).without(place)


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
    found = [f"first call, not in the times: {', '.join(slow)}"] if slow else []
    if result.limit is not None:
        found.append(
            "of limit: of what multiplies and adds alone could do here, without FMA "
            f"({result.limit.vector}), in 1 thread or in {result.limit.threads}"
        )
        found += _passed(result)
    return found


def _passed(result: ComputeResult) -> list[str]:
    """Who did more than the limit of the threads that it had: there, work was left out."""
    names = [v.name for v in result.variants if v.of_limit and _of_own_limit(v) > 1]
    return [f"more than the limit: {', '.join(names)}, by leaving out work"] if names else []


def _of_own_limit(variant: VariantResult) -> float:
    assert variant.of_limit is not None
    one_thread = variant.threads == 1
    return variant.of_limit.one_thread if one_thread else variant.of_limit.all_threads


def _all_threads_head(limit: Limit | None) -> str:
    return "of limit" if limit is None else f"of limit x{limit.threads}"


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
    rows = [
        Row(
            cells=(
                v.name,
                v.idea,
                time,
                UNKNOWN if v.iterations_per_second is None else rate(v.iterations_per_second),
                ratio,
                UNKNOWN if v.of_limit is None else percent(v.of_limit.one_thread),
                UNKNOWN if v.of_limit is None else percent(v.of_limit.all_threads),
                _checked(v, result.check.reference),
                UNKNOWN if v.peak_memory_bytes is None else size(v.peak_memory_bytes),
            ),
            remark=_remark(v),
            style=_STYLES[v.status],
        )
        for v, time, ratio in zip(result.variants, times, factors, strict=True)
    ]
    others = [place for place, v in enumerate(result.variants) if v.group is Group.OTHERS]
    if others:
        rows.insert(others[0], _row("others", style=Style.HEAD))
    return (*rows, *_limit_rows(result.limit))


def _limit_rows(limit: Limit | None) -> list[Row]:
    if limit is None:
        return []
    one, every = limit.one_thread_iterations_per_second, limit.all_threads_iterations_per_second
    found = {"limit": ("1 thread", one)}
    if limit.threads > 1:
        found[f"limit x{limit.threads}"] = (f"{limit.threads} threads", every)
    return [
        _row(
            name,
            idea=f"multiplies and adds, {threads}",
            rate_=rate(per_s),
            of_one=percent(per_s / one),
            of_all=percent(per_s / every),
        )
        for name, (threads, per_s) in found.items()
    ]


def _row(
    name: str,
    idea: str = "",
    rate_: str = "",
    of_one: str = "",
    of_all: str = "",
    style: Style = Style.PLAIN,
) -> Row:
    """A row that is no variant's: most of its cells are empty."""
    return Row(cells=(name, idea, "", rate_, "", of_one, of_all, "", ""), style=style)


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
