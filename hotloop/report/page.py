"""What a reader sees of a result, whatever the format: each command fills one page.

    page ──> screen    lines that fit a width
         ──> markdown  a table for a README, an issue, a comment

A page holds only words and cells. Its tables take them from the result's ``figures``, which also
make the CSV.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.base.units import size
from hotloop.report.layout import Style, Table

STYLES = {
    Status.OK: Style.PLAIN,
    Status.UNAVAILABLE: Style.ABSENT,
    Status.WRONG: Style.BAD,
    Status.FAILED: Style.BAD,
}


@dataclass(frozen=True, slots=True)
class Page:
    """The answer and where it comes from, from the top to the bottom.

    ``head`` are segments, each short enough to share a line: what was measured, on what.
    ``said`` are sentences before the tables, ``doubts`` what makes the figures doubtful,
    ``remarks`` what else is worth knowing, ``closing`` how long it took. ``answer``: the
    conclusion in a few words; None if the tables are the answer.
    """

    head: Sequence[str]
    tables: Sequence[Table]
    doubts: Sequence[str]
    remarks: Sequence[str]
    closing: Sequence[str]
    said: Sequence[str] = ()
    answer: str | None = None


def cpus(machine: Machine) -> str:
    """ "2 x AMD EPYC"."""
    number = "" if machine.usable_cpus is None else f"{machine.usable_cpus} x "
    return f"{number}{machine.cpu or 'unknown CPU'}"


def python(machine: Machine) -> str:
    """ "Python 3.11.7", "PyPy 3.11.11"."""
    name = "Python" if machine.implementation == "CPython" else machine.implementation
    return f"{name} {machine.python}"


def facts(machine: Machine) -> dict[str, str | None]:
    """What a machine is, without what is installed on it; None: unknown."""
    cpus, memory_bytes = machine.usable_cpus, machine.memory_bytes
    return {
        "CPU": machine.cpu,
        "usable CPUs": None if cpus is None else str(cpus),
        "memory": None if memory_bytes is None else size(memory_bytes),
        "system": machine.system,
        "Python": f"{machine.implementation} {machine.python}",
    }
