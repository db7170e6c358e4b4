"""The result of ``hotloop compute --traps``, as stored: schema ``hotloop.traps/1``.

The classes mirror the JSON key by key, in base units and full precision; an unknown value is null
there and None here. ``docs/traps.md`` describes every key.

Schema history: 1, the first.
"""

import math
from dataclasses import dataclass

from hotloop.base.machine import Machine
from hotloop.base.outcome import Status
from hotloop.base.storage import Form
from hotloop.compare.result import Factor, Seconds

SCHEMA = "hotloop.traps/1"


@dataclass(frozen=True, slots=True)
class Told:
    """What something told about both: ``what`` for a number, such as "pixels that differ"."""

    what: str
    looks_right: float
    is_right: float


@dataclass(frozen=True, slots=True)
class TrapResult:
    """One trap: both sides timed, or why not.

    ``factor``: how many times as fast what is right is. ``told`` None: nothing tells you.
    ``claims``: the seconds are not those that the functions take, but those that they measured.
    ``reason`` is None only for ``OK``.
    """

    name: str
    title: str
    why: str
    status: Status
    reason: str | None
    looks_right: Seconds | None
    is_right: Seconds | None
    factor: Factor | None
    told: Told | None
    claims: bool

    def __post_init__(self) -> None:
        is_timed = self.looks_right is not None and self.is_right is not None
        if (self.status is Status.OK) != is_timed:
            raise ValueError(f"{self.name} is {self.status.value}, with or without its times")
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.name} is {self.status.value} without a reason")


@dataclass(frozen=True, slots=True)
class TrapsResult:
    """One run; ``confidence`` is the one asked for each interval alone."""

    machine: Machine
    traps: tuple[TrapResult, ...]
    seed: int
    elapsed_seconds: float
    measured_seconds: float
    confidence: float
    warnings: tuple[str, ...]

    def __post_init__(self) -> None:
        names = [trap.name for trap in self.traps]
        if len(set(names)) < len(names):
            raise ValueError(f"a trap is there twice: {', '.join(names)}")
        if not 0 <= self.measured_seconds < math.inf or not 0 < self.elapsed_seconds < math.inf:
            raise ValueError(f"{self.measured_seconds} s measured in {self.elapsed_seconds} s")


FORM = Form(TrapsResult, SCHEMA)
to_json, from_json, load = FORM.to_json, FORM.from_json, FORM.load
