"""What workers measured, as plain values: the only input of statistics."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Threads(Enum):
    """How many CPUs a contender may use: one is pinned, all are left to the system.

    ``AUTO``: one, unless its first calls used more.
    """

    ONE = "one"
    ALL = "all"
    AUTO = "auto"


class Stage(Enum):
    """The stage of a worker's life at which something went wrong."""

    SET_UP = "set-up"
    FIRST_CALL = "first call"
    TIMING = "timing"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Contender:
    """One thing to time, described so that a fresh process can build it.

    ``target`` is ``"package.module:function"``. The worker imports it and calls it
    with ``arguments``; it returns an object with ``call()``, which is timed, and
    ``warm_up()``, a cheap call of the same kind that makes a JIT compile. It may have
    ``threads()`` too: how many it computes with in its process, None if it cannot say; and
    ``repeat(calls)``, which makes that many calls and returns their nanoseconds and the last
    answer, if it times them better than a loop around ``call`` would; and ``save(path)``, which
    leaves the last answer where the driver finds it, if pickling it is not enough.

    ``python`` is the interpreter of its process; None: the driver's own.
    """

    name: str
    target: str
    arguments: Mapping[str, object]
    threads: Threads = Threads.ONE
    python: str | None = None

    def __post_init__(self) -> None:
        module, colon, function = self.target.partition(":")
        if not (module and colon and function):
            raise ValueError(f"target must read 'package.module:function', not {self.target!r}")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a contender could not be measured; ``error`` is the exception's class name."""

    stage: Stage
    error: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """One worker process of one contender.

    ``samples_s`` are seconds per call in order of time, each the mean of ``calls`` calls
    that followed others without a pause; ``first_call_s`` is the very first call of a
    fresh process, compilation included, and None if this process did not time it;
    ``after_pause_s`` are single calls, each the first after turns of others. ``told`` is what
    the process reported about itself at its end, by the names of ``Worker.told``; None if it, or
    the system, could not say. ``rounds`` says in which round of its set each sample was taken;
    empty: evenly spread over the set.
    """

    contender: str
    process: int
    calls: int
    samples_s: tuple[float, ...]
    first_call_s: float | None
    after_pause_s: tuple[float, ...] = ()
    told: Mapping[str, Any] = field(default_factory=dict)
    rounds: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.rounds and len(self.rounds) != len(self.samples_s):
            raise ValueError(f"{len(self.rounds)} rounds of {len(self.samples_s)} samples")
        if not self.samples_s:
            raise ValueError(f"a run of {self.contender} without samples")
        if self.calls < 1:
            raise ValueError(f"a sample of {self.contender} has {self.calls} calls")
        if min(self.samples_s) < 0:
            raise ValueError(f"a sample of {self.contender} took {min(self.samples_s)} s")


@dataclass(frozen=True, slots=True)
class Measurement:
    """All that one measurement recorded.

    ``inside_s`` is the wall time spent in the contenders' own calls: samples, first
    calls and warm-up. ``cpu`` is the one that single-threaded contenders were pinned
    to, None if the system cannot pin.
    """

    runs: tuple[Run, ...]
    failures: Mapping[str, Failure]
    seed: int
    cpu: int | None
    elapsed_s: float
    inside_s: float

    @property
    def sampled_s(self) -> float:
        """The part of ``inside_s`` that was recorded: the samples of all runs."""
        return sum(run.calls * sum(run.samples_s) for run in self.runs)

    def runs_of(self, contender: str) -> tuple[Run, ...]:
        """The runs of one contender in order of their process sets; empty if it failed."""
        return tuple(run for run in self.runs if run.contender == contender)
