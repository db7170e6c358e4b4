"""The result of ``hotloop diff``, as stored: schema ``hotloop.diff/1``.

The first source is what the others are compared with. Schema history: 1, the first.
"""

import math
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.storage import Form
from hotloop.report.quantities import Unit

SCHEMA = "hotloop.diff/1"


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """One of the results: what it is called, where it was, the machine that it is from."""

    label: str
    path: str
    machine: Machine


@dataclass(frozen=True, slots=True)
class Value:
    """One figure of one source, in base units; ``low`` and ``high`` are None if unknown."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one row in the first source and in another.

    ``ratio``: after over before, None if before is 0; ``low`` and ``high`` contain it with
    ``confidence`` if the machine did the same work equally fast both times, and are None if an
    interval of a side is unknown.
    """

    row: str
    figure: str
    unit: Unit
    before: Value
    after: Value
    ratio: float | None
    low: float | None
    high: float | None
    confidence: float | None

    def __post_init__(self) -> None:
        known = [bound for bound in (self.low, self.ratio, self.high) if bound is not None]
        if known != sorted(known) or not all(math.isfinite(bound) for bound in known):
            raise ValueError(f"the bounds of {self.row} are out of order: {known}")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row, or one figure of it (None: all), that is not compared, and why."""

    row: str
    figure: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One source beside the first: ``source`` is its place among the sources.

    ``differences``: how its machine and its software differ, one sentence each.
    """

    source: int
    changes: tuple[Change, ...]
    left_out: tuple[LeftOut, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiffResult:
    """All of the sources, measured by ``command``; ``rows``: what each row is."""

    command: str
    rows: str
    sources: tuple[SourceFacts, ...]
    comparisons: tuple[Comparison, ...]

    def __post_init__(self) -> None:
        for comparison in self.comparisons:
            if not 0 < comparison.source < len(self.sources):
                raise ValueError(f"a source {comparison.source} of {len(self.sources)}")


FORM = Form(DiffResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load
