"""What a reader sees of a comparison: a table for each result that is beside the first."""

from hotloop.base import units
from hotloop.base.text import name
from hotloop.base.units import count, counted, duration, percent, rate, size
from hotloop.diff.result import Change, Comparison, DiffResult, LeftOut, SourceFacts, Value
from hotloop.report.figures import Figure, Sheet, constants, to_csv
from hotloop.report.layout import Align, Column, Table, Wrap
from hotloop.report.page import Page, cpus, python
from hotloop.report.quantities import Unit

# Nobody reads longer lists.
MOST_REASONS = 5
MOST_ROWS = 10
PLAIN_DIGITS = 4
SHOWN = ("row", "figure", "before", "after", "ratio", "high")


def page(result: DiffResult) -> Page:
    """The sources, a table for each but the first, what differs, what was left out."""
    first = result.sources[0]
    return Page(
        head=[
            f"{result.command}, each compared with {name(first.label)}",
            *(f"{name(s.label)}: {cpus(s.machine)}, {python(s.machine)}" for s in result.sources),
        ],
        tables=[_table(result, comparison) for comparison in result.comparisons],
        doubts=[doubt for each in result.comparisons for doubt in _doubts(result, each)],
        remarks=[said for each in result.comparisons for said in _left_out(each.left_out)],
        closing=[
            "the results were not measured in turns: what the machine did meanwhile is in every "
            "change, and in no interval"
        ],
    )


def csv(result: DiffResult) -> str:
    """One row a change, with the labels of its two sides."""
    lines = [
        to_csv(
            {
                **_figures(result.rows, first, after),
                **constants(before_label=first.label, label=after.label),
            },
            comparison.changes,
        )
        for comparison in result.comparisons
        for first, after in [_sides(result, comparison)]
    ]
    heads, _, _ = lines[0].partition("\n")
    return "".join([f"{heads}\n", *(text.partition("\n")[2] for text in lines)])


def _sides(result: DiffResult, comparison: Comparison) -> tuple[SourceFacts, SourceFacts]:
    return result.sources[0], result.sources[comparison.source]


def _figures(rows: str, before: SourceFacts, after: SourceFacts) -> dict[str, Figure[Change]]:
    return {
        "row": Figure(lambda c: c.row, Column(rows, Align.LEFT, wrapped=Wrap.NAMES)),
        "figure": Figure(lambda c: c.figure, Column("figure", Align.LEFT)),
        "unit": Figure(lambda c: c.unit.value),
        "before": Figure(
            lambda c: c.before.value,
            Column(before.label, dispensable=1),
            cell=lambda c: _value(c.before, c.unit),
        ),
        "after": Figure(
            lambda c: c.after.value,
            Column(after.label, dispensable=2),
            cell=lambda c: _value(c.after, c.unit),
        ),
        "ratio": Figure(lambda c: c.ratio, Column("change"), units.change),
        "low": Figure(lambda c: c.low),
        "high": Figure(
            lambda c: c.high, Column("interval"), cell=lambda c: units.change_bounds(c.low, c.high)
        ),
        "confidence": Figure(lambda c: c.confidence),
    }


def _table(result: DiffResult, comparison: Comparison) -> Table:
    sheet = Sheet(_figures(result.rows, *_sides(result, comparison)), SHOWN)
    return sheet.table(map(sheet.row, comparison.changes))


def _value(value: Value, unit: Unit) -> str:
    amount = value.value
    match unit:
        case Unit.SECONDS:
            return duration(amount)
        case Unit.PER_SECOND:
            return rate(amount)
        case Unit.BYTES:
            return size(round(amount))
        case Unit.RECORDS:
            return count(round(amount))
        case Unit.FRACTION:
            return percent(amount)
        case Unit.RATIO:
            return units.change(amount)
        case Unit.OTHER:
            return f"{amount:,.{PLAIN_DIGITS}g}"


def _doubts(result: DiffResult, comparison: Comparison) -> list[str]:
    """What differs beside the thing that was measured."""
    _, after = _sides(result, comparison)
    said = []
    if comparison.differences:
        said.append(f"{name(after.label)} has another {'; '.join(comparison.differences)}")
    confidences = [c.confidence for c in comparison.changes if c.confidence is not None]
    if confidences and min(confidences) < max(confidences):
        least, most = (f"{bound * 100:.3g} %" for bound in (min(confidences), max(confidences)))
        said.append(f"the intervals of {name(after.label)} hold with {least} to {most} confidence")
    return said


def _left_out(left_out: tuple[LeftOut, ...]) -> list[str]:
    """Rows and figures that only one side has: those with one reason together."""
    by_reason: dict[str, list[str]] = {}
    for left in left_out:
        figure = "" if left.figure is None else f" ({left.figure})"
        by_reason.setdefault(left.reason, []).append(f"{name(left.row)}{figure}")
    said = [
        f"left out: {units.first_few(rows, MOST_ROWS)}: {why}" for why, rows in by_reason.items()
    ]
    more = len(said) - MOST_REASONS
    if more <= 0:
        return said
    return [*said[:MOST_REASONS], f"left out for {counted(more, 'more reason')}; --json has them"]
