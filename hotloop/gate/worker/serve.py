"""One benchmark in this process, from import to teardown.

The worker reads one JSON command a line from what was standard input and writes one JSON
reply a line to a descriptor of its own.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import pickle
import select
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator, NoReturn, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .calls import Call, Probe, call_of, is_raw, parameters
from .copies import CopyFailed, can_be_copied, in_a_copy
from .find import find
from .origin import strays, strays_of_a_child
from .process import (
    apart_from_standard_input,
    die_with,
    end_if_forked,
    flush_output,
    identity,
    print_to,
)
from .values import own_peak_bytes, skip_error

TURN = b"."
# Says that the benchmark closed the descriptors that replies would go to (EX_IOERR).
PIPES_CLOSED_CODE = 74
# The shortest stretch whose costs per call are believed: thousands of clock ticks.
PROBE_S = 5e-3
# Growing faster would let one stretch take seconds, slower would take many of them.
PROBE_GROWTH = 2
# What asv_runner measures objects with, and can do without where none is measured: it
# imports NumPy where there is one, half of the time that a pair takes to get ready.
SIZER = "pympler"
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
        with os.fdopen(self._commands, closefd=False) as commands:
            for line in commands:
                name, arguments = json.loads(line)
                self._answer(self._reply_of(functools.partial(handlers[name], **arguments)))

    def set_up_cache(self, suite: str, name: str) -> None:
        """Leave ``cache.pickle``, and what else the suite makes, in this folder."""
        self._stage = "setup_cache"
        cache = find(suite, name, with_parameters=False).do_setup_cache()
        with Path("cache.pickle").open("wb") as file:
            pickle.dump(cache, file)

    def fork(self, suite: str, name: str, folder: str, log: str) -> dict[str, int]:
        """Go on as a fork that runs ``name``, and here wait until that has ended.

        What ``name`` needs is imported before, for those that follow; if that fails, the
        fork will find out by itself. The fork answers first: ``pid``; this process when
        it is over: ``ended``.
        """
        with contextlib.suppress(BaseException), not_importable(SIZER):
            find(suite, name)
        end_if_forked(self._pid)
        flush_output()
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
        flush_output()
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
            flush_output()
            return {"skipped": True}
        if not timed:
            return {}
        self._stage = "the call"
        self._call = call = call_of(self._benchmark)
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
            answer = functools.partial(self._answer_as_a_copy, sample, take)
            samples += in_a_copy(answer) if deal else take()
            if mine[-1] + 1 < len(slots) and slots[mine[-1] + 1] != me:
                os.write(self._outbox, TURN)
        return [seconds / (calls * blocks) for seconds in samples]

    def finish(self) -> dict[str, object]:
        """Tear down what was timed."""
        self._tear_down()
        return {}

    def origins(self, names: Sequence[str], roots: Sequence[str], child: bool) -> object:
        """Modules ``names`` from outside of ``roots``; of a timeraw benchmark's ``child`` too."""
        found = strays(names, roots)
        if child and self._benchmark is not None and is_raw(self._benchmark):
            found += strays_of_a_child(self._benchmark, parameters(self._benchmark), names, roots)
        return {"origins": found}

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

    def _answer_as_a_copy(
        self, warm_up: Callable[[], float], take: Callable[[], list[float]]
    ) -> dict[str, object]:
        """What ``take`` gives, in a process of its own between a set-up and a teardown."""
        assert self._call is not None
        self._pid = self._call.pid = os.getpid()

        def work() -> list[float]:
            self._set_up()
            self._stage = "the call"
            warm_up()
            samples = take()
            self._tear_down()
            return samples

        reply = self._reply_of(work)
        flush_output()
        self._end_if_pipes_are_closed()
        return reply

    def _load(self, suite: str, name: str, timed: bool) -> None:
        self._stage = "import"
        with not_importable(SIZER) if timed else contextlib.nullcontext():
            import asv_runner.discovery  # noqa: F401  (what it can do without, it never has)

        benchmark = find(suite, name)
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

    def _reply_of(self, work: Callable[[], object]) -> dict[str, object]:
        """The value of ``work``, or the error that it ended with, after which nothing is set up."""
        try:
            return {"value": work()}
        except CopyFailed as failed:
            reply = failed.reply
        except BaseException as error:
            end_if_forked(self._pid)
            reply = {"error": type(error).__name__, "message": self._told(error)}
        self._clean_up()
        return reply

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


def hook_that_raised(error: BaseException) -> str | None:
    """Which of the suite's hooks it was, where asv_runner was calling one."""
    frames = traceback.walk_tb(error.__traceback__)
    hooks = [HOOKS[frame.f_code.co_name] for frame, _ in frames if frame.f_code.co_name in HOOKS]
    return hooks[-1] if hooks else None
