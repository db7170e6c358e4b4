"""What a reader sees of a comparison, whatever the format."""

from collections.abc import Callable

from hotloop.base.units import UNKNOWN, duration, measured_factor, percent, plus_minus, size
from hotloop.compare.result import (
    Comparison,
    ContenderResult,
    Crossing,
    Factor,
    Growth,
    factors,
)
from hotloop.compare.words import (
    calls_after_a_pause,
    confidence,
    remark,
    slow_first_calls,
    time_figures,
)
from hotloop.report.figures import Figure, Sheet, Value, constants, to_csv
from hotloop.report.layout import Align, Column, Row, Table, Wrap
from hotloop.report.page import STYLES, Page, cpus, python

# As ``timing.processes`` has it, which a page does not import.
SEVERAL_CPUS = 1.3

# Of less than that after a pause, nobody notices.
PAUSE_NOTICED_S = 100e-6

SHOWN = ("name", "median_seconds", "factor", "verdict", "step", "peak_memory_bytes")


def page(result: Comparison) -> Page:
    """The input, the check, a row for each contender, doubts, what the figures rest on."""
    inside = percent(result.measured_fraction)
    return Page(
        head=_head(result),
        said=[result.check.sentence],
        tables=[_table(result), *_growth(result)],
        doubts=[*short_of_confidence(result), *result.warnings],
        remarks=_remarks(result),
        closing=[f"{duration(result.elapsed_seconds)}, {inside} of it inside the contenders"],
    )


def csv(result: Comparison) -> str:
    """One row a contender."""
    return to_csv(figures(result), result.contenders)


def figures(result: Comparison) -> dict[str, Figure[ContenderResult]]:
    """What is known about a contender, and about the run that it was part of."""
    reference = result.check.reference or "the first"
    return {
        "name": Figure(lambda c: c.name, Column("contender", Align.LEFT, wrapped=Wrap.NAMES)),
        "code": Figure(lambda c: c.code),
        "own_python": Figure(lambda c: c.python),
        "size": Figure(
            lambda c: c.size, Column(result.size_name or "size"), lambda size: f"{size:,.7g}"
        ),
        "status": Figure(lambda c: c.status.value),
        "reason": Figure(lambda c: c.reason),
        **time_figures(),
        "factor": Figure(
            _of_factor(lambda f: f.value),
            Column(f"vs {reference}", Align.ESTIMATE),
            cell=lambda c: _factor_cell(c, reference),
        ),
        "factor_low": Figure(_of_factor(lambda f: f.low)),
        "factor_high": Figure(_of_factor(lambda f: f.high)),
        "factor_confidence": Figure(_of_factor(lambda f: f.confidence)),
        "verdict": Figure(
            _of_factor(lambda f: f.verdict.value), Column("", Align.LEFT), cell=_verdict_cell
        ),
        "step_against": Figure(lambda c: None if c.step is None else c.step.against),
        "step": Figure(
            lambda c: None if c.step is None else c.step.value,
            Column("vs the row before", Align.ESTIMATE, dispensable=2),
            cell=lambda c: UNKNOWN if c.step is None else factor_text(c.step),
        ),
        "step_low": Figure(lambda c: None if c.step is None else c.step.low),
        "step_high": Figure(lambda c: None if c.step is None else c.step.high),
        "step_confidence": Figure(lambda c: None if c.step is None else c.step.confidence),
        "first_call_seconds": Figure(lambda c: c.first_call_seconds),
        "after_pause_seconds": Figure(lambda c: c.after_pause_seconds),
        "cpus": Figure(lambda c: c.cpus),
        "peak_memory_bytes": Figure(
            lambda c: c.peak_memory_bytes, Column("memory", dispensable=1), size
        ),
        **constants(
            input=result.task.input,
            reference=result.check.reference,
            check=result.task.check,
            seed=result.seed,
            cpu=result.machine.cpu,
            python=result.machine.python,
        ),
    }


def _head(result: Comparison) -> list[str]:
    fresh = ["a copy for each call"] if result.task.fresh else []
    return [
        result.task.input,
        *fresh,
        cpus(result.machine),
        python(result.machine),
        f"order seed {result.seed}",
    ]


def _table(result: Comparison) -> Table:
    """One row a contender, in the order of the result."""
    timed = [c for c in result.contenders if c.seconds is not None]
    # With two rows the row before is the reference.
    contenders = len({c.name for c in timed})
    names = [name for name in SHOWN if name != "step" or contenders > 2]
    names = [*(["size"] if result.size_name else []), *names]
    sheet = Sheet(figures(result), names)
    rows = [sheet.row(c, _remark(c), STYLES[c.status]) for c in result.contenders]
    return sheet.table(rows)


def _remark(contender: ContenderResult) -> str | None:
    """Why there are no figures; it takes the place of all cells but the first, which is the size.

    So where there is a size, the name is in it.
    """
    why = remark(contender)
    return why if why is None or contender.size is None else f"{contender.name} {why}"


def _growth(result: Comparison) -> list[Table]:
    """How each time grows with the size."""
    if not result.growth:
        return []
    columns = (Column("contender", Align.LEFT), Column("time grows as", Align.LEFT))
    name = result.size_name
    rows = [
        Row((g.name, f"{name}^{g.exponent:.2f} [{g.low:.2f}, {g.high:.2f}] {_range(g, name)}"))
        for g in result.growth
    ]
    return [Table(columns, tuple(rows))]


def _range(growth: Growth, name: str | None) -> str:
    return f"from {name} = {growth.sizes[0]:,.7g} to {growth.sizes[-1]:,.7g}"


def _crossing(crossing: Crossing, name: str | None) -> str:
    bounds = f"[{crossing.low:,.3g}, {crossing.high:,.3g}]"
    size = f"{name} = {crossing.size:,.3g} {bounds}"
    return f"{crossing.faster} is faster than {crossing.slower} from {size} on"


def short_of_confidence(result: Comparison) -> list[str]:
    """Whether the table holds with less than what was asked for."""
    if not factors(result.contenders) or result.reached >= result.confidence:
        return []
    return [
        f"the factors hold together with {confidence(result.reached)} confidence instead of "
        f"{confidence(result.confidence)}: there were too few processes; give a larger --budget"
    ]


def _remarks(result: Comparison) -> list[str]:
    """Worth knowing, but no reason for doubt."""
    # At several sizes these say the same again and again.
    rows = result.contenders if result.size_name is None else ()
    found = [_crossing(crossing, result.size_name) for crossing in result.crossings]
    if factors(result.contenders) and result.reached >= result.confidence:
        count = len(factors(result.contenders))
        which = "the factor holds" if count == 1 else f"all {count} factors hold together"
        found.append(
            f"{which} with {confidence(result.confidence)} confidence; "
            "a factor above 1 is that many times as fast"
        )
    found += result.remarks
    found += slow_first_calls(rows)
    teams = [f"{c.name} {c.cpus:.1f}" for c in rows if (c.cpus or 0) > SEVERAL_CPUS]
    found += [f"CPUs used, where more than one: {', '.join(teams)}"] if teams else []
    return found + calls_after_a_pause(rows, PAUSE_NOTICED_S)


def _of_factor(value: Callable[[Factor], Value]) -> Callable[[ContenderResult], Value]:
    return lambda contender: None if contender.factor is None else value(contender.factor)


def factor_text(factor: Factor) -> str:
    """ "1.0103x ± 0.1 %"."""
    return f"{measured_factor(factor.value, factor.half_width)} {plus_minus(factor.half_width)}"


def _factor_cell(contender: ContenderResult, reference: str) -> str:
    if contender.factor is not None:
        return factor_text(contender.factor)
    return "1x" if contender.name == reference and contender.seconds is not None else UNKNOWN


def _verdict_cell(contender: ContenderResult) -> str:
    if contender.factor is None:
        return ""
    return contender.factor.verdict.value
