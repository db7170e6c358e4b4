"""One contender's calls: the process that runs ``main`` with REPLIES INBOX PARENT as arguments.

It reads one JSON command on each line of standard input and writes one JSON reply on
each line of the descriptor REPLIES. Timed slots need no driver between them: each
worker knows the whole order, waits for the turn on INBOX and passes it to the next
one itself. A driver in the middle would cost two more switches of process for each
sample and let the core go idle meanwhile.

Before the contender, only the standard library (and ``serving``) is imported, and nothing else
imports what the contender needs: so peak memory is the contender's own. Of the standard library as
little as possible: each contender starts a process for each set, and imports were two thirds of
a start. It runs in any Python from 3.8 on.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import sys
import time

from hotloop.timing.rest import come_to_rest
from hotloop.timing.serving import live, take_commands
from hotloop.timing.small_objects import SmallObjects

# What only annotations need is not imported: see above.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn, Protocol

    class Workload(Protocol):
        """What a contender's target returns: the thing to time, and a cheap call like it."""

        def call(self) -> object: ...

        def warm_up(self) -> object: ...


# As it is now: a call may put another one in its place, as libraries do that freeze the time.
_clock_ns = time.perf_counter_ns
TURN = b"."
PLACE_BYTES = 8
# So long suffices to see whether anybody but the calling thread computes; then so long, how many
# CPUs they use: some systems let them have one at first, for 60 ms.
CPUS_SEEN_S = 2e-3
TEAM_SEEN_S = 0.2
# Others that use less of a CPU than this have nothing to do with the calls.
SOME = 0.002
# Turns begin at so many places of the stack, this many apart from one to the next: an odd number,
# so that all come in turn, and about 0.6 of them, so that few turns are spread evenly too.
DEPTHS = 32
DEPTH_STEP = 19
# glibc maps a block of its own for what is larger than a threshold, 128 KiB at first, and unmaps it
# when it is freed, so that every use of a large array faults all its pages in. The threshold rises
# to the largest block that was ever freed, 32 MiB at most: which it is would depend on what a
# process has loaded. On arrays of 160 kB, equal code took 140 us in one process and 44 us in
# another. So each frees a large block first, as a program that has run for a while has.
LARGE_BLOCK_BYTES = 31 << 20
# How long to wait for forked processes to come back from the first call.
RETURN_LIMIT_S = 0.5


class ChildReturned(Exception):
    """A call forked, and both processes came back from it."""


class Worker:
    """One contender, set up once, and the record of the time spent inside its calls."""

    def __init__(self, inbox: int, commands: int) -> None:
        self._inbox = inbox
        self._commands = commands
        self._process = os.getpid()
        self._cpus: float | None = None
        self._inside_ns = 0
        # Those of the last turn's samples, with what was done for each outside of its time.
        self._calls, self._cost_ns = 0, 0
        self._answer: object = None
        self._workload: Workload | None = None
        self._depth = os.urandom(1)[0] % DEPTHS
        self._small_objects = SmallObjects()

    @property
    def workload(self) -> Workload:
        assert self._workload is not None, "the first command must be set_up"
        return self._workload

    def set_up(
        self,
        search_path: Sequence[str] | None,
        target: str,
        arguments: object,
        stack_bytes: int | None,
    ) -> None:
        """Import the target and let it build the workload; ``search_path`` is the parent's, if any.

        None: this interpreter keeps its own. ``stack_bytes``: of this process, from now on, if it
        was started with more (``memory_layout``).
        """
        if stack_bytes is not None:
            import resource

            _, hard = resource.getrlimit(resource.RLIMIT_STACK)
            resource.setrlimit(resource.RLIMIT_STACK, (stack_bytes, hard))
        if search_path is not None:
            sys.path[:] = search_path
        # None of its pages is touched, so it is no memory.
        bytes(LARGE_BLOCK_BYTES)
        # What ``_deeper`` takes of them is not to be missing in a call.
        sys.setrecursionlimit(sys.getrecursionlimit() + 2 * DEPTHS)
        module, _, function = target.partition(":")
        self._workload = getattr(importlib.import_module(module), function)(arguments)
        self._repeat = getattr(self._workload, "repeat", self._loop)

    def first_call(self, answer_path: str) -> float:
        """Seconds of one call, and its answer left in a file for the driver to check."""
        children: list[int] = []
        os.register_at_fork(after_in_parent=lambda: children.append(1))
        returned, left = os.pipe()
        elapsed_ns = self._time(1, left)
        os.close(left)
        if (
            children
            and select.select([returned], [], [], RETURN_LIMIT_S)[0]
            and os.read(returned, 1)
        ):
            raise ChildReturned(
                "a process that the call forked came back from it too: let it end with os._exit()"
            )
        os.close(returned)
        self._save_answer(answer_path)
        return elapsed_ns / 1e9

    def used_cpus(self) -> float:
        """How many CPUs calls used, threads and processes together: the second call, and more.

        Not the first, which may compile in one thread for longer than it computes in all.
        """
        own, others = self._cpus_used_for(CPUS_SEEN_S)
        if others > SOME:
            own, others = self._cpus_used_for(TEAM_SEEN_S)
        self._cpus = own + others
        return self._cpus

    def _cpus_used_for(self, seconds: float) -> tuple[float, float]:
        """By the thread that calls for so long, and by all others, its processes' too."""
        children = _children()
        before_s = _used_by(children)
        start_ns, all_s, own_s = _clock_ns(), time.process_time(), time.thread_time()
        took_s = 0.0
        while took_s < seconds:
            self._time(1)
            took_s = (_clock_ns() - start_ns) / 1e9
        all_s, own_s = time.process_time() - all_s, time.thread_time() - own_s
        others_s = all_s - own_s + _used_by(children) - before_s
        return own_s / took_s, others_s / took_s

    def warm_up(self, full_calls: int) -> None:
        """A cheap call and so many real ones, not counted as inside: others warm up meanwhile."""
        inside_ns = self._inside_ns
        self.workload.warm_up()
        if full_calls:
            self._time(full_calls)
        self._inside_ns = inside_ns

    def pin(self, cpu: int) -> None:
        os.sched_setaffinity(0, {cpu})

    def run(
        self,
        me: int,
        slots: Sequence[tuple[int, int, int, int | None]],
        outboxes: Sequence[int],
        place_fd: int,
        has_threads: bool,
    ) -> dict[str, object]:
        """Time this worker's slots; ``outboxes[-1]`` takes the turn after the last slot.

        The number of the current slot is in ``place_fd``, so that the driver can say who has
        the turn if nobody passes it on. A contender with threads keeps the turn until they are
        at rest, so that they take nothing from the next one.
        """
        samples_s: list[float] = []
        after_pause_s: list[float] = []
        owners = [owner for owner, *_ in slots]
        for place, (owner, calls, samples, warm_up) in enumerate(slots):
            if owner != me:
                continue
            comes_from_another = place == 0 or owners[place - 1] != me
            if comes_from_another:
                self._await_turn()
            os.pwrite(place_fd, place.to_bytes(PLACE_BYTES, "little"), 0)
            self._depth = (self._depth + DEPTH_STEP) % DEPTHS
            self._small_objects.move()
            pause_s, took_s = _deeper(
                self._depth,
                self._turn,
                calls,
                samples,
                warm_up if comes_from_another else None,
            )
            after_pause_s += pause_s
            samples_s += took_s
            successor = owners[place + 1] if place + 1 < len(slots) else -1
            if successor != me:
                if has_threads:
                    come_to_rest()
                os.write(outboxes[successor], TURN)
        cost_s = self._cost_ns / self._calls / 1e9 if self._calls else None
        return {"samples_s": samples_s, "after_pause_s": after_pause_s, "cost_s": cost_s}

    def finish(self, answer_path: str) -> dict[str, object]:
        self._save_answer(answer_path)
        return {"inside_s": self._inside_ns / 1e9, "told": self.told()}

    def told(self) -> dict[str, float | None]:
        """What is known about this process at its end; None: it cannot be known here.

        ``peak_memory_bytes``: its largest resident set. ``threads``: how many the contender
        computed with; ``cpus``: how many ``used_cpus`` saw; ``is_cached``: whether its calls
        hand out an answer that was stored. In this order, because asking for the threads may need
        more memory.
        """
        return {
            "peak_memory_bytes": peak_memory_bytes(),
            "threads": self._threads(),
            "cpus": self._cpus,
            "is_cached": getattr(self.workload, "is_cached", None),
        }

    def _threads(self) -> int | None:
        """How many the contender computed with, if it says so; an error here costs no figure."""
        tell = getattr(self.workload, "threads", None)
        try:
            return None if tell is None else tell()
        except Exception:
            return None

    def _time(self, calls: int, left: int | None = None) -> int:
        """Nanoseconds of ``calls`` calls, garbage collection off meanwhile, as timeit does.

        A process that a call forked ends here; it tells so through ``left``.
        """
        collecting = gc.isenabled()
        gc.disable()
        start_ns = _clock_ns()
        try:
            elapsed_ns, answer = self._repeat(calls)
        finally:
            if os.getpid() != self._process:
                if left is not None:
                    os.write(left, TURN)
                os._exit(0)
            if collecting:
                gc.enable()
        self._answer = answer
        self._inside_ns += elapsed_ns
        self._calls += calls
        self._cost_ns += _clock_ns() - start_ns
        return elapsed_ns

    def _loop(self, calls: int) -> tuple[int, object]:
        call = self.workload.call
        turns = range(calls)
        answer: object = None
        start_ns = _clock_ns()
        for _ in turns:
            answer = call()
        return _clock_ns() - start_ns, answer

    def _turn(
        self, calls: int, samples: int, warm_up: int | None
    ) -> tuple[list[float], list[float]]:
        """One turn: seconds of the first call after a pause, if there was one, and the samples'.

        After that call come ``warm_up`` samples that are not recorded. Around calls of 100 ns, what
        is done for each sample would take longer than the calls, so that these are not made one
        by one.
        """
        pause_s = []
        if warm_up is not None:
            pause_s = [self._time(1) / 1e9]
            for _ in range(warm_up):
                self._time(calls)
        self._calls, self._cost_ns = 0, 0
        return pause_s, [self._time(calls) / calls / 1e9 for _ in range(samples)]

    def _await_turn(self) -> None:
        ready, _, _ = select.select([self._inbox, self._commands], [], [])
        if self._inbox not in ready:
            # Nobody sends commands while slots run, so the driver is gone.
            os._exit(1)
        os.read(self._inbox, len(TURN))

    def _save_answer(self, path: str) -> None:
        save = getattr(self.workload, "save", None)
        if save is not None:
            save(path)
            return
        import pickle

        with open(path, "wb") as file:
            pickle.dump(self._answer, file, protocol=5)


def _deeper(depth: int, function: Callable[..., Any], *arguments: object) -> Any:
    """``function(*arguments)`` from further down the stack, by so many calls through C and back."""
    if not depth:
        return function(*arguments)
    return next(map(_deeper, (depth - 1,), (function,), *((each,) for each in arguments)))


def _children() -> list[int]:
    """The numbers of this process's own, where the system lists them."""
    found: list[int] = []
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children") as file:
                found += map(int, file.read().split())
    except OSError:
        # No such list, or a thread has ended meanwhile.
        pass
    return found


def _used_by(children: Sequence[int]) -> float:
    """CPU seconds of ``children`` that run, and of all that have ended.

    Of those that run, where the system tells, and what their first threads used (sched-stats.rst
    of the kernel's documentation).
    """
    # Few contenders need it.
    import resource

    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = ended.ru_utime + ended.ru_stime
    for child in children:
        try:
            with open(f"/proc/{child}/schedstat") as file:
                used_s += int(file.read().split()[0]) / 1e9
        except OSError:
            continue
    return used_s


def peak_memory_bytes() -> int | None:
    """The largest resident set of this process so far; None if the system hides it.

    Not ``getrusage``: its maximum survives exec and so includes the parent's size.
    """
    try:
        with open("/proc/self/status") as file:
            status = file.read()
    except OSError:
        return None
    return parse_peak_memory(status)


def parse_peak_memory(status: str) -> int | None:
    """The VmHWM line of Linux's /proc/PID/status, in bytes."""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def main() -> NoReturn:
    """Serve the parent that spawned us until it closes the pipe or ends."""
    replies, inbox, parent = map(int, sys.argv[1:])
    commands = take_commands()
    worker = Worker(inbox, commands)
    handlers: dict[str, Callable[..., Any]] = {
        "set_up": worker.set_up,
        "first_call": worker.first_call,
        "used_cpus": worker.used_cpus,
        "warm_up": worker.warm_up,
        "pin": worker.pin,
        "run": worker.run,
        "finish": worker.finish,
    }
    live(parent, commands, replies, handlers)
