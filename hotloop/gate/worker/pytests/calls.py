"""What a test gives to ``benchmark``, as something that can be sampled."""

from __future__ import annotations

import functools
import math
import sys
import types
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from ..calls import TIMERS, Call, Clock, Probe, median
from ..copies import is_small
from ..handed import Handed
from ..own import os, time
from ..process import children, end_if_forked, goes_on_in_forks
from ..undone import refuse
from ..used_up import Inputs
from ..warm_up import WARM_UP_AGAIN_S

# As long as the rounds of a pedantic benchmark may take in one process; the author says how many
# rounds make a figure, and their median needs no more.
ROUNDS_S = 0.1
# open(2): the file may be written to.
WRITABLE = os.O_WRONLY | os.O_RDWR
STANDARD_STREAMS = 2
# One more call than is sampled would cost as much as a pair; keeping a result costs nothing beside.
LONG_CALL_S = 0.1


class TestCall(Call):
    """A function and its arguments, called as often as it is wanted.

    ``may_be_single``: it may not bear a second call, as the whole body of a test may not.
    """

    # The test itself gets the result.
    may_be_lazy = True
    # Its fixtures are made and ended once.
    sets_up = False

    def __init__(
        self,
        function: Callable[..., Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] = types.MappingProxyType({}),
        timer: Clock | None = None,
        may_be_single: bool = False,
    ) -> None:
        self.number = 0
        # How many blocks its author makes in one process.
        self.most_blocks = sys.maxsize
        # How many rounds its statistics have to have; 0: as many as there are.
        self.told_rounds = 0
        self.blocks_of_a_sample = 1
        self.timer = "wall" if timer is None else TIMERS.get(timer, "own")
        self.pid = os.getpid()
        self.may_be_single = may_be_single
        # What the other kind of call reads of asv_runner's benchmark.
        self._benchmark = types.SimpleNamespace(timer=timer, warmup_time=-1, redo_setup=_nothing)
        # How many calls this process has made.
        self.made = 0
        self._kept: Any = None
        self._kept_in = 0
        bound = bool(args or kwargs)
        self._call = functools.partial(function, *args, **kwargs) if bound else function

    def inputs(self) -> Inputs | None:
        return Inputs(self._call)

    def firsts(self) -> int:
        """Whether its first calls are what is timed: 1 or 0."""
        return 0

    def warm(self, known_block_s: float) -> float:
        """Warm up by as many calls on both sides, which know the same ``known_block_s``.

        Returns what the first one took.
        """
        first_s = self.sample(1, 1, time.thread_time)
        left = math.ceil(WARM_UP_AGAIN_S / known_block_s) - 1
        if left > 0:
            self.sample(left, 1, time.thread_time)
        return first_s

    def rounds(self, blocks: int, calls: int, clock: Clock) -> list[float]:
        """Seconds of each of so many blocks, from the first call on."""
        return [self.sample(calls, 1, clock) for _ in range(blocks)]

    def _block(self, calls: int, clock: Clock) -> float:
        self.made += calls
        return super()._block(calls, clock)

    def _looked_at(self, calls: int, clock: Clock) -> float:
        self.made += calls
        return super()._looked_at(calls, clock)

    def result(self) -> Any:
        """What the test gets: the result of one more call, or of the last of long ones."""
        if self._kept_in == os.getpid():
            return self._kept
        return self._call()

    def keep_results(self) -> None:
        """Let the last sampled call be the one whose result the test gets."""
        function = self._call

        def call() -> None:
            self._kept = function()
            self._kept_in = os.getpid()

        self._call = call


class PedanticCall(TestCall):
    """``benchmark.pedantic``: as many rounds as it says in a process, and no more.

    ``arguments`` makes the arguments of a round, untimed; ``teardown`` gets them afterwards.
    ``shared`` are the arguments of all rounds, if nothing makes them.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Callable[[], tuple[Sequence[Any], Mapping[str, Any]]],
        teardown: Callable[..., Any] | None,
        rounds: int,
        warmup_rounds: int,
        iterations: int,
        timer: Clock | None = None,
        shared: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(function, timer=timer)
        self.number = iterations
        self._shared = shared
        self._function = function
        self._arguments = arguments
        self._teardown = teardown
        self._warmup_rounds = warmup_rounds
        self.most_blocks = warmup_rounds + rounds
        self.told_rounds = rounds
        self._last: Any = None
        self._ran_in = 0

    def firsts(self) -> int:
        return 1

    def rounds(self, blocks: int, calls: int, clock: Clock) -> list[float]:
        # In a copy of a process, the first to write to a page pays for it; let it not be the call.
        TestCall(_nothing).sample(calls, 1, clock)
        self._warm_up_rounds(calls, clock)
        return [self._round(calls, clock) for _ in range(min(blocks, self.told_rounds))]

    def sample(self, calls: int, blocks: int, clock: Clock, look: bool = False) -> float:
        return math.fsum(self._round(calls, clock) for _ in range(blocks))

    def result(self) -> Any:
        # Copies of this process leave nothing here; the test may count the calls.
        if self._ran_in != os.getpid():
            self._warm_up_rounds(self.number, time.thread_time)
            self._all_rounds()
        return self._last

    def costs(self, can_be_copied: bool) -> dict[str, Any]:
        """Make the rounds, as many as there is time for; what one costs."""
        inputs = self.inputs()
        start_s = time.perf_counter()
        handed = Handed()
        warm_up = self._warm_up_rounds(self.number, time.thread_time)
        set_up_s = time.perf_counter() - start_s
        probe = Probe()
        rounds = self._all_rounds()
        report = probe.report()
        goes_on = handed.goes_on(report)
        if inputs is not None:
            inputs.refuse_used_up()
        self.blocks_of_a_sample = len(rounds)
        costs: dict[str, Any] = {name: cost / len(rounds) for name, cost in report.items()}
        first_s = (warm_up or rounds)[0]
        refuse("it", self._last, lazy=False)
        if inputs is not None:
            emptied = self.emptied(inputs, first_s, min(rounds) / self.number)
            if emptied:
                costs["emptied"] = emptied
        return {
            "calls": self.number,
            "number": self.number,
            "timer": self.timer,
            "timed_s": math.fsum(rounds) / len(rounds),
            "first_s": first_s / self.number,
            "usual_s": median(rounds) / self.number,
            "sets_up": self._shared is None or self._teardown is not None,
            "goes_on": goes_on,
            "firsts": 1,
            "blocks_of_a_sample": len(rounds),
            "set_up_s": set_up_s,
            "can_be_copied": can_be_copied,
            "children": children(),
            **costs,
        }

    def inputs(self) -> Inputs | None:
        if self._shared is None or self.most_blocks * self.number == 1:
            return None
        return Inputs(functools.partial(self._function, *self._shared))

    def _warm_up_rounds(self, calls: int, clock: Clock) -> list[float]:
        return [self._round(calls, clock) for _ in range(self._warmup_rounds)]

    def _all_rounds(self) -> list[float]:
        """As many rounds as the author says, or as there is time for."""
        start_s = time.perf_counter()
        rounds: list[float] = []
        while len(rounds) < self.told_rounds:
            rounds.append(self._round(self.number, time.thread_time))
            if time.perf_counter() - start_s > ROUNDS_S:
                break
        return rounds

    def _round(self, calls: int, clock: Clock) -> float:
        args, kwargs = self._arguments()
        function = self._function

        def call() -> None:
            self._last = function(*args, **kwargs)

        self._call = call
        seconds = self._block(calls, clock)
        end_if_forked(self.pid)
        self._ran_in = self.pid
        if self._teardown is not None:
            self._teardown(*args, **kwargs)
        return seconds


def once(function: Callable[[], Any]) -> PedanticCall:
    """A call that no process can make twice."""
    return PedanticCall(function, lambda: ((), {}), None, 1, 0, 1)


def can_be_copied(ours: Sequence[int], log: str) -> bool:
    """Whether copies of this process can call what it calls, one after the other.

    Not if it has threads, sockets, or files that it writes to: copies would share these, as an
    open database, and not know it of each other. ``ours`` are the worker's own descriptors; pytest
    keeps another one of its ``log``.
    """
    shared = (each for each in _descriptors(ours) if _is_shared(each, log))
    return is_small() and goes_on_in_forks() and next(shared, None) is None


def log_of_this_process() -> str:
    """The file that its errors go to."""
    try:
        return os.readlink("/proc/self/fd/2")
    except OSError:
        return ""


def _descriptors(ours: Sequence[int]) -> list[int]:
    try:
        found = [int(path.name) for path in Path("/proc/self/fd").iterdir()]
    except OSError:
        return []
    return [each for each in found if each > STANDARD_STREAMS and each not in ours]


def _is_shared(descriptor: int, log: str) -> bool:
    try:
        target = os.readlink(f"/proc/self/fd/{descriptor}")
        if not target.startswith("/"):
            # A pipe is only shared if a child holds its other end.
            return not target.startswith("pipe:")
        information = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    except OSError:
        # Closed by now: it was the folder's that listed it.
        return False
    flags = next((row for row in information.splitlines() if row.startswith("flags:")), "flags: 0")
    is_written = bool(int(flags.split()[1], 8) & WRITABLE)
    return is_written and target != log and not target.startswith("/dev/")


def _nothing() -> None:
    """What is made before each block: the test has made it."""
