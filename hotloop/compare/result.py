"""The result of ``hotloop compare``, as stored: schema ``hotloop.compare/1``.

The classes mirror the JSON key by key, in base units and full precision; an unknown value is null
there and None here, never 0. ``docs/compare.md`` describes every key. ``Seconds``, ``Factor`` and
``Check`` are those of every ladder: ``hotloop compute`` stores them too.

Schema history: 1, the first; ``sampled_seconds`` came later, and may be null.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.base.storage import Form
from hotloop.timing.first_calls import is_far_longer

SCHEMA = "hotloop.compare/1"

# A first call is mentioned if it takes twice as long as a usual one and a person could notice.
FIRST_CALL_RATIO = 2.0
FIRST_CALL_NOTICED_S = 0.05
# A call after a pause is mentioned if it differs this much from a call in a loop.
PAUSE_NOTICED = 0.10


@dataclass(frozen=True, slots=True)
class Seconds:
    """Seconds per call. ``low`` and ``high`` contain the true median with ``confidence``.

    ``samples`` are in order of time, process by process; ``samples_per_process``
    says how many of them each process gave. ``confidence`` is what was reached: 0
    if the bounds say nothing (one process).
    """

    median: float
    low: float
    high: float
    lower_quartile: float
    upper_quartile: float
    confidence: float
    samples: tuple[float, ...]
    samples_per_process: tuple[int, ...]

    def __post_init__(self) -> None:
        if not 0 < self.median < math.inf:
            raise ValueError(f"a median of {self.median} s")
        check_order("bounds", 0.0, self.low, self.median, self.high)
        check_order("quartiles", self.lower_quartile, self.median, self.upper_quartile)
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence of {self.confidence}")
        if not self.samples or sum(self.samples_per_process) != len(self.samples):
            raise ValueError(
                f"{len(self.samples)} samples, but {sum(self.samples_per_process)} "
                "counted over the processes"
            )
        if not all(0 <= sample < math.inf for sample in self.samples):
            raise ValueError(f"a sample of {min(self.samples)} s")

    @property
    def relative_half_width(self) -> float:
        """Half the interval over the median."""
        return (self.high - self.low) / 2 / self.median


class LadderRow:
    """What a row says, whatever the ladder."""

    __slots__ = ()

    name: str
    status: Status
    reason: str | None
    seconds: Seconds | None
    first_call_seconds: float | None
    after_pause_seconds: float | None

    @property
    def first_call_is_slow(self) -> bool:
        """Whether the first call did much that later ones do not: compiled, filled a cache."""
        if self.first_call_seconds is None or self.seconds is None:
            return False
        first_s, usual_s = self.first_call_seconds, self.seconds.median
        takes_longer = first_s >= FIRST_CALL_RATIO * usual_s
        is_noticed = takes_longer and first_s - usual_s >= FIRST_CALL_NOTICED_S
        return is_noticed or is_far_longer(first_s, usual_s)

    @property
    def pause_factor(self) -> float | None:
        """How many times as long a call after a pause takes, if it is worth mentioning."""
        if self.after_pause_seconds is None or self.seconds is None:
            return None
        ratio = self.after_pause_seconds / self.seconds.median
        return ratio if abs(ratio - 1) > PAUSE_NOTICED else None


class Verdict(Enum):
    """What a factor's interval shows; ``OPEN``: it holds 1, so nothing is shown."""

    FASTER = "faster"
    SLOWER = "slower"
    OPEN = "not told apart"


@dataclass(frozen=True, slots=True)
class Factor:
    """How many times as fast as ``against``, between bounds that hold it with ``confidence``.

    ``confidence`` is that of this interval alone, and 0 if the bounds say nothing (one process).
    """

    against: str
    value: float
    low: float
    high: float
    confidence: float

    def __post_init__(self) -> None:
        check_order("bounds", self.low, self.value, self.high)
        if self.low <= 0 or not 0 <= self.confidence <= 1:
            raise ValueError(f"a factor from {self.low} with a confidence of {self.confidence}")

    @property
    def half_width(self) -> float:
        """Half the interval over the factor."""
        return (self.high - self.low) / 2 / self.value

    @property
    def verdict(self) -> Verdict:
        """Faster or slower than ``against``, if the interval leaves no doubt."""
        if self.confidence > 0 and self.low > 1:
            return Verdict.FASTER
        if self.confidence > 0 and self.high < 1:
            return Verdict.SLOWER
        return Verdict.OPEN


@dataclass(frozen=True, slots=True)
class Check:
    """What the answers were compared with, and a sentence on how that went."""

    reference: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Task:
    """What was compared: the words of the user, with the input of all.

    ``check``: how answers had to agree: "equal", "close:1e-9", "FILE:FUNCTION" or "none".
    """

    kind: str
    input: str
    setup: str
    fresh: bool
    check: str


@dataclass(frozen=True, slots=True)
class ContenderResult(LadderRow):
    """One row: a contender that was timed, or why it was not.

    ``code`` is where it comes from: FILE:FUNCTION, a statement, a command. ``python`` is the
    interpreter of its own, None if it is hotloop's. ``factor`` is against the reference, ``step``
    against the row before that was timed; each None for lack of one. ``size`` is that of the
    input, None without ``--over``. ``cpus``: how many its calls used, all threads and processes
    together; above 1.3 it was not pinned to one. ``reason`` is None only for ``OK``.
    """

    name: str
    code: str
    status: Status
    reason: str | None
    seconds: Seconds | None
    factor: Factor | None
    step: Factor | None
    first_call_seconds: float | None
    after_pause_seconds: float | None
    peak_memory_bytes: int | None
    python: str | None = None
    size: float | None = None
    cpus: float | None = None

    def __post_init__(self) -> None:
        if (self.status is Status.OK) != (self.seconds is not None):
            raise ValueError(f"{self.name} is {self.status.value}, with or without a time")
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.name} is {self.status.value} without a reason")
        check_order("a size from 0", 0.0, self.size)
        check_order("memory from 0", 0.0, self.peak_memory_bytes)


@dataclass(frozen=True, slots=True)
class Growth:
    """How a contender's time grows with the size: as its ``exponent``-th power.

    Over ``sizes``, the largest that were measured; ``low`` and ``high`` hold the exponent with
    ``confidence``.
    """

    name: str
    exponent: float
    low: float
    high: float
    confidence: float
    sizes: tuple[float, ...]

    def __post_init__(self) -> None:
        check_order("bounds", self.low, self.exponent, self.high)


@dataclass(frozen=True, slots=True)
class Crossing:
    """From ``size`` on ``faster`` is faster than ``slower``, which was before; within bounds."""

    faster: str
    slower: str
    size: float
    low: float
    high: float

    def __post_init__(self) -> None:
        check_order("bounds", self.low, self.size, self.high)


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """One run; ``confidence`` is the one requested for all factors of the table together.

    ``measured_seconds`` is the part of ``elapsed_seconds`` spent inside the contenders' calls,
    ``sampled_seconds`` the part of that which is in the samples; None in older results.
    Shown as the command shows it, in a notebook as a table.
    """

    machine: Machine
    task: Task
    contenders: tuple[ContenderResult, ...]
    seed: int
    elapsed_seconds: float
    measured_seconds: float
    confidence: float
    check: Check
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]
    size_name: str | None = None
    growth: tuple[Growth, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    sampled_seconds: float | None = None

    def __post_init__(self) -> None:
        rows = [(row.name, row.size) for row in self.contenders]
        if len(set(rows)) < len(rows):
            raise ValueError(f"a contender is there twice: {', '.join(n for n, _ in rows)}")
        if not 0 <= self.measured_seconds < math.inf or not 0 < self.elapsed_seconds < math.inf:
            raise ValueError(f"{self.measured_seconds} s measured in {self.elapsed_seconds} s")
        check_order("a confidence from 0 to 1", 0.0, self.confidence, 1.0)
        check_order("samples from 0 s", 0.0, self.sampled_seconds)

    @property
    def measured_fraction(self) -> float:
        """The part of the whole time that was spent inside the contenders."""
        return self.measured_seconds / self.elapsed_seconds

    def __getitem__(self, name: str) -> ContenderResult:
        """The row of a contender, the first if it has several. Raises KeyError."""
        for row in self.contenders:
            if row.name == name:
                return row
        raise KeyError(f"{name}: there is {', '.join(row.name for row in self.contenders)}")

    def __repr__(self) -> str:
        from hotloop.compare.page import page
        from hotloop.report import screen
        from hotloop.report.terminal import PLAIN_WIDTH

        return "\n".join(line.text for line in screen.lines(page(self), PLAIN_WIDTH))

    def __rich__(self) -> str:
        from rich.markup import escape

        return escape(repr(self))

    def _repr_html_(self) -> str:
        from hotloop.compare.page import page
        from hotloop.report import notebook

        return notebook.fragment(page(self))

    @property
    def reached(self) -> float:
        """The confidence with which all factors hold together; 1 without any."""
        return together(factors(self.contenders))


def factors(rows: Sequence[ContenderResult]) -> list[Factor]:
    """All different factors of the rows: those against the reference, and the other steps."""
    found = []
    for row in rows:
        found += [row.factor] if row.factor is not None else []
        repeated = row.factor is not None and row.step == row.factor
        found += [row.step] if row.step is not None and not repeated else []
    return found


def together(several: Sequence[Factor]) -> float:
    """A lower bound for the confidence that all hold at once (Bonferroni), 0 at least."""
    return max(0.0, 1.0 - sum(1.0 - factor.confidence for factor in several))


FORM = Form(Comparison, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load


def check_order(what: str, *values: float | None) -> None:
    """Raise ValueError unless the known values ascend and are finite."""
    known = [value for value in values if value is not None]
    in_order = all(low <= high for low, high in pairwise(known))
    if not (in_order and all(math.isfinite(value) for value in known)):
        listed = ", ".join(str(value) for value in known)
        raise ValueError(f"{what} out of order or not finite: {listed}")
