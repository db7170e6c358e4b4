"""What a reader of the traps' result sees, whatever the format."""

from collections.abc import Callable
from typing import Any

from hotloop.base.outcome import Status
from hotloop.base.units import UNKNOWN, duration, percent
from hotloop.compare.result import Factor, Seconds
from hotloop.compare.words import confidence, factor_cell
from hotloop.compute.traps.result import TrapResult, TrapsResult
from hotloop.report.figures import Figure, Sheet, Value, constants, to_csv
from hotloop.report.layout import Align, Column, Table, Wrap
from hotloop.report.page import STYLES, Page, cpus, python

SHOWN = ("name", "title", "looks_right_seconds", "is_right_seconds", "factor", "told")
# Of so few traps the reader wants to know more than of all.
EXPLAINED = 3


def page(result: TrapsResult) -> Page:
    """A row for each trap, what it is and what tells you; of a few also why."""
    inside = percent(result.measured_seconds / result.elapsed_seconds)
    return Page(
        head=[
            "traps: what looks right, and what is right",
            cpus(result.machine),
            python(result.machine),
            f"order seed {result.seed}",
        ],
        tables=[_table(result)],
        doubts=[*_short_of_confidence(result), *result.warnings],
        remarks=_remarks(result),
        closing=[f"{duration(result.elapsed_seconds)}, {inside} of it inside the functions"],
    )


def csv(result: TrapsResult) -> str:
    """One row a trap."""
    return to_csv(figures(result), result.traps)


def figures(result: TrapsResult) -> dict[str, Figure[TrapResult]]:
    """What is known about a trap."""
    return {
        "name": Figure(lambda t: t.name, Column("trap", Align.LEFT)),
        "title": Figure(lambda t: t.title, Column("what it is", Align.LEFT, dispensable=1)),
        "status": Figure(lambda t: t.status.value),
        "reason": Figure(lambda t: t.reason),
        **_time("looks_right", "looks right", lambda t: t.looks_right),
        **_time("is_right", "is right", lambda t: t.is_right),
        "factor": Figure(
            _of_factor(lambda f: f.value),
            Column("factor", Align.ESTIMATE),
            cell=lambda t: factor_cell(t.factor),
        ),
        "factor_low": Figure(_of_factor(lambda f: f.low)),
        "factor_high": Figure(_of_factor(lambda f: f.high)),
        "factor_confidence": Figure(_of_factor(lambda f: f.confidence)),
        "told": Figure(
            lambda t: None if t.told is None else t.told.what,
            Column("what tells you", Align.LEFT, dispensable=2, wrapped=Wrap.WORDS),
            cell=_told_cell,
        ),
        "told_looks_right": Figure(lambda t: None if t.told is None else t.told.looks_right),
        "told_is_right": Figure(lambda t: None if t.told is None else t.told.is_right),
        "claims": Figure(lambda t: int(t.claims)),
        **constants(seed=result.seed, cpu=result.machine.cpu, python=result.machine.python),
    }


def _time(
    side: str, head: str, of: Callable[[TrapResult], Seconds | None]
) -> dict[str, Figure[Any]]:
    def known(value: Callable[[Seconds], Value]) -> Callable[[TrapResult], Value]:
        return lambda trap: None if (seconds := of(trap)) is None else value(seconds)

    return {
        f"{side}_seconds": Figure(known(lambda s: s.median), Column(head), duration),
        f"{side}_low_seconds": Figure(known(lambda s: s.low)),
        f"{side}_high_seconds": Figure(known(lambda s: s.high)),
        f"{side}_confidence": Figure(known(lambda s: s.confidence)),
        f"{side}_samples": Figure(known(lambda s: len(s.samples))),
    }


def _table(result: TrapsResult) -> Table:
    sheet = Sheet(figures(result), SHOWN)
    return sheet.table(
        sheet.row(
            trap,
            None if trap.status is Status.OK else f"{trap.status.value}: {trap.reason}",
            STYLES[trap.status],
        )
        for trap in result.traps
    )


def _of_factor(value: Callable[[Factor], Value]) -> Callable[[TrapResult], Value]:
    return lambda trap: None if trap.factor is None else value(trap.factor)


def _told_cell(trap: TrapResult) -> str:
    if trap.told is None:
        return UNKNOWN
    looks, right = map(_number, (trap.told.looks_right, trap.told.is_right))
    return f"{trap.told.what}: {looks}, not {right}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3g}"


def _short_of_confidence(result: TrapsResult) -> list[str]:
    """Which factors hold with less than what was asked for."""
    short = [t for t in result.traps if t.factor and t.factor.confidence < result.confidence]
    if not short:
        return []
    reached = sorted({confidence(t.factor.confidence) for t in short if t.factor})
    return [
        f"the factor of {', '.join(t.name for t in short)} holds with {' or '.join(reached)} "
        f"confidence instead of {confidence(result.confidence)}: there were too few processes"
    ]


def _remarks(result: TrapsResult) -> list[str]:
    """What the columns mean, and of a few traps why."""
    timed = [trap for trap in result.traps if trap.status is Status.OK]
    found = []
    if len(result.traps) <= EXPLAINED:
        found += [f"{trap.name}: {trap.title}. {trap.why}" for trap in result.traps]
    if timed:
        found.append("factor: how many times as fast what is right is; below 1, it is slower")
    claims = [trap.name for trap in timed if trap.claims]
    if claims:
        found.append(f"the times of {', '.join(claims)} are what each way of measuring says")
    return found
