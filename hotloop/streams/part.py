"""A part of the stream ladder beside its drains: what is run for a measure, found and shown.

Each is a module that ``measures.PARTS`` names. It keeps together what belongs to its measure, so
that a new one changes no other: only ``lab.py``, which carries it out, ``result.py``, where its
figures are stored, and ``measures.py``, where it is named.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from hotloop.report.charts import Chart
from hotloop.report.figures import Figure
from hotloop.report.layout import Table
from hotloop.report.quantities import Quantity
from hotloop.streams.result import StreamResult, VariantResult

if TYPE_CHECKING:
    from hotloop.streams.run import Plan, Session
    from stream.consume.job import ConsumerReport


class Runs(Protocol):
    """The runs of a part in one session, and what they found."""

    @property
    def rounds(self) -> int:
        """In how many rounds every variant is run; 0 if it is not, or once."""
        ...

    @property
    def has_figures(self) -> bool:
        """Whether there is enough for a table."""
        ...

    def expected_s(self) -> float:
        """Roughly how long they take on two cores of 2023; 0 if they were not asked for."""
        ...

    def run(self, session: "Session") -> None:
        """Do what was asked for, after the drains; a failure costs only its own variant."""
        ...

    def is_complete(self, variant: str) -> bool:
        """Whether nothing that was asked for is missing."""
        ...

    def reports(self, variant: str) -> "Sequence[ConsumerReport]":
        """Of its processes: they say what it really ran with."""
        ...

    def failure(self, variant: str) -> str | None:
        """Why some of its runs are missing, where that is no failure of all its measures."""
        ...

    def filled(self, row: VariantResult) -> VariantResult:
        """The row with what was found of this variant."""
        ...


class Part(Protocol):
    """The module of a part; what it shows depends on the result alone."""

    @property
    def ABOUT(self) -> Mapping[str, str]:  # noqa: N802  (a constant of the module)
        """What its measures are, by their names for ``--measure``."""
        ...

    def runs(self, plan: "Plan") -> Runs:
        """Those of a new session."""
        ...

    def table(self, result: StreamResult) -> Table | None:
        """None if it has nothing to show."""
        ...

    def remarks(self, result: StreamResult) -> list[str]:
        """What the table's words mean, a line each."""
        ...

    def doubts(self, variant: VariantResult) -> list[str]:
        """What makes its figures doubtful, a sentence each."""
        ...

    def figures(self) -> dict[str, Figure[VariantResult]]:
        """Columns of CSV."""
        ...

    def charts(self, result: StreamResult) -> list[Chart]: ...

    def quantities(self, variant: VariantResult) -> Iterator[Quantity]:
        """What ``hotloop diff`` compares."""
        ...
