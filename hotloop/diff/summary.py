"""Results in, their changes out: a pure function."""

from collections.abc import Sequence

from hotloop.base.errors import MeasurementError, UsageError
from hotloop.base.machine import Machine
from hotloop.base.units import UNKNOWN
from hotloop.diff.result import Change, Comparison, DiffResult, LeftOut, SourceFacts, Value
from hotloop.diff.sources import Source
from hotloop.report.page import facts
from hotloop.report.quantities import Quantity
from hotloop.stats.change import change_interval


def compare(sources: Sequence[Source]) -> DiffResult:
    """Every source beside the first. Two at least.

    Raises UsageError if one measured something else, and MeasurementError if it has no figure in
    common with the first.
    """
    first, *others = sources
    return DiffResult(
        command=first.content.command,
        rows=first.content.rows,
        sources=tuple(SourceFacts(s.label, s.path, s.content.machine) for s in sources),
        comparisons=tuple(
            _comparison(first, other, place) for place, other in enumerate(others, start=1)
        ),
    )


def _comparison(first: Source, other: Source, place: int) -> Comparison:
    _refuse_unlike(first, other)
    before = {quantity.key: quantity for quantity in first.content.quantities}
    after = {quantity.key: quantity for quantity in other.content.quantities}
    changes: list[Change] = []
    left_out: list[LeftOut] = []
    for key, quantity in before.items():
        counterpart = after.get(key)
        if counterpart is None:
            continue
        reason = _unlike(quantity, counterpart)
        if reason is None:
            try:
                changes.append(_change(quantity, counterpart))
            except (ArithmeticError, ValueError):
                reason = "too far apart to be figures of one thing"
        if reason is not None:
            left_out.append(LeftOut(*key, reason))
    left_out += _missing(first, other) + _missing(other, first)
    if not changes:
        said = f" ({left_out[0].row}: {left_out[0].reason})" if left_out else ""
        raise MeasurementError(
            f"{other.label} and {first.label} have no figure in common{said}; give results that do"
        )
    differences = _differences(first.content.machine, other.content.machine)
    return Comparison(place, tuple(changes), tuple(left_out), differences)


def _refuse_unlike(first: Source, other: Source) -> None:
    if first.content.command != other.content.command:
        raise UsageError(
            f"{first.label} is from {first.content.command} and {other.label} from "
            f"{other.content.command}: give results of one command"
        )
    for term, value in first.content.terms.items():
        if other.content.terms[term] != value:
            raise UsageError(
                f"{first.label} was measured with {term} {value} and {other.label} with "
                f"{other.content.terms[term]}: that is other work; give results of the same"
            )


def _unlike(before: Quantity, after: Quantity) -> str | None:
    """Why the two are not comparable."""
    if before.unit is not after.unit:
        return f"in {before.unit.value} and in {after.unit.value}"
    if before.terms != after.terms:
        return f"{before.terms or 'nothing'} against {after.terms or 'nothing'}"
    return None


def _missing(here: Source, there: Source) -> list[LeftOut]:
    """What ``here`` has and ``there`` lacks: whole rows first, then single figures."""
    absent = {row.row: row.reason for row in there.content.absent}
    theirs = {quantity.row for quantity in there.content.quantities}
    keys = {quantity.key for quantity in there.content.quantities}
    rows, figures = {}, []
    for quantity in here.content.quantities:
        if quantity.row not in theirs:
            reason = absent.get(quantity.row)
            why = f"not in {there.label}" if reason is None else f"{reason} (in {there.label})"
            rows[quantity.row] = LeftOut(quantity.row, None, why)
        elif quantity.key not in keys:
            figures.append(LeftOut(*quantity.key, f"not in {there.label}"))
    return [*rows.values(), *figures]


def _change(before: Quantity, after: Quantity) -> Change:
    low = high = confidence = None
    here, there = before.interval, after.interval
    if here is not None and there is not None:
        low, high = change_interval(here, there)
        confidence = min(before.confidence, after.confidence)
    return Change(
        before.row,
        before.figure,
        before.unit,
        Value(before.value, before.low, before.high),
        Value(after.value, after.low, after.high),
        after.value / before.value if before.value > 0 else None,
        low,
        high,
        confidence,
    )


def _differences(before: Machine, after: Machine) -> tuple[str, ...]:
    """How the second machine and its software differ from the first's."""
    names = sorted({*before.versions, *after.versions})
    here, there = (
        {**facts(machine), **{name: machine.versions.get(name) for name in names}}
        for machine in (before, after)
    )
    return tuple(
        f"{name}: {there[name] or UNKNOWN} instead of {fact or UNKNOWN}"
        for name, fact in here.items()
        if fact != there[name]
    )
