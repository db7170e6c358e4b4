"""The executor seam: where calls really run, and a scripted stand-in for tests.

An executor opens *process sets*: one fresh process of every contender. The real
one is ``hotloop.timing.processes``. ``ScriptedExecutor`` returns given times and keeps a
log of the order, so that whole measurements are tested as text, without processes
and without waiting.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from hotloop.timing.record import Contender, Failure
from hotloop.timing.schedule import Slot


@dataclass(frozen=True, slots=True)
class FirstCall:
    """The very first call of a fresh process: its seconds and what it returned.

    ``has_threads``: whether the calls after it used more than one CPU.
    """

    seconds: float
    answer: object
    has_threads: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What the slots gave for one contender: seconds per call in order of time.

    ``after_pause_s``: the first call of each turn that came from another one and was warmed up.
    ``rounds``: in which round of the slots each sample was taken. ``cost_s``: how long a call took
    with what is done for it outside of its time, such as a copy of its arguments; None: not known.
    """

    samples_s: Sequence[float]
    after_pause_s: Sequence[float] = ()
    rounds: Sequence[int] = ()
    cost_s: float | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """What a process reports at its end: ``answer`` of its last call; ``told`` as in a Run."""

    inside_s: float
    answer: object
    told: Mapping[str, Any] = field(default_factory=dict)


class WorkerLost(Exception):
    """A worker died, hung or raised while the set was being timed; the set does not count."""

    def __init__(self, contender: str, failure: Failure) -> None:
        super().__init__(f"{contender}: {failure.message}")
        self.contender = contender
        self.failure = failure


class ProcessSet(Protocol):
    """One fresh process of every contender that could be set up; leaving it ends them all."""

    @property
    def failures(self) -> Mapping[str, Failure]:
        """Contenders that could not be set up, with the reason."""
        ...

    def first_call(self, name: str) -> FirstCall | Failure: ...

    def warm_up(self, full_calls: Mapping[str, int]) -> None:
        """By name: one cheap call, which compiles, then so many real ones, untimed; all at once."""
        ...

    def run(self, names: Sequence[str], slots: Sequence[Slot]) -> list[Taken]:
        """Walk the slots; returns what those of each name gave."""
        ...

    def finish(self, name: str) -> Closing: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def rounds_of(contender: int, slots: Sequence[Slot]) -> tuple[int, ...]:
    """The round of each sample that the slots take of one contender."""
    own = (slot for slot in slots if slot.contender == contender)
    return tuple(slot.turn for slot in own for _ in range(slot.samples))


class Executor(Protocol):
    """Opens process sets; ``cpu`` is where single-threaded contenders are pinned."""

    @property
    def cpu(self) -> int | None: ...

    def open(self, contenders: Sequence[Contender]) -> ProcessSet: ...


@dataclass(slots=True)
class ScriptedExecutor:
    """Plays ``script``: name -> seconds per call, or the failure or exception to produce.

    ``log`` holds every action as text, in order. ``answers`` gives what a
    contender's calls return (its name by default).
    """

    script: Mapping[str, Callable[[int], float] | Failure]
    answers: Mapping[str, object] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    cpu: int | None = None

    def open(self, contenders: Sequence[Contender]) -> "ScriptedSet":
        names = [contender.name for contender in contenders]
        self.log.append("open " + " ".join(names))
        return ScriptedSet(self, names)


@dataclass(slots=True)
class ScriptedSet:
    """The process set of a ScriptedExecutor."""

    executor: ScriptedExecutor
    names: Sequence[str]
    inside_s: dict[str, float] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)

    @property
    def failures(self) -> Mapping[str, Failure]:
        script = self.executor.script
        return {n: f for n in self.names if isinstance(f := script[n], Failure)}

    def first_call(self, name: str) -> FirstCall:
        self.executor.log.append(f"first {name}")
        return FirstCall(self._play(name), self._answer(name))

    def warm_up(self, full_calls: Mapping[str, int]) -> None:
        self.executor.log += [f"warm {name} {calls}" for name, calls in full_calls.items()]

    def run(self, names: Sequence[str], slots: Sequence[Slot]) -> list[Taken]:
        samples: list[list[float]] = [[] for _ in names]
        after_pause: list[list[float]] = [[] for _ in names]
        before = None
        for slot in slots:
            who, name = slot.contender, names[slot.contender]
            if slot.warm_up is not None and before != who:
                self.executor.log.append(f"after a pause {name}")
                after_pause[who].append(self._play(name))
            for _ in range(slot.samples):
                self.executor.log.append(f"time {name} x{slot.calls}")
                samples[who].append(self._play(name, slot.calls))
            before = who
        return [
            Taken(*both, rounds_of(place, slots))
            for place, both in enumerate(zip(samples, after_pause, strict=True))
        ]

    def finish(self, name: str) -> Closing:
        self.executor.log.append(f"finish {name}")
        return Closing(self.inside_s.get(name, 0.0), self._answer(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.executor.log.append("close")

    def _play(self, name: str, calls: int = 1) -> float:
        scripted = self.executor.script[name]
        assert not isinstance(scripted, Failure), f"{name} could not be set up"
        turn = self.turns.get(name, 0)
        self.turns[name] = turn + 1
        seconds = scripted(turn)
        self.inside_s[name] = self.inside_s.get(name, 0.0) + seconds * calls
        return seconds

    def _answer(self, name: str) -> object:
        return self.executor.answers.get(name, name)
