"""What a reader of the ladder's result sees, whatever the format."""

from dataclasses import fields

from hotloop.base.units import UNKNOWN, count, duration, factor, percent, plus_minus, rate, size
from hotloop.compare.words import (
    calls_after_a_pause,
    confidence,
    factor_cell,
    remark,
    slow_first_calls,
    time_figures,
)
from hotloop.compute.result import ComputeResult, GpuLimit, Group, Limit, VariantResult
from hotloop.report.absent import not_installed
from hotloop.report.figures import Figure, Sheet, constants, to_csv
from hotloop.report.layout import Align, Column, Row, Style, Table, Wrap
from hotloop.report.page import STYLES, Page, cpus, python

# Of so many intervals one misses now and then, which their own confidence does not say.
FACTORS_COUNTED_FROM = 3

# What the table shows of the figures, in its order.
SHOWN = (
    "name",
    "idea",
    "median_seconds",
    "iterations_per_second",
    "speedup",
    "step",
    "of_limit_one_thread",
    "of_limit_all_threads",
    "of_gpu_limit",
    "mismatched_pixels",
    "peak_memory_bytes",
)
# Left out if the limit was not measured.
SHOWN_OF_LIMIT = ("of_limit_one_thread", "of_limit_all_threads")


def page(result: ComputeResult) -> Page:
    """The problem, the check, a row for each variant in the result's order, doubts, the cost."""
    inside = percent(result.measured_fraction)
    return Page(
        head=_head(result),
        said=[result.check.sentence],
        tables=[_table(result)],
        doubts=_doubts(result),
        remarks=_remarks(result),
        closing=[f"{duration(result.elapsed_seconds)}, {inside} of it inside the variants"],
    )


def first_set(result: ComputeResult) -> Page:
    """What the first set of processes gave, for those who wait for the others: no intervals yet."""
    shown: dict[str, Figure[VariantResult]] = {
        "name": Figure(lambda v: v.name, Column("variant", Align.LEFT)),
        "time": Figure(
            lambda v: None if v.seconds is None else v.seconds.median, Column("time"), duration
        ),
        "factor": Figure(lambda v: v.speedup, Column(f"vs {result.check.reference}"), factor),
    }
    sheet = Sheet(shown, tuple(shown))
    return Page(
        head=["after the first set of processes, which alone may be far off:"],
        tables=[sheet.table(_rows(result, sheet))],
        doubts=[],
        remarks=[],
        closing=[],
    )


def csv(result: ComputeResult) -> str:
    """One row a variant."""
    return to_csv(figures(result), result.variants)


def figures(result: ComputeResult) -> dict[str, Figure[VariantResult]]:
    """What is known about a variant, and about the run that it was part of.

    A row of CSV has both, so that files of several runs can be joined. Only the JSON has the
    single samples.
    """
    problem, reference = result.problem, result.check.reference
    limit, card = result.limit, result.gpu_limit
    x_min, x_max, y_min, y_max = problem.window
    every = "" if limit is None else f" x{limit.threads}"
    return {
        "name": Figure(lambda v: v.name, Column("variant", Align.LEFT)),
        "idea": Figure(
            lambda v: v.idea, Column("idea", Align.LEFT, dispensable=4, wrapped=Wrap.WORDS)
        ),
        "status": Figure(lambda v: v.status.value),
        "reason": Figure(lambda v: v.reason),
        **time_figures(),
        "iterations_per_second": Figure(
            lambda v: v.iterations_per_second, Column("iterations/s", dispensable=5), rate
        ),
        "speedup": Figure(
            lambda v: v.speedup,
            Column(f"vs {reference}", Align.ESTIMATE),
            cell=lambda v: _factor_cell(v, reference),
        ),
        "speedup_low": Figure(lambda v: v.speedup_low),
        "speedup_high": Figure(lambda v: v.speedup_high),
        "mismatched_pixels": Figure(
            lambda v: v.mismatched_pixels,
            Column("checked", Align.LEFT, dispensable=2),
            cell=lambda v: _checked(v, reference),
        ),
        "first_call_seconds": Figure(lambda v: v.first_call_seconds),
        "peak_memory_bytes": Figure(
            lambda v: v.peak_memory_bytes, Column("memory", dispensable=1), size
        ),
        "threads": Figure(lambda v: v.threads),
        **constants(
            width=problem.width,
            height=problem.height,
            steps=problem.steps,
            x_min=x_min,
            x_max=x_max,
            y_min=y_min,
            y_max=y_max,
            iterations=problem.iterations,
            seed=result.seed,
            cpu=result.machine.cpu,
            python=result.machine.python,
        ),
        # Added later, so that those before them keep their places.
        "group": Figure(lambda v: v.group.value),
        "of_limit_one_thread": Figure(
            lambda v: None if v.of_limit is None else v.of_limit.one_thread,
            Column("of limit", dispensable=6),
            percent,
        ),
        "of_limit_all_threads": Figure(
            lambda v: None if v.of_limit is None else v.of_limit.all_threads,
            Column(f"of limit{every}", dispensable=3),
            percent,
        ),
        **constants(
            **{
                f"limit_{fact.name}": None if limit is None else getattr(limit, fact.name)
                for fact in fields(Limit)
            }
        ),
        "after_pause_seconds": Figure(lambda v: v.after_pause_seconds),
        "speedup_confidence": Figure(lambda v: v.speedup_confidence),
        "step": Figure(
            lambda v: None if v.step is None else v.step.value,
            Column("vs the rung before", Align.ESTIMATE, dispensable=1),
            cell=lambda v: factor_cell(v.step),
        ),
        "step_against": Figure(lambda v: None if v.step is None else v.step.against),
        "step_low": Figure(lambda v: None if v.step is None else v.step.low),
        "step_high": Figure(lambda v: None if v.step is None else v.step.high),
        "step_confidence": Figure(lambda v: None if v.step is None else v.step.confidence),
        "of_gpu_limit": Figure(
            lambda v: v.of_gpu_limit, Column("of limit, GPU", dispensable=3), percent
        ),
        **constants(
            gpu=None if card is None else card.name,
            gpu_limit_iterations_per_second=None if card is None else card.iterations_per_second,
        ),
    }


def _head(result: ComputeResult) -> list[str]:
    problem = result.problem
    iterations = "" if problem.iterations is None else f" = {count(problem.iterations)} iterations"
    return [
        f"Mandelbrot {problem.width} x {problem.height}, {count(problem.steps)} steps{iterations}",
        f"window {','.join(map(repr, problem.window))}",
        cpus(result.machine),
        python(result.machine),
        f"order seed {result.seed}",
    ]


def _table(result: ComputeResult) -> Table:
    """A row for each variant, then the limits."""
    # Older results have no steps, and with two rows the rung before is the reference.
    has_steps = sum(v.step is not None for v in _known(result)) > 1
    left_out = [*(() if has_steps else ("step",)), *(() if result.limit else SHOWN_OF_LIMIT)]
    left_out += [] if result.gpu_limit else ["of_gpu_limit"]
    names = [name for name in SHOWN if name not in left_out]
    sheet = Sheet(figures(result), names)
    limits = [*_limit_cells(result.limit), *_gpu_limit_cells(result.gpu_limit)]
    return sheet.table([*_rows(result, sheet), *map(sheet.row_of, limits)])


def _rows(result: ComputeResult, sheet: Sheet[VariantResult]) -> list[Row]:
    """One row a variant, in the order of the result, which is the ladder's; others under a head."""
    variants = _known(result)
    rows = [sheet.row(v, remark(v), STYLES[v.status]) for v in variants]
    others = [place for place, v in enumerate(variants) if v.group is Group.OTHERS]
    if others:
        rows.insert(others[0], sheet.row_of({"name": "others"}, style=Style.HEAD))
    return rows


def _known(result: ComputeResult) -> list[VariantResult]:
    """Those with a row: what is not installed and was not asked for is a remark below."""
    return [v for v in result.variants if v.left_out is None]


def _limit_cells(limit: Limit | None) -> list[dict[str, str]]:
    if limit is None:
        return []
    one, every = limit.one_thread_iterations_per_second, limit.all_threads_iterations_per_second
    found = {"limit": ("1 thread", one)}
    if limit.threads > 1:
        found[f"limit x{limit.threads}"] = (f"{limit.threads} threads", every)
    return [
        {
            "name": name,
            "idea": f"multiplies and adds, {threads}",
            "iterations_per_second": rate(per_s),
            "of_limit_one_thread": percent(per_s / one),
            "of_limit_all_threads": percent(per_s / every),
        }
        for name, (threads, per_s) in found.items()
    ]


def _gpu_limit_cells(limit: GpuLimit | None) -> list[dict[str, str]]:
    if limit is None:
        return []
    return [
        {
            "name": "limit, GPU",
            "idea": f"multiplies and adds, {limit.name}",
            "iterations_per_second": rate(limit.iterations_per_second),
            "of_gpu_limit": percent(1.0),
        }
    ]


def _doubts(result: ComputeResult) -> list[str]:
    """What makes the figures doubtful: first this result's intervals, then its warnings."""
    short = result.short_of_confidence
    if not short:
        return list(result.warnings)
    reached = sorted({confidence(v.seconds.confidence) for v in short if v.seconds})
    timed = [v for v in result.variants if v.seconds is not None]
    names = "" if len(short) == len(timed) else f"for {', '.join(v.name for v in short)} "
    interval = (
        f"± holds {names}with {' or '.join(reached)} confidence instead of "
        f"{confidence(result.confidence)}: there were too few processes"
    )
    return [interval, *result.warnings]


def _remarks(result: ComputeResult) -> list[str]:
    """Worth knowing, but no reason for doubt."""
    found = [*slow_first_calls(result.variants), *calls_after_a_pause(result.variants)]
    found += not_installed(result.variants)
    found += _of_the_table(result)
    if result.limit is not None:
        found.append(
            "of limit: of what multiplies and adds alone could do here, without FMA "
            f"({result.limit.vector}), in 1 thread or in {result.limit.threads}"
        )
    if result.gpu_limit is not None:
        found.append(
            "of limit, GPU: of what multiplies and adds alone could do on the "
            f"{result.gpu_limit.name}, without FMA"
        )
    return [*found, *_passed(result)]


def _of_the_table(result: ComputeResult) -> list[str]:
    """What confidence the factors have together, which is less than each has."""
    alone = [v.speedup_confidence for v in result.variants if v.speedup_confidence is not None]
    alone += [v.step.confidence for v in result.variants if v.step and v.speedup_confidence]
    if len(alone) < FACTORS_COUNTED_FROM:
        return []
    return [
        f"each factor's ± holds with {confidence(min(alone))} confidence by itself: of all "
        f"{len(alone)}, about {sum(1 - one for one in alone):.1f} miss"
    ]


def _passed(result: ComputeResult) -> list[str]:
    """Variants above the limit of what they had, because they leave out work."""
    names = [v.name for v in result.variants if is_past_its_limit(v)]
    return [f"more than the limit: {', '.join(names)}, by leaving out work"] if names else []


def is_past_its_limit(variant: VariantResult) -> bool:
    """Whether it is above the limit of the GPU or the threads it had, by leaving out work."""
    own = variant.of_gpu_limit
    if variant.of_limit is not None:
        one_thread = variant.threads == 1
        own = variant.of_limit.one_thread if one_thread else variant.of_limit.all_threads
    return own is not None and own > 1


def _factor_cell(variant: VariantResult, reference: str) -> str:
    if variant.speedup is None:
        return UNKNOWN
    half_width = None if variant.name == reference else variant.speedup_half_width
    return factor(variant.speedup) + ("" if half_width is None else f" {plus_minus(half_width)}")


def _checked(variant: VariantResult, reference: str) -> str:
    if variant.mismatched_pixels is None:
        return UNKNOWN
    if variant.mismatched_pixels > 0:
        return f"{count(variant.mismatched_pixels)} differ"
    return "reference" if variant.name == reference else "equal"
