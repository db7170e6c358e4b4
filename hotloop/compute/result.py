"""The result of ``hotloop compute``, as stored: schema ``hotloop.compute/1``.

The classes mirror the JSON key by key, in base units and full precision; an unknown
value is null there and None here, never 0. ``docs/output.md`` describes every
key. Tables, exports and the exit code are functions of these values alone.

Schema history: 1, the first; ``limit``, ``of_limit``, ``group``, ``after_pause_seconds``,
``speedup_confidence``, ``step``, ``source``, ``picture``, ``left_out``, ``gpu_limit`` and
``of_gpu_limit`` came later within it, and are absent from older files.
"""

import math
from dataclasses import dataclass
from enum import Enum

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.base.storage import Form
from hotloop.compare.result import Check, Factor, LadderRow, Seconds, check_order

SCHEMA = "hotloop.compute/1"
LEVELS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class ProblemFacts:
    """What was computed; ``iterations`` are its z updates, None if no answer was obtained."""

    width: int
    height: int
    steps: int
    window: tuple[float, float, float, float]
    iterations: int | None


class Group(Enum):
    """Whether a variant is on the ladder, or among the other tools that people use."""

    LADDER = "ladder"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Limit:
    """What the machine can do at most, in iterations/s: multiplies and adds, nothing else.

    ``threads`` is how many "all" are; ``vector`` is the instruction set that was measured.
    """

    one_thread_iterations_per_second: float
    all_threads_iterations_per_second: float
    threads: int
    vector: str

    def __post_init__(self) -> None:
        rates = self.one_thread_iterations_per_second, self.all_threads_iterations_per_second
        if not all(0 < rate < math.inf for rate in rates) or self.threads < 1:
            raise ValueError(f"a limit of {rates[0]} and {rates[1]}/s with {self.threads} threads")


@dataclass(frozen=True, slots=True)
class GpuLimit:
    """What the graphics card can do at most, likewise; ``name`` is its driver's."""

    name: str
    iterations_per_second: float

    def __post_init__(self) -> None:
        if not 0 < self.iterations_per_second < math.inf:
            raise ValueError(f"a limit of {self.iterations_per_second}/s on a GPU")


@dataclass(frozen=True, slots=True)
class OfLimit:
    """A variant's rate over the limit's, as fractions; above 1 where work is skipped."""

    one_thread: float
    all_threads: float


@dataclass(frozen=True, slots=True)
class Source:
    """The file that a variant is written in; ``after``: the variant whose idea it adds to."""

    file: str
    text: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """The answer, thinned out; of ``rows``, the first is the top one.

    A letter of a row is a point: from "0", left at the first step, to "f", never left; those
    between are spread over the logarithm of the escape step.
    """

    rows: tuple[str, ...]

    def __post_init__(self) -> None:
        if len({len(row) for row in self.rows}) != 1 or set().union(*self.rows) - LEVELS:
            raise ValueError("a picture has rows of one length, of hexadecimal digits")


@dataclass(frozen=True, slots=True)
class VariantResult(LadderRow):
    """One row: a variant that was timed, or why it was not.

    ``mismatched_pixels`` is None if nothing could be compared: a wrong shape or
    dtype, or no answer at all. ``reason`` is None only for ``OK``. ``after_pause_seconds`` is
    None if no call was made after a pause for its own sake: those of a slow variant. ``step`` is
    the factor against the rung before that was timed; ``speedup_confidence`` that of the bounds
    of ``speedup``. ``source`` is None if the installation has no sources. ``left_out``: what
    installs a variant that is not installed and that nobody named, so that tables leave it out.
    ``of_limit`` is None for a variant on a GPU, ``of_gpu_limit`` for all others.
    """

    name: str
    idea: str
    status: Status
    reason: str | None
    seconds: Seconds | None
    iterations_per_second: float | None
    speedup: float | None
    speedup_low: float | None
    speedup_high: float | None
    mismatched_pixels: int | None
    first_call_seconds: float | None
    peak_memory_bytes: int | None
    threads: int | None
    of_limit: OfLimit | None = None
    group: Group = Group.LADDER
    after_pause_seconds: float | None = None
    speedup_confidence: float | None = None
    step: Factor | None = None
    source: Source | None = None
    left_out: str | None = None
    of_gpu_limit: float | None = None

    def __post_init__(self) -> None:
        if self.status is Status.OK and self.seconds is None:
            raise ValueError(f"{self.name} is ok without a time")
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.name} is {self.status.value} without a reason")
        if self.left_out is not None and self.status is not Status.UNAVAILABLE:
            raise ValueError(f"{self.name} is {self.status.value} and left out")
        if self.speedup is not None and self.speedup_low is not None:
            check_order("bounds", self.speedup_low, self.speedup, self.speedup_high)

    @property
    def speedup_half_width(self) -> float | None:
        """Half the interval of the factor over the factor."""
        if self.speedup is None or self.speedup_low is None or self.speedup_high is None:
            return None
        return (self.speedup_high - self.speedup_low) / 2 / self.speedup


@dataclass(frozen=True, slots=True)
class ComputeResult:
    """One run of the ladder; ``confidence`` is the one requested for the intervals.

    ``measured_seconds`` is the part of ``elapsed_seconds`` spent inside the variants.
    """

    machine: Machine
    problem: ProblemFacts
    variants: tuple[VariantResult, ...]
    seed: int
    elapsed_seconds: float
    measured_seconds: float
    confidence: float
    check: Check
    warnings: tuple[str, ...]
    limit: Limit | None = None
    picture: Picture | None = None
    gpu_limit: GpuLimit | None = None

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError(f"a variant is there twice: {', '.join(names)}")
        if not 0 <= self.measured_seconds < math.inf or not 0 < self.elapsed_seconds < math.inf:
            raise ValueError(f"{self.measured_seconds} s measured in {self.elapsed_seconds} s")

    @property
    def measured_fraction(self) -> float:
        """The part of the whole time that was spent inside the variants."""
        return self.measured_seconds / self.elapsed_seconds

    @property
    def short_of_confidence(self) -> tuple[VariantResult, ...]:
        """The variants whose interval does not reach the requested confidence."""
        return tuple(
            variant
            for variant in self.variants
            if variant.seconds is not None and variant.seconds.confidence < self.confidence
        )


FORM = Form(ComputeResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load
