"""Where the results of a page were measured, side by side, if it was not one place."""

from collections.abc import Mapping

from hotloop.base.machine import Machine
from hotloop.base.units import UNKNOWN, size
from hotloop.report.html import Section
from hotloop.report.layout import Align, Column, Row, Style, Table
from hotloop.report.page import Page


def section(machines: Mapping[str, Machine]) -> Section | None:
    """What differs between the machines, by the results' labels; None if nothing does."""
    facts = {label: _facts(machine) for label, machine in machines.items()}
    names = dict.fromkeys(name for of_one in facts.values() for name in of_one)
    different = [n for n in names if len({of_one.get(n) for of_one in facts.values()}) > 1]
    if not different:
        return None
    columns = (Column("", Align.LEFT), *(Column(label, Align.LEFT) for label in facts))
    rows = tuple(
        Row((n, *(of_one.get(n) or UNKNOWN for of_one in facts.values())), style=Style.DOUBT)
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


def _facts(machine: Machine) -> dict[str, str | None]:
    memory = machine.memory_bytes
    return {
        "CPU": machine.cpu,
        "usable CPUs": None if machine.usable_cpus is None else str(machine.usable_cpus),
        "memory": None if memory is None else size(memory),
        "system": machine.system,
        "Python": f"{machine.implementation} {machine.python}",
        # What one command records and another does not is no difference.
        **{name: version for name, version in machine.versions.items() if version is not None},
    }
