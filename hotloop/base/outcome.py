"""How a variant ended, and the exit code that follows: the same for every ladder."""

from collections.abc import Collection, Sequence
from enum import Enum
from typing import Protocol

EXIT_FINE = 0
EXIT_WRONG = 1
EXIT_UNDECIDED = 3
EXIT_NOT_MEASURED = 4
EXIT_INTERRUPTED = 130


class Status(Enum):
    """How a variant ended; only ``OK`` has figures that count."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    WRONG = "wrong"
    FAILED = "failed"


class Outcome(Protocol):
    """The part of a result's row that decides the exit code."""

    @property
    def name(self) -> str: ...

    @property
    def status(self) -> Status: ...


def exit_code(rows: Sequence[Outcome], asked: Collection[str]) -> int:
    """4, 1 or 0, the first that applies; ``asked`` are the variants named on the command line.

    4: a variant failed, or one that was asked for by name is unavailable, or there was
    no answer at all. 1: a variant is wrong. If a variant that nobody asked for by name
    is unavailable, it is told and does not count as a failure.
    """
    answered = [row for row in rows if row.status in (Status.OK, Status.WRONG)]
    not_measured = [
        row
        for row in rows
        if row.status is Status.FAILED or (row.status is Status.UNAVAILABLE and row.name in asked)
    ]
    if not_measured or not answered:
        return EXIT_NOT_MEASURED
    if any(row.status is Status.WRONG for row in answered):
        return EXIT_WRONG
    return EXIT_FINE
