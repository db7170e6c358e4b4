"""One benchmark in this process, from import to teardown.

The worker reads one JSON command on each line of what was standard input, and writes one JSON
reply on each line of a descriptor of its own.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator, NoReturn, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .calls import BadTimer, Call, call_of, is_raw, median, parameters, refuse_samples
from .copies import CopyFailed, folder_like_this, in_a_copy
from .find import NotHere, find
from .origin import functions_from, strays, strays_of_a_child
from .own import json, os, select, time
from .process import (
    apart_from_standard_input,
    die_with,
    end_if_forked,
    flush_output,
    forked,
    how_it_ended,
    identity,
    print_to,
    threads,
    threads_lost_in_a_fork,
)
from .skips import SKIP, Skipped, last_line, skip_reason
from .undone import (
    NeverRan,
    ThrownAway,
    look_at_hooks,
    looked_at,
    refuse,
    refuse_function,
    refuse_functions,
)
from .values import own_peak_bytes
from .warm_up import try_first_calls, warm_up

TURN = b"."
# Says that the benchmark closed the descriptors that replies would go to (EX_IOERR).
PIPES_CLOSED_CODE = 74
PIPES_CLOSED = "the benchmark closed the pipes that the gate talks through"
# asv_runner measures objects with this and can do without it if none is measured. It imports
# NumPy if there is one, which takes half of a pair's start-up time.
SIZER = "pympler"
# How asv_runner introduces the traceback of a timeraw benchmark's script.
RAW_FAILURE = "Subprocess failed: "
# asv_runner's methods that call the suite's hooks.
HOOKS = {"do_setup": "setup", "do_teardown": "teardown"}


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
        self._thrown_away = ThrownAway()
        self._copies = itertools.count()
        self._folder = Path()

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
            "origins": self.origins,
        }
        self._thrown_away.watch()
        with os.fdopen(self._commands, closefd=False) as commands:
            for line in commands:
                name, arguments = json.loads(line)
                self._answer(self._reply_of(functools.partial(handlers[name], **arguments)))

    def set_up_cache(self, suite: str, name: str) -> dict[str, object]:
        """Leave ``cache.pickle``, and whatever else the suite makes, in this folder."""
        self._stage = "setup_cache"
        benchmark = find(suite, name, with_parameters=False)
        refuse_function("setup_cache", benchmark._setup_cache)
        self._thrown_away.forget()
        cache = benchmark.do_setup_cache()
        refuse("setup_cache", cache, lazy=False)
        self._thrown_away.refuse("setup_cache")
        with Path("cache.pickle").open("wb") as file:
            pickle.dump(cache, file)
        return {"of_a_class": inspect.ismethod(benchmark._setup_cache)}

    def fork(self, suite: str, name: str, folder: str, log: str) -> dict[str, int]:
        """Continue as a fork that runs ``name``; this process waits until it has ended.

        First it imports what ``name`` needs, also for later forks; if that fails, the fork
        finds out by itself. If a fork would lack threads there is none, and the answer is
        how many: ``threads``. Otherwise the fork answers first, ``pid``, and this process
        when it is over, ``ended``.
        """
        with contextlib.suppress(BaseException), not_importable(SIZER):
            # Only the fork itself needs the parameters.
            find(suite, name, with_parameters=False)
        end_if_forked(self._pid)
        flush_output()
        lost = threads_lost_in_a_fork()
        if lost:
            return {"threads": lost}
        with forked() as worker:
            if worker == 0:
                die_with(self._pid)
                os.setsid()
                os.chdir(folder)
                print_to(log)
                self._pid = os.getpid()
                return {"pid": self._pid}
            _, status = how_it_ended(worker)
        killed = os.WIFSIGNALED(status)
        return {"ended": -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)}

    def leave(self) -> NoReturn:
        """End this fork without the project's atexit hooks and the like."""
        flush_output()
        os._exit(0)

    def prepare(
        self,
        suite: str,
        name: str,
        timed: bool,
        known_block_s: float,
        starts_warm: bool,
        firsts: bool,
    ) -> object:
        """Import, set up and, if it is timed, warm up; returns the costs of a block.

        ``known_block_s`` is 0 in the first pair. Later pairs need no probe: a first call that
        is longer than the warm-up is enough, or none at all (``starts_warm``). ``firsts``: the
        samples are the first calls of their process, and each has its own set-up.
        """
        self._load(suite, name, timed)
        alone = threads() == 1
        if timed and firsts:
            return {}
        start_s = time.perf_counter()
        self._set_up()
        if not timed:
            return {}
        set_up_s = time.perf_counter() - start_s
        self._stage = "the call"
        self._call = call = call_of(self._benchmark)
        if call.firsts():
            costs = {"set_up_s": set_up_s, **try_first_calls(call, can_be_copied=alone)}
        else:
            costs = {} if starts_warm else warm_up(call, known_block_s)
        self._thrown_away.refuse()
        return costs

    def value(self) -> object:
        """What the benchmark returns, if it is not timed; then tear down."""
        self._stage = "the call"
        benchmark = self._benchmark
        # The object that a mem benchmark measures may be an iterator.
        benchmark.func = looked_at("it", benchmark.func, lazy=benchmark.type != "memory")
        value = benchmark.do_run()
        self._thrown_away.refuse()
        if benchmark.type == "peakmemory":
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
        firsts: bool,
    ) -> list[float]:
        """Seconds a call in each of this worker's slots; ``slots`` says whose each one is.

        If all ``slots`` are one worker's, it needs only the first turn. One copy of this
        process takes ``deal`` slots before another copy is made; 0: no copies.
        ``firsts``: a sample is what asv would make of a process's first calls.
        """
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
        deal = self._deal(deal, firsts)
        self._stage = "the call"
        sample = functools.partial(self._sample, calls, blocks, clock)
        if firsts:
            sample = functools.partial(self._first_sample, calls, blocks, clock)
        samples: list[float] = []
        size = deal or len(slots)
        for start in range(0, len(slots), size):
            mine = [k for k in range(start, min(start + size, len(slots))) if slots[k] == me]
            if not mine:
                continue
            if mine[0] == 0 or slots[mine[0] - 1] != me:
                self._await_turn()
            take = functools.partial(self._take_slots, slots, mine, sample)
            if not deal:
                samples += take()
            elif firsts:
                # If importing the suite changed the folder, it is not ours to copy.
                ours = Path.cwd() == self._folder
                folder = folder_like_this(self._folder, next(self._copies)) if ours else None
                samples += in_a_copy(functools.partial(self._answer_as_a_copy, take, folder))
            else:
                take = functools.partial(self._warmed_up, sample, take)
                samples += in_a_copy(functools.partial(self._answer_as_a_copy, take))
            if mine[-1] + 1 < len(slots) and slots[mine[-1] + 1] != me:
                os.write(self._outbox, TURN)
        self._thrown_away.refuse()
        refuse_samples(samples)
        return [seconds / (calls * blocks) for seconds in samples]

    def finish(self) -> dict[str, object]:
        """Tear down what was timed."""
        self._tear_down()
        return {}

    def origins(
        self, names: Sequence[str], roots: Sequence[str], child: bool, own: Sequence[str]
    ) -> object:
        """Modules ``names`` from outside ``roots``, also in a timeraw benchmark's ``child``.

        And functions from the files ``own``.
        """
        found = strays(names, roots) + functions_from(own)
        if child and self._benchmark is not None and is_raw(self._benchmark):
            found += strays_of_a_child(self._benchmark, parameters(self._benchmark), names, roots)
        return {"origins": found}

    def _take_slots(
        self, slots: Sequence[int], mine: Sequence[int], sample: Callable[[], float]
    ) -> list[float]:
        """A sample in each of the slots ``mine``; has the turn at the start and at the end."""
        samples = []
        for place, following in itertools.zip_longest(mine, mine[1:]):
            samples.append(sample())
            if following is not None and following != place + 1:
                os.write(self._outbox, TURN)
                self._await_turn()
        return samples

    def _deal(self, deal: int, firsts: bool) -> int:
        """How many slots one copy of this process takes; 0: it has threads by now."""
        if not deal:
            return 0
        if threads() > 1:
            if firsts:
                raise RuntimeError("its process has threads in this pair, and had none before")
            return 0
        # Each copy sets up for itself: what is outside a process, such as its files,
        # is not copied with it.
        self._tear_down()
        return deal

    def _sample(self, calls: int, blocks: int, clock: str) -> float:
        assert self._call is not None, "the first command must be prepare"
        return self._call.sample(calls, blocks, self._call.clock(clock))

    def _first_sample(self, calls: int, blocks: int, clock: str) -> float:
        """The median of what asv would time in a process that has called nothing yet."""
        self._set_up()
        self._stage = "the call"
        call = call_of(self._benchmark)
        samples = call.first_samples(calls, blocks, call.clock(clock))
        self._thrown_away.refuse()
        self._tear_down()
        return median(samples)

    def _warmed_up(
        self, warm_up: Callable[[], float], take: Callable[[], list[float]]
    ) -> list[float]:
        """The result of ``take`` in a copy of this process, between a set-up and a teardown."""
        assert self._call is not None
        self._call.pid = self._pid
        self._set_up()
        self._stage = "the call"
        warm_up()
        samples = take()
        self._thrown_away.refuse()
        self._tear_down()
        return samples

    def _answer_as_a_copy(
        self, take: Callable[[], list[float]], folder: Path | None = None
    ) -> dict[str, object]:
        """The result of ``take`` in a process of its own, which works in ``folder``."""
        self._pid = os.getpid()
        if folder is not None:
            os.chdir(folder)
        reply = self._reply_of(take)
        flush_output()
        self._end_if_pipes_are_closed()
        return reply

    def _load(self, suite: str, name: str, timed: bool) -> None:
        self._stage = "import"
        self._folder = Path.cwd()
        with not_importable(SIZER) if timed else contextlib.nullcontext():
            import asv_runner.discovery  # noqa: F401  (what it can do without, it never has)

        benchmark = find(suite, name)
        refuse_functions(benchmark)
        look_at_hooks(benchmark)
        self._thrown_away.forget()
        self._benchmark = benchmark
        if benchmark.setup_cache_key is not None:
            self._stage = "reading the cache"
            with Path("cache.pickle").open("rb") as file:
                cache = pickle.load(file)
            if hasattr(benchmark, "set_cache"):
                benchmark.set_cache(cache)
            elif cache is not None:
                # Before 0.3 of asv_runner the cache was the first parameter.
                benchmark.insert_param(cache)

    def _set_up(self) -> None:
        """Run the suite's set-ups, so that the first block needs none, or raise Skipped."""
        self._stage = "setup"
        self._is_set_up = True
        skipped = self._benchmark.do_setup()
        self._benchmark._redo_setup_next = False
        if skipped:
            raise Skipped

    def _tear_down(self) -> None:
        """Run the suite's teardowns, once for each set-up."""
        if self._is_set_up:
            self._is_set_up = False
            self._stage = "teardown"
            self._benchmark.do_teardown()

    def _clean_up(self) -> None:
        """Tear down after an error that has already been reported."""
        with contextlib.suppress(BaseException):
            self._tear_down()

    def _reply_of(self, work: Callable[[], object]) -> dict[str, object]:
        """The value of ``work``, or its error, after which nothing is set up."""
        try:
            return {"value": work()}
        except CopyFailed as failed:
            reply = failed.reply
        except BaseException as error:
            end_if_forked(self._pid)
            flush_output()
            skip = skip_reason(error)
            if skip is not None:
                reply = {"error": SKIP, "message": skip}
            else:
                reply = {"error": type(error).__name__, "message": self._told(error)}
        self._clean_up()
        return reply

    def _told(self, error: BaseException) -> str:
        if isinstance(error, (BadTimer, NeverRan, NotHere)):
            return str(error)
        first_line = (str(error).strip().splitlines() or [""])[0]
        if first_line.startswith(RAW_FAILURE):
            first_line = last_line(error)
        stage = hook_that_raised(error) or self._stage
        what = f"{stage} raised {type(error).__name__}"
        if isinstance(error, FileNotFoundError) and not self._folder.exists():
            return f"{what}: its current folder was removed"
        return f"{what}: {first_line}" if first_line else what

    def _await_turn(self) -> None:
        ready, _, _ = select.select([self._inbox, self._commands], [], [])
        if self._inbox not in ready:
            # Nobody sends commands while slots run, so the driver is gone.
            os._exit(1)
        os.read(self._inbox, len(TURN))

    def _answer(self, reply: object) -> None:
        end_if_forked(self._pid)
        self._end_if_pipes_are_closed()
        os.write(self._replies, json.dumps(reply).encode() + b"\n")

    def _end_if_pipes_are_closed(self) -> None:
        if any(identity(descriptor) != known for descriptor, known in self._ours.items()):
            os._exit(PIPES_CLOSED_CODE)


@contextlib.contextmanager
def not_importable(module: str) -> Iterator[None]:
    """Make imports of a module fail as if it were not installed, unless it is already imported."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


def hook_that_raised(error: BaseException) -> str | None:
    """Which of the suite's hooks raised, if asv_runner was calling one."""
    frames = traceback.walk_tb(error.__traceback__)
    hooks = [HOOKS[frame.f_code.co_name] for frame, _ in frames if frame.f_code.co_name in HOOKS]
    return hooks[-1] if hooks else None
