"""The figures of a stored result that can be compared with those of another, by ``hotloop diff``.

Each command that measures has a ``quantities.py``: ``entries`` yields its figures, and ``terms``
what must be equal, if anything has to be.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

# The gate's intervals, and those of a calibration.
CONFIDENCE = 0.95


class Unit(Enum):
    """In what a value is; each is shown in a way of its own."""

    SECONDS = "s"
    PER_SECOND = "1/s"
    BYTES = "bytes"
    RECORDS = "records"
    # 0.004 for 0.4 %.
    FRACTION = "fraction"
    # Head over base: 1.03 for 3 % slower.
    RATIO = "ratio"
    # asv's track benchmarks count whatever they like.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure of one row; ``low`` and ``high`` contain it with ``confidence`` if they are known.

    Two are compared if all of ``key`` is equal; ``terms`` are what it was measured under, beside
    what the whole result was.
    """

    row: str
    figure: str
    unit: Unit
    value: float
    low: float | None = None
    high: float | None = None
    confidence: float = CONFIDENCE
    terms: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is a figure of."""
        return self.row, self.figure

    @property
    def interval(self) -> tuple[float, float, float] | None:
        """Low, value and high, if a change from it or to it can have an interval."""
        if self.low is None or self.high is None or self.low <= 0:
            return None
        return self.low, self.value, self.high


@dataclass(frozen=True, slots=True)
class Absent:
    """A row without figures, and why."""

    row: str
    reason: str


class Estimate(Protocol):
    """A figure with its interval."""

    @property
    def low(self) -> float: ...

    @property
    def high(self) -> float: ...

    @property
    def confidence(self) -> float: ...


def bounds(estimate: Estimate) -> tuple[float | None, float | None, float]:
    """Low, high and confidence; with a confidence of 0 they say nothing."""
    if estimate.confidence == 0:
        return None, None, 0.0
    return estimate.low, estimate.high, estimate.confidence
