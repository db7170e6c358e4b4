"""What is timed: blocks of calls of asv_runner's benchmark, and what a block costs."""

from __future__ import annotations

import functools
import itertools
import math
import sys
import timeit
from typing import Any, Callable, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from . import schedstat
from .own import gc, os, resource, time
from .process import end_if_forked
from .stocks import judge
from .undone import refuse
from .used_up import Inputs

# Interpreters that compile are warmed up for as long as asv_runner does.
COMPILERS_WARM_UP_S = {"__pypy__": 1.0, "__graalpython__": 5.0}


Clock = Callable[[], float]
# asv_runner's limit of sampling if neither ``repeat`` nor a timeout sets one.
SAMPLING_S = 60.0
# What a benchmark's timer measures; any other timer is the suite's own.
TIMERS: dict[Clock, str] = {
    timeit.default_timer: "wall",
    time.process_time: "cpu",
    time.thread_time: "cpu",
}


# The shortest stretch for testing a suite's own timer: any real timer moves in it.
CHECKED_BLOCK_S = 100e-6
CHECKED_READINGS = 5
# Of the CPU time of a thread and of its process.
CPU_READINGS = 3


def undisturbed() -> float:
    """The wall clock, for a block of some microseconds that does not wait for anything.

    It is read at once, where a thread's CPU time is a system call. But what other programs take
    meanwhile is in it; so what it says of a block is held against the CPU time around that.
    """
    return time.perf_counter()


class BadTimer(Exception):
    """The suite's own timer does not say how long a call took; the message says why."""


class Call:
    """The thing to time, as asv_runner would: what one block is and what goes before it.

    A block is everything between two readings of the clock: one call if there are set-ups,
    because each call gets fresh state (before 0.3 of asv_runner each block did); ``number``
    calls if the suite says so; otherwise (``number`` 0) any number.
    """

    # Whether somebody may read a result that is lazy.
    may_be_lazy = False
    # Whether calls have switched garbage collection on.
    collects = False

    def __init__(self, benchmark: Any) -> None:
        alone = has_calls_alone(benchmark)
        self.number = 1 if alone else int(benchmark.number)
        # As asv counts: each has ``number`` calls, whichever of them share a block.
        self.blocks_of_a_sample = max(1, int(benchmark.number)) if alone else 1
        # asv_runner's default is from when it was imported, and may be a stopped clock by now.
        is_set = any(hasattr(source, "timer") for source in benchmark._attr_sources)
        self.timer = TIMERS.get(benchmark.timer, "own") if is_set else "wall"
        self.pid = os.getpid()
        self._benchmark = benchmark
        params = parameters(benchmark)
        self._call = functools.partial(benchmark.func, *params) if params else benchmark.func

    def warm_up_s(self, usual_s: float) -> float:
        """The suite's own warm-up time, if it set one, a compiler's, or else the usual."""
        own_s = float(self._benchmark.warmup_time)
        if own_s >= 0:
            return own_s
        known = (seconds for name, seconds in COMPILERS_WARM_UP_S.items() if name in sys.modules)
        return next(known, usual_s)

    @property
    def sets_up(self) -> bool:
        """Whether something goes before or after its calls that is not timed."""
        return bool(self._benchmark._setups or self._benchmark._teardowns)

    def firsts(self) -> int:
        """How many samples asv takes in a process from its very first call on; 0: it warms up.

        For a suite that wants no warm-up (``warmup_time`` 0) and fixes the calls of a sample
        (``number``) and the number of samples (``repeat``).
        """
        return firsts_of(self._benchmark)

    def first_samples(
        self, calls: int, blocks: int, clock: Clock, look: bool = False
    ) -> list[float]:
        """Seconds of each sample that asv would take, from the first call of this process on."""
        fewest, most, longest_s = repeat_of(self._benchmark)
        fewest = max(fewest, math.ceil(self._benchmark.min_run_count / (calls * blocks)))
        end_s = time.perf_counter() + longest_s
        samples: list[float] = []
        while len(samples) < most:
            samples.append(self.sample(calls, blocks, clock, look))
            if len(samples) >= fewest and time.perf_counter() > end_s:
                break
        return samples

    def sample(self, calls: int, blocks: int, clock: Clock, look: bool = False) -> float:
        """Seconds inside ``blocks`` blocks of ``calls`` calls, each after an untimed set-up.

        With ``look``, looks at what each call returns, which keeps it alive a little longer than
        in timed calls; raises NeverRan if it is work that nobody does.
        """
        block: Callable[[int, Clock], float] = self._looked_at if look else self._block
        if clock is undisturbed and not look:
            block = self._undisturbed
        seconds = 0.0
        for _ in range(blocks):
            self._benchmark.redo_setup()
            seconds += block(calls, clock)
            end_if_forked(self.pid)
        return seconds

    def inputs(self) -> Inputs | None:
        """What its calls work on; None: out of reach."""
        return Inputs(self._call, is_suites=True)

    def refuse_used_up(self, inputs: Inputs) -> None:
        """Raises NeverRan if a call has left nothing of its inputs to the next one."""
        if self.number == 1 and inputs.used_up() is not None:
            # Each call has a set-up, which may make them anew.
            self._benchmark.redo_setup()
        inputs.refuse_used_up()

    def emptied(self, inputs: Inputs, first_s: float, later_s: float) -> str:
        """What its calls have emptied that those to be timed may lack, in words; empty: nothing.

        Raises LacksInput if these have nothing to do. ``first_s`` and ``later_s`` are what the
        first call took and what others take.
        """
        if self.number == 1 and inputs.emptied():
            self._benchmark.redo_setup()
        found = inputs.emptied()
        return judge(found, self._once, first_s, later_s) if found else ""

    def _once(self, before: Callable[[], Any]) -> float:
        """Seconds of a call after ``before``, and after its set-up where each has one."""
        if self.number == 1:
            self._benchmark.redo_setup()
        before()
        seconds = self._block(1, time.perf_counter)
        end_if_forked(self.pid)
        return seconds

    def answer(self) -> Any:
        """What a call returns, after an untimed set-up."""
        self._benchmark.redo_setup()
        return self._call()

    def refuse_timer(self, calls: int, blocks: int) -> None:
        """Raises BadTimer if the suite's timer moves when it is read, not during the calls."""
        if self.timer != "own":
            return
        timer, now = self._benchmark.timer, time.perf_counter
        readings: list[float] = []

        def read_beside() -> float:
            readings.append(now())
            return timer()  # type: ignore[no-any-return]

        block_s = self.sample(calls, blocks, read_beside) / blocks
        real_s = math.fsum(readings[1::2]) - math.fsum(readings[::2])
        idle_s = min(-timer() + timer() for _ in range(CHECKED_READINGS))
        if real_s >= CHECKED_BLOCK_S * blocks and 0 < block_s <= 2 * idle_s:
            raise BadTimer(
                f"its timer moves by {idle_s:g} s whenever it is read, by {block_s:g} s in a call"
            )

    def clock(self, name: str) -> Clock:
        clocks: dict[str, Clock] = {
            "cpu": time.thread_time,
            "wall": time.perf_counter,
            "undisturbed": undisturbed,
            "own": self._benchmark.timer,
        }
        return clocks[name]

    def _block(self, calls: int, clock: Clock) -> float:
        """Seconds of ``calls`` calls, with garbage collection off, as in timeit.

        Until a call switches it on.
        """
        call = self._call
        turns = itertools.repeat(None, calls)
        collecting = gc.isenabled()
        gc.disable()
        try:
            start = clock()
            for _ in turns:
                call()
            return clock() - start
        finally:
            self.collects |= gc.isenabled()
            if collecting:
                gc.enable()

    def _undisturbed(self, calls: int, _clock: Clock) -> float:
        start_s = time.thread_time()
        seconds = self._block(calls, time.perf_counter)
        return min(seconds, time.thread_time() - start_s)

    def _looked_at(self, calls: int, clock: Clock) -> float:
        seconds = 0.0
        for _ in range(calls):
            start = clock()
            result = self._call()
            seconds += clock() - start
            end_if_forked(self.pid)
            refuse("it", result, lazy=not self.may_be_lazy)
        return seconds


class RawCall(Call):
    """A timeraw benchmark: each block is a fresh interpreter that times itself."""

    def __init__(self, benchmark: Any) -> None:
        self.number = int(benchmark.number)
        self.blocks_of_a_sample = 1
        self.timer = "own"
        self.pid = os.getpid()
        self._benchmark = benchmark
        self._timer = benchmark._get_timer(*parameters(benchmark))

    def clock(self, name: str) -> Clock:
        return time.perf_counter

    def _block(self, calls: int, clock: Clock) -> float:
        return float(self._timer.timeit(calls))

    def inputs(self) -> None:
        """What a script works on stays in its interpreter."""

    def refuse_timer(self, calls: int, blocks: int) -> None:
        """Nothing to refuse: the clock is another interpreter's."""

    # What a script returns stays in its interpreter.
    _looked_at = _block


class Probe:
    """What a stretch of calls cost besides time: does this benchmark wait, or use threads?"""

    def __init__(self) -> None:
        self._delayed_s = delayed_s()
        self._start = self._now()

    @staticmethod
    def _now() -> list[float]:
        who = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        # What the system takes between the two is no other thread's: some 10 us on a busy machine.
        readings = [(time.thread_time(), time.process_time()) for _ in range(CPU_READINGS)]
        return [
            time.perf_counter(),
            *min(readings, key=lambda both: both[1] - both[0]),
            resource.getrusage(who).ru_nvcsw,
            children.ru_utime + children.ru_stime,
        ]

    def report(self) -> dict[str, float]:
        """Since the start: wall time, CPU time of this thread, CPU time of other threads, waits.

        And for how long this thread had work and no CPU, where the system tells.
        """
        elapsed_s, thread_s, process_s, waits, children_s = (
            now - start
            for now, start in zip(self._now(), self._start)  # noqa: B905
        )
        report = {
            "elapsed_s": elapsed_s,
            "thread_s": thread_s,
            "other_threads_s": process_s - thread_s,
            "children_s": children_s,
            "waits": waits,
        }
        delay_s = delayed_s()
        if delay_s is not None and self._delayed_s is not None:
            report["delayed_s"] = delay_s - self._delayed_s
        return report


def delayed_s() -> float | None:
    """For how long this thread has been ready to run while others had the CPU (Linux).

    None: the system does not tell, or does not count.
    """
    ran_ns, delay_ns = schedstat.read(schedstat.OWN) or (0, 0)
    return delay_ns / 1e9 if ran_ns else None


def has_calls_alone(benchmark: Any) -> bool:
    """Whether each call has a set-up of its own."""
    return bool(benchmark._setups) and getattr(benchmark, "_setup_isolates_timed_calls", False)


def firsts_of(benchmark: Any) -> int:
    """See ``Call.firsts``; every call of a timeraw benchmark is a first one."""
    fixed = int(benchmark.number) or has_calls_alone(benchmark)
    cold = fixed and benchmark.warmup_time == 0 and not is_raw(benchmark)
    return repeat_of(benchmark)[1] if cold else 0


def repeat_of(benchmark: Any) -> tuple[int, int, float]:
    """asv's ``repeat``: the fewest and the most samples, and the most seconds; 0: free."""
    try:
        fewest, most, longest_s = benchmark.repeat
    except (TypeError, ValueError):
        fewest = most = benchmark.repeat
        longest_s = benchmark.timeout or SAMPLING_S
    return int(fewest), int(most), float(longest_s)


def call_of(benchmark: Any) -> Call:
    """The thing to time in a benchmark that is set up."""
    return RawCall(benchmark) if is_raw(benchmark) else Call(benchmark)


def parameters(benchmark: Any) -> Sequence[Any]:
    """What the benchmark's functions are called with, the cache included."""
    if hasattr(benchmark, "_build_params"):
        return benchmark._build_params()  # type: ignore[no-any-return]
    return benchmark._current_params  # type: ignore[no-any-return]


def is_raw(benchmark: Any) -> bool:
    """Whether it is a timeraw benchmark, whose call is the text of a script."""
    from asv_runner.benchmarks.timeraw import TimerawBenchmark

    return isinstance(benchmark, TimerawBenchmark)


def refuse_samples(samples: Sequence[float]) -> None:
    """Raises BadTimer for impossible seconds: not finite, below 0, or 0 in most samples.

    Otherwise a timer that stands still would make both sides the same, whatever the code costs.
    """
    for seconds in samples:
        if not math.isfinite(seconds) or seconds < 0:
            raise BadTimer(f"its timer says that calls took {seconds:g} s")
    if samples and median(samples) == 0:
        raise BadTimer("its timer did not move: 0 s for its calls")


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the middle two; avoids importing statistics."""
    ranked = sorted(values)
    middle = len(ranked) // 2
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2
