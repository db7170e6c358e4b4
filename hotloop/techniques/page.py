"""What a reader sees of an attempt, whatever the format."""

from collections.abc import Iterable

from hotloop.base.outcome import Status
from hotloop.base.units import UNKNOWN, duration, first_few, percent
from hotloop.compare import page as compare_page
from hotloop.compare.result import ContenderResult
from hotloop.compare.words import confidence
from hotloop.report.figures import Figure, Sheet, constants, to_csv
from hotloop.report.layout import Align, Column, Style, Table, Wrap
from hotloop.report.page import STYLES, Page, cpus, python
from hotloop.techniques.ladder import CYTHON, TYPED
from hotloop.techniques.result import AS_IT_IS, Attempt, Technique

SHOWN = ("name", "change", "median_seconds", "factor", "verdict", "once_seconds")
WORDS = {Status.UNAVAILABLE: "no", Status.WRONG: "refused", Status.FAILED: "failed"}
LINES_SHOWN = 6


def page(result: Attempt) -> Page:
    """The function, a row for each technique, doubts, and the advice last."""
    comparison = result.comparison
    inside = percent(comparison.measured_fraction)
    return Page(
        head=[
            f"{result.function}  {comparison.task.input}",
            cpus(comparison.machine),
            python(comparison.machine),
            f"order seed {comparison.seed}",
        ],
        said=[comparison.check.sentence],
        tables=[_table(result)],
        doubts=[*compare_page.short_of_confidence(comparison), *comparison.warnings],
        remarks=[*_remarks(result), *result.hints, *result.advice],
        closing=[f"{duration(comparison.elapsed_seconds)}, {inside} of it inside the function"],
    )


def csv(result: Attempt) -> str:
    """One row a technique."""
    return to_csv(figures(result), result.comparison.contenders)


def figures(result: Attempt) -> dict[str, Figure[ContenderResult]]:
    """What is known about a technique: all that is of a contender, and what it asks for."""
    known = {technique.name: technique for technique in result.techniques}
    of_contender = compare_page.figures(result.comparison)
    return {
        **of_contender,
        "name": Figure(lambda c: c.name, Column("technique", Align.LEFT)),
        "change": Figure(
            lambda c: known[c.name].change,
            Column("change to the file", Align.LEFT, dispensable=2, wrapped=Wrap.WORDS),
        ),
        "compile_seconds": Figure(lambda c: known[c.name].compile_seconds),
        "once_seconds": Figure(
            lambda c: _once(known[c.name], c),
            Column("once", dispensable=1),
            cell=lambda c: _once_cell(known[c.name], c),
        ),
        "lines_left": Figure(lambda c: _lines_left(known[c.name])),
        **constants(function=result.function),
    }


def _lines_left(technique: Technique) -> int | None:
    """Known of what Cython compiled."""
    is_known = technique.name in (CYTHON, TYPED) and technique.compile_seconds is not None
    return len(technique.lines) if is_known else None


def _once(technique: Technique, row: ContenderResult) -> float | None:
    """Seconds that are spent once: to compile, or in the first call."""
    if technique.compile_seconds is not None:
        return technique.compile_seconds
    return row.first_call_seconds if row.first_call_is_slow else None


def _once_cell(technique: Technique, row: ContenderResult) -> str:
    seconds = _once(technique, row)
    return UNKNOWN if seconds is None else duration(seconds)


def _table(result: Attempt) -> Table:
    sheet = Sheet(figures(result), SHOWN)
    return sheet.table(
        sheet.row(row, _remark(row), _style(row)) for row in result.comparison.contenders
    )


def _remark(row: ContenderResult) -> str | None:
    return None if row.status is Status.OK else f"{WORDS[row.status]}: {row.reason}"


def _style(row: ContenderResult) -> Style:
    # That a technique cannot take a function is no fault of the function's.
    is_reference = row.name == AS_IT_IS
    return STYLES[row.status] if is_reference or row.status is Status.OK else Style.ABSENT


def _remarks(result: Attempt) -> list[str]:
    comparison = result.comparison
    found = [*comparison.remarks, *_what_only_its_first_call_does(comparison.contenders)]
    for technique in result.techniques:
        if technique.lines:
            lines = first_few([str(left.line) for left in technique.lines], LINES_SHOWN)
            found.append(
                f"{technique.name}: lines that go through the interpreter, the most first: {lines}"
            )
    factors = [row for row in comparison.contenders if row.factor is not None]
    if factors and comparison.reached >= comparison.confidence:
        found.append(
            f"all factors hold together with {confidence(comparison.confidence)} confidence; "
            "once: the time to compile, or of the first call"
        )
    return found


def _what_only_its_first_call_does(rows: Iterable[ContenderResult]) -> list[str]:
    """A sentence if the function, as it is, does in later calls far less than in its first one."""
    return [
        f"as it is, the first call takes {duration(row.first_call_seconds)} and later ones "
        f"{duration(row.seconds.median)}: only these are timed. If they look up what the first "
        "one found, give arguments, or a problem, that make each call work"
        for row in rows
        if row.name == AS_IT_IS and row.first_call_is_slow
        if row.first_call_seconds is not None and row.seconds is not None
    ]
