"""The child process that runs one benchmark: ``python worker.py REPLIES INBOX OUTBOX PARENT HEAP``.

It is started by path with the interpreter of the environment under test, which has
asv_runner and the project installed but no hotloop, and may be as old as Python 3.8:
so it is one file, of the standard library only, and leaves its own folder off sys.path.
The benchmark is asv_runner's own object; what this adds is taking turns.

It reads one JSON command a line from what was standard input and writes one JSON reply
a line to the descriptor REPLIES. It waits for its turn on INBOX and hands it to its
partner on OUTBOX. HEAP is the length of a block that moves the heap, PARENT the process
that it must not outlive.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import json
import os
import pickle
import resource
import select
import signal
import sys
import time
import timeit
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator, NoReturn, Sequence  # noqa: UP035  (evaluated by Python 3.8)

TURN = b"."
STANDARD_INPUT = 0
# Says that the benchmark closed the descriptors that replies would go to (EX_IOERR).
PIPES_CLOSED_CODE = 74
# The process to end first where memory runs out: the highest value (proc(5)).
FIRST_TO_END = "1000"
# The shortest stretch whose costs per call are believed: thousands of clock ticks.
PROBE_S = 5e-3
# Growing faster would let one stretch take seconds, slower would take many of them.
PROBE_GROWTH = 2
# Warm-up where the suite sets none: as many calls as make the caches and the specialising
# interpreter settle (some dozens of calls, hundreds of microseconds); those that compile
# get the times that asv_runner gives them.
WARM_UP_S = 0.02
COMPILERS_WARM_UP_S = {"__pypy__": 1.0, "__graalpython__": 5.0}
# What asv_runner measures objects with, and can do without where none is measured: it
# imports NumPy where there is one, half of the time that a pair takes to get ready.
SIZER = "pympler"
# asv_runner's methods that call the suite's hooks.
HOOKS = {"do_setup": "setup", "do_teardown": "teardown"}

# A fork copies the tables of all pages, 1 ms for some 100 MB.
LARGEST_COPIED_BYTES = 200 << 20

Clock = Callable[[], float]
# What a benchmark's timer measures; every other is one of its own.
TIMERS: dict[Clock, str] = {
    timeit.default_timer: "wall",
    time.process_time: "cpu",
    time.thread_time: "cpu",
}


class Call:
    """The thing to time, as asv_runner would: what one block is and what goes before it.

    A block is what lies between two readings of the clock: one call where there are
    set-ups, because each call gets fresh state; ``number`` calls where the suite says so;
    else (``number`` 0) as many as one likes.
    """

    def __init__(self, benchmark: Any) -> None:
        self.number = 1 if benchmark._setups else int(benchmark.number)
        self.timer = TIMERS.get(benchmark.timer, "own")
        self.pid = os.getpid()
        self._benchmark = benchmark
        params = parameters(benchmark)
        self._call = functools.partial(benchmark.func, *params) if params else benchmark.func

    def warm_up_s(self) -> float:
        """The suite's own warm-up time where it set one."""
        own_s = float(self._benchmark.warmup_time)
        if own_s >= 0:
            return own_s
        known = (seconds for name, seconds in COMPILERS_WARM_UP_S.items() if name in sys.modules)
        return next(known, WARM_UP_S)

    def sample(self, calls: int, blocks: int, clock: Clock) -> float:
        """Seconds inside ``blocks`` blocks of ``calls`` calls, each after an untimed set-up."""
        seconds = 0.0
        for _ in range(blocks):
            self._benchmark.redo_setup()
            seconds += self._block(calls, clock)
            end_if_forked(self.pid)
        return seconds

    def clock(self, name: str) -> Clock:
        clocks: dict[str, Clock] = {
            "cpu": time.thread_time,
            "wall": time.perf_counter,
            "own": self._benchmark.timer,
        }
        return clocks[name]

    def _block(self, calls: int, clock: Clock) -> float:
        """Seconds of ``calls`` calls, garbage collection off meanwhile, as timeit does."""
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
            if collecting:
                gc.enable()


class RawCall(Call):
    """A timeraw benchmark: each block is a fresh interpreter that times itself."""

    def __init__(self, benchmark: Any) -> None:
        self.number = int(benchmark.number)
        self.timer = "own"
        self.pid = os.getpid()
        self._benchmark = benchmark
        self._timer = benchmark._get_timer(*parameters(benchmark))

    def clock(self, name: str) -> Clock:
        return time.perf_counter

    def _block(self, calls: int, clock: Clock) -> float:
        return float(self._timer.timeit(calls))


class Probe:
    """What a stretch of calls cost besides seconds: does this benchmark wait, or use threads?"""

    def __init__(self) -> None:
        self._start = self._now()

    @staticmethod
    def _now() -> list[float]:
        who = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return [
            time.perf_counter(),
            time.thread_time(),
            time.process_time(),
            resource.getrusage(who).ru_nvcsw,
            children.ru_utime + children.ru_stime,
        ]

    def report(self) -> dict[str, float]:
        """Since the start: seconds elapsed, of this thread's CPU, of the others', waits."""
        elapsed_s, thread_s, process_s, waits, children_s = (
            now - start
            for now, start in zip(self._now(), self._start)  # noqa: B905
        )
        return {
            "elapsed_s": elapsed_s,
            "thread_s": thread_s,
            "other_threads_s": process_s - thread_s,
            "children_s": children_s,
            "waits": waits,
        }


class CopyFailed(Exception):
    """The benchmark raised in a copy of this process; ``reply`` says what."""

    def __init__(self, reply: dict[str, object]) -> None:
        super().__init__(reply)
        self.reply = reply


class Worker:
    """One benchmark in this process, from import to teardown."""

    def __init__(self, replies: int, inbox: int, outbox: int) -> None:
        self._pid = os.getpid()
        self._commands = apart_from_standard_input()
        self._replies, self._inbox, self._outbox = replies, inbox, outbox
        ours = [fd for fd in (self._commands, replies, inbox, outbox) if fd >= 0]
        for descriptor in ours:
            os.set_inheritable(descriptor, False)
        self._ours = {descriptor: identity(descriptor) for descriptor in ours}
        self._stage = "start-up"
        self._benchmark: Any = None
        self._is_set_up = False
        self._call: Call | None = None

    def serve(self) -> None:
        """Answer commands until they end."""
        handlers: dict[str, Callable[..., object]] = {
            "set_up_cache": self.set_up_cache,
            "fork": self.fork,
            "leave": self.leave,
            "prepare": self.prepare,
            "value": self.value,
            "run": self.run,
            "finish": self.finish,
        }
        with os.fdopen(self._commands, closefd=False) as commands:
            for line in commands:
                name, arguments = json.loads(line)
                reply: dict[str, object]
                try:
                    reply = {"value": handlers[name](**arguments)}
                except CopyFailed as failed:
                    reply = failed.reply
                    self._clean_up()
                except BaseException as error:
                    end_if_forked(self._pid)
                    reply = {"error": type(error).__name__, "message": self._told(error)}
                    self._clean_up()
                self._answer(reply)

    def set_up_cache(self, suite: str, name: str) -> None:
        """Leave ``cache.pickle``, and what else the suite makes, in this folder."""
        self._stage = "setup_cache"
        from asv_runner.setup_cache import _setup_cache

        _setup_cache((suite, name, "{}"))

    def fork(self, suite: str, name: str, folder: str, log: str) -> dict[str, int]:
        """Go on as a fork that runs ``name``, and here wait until that has ended.

        What ``name`` needs is imported before, for those that follow; if that fails, the
        fork will find out by itself. The fork answers first: ``pid``; this process when
        it is over: ``ended``.
        """
        with contextlib.suppress(BaseException), not_importable(SIZER):
            from asv_runner.discovery import get_benchmark_from_name

            get_benchmark_from_name(suite, name)
        end_if_forked(self._pid)
        sys.stdout.flush()
        worker = os.fork()
        if worker == 0:
            die_with(self._pid)
            os.setsid()
            os.chdir(folder)
            print_to(log)
            self._pid = os.getpid()
            return {"pid": self._pid}
        _, status = os.waitpid(worker, 0)
        killed = os.WIFSIGNALED(status)
        return {"ended": -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)}

    def leave(self) -> NoReturn:
        """End this fork; nothing of the project's own, such as atexit hooks, holds it up."""
        sys.stdout.flush()
        os._exit(0)

    def prepare(
        self, suite: str, name: str, timed: bool, known_block_s: float, cold: bool
    ) -> object:
        """Import, set up, and for what is timed warm up; the costs of a block, or a skip.

        ``known_block_s`` is 0 in the first pair. Later ones need no probe, so that a first
        call that is longer than the warm-up is warm-up enough; or none at all (``cold``).
        """
        self._load(suite, name, timed)
        if self._set_up():
            self._tear_down()
            sys.stdout.flush()
            return {"skipped": True}
        if not timed:
            return {}
        self._stage = "the call"
        call = RawCall(self._benchmark) if is_raw(self._benchmark) else Call(self._benchmark)
        self._call = call
        return {} if cold else self._warm_up(call, known_block_s)

    def value(self) -> object:
        """What the benchmark returns where it is not timed; then tear down."""
        self._stage = "the call"
        skip = skip_error()
        try:
            value = self._benchmark.do_run()
        except skip:
            self._tear_down()
            return {"skipped": True}
        if self._benchmark.type == "peakmemory":
            value = own_peak_bytes(value)
        if value is None or isinstance(value, (str, dict, list, tuple)):
            raise TypeError(f"it returned {value!r}, which is no number"[:200])
        value = float(value)
        self._tear_down()
        return {"number": value}

    def run(
        self,
        slots: Sequence[int],
        me: int,
        calls: int,
        blocks: int,
        clock: str,
        cpus: Sequence[int] | None,
        deal: int,
    ) -> list[float]:
        """Seconds a call in each of this worker's slots; ``slots`` says whose each one is.

        ``slots`` of one worker only need no turn but the first. ``deal`` is how many slots
        are taken in one copy of this process, before another copy is made; 0: in this one.
        """
        assert self._call is not None, "the first command must be prepare"
        self._stage = "the call"
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
        if deal:
            # Each copy sets up for itself: what lies outside of a process, such as its files,
            # is not copied with it.
            self._tear_down()
            self._stage = "the call"
        sample = functools.partial(self._call.sample, calls, blocks, self._call.clock(clock))
        samples: list[float] = []
        size = deal or len(slots)
        for start in range(0, len(slots), size):
            mine = [k for k in range(start, min(start + size, len(slots))) if slots[k] == me]
            if not mine:
                continue
            if mine[0] == 0 or slots[mine[0] - 1] != me:
                self._await_turn()
            take = functools.partial(self._take_slots, slots, mine, sample)
            samples += self._in_a_copy(sample, take) if deal else take()
            if mine[-1] + 1 < len(slots) and slots[mine[-1] + 1] != me:
                os.write(self._outbox, TURN)
        return [seconds / (calls * blocks) for seconds in samples]

    def finish(self) -> dict[str, object]:
        """Tear down what was timed."""
        self._tear_down()
        return {}

    def _take_slots(
        self, slots: Sequence[int], mine: Sequence[int], sample: Callable[[], float]
    ) -> list[float]:
        """A sample in each of the slots ``mine``; holds the turn at its start and its end."""
        samples = []
        for place, following in itertools.zip_longest(mine, mine[1:]):
            samples.append(sample())
            if following is not None and following != place + 1:
                os.write(self._outbox, TURN)
                self._await_turn()
        return samples

    def _in_a_copy(
        self, warm_up: Callable[[], float], take: Callable[[], list[float]]
    ) -> list[float]:
        """What ``take`` gives in a fork of this process, which it ends with where that ends badly.

        The pages that the copy writes to are dealt anew from the machine's memory, so that
        each copy has other luck with the caches, at a hundredth of the cost of a new process.
        """
        results, results_end = os.pipe()
        parent = os.getpid()
        copy = os.fork()
        if copy == 0:
            self._be_a_copy(parent, warm_up, take, results_end)
        os.close(results_end)
        with os.fdopen(results, "rb") as file:
            received = file.read()
        _, status = os.waitpid(copy, 0)
        if not received:
            if os.WIFSIGNALED(status):
                os.kill(parent, os.WTERMSIG(status))
            os._exit(os.WEXITSTATUS(status))
        reply = json.loads(received)
        if "error" in reply:
            raise CopyFailed(reply)
        samples: list[float] = reply["value"]
        return samples

    def _be_a_copy(
        self,
        parent: int,
        warm_up: Callable[[], float],
        take: Callable[[], list[float]],
        results_end: int,
    ) -> NoReturn:
        self._pid = os.getpid()
        assert self._call is not None
        self._call.pid = self._pid
        reply: dict[str, object]
        try:
            die_with(parent)
            self._set_up()
            self._stage = "the call"
            warm_up()
            samples = take()
            self._tear_down()
            reply = {"value": samples}
        except BaseException as error:
            end_if_forked(self._pid)
            reply = {"error": type(error).__name__, "message": self._told(error)}
            self._clean_up()
        sys.stdout.flush()
        self._end_if_pipes_are_closed()
        with contextlib.suppress(OSError):
            os.write(results_end, json.dumps(reply).encode())
        os._exit(0)

    def _load(self, suite: str, name: str, timed: bool) -> None:
        self._stage = "import"
        with not_importable(SIZER) if timed else contextlib.nullcontext():
            from asv_runner.discovery import get_benchmark_from_name

        benchmark = get_benchmark_from_name(suite, name)
        self._benchmark = benchmark
        if benchmark.setup_cache_key is not None:
            self._stage = "reading the cache"
            with Path("cache.pickle").open("rb") as file:
                cache = pickle.load(file)
            if hasattr(benchmark, "set_cache"):
                benchmark.set_cache(cache)
            else:
                # Before 0.3 of asv_runner the cache was the first parameter.
                benchmark.insert_param(cache)

    def _warm_up(self, call: Call, known_block_s: float) -> dict[str, Any]:
        calls = call.number or 1
        start_s = time.perf_counter()
        first_s = call.sample(1, 1, time.thread_time)
        warm_s = call.warm_up_s()
        if known_block_s > warm_s and time.perf_counter() - start_s > warm_s:
            return {}
        blocks = 1
        while True:
            probe = Probe()
            timed_s = call.sample(calls, blocks, time.thread_time)
            costs = probe.report()
            per_block = {name: cost / blocks for name, cost in costs.items()}
            if costs["elapsed_s"] < PROBE_S:
                if call.number:
                    blocks *= PROBE_GROWTH
                else:
                    calls *= PROBE_GROWTH
            elif time.perf_counter() - start_s >= warm_s:
                break
        return {
            "calls": calls,
            "first_s": first_s,
            "timed_s": timed_s / blocks,
            "number": call.number,
            "timer": call.timer,
            "can_be_copied": not is_raw(self._benchmark) and can_be_copied(),
            **per_block,
        }

    def _set_up(self) -> bool:
        """Run the suite's set-ups, of which the first block then has no need; True: a skip."""
        self._stage = "setup"
        self._is_set_up = True
        skipped = self._benchmark.do_setup()
        self._benchmark._redo_setup_next = False
        return bool(skipped)

    def _tear_down(self) -> None:
        """Run the suite's teardowns, once for each set-up."""
        if self._is_set_up:
            self._is_set_up = False
            self._stage = "teardown"
            self._benchmark.do_teardown()

    def _clean_up(self) -> None:
        """Tear down after an error that is already told, so that nothing of it is left."""
        with contextlib.suppress(BaseException):
            self._tear_down()

    def _told(self, error: BaseException) -> str:
        first_line = (str(error).strip().splitlines() or [""])[0]
        stage = hook_that_raised(error) or self._stage
        what = f"{stage} raised {type(error).__name__}"
        return f"{what}: {first_line}" if first_line else what

    def _await_turn(self) -> None:
        ready, _, _ = select.select([self._inbox, self._commands], [], [])
        if self._inbox not in ready:
            # Nobody sends commands while slots run: the driver is gone.
            os._exit(1)
        os.read(self._inbox, len(TURN))

    def _answer(self, reply: object) -> None:
        end_if_forked(self._pid)
        self._end_if_pipes_are_closed()
        os.write(self._replies, json.dumps(reply).encode() + b"\n")

    def _end_if_pipes_are_closed(self) -> None:
        if any(identity(descriptor) != known for descriptor, known in self._ours.items()):
            with contextlib.suppress(OSError):
                os.write(2, b"\nthe benchmark closed the pipes that the gate talks through\n")
            os._exit(PIPES_CLOSED_CODE)


def parameters(benchmark: Any) -> Sequence[Any]:
    """What the benchmark's functions are called with, the cache included."""
    if hasattr(benchmark, "_build_params"):
        return benchmark._build_params()  # type: ignore[no-any-return]
    return benchmark._current_params  # type: ignore[no-any-return]


@contextlib.contextmanager
def not_importable(module: str) -> Iterator[None]:
    """Let imports of a module fail as if it were not installed, while it is not imported yet."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def is_raw(benchmark: Any) -> bool:
    """Whether it is of the timeraw kind, whose calls are the text of a script."""
    from asv_runner.benchmarks.timeraw import TimerawBenchmark

    return isinstance(benchmark, TimerawBenchmark)


def skip_error() -> Any:
    """What a call raises to be skipped; nothing where asv_runner is too old to know one."""
    try:
        from asv_runner.benchmarks.mark import SkipNotImplemented
    except ImportError:
        return ()
    return SkipNotImplemented


def own_peak_bytes(peak_bytes: float) -> float:
    """The peak of what the process needed itself: no memory of its parent's, no pages of files.

    getrusage's peak, which asv_runner reads, survives exec. How many pages of a library are
    resident depends on how its file came into the system's cache: two installs of the same
    NumPy differ by 1-3 % of a process for good, which is nobody's doing. (Files that are
    no longer mapped at the end still count: the system keeps no peak without them.)
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return peak_bytes
    found = dict(line.split(":", 1) for line in status.splitlines())
    resident, of_files = found.get("VmHWM"), found.get("RssFile")
    if resident is None or of_files is None:
        return peak_bytes
    kibibytes = int(resident.split()[0]) - int(of_files.split()[0])
    return min(peak_bytes, kibibytes * 1024)


def hook_that_raised(error: BaseException) -> str | None:
    """Which of the suite's hooks it was, where asv_runner was calling one."""
    frames = traceback.walk_tb(error.__traceback__)
    hooks = [HOOKS[frame.f_code.co_name] for frame, _ in frames if frame.f_code.co_name in HOOKS]
    return hooks[-1] if hooks else None


def can_be_copied() -> bool:
    """Whether a fork of this process is as good as itself, and cheap.

    Threads do not survive a fork, and what waits for them then hangs.
    """
    try:
        threads = len(list(Path("/proc/self/task").iterdir()))
        resident = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return False
    return threads == 1 and resident * resource.getpagesize() <= LARGEST_COPIED_BYTES


def end_if_forked(pid: int) -> None:
    """End the child of a benchmark that forked and came back from the call twice."""
    if os.getpid() != pid:
        os._exit(0)


def identity(descriptor: int) -> object:
    """Which pipe a descriptor stands for; None once it is closed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def apart_from_standard_input() -> int:
    """Keep the commands from the benchmark and its children, who read an empty input."""
    commands = os.dup(STANDARD_INPUT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, STANDARD_INPUT)
    os.close(nothing)
    return commands


def print_to(log: str) -> None:
    """Let all output from here on go to a file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)


def end_first_when_memory_ends() -> None:
    """Let the kernel take this process, not the driver, where memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_END)


def die_with(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends, even by SIGKILL, in mid-call."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(ImportError):
            import ctypes

            set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
            ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def main() -> NoReturn:
    """Serve the parent that spawned us until it closes the pipe or ends."""
    replies, inbox, outbox, parent, heap_bytes = map(int, sys.argv[1:])
    if not getattr(sys.flags, "safe_path", False):
        # This file's folder: the project under test may have modules of the same names.
        del sys.path[0]
    sys.argv[1:] = []
    die_with(parent)
    end_first_when_memory_ends()
    heap = bytearray(heap_bytes)
    Worker(replies, inbox, outbox).serve()
    # No clean-up of the project's own: its threads or atexit hooks must not hold us up.
    del heap
    os._exit(0)


if __name__ == "__main__":
    main()
