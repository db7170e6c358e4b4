"""Where the results of a page were measured, side by side, if it was not one place."""

from collections.abc import Mapping

from hotloop.base.machine import Machine
from hotloop.base.units import UNKNOWN
from hotloop.report.html import Section
from hotloop.report.layout import Align, Column, Row, Style, Table
from hotloop.report.page import Page, facts


def section(machines: Mapping[str, Machine]) -> Section | None:
    """What differs between the machines, by the results' labels; None if nothing does."""
    found = {label: _facts(machine) for label, machine in machines.items()}
    names = dict.fromkeys(name for known in found.values() for name in known)
    # What one command records and another does not is no difference.
    different = [n for n in names if len({k[n] for k in found.values() if n in k}) > 1]
    if not different:
        return None
    columns = (Column("", Align.LEFT), *(Column(label, Align.LEFT) for label in found))
    rows = tuple(
        Row((n, *(known.get(n, UNKNOWN) for known in found.values())), style=Style.DOUBT)
        for n in different
    )
    page = Page(
        head=[],
        said=["These results are from different machines or software: compare them with care."],
        tables=[Table(columns, rows)],
        doubts=[],
        remarks=[],
        closing=[],
    )
    return Section("Where it was measured", "", page, ())


def _facts(machine: Machine) -> dict[str, str]:
    """What is known of it and of what is installed there."""
    known = {**facts(machine), **machine.versions}
    return {name: fact for name, fact in known.items() if fact is not None}
