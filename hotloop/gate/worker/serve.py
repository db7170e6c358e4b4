"""The commands that every worker takes, whatever kind of suite it runs: forks, turns, answers.

The worker reads one JSON command on each line of what was standard input, and writes one JSON
reply on each line of a descriptor of its own.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
from pathlib import Path
from typing import Any, Callable, NoReturn, Sequence  # noqa: UP035  (evaluated by Python 3.8)

from .calls import BadTimer, refuse_samples
from .connected import noted
from .copies import CopyFailed, in_a_copy
from .find import NotHere
from .from_timing import SmallObjects, come_to_rest
from .kept_code import code_below
from .origin import code_from, strays
from .own import json, os, select
from .process import (
    apart_from_standard_input,
    die_with,
    end_if_forked,
    flush_output,
    forked,
    goes_on_in_forks,
    how_it_ended,
    identity,
    print_to,
    threads_lost_in_a_fork,
)
from .skips import SKIP, skip_reason
from .undone import NeverRan, ThrownAway

TURN = b"."
# Says that the benchmark closed the descriptors that replies would go to (EX_IOERR).
PIPES_CLOSED_CODE = 74
PIPES_CLOSED = "the benchmark closed the pipes that the gate talks through"


class Worker:
    """One benchmark in this process, from import to teardown; each kind of suite has its own.

    A kind says how to load, prepare, sample and end a benchmark (``prepare``, ``finish`` and what
    raises NotImplementedError here).
    """

    def __init__(self, replies: int, inbox: int, outbox: int) -> None:
        self._pid = os.getpid()
        self._commands = apart_from_standard_input()
        self._lines = os.fdopen(self._commands, closefd=False)
        self._replies, self._inbox, self._outbox = replies, inbox, outbox
        ours = [fd for fd in (self._commands, replies, inbox, outbox) if fd >= 0]
        for descriptor in ours:
            os.set_inheritable(descriptor, False)
        self._ours = {descriptor: identity(descriptor) for descriptor in ours}
        self._stage = "start-up"
        self._thrown_away = ThrownAway()
        self._connected: list[str] = []
        self._rests = False
        self._small_objects = SmallObjects()
        self._folder = Path()

    def serve(self) -> None:
        """Answer commands until they end."""
        # A benchmark may collect garbage, which is not to walk through what is ours.
        gc.freeze()
        self._thrown_away.watch()
        for line in self._lines:
            self._answer(self._reply_of(self._work(line)))

    def handlers(self) -> dict[str, Callable[..., object]]:
        """What answers each command."""
        return {
            "fork": self.fork,
            "leave": self.leave,
            "prepare": self._prepare,
            "run": self.run,
            "finish": self.finish,
            "origins": self.origins,
            "connected": lambda: self._connected,
        }

    def fork(
        self, suite: str, name: str, folder: str, log: str, files: Sequence[str] = ()
    ) -> dict[str, int]:
        """Continue as a fork that runs ``name``; this process waits until it has ended.

        First it imports what ``name`` needs, also for later forks; if that fails, the fork
        finds out by itself. If a fork would lack threads there is none, and the answer is
        how many: ``threads``. Otherwise the fork answers first, ``pid``, and this process
        when it is over, ``ended``. ``files`` are of tests that later forks will run.
        """
        with contextlib.suppress(BaseException):
            self.load_for_forks(suite, name)
        end_if_forked(self._pid)
        flush_output()
        lost = threads_lost_in_a_fork()
        if lost:
            return {"threads": lost}
        with forked() as worker:
            if worker == 0:
                die_with(self._pid)
                os.setsid()
                print_to(log)
                self._pid = os.getpid()
                self.begin_in(folder)
                return {"pid": self._pid}
            _, status = how_it_ended(worker)
        killed = os.WIFSIGNALED(status)
        return {"ended": -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)}

    def leave(self) -> NoReturn:
        """End this fork without the project's atexit hooks and the like."""
        flush_output()
        os._exit(0)

    def load_for_forks(self, suite: str, name: str) -> None:
        """Import what ``name`` needs, also for later forks."""
        raise NotImplementedError

    def begin_in(self, folder: str) -> None:
        """Get ready to run in this fork; ``folder`` is its own."""
        os.chdir(folder)

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

        ``known_block_s`` is 0 in the first pair. Later pairs need no probe and less warm-up: a
        first call that is longer is enough, or none at all (``starts_warm``). ``firsts``: the
        samples are the first calls of their process, and each has its own set-up.
        """
        raise NotImplementedError

    def finish(self) -> dict[str, object]:
        """End what was timed."""
        raise NotImplementedError

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
        rests: bool,
    ) -> list[float]:
        """Seconds a call in each of this worker's slots; ``slots`` says whose each one is.

        If all ``slots`` are one worker's, it needs only the first turn. One copy of this
        process takes ``deal`` slots before another copy is made; 0: no copies.
        ``firsts``: a sample is what asv would make of a process's first calls. ``rests``: whoever
        has not the turn is at rest, with all threads.
        """
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
        self._rests = rests
        if deal:
            deal = self._deal(deal, firsts)
        self._stage = "the call"
        sample = self.sampler(calls, blocks, clock, firsts)
        samples: list[float] = []
        size = deal or len(slots)
        for start in range(0, len(slots), size):
            mine = [k for k in range(start, min(start + size, len(slots))) if slots[k] == me]
            if not mine:
                continue
            if mine[0] == 0 or slots[mine[0] - 1] != me:
                self._await_turn()
            take: Callable[[], list[float]]
            take = functools.partial(self._take_slots, slots, mine, sample)
            if deal:
                take, folder = self.for_a_copy(take, sample, firsts)
                samples += in_a_copy(functools.partial(self._answer_as_a_copy, take, folder))
            else:
                samples += take()
            if mine[-1] + 1 < len(slots) and slots[mine[-1] + 1] != me:
                self._pass_turn()
        self._thrown_away.refuse()
        refuse_samples(samples)
        return [seconds / (calls * blocks) for seconds in samples]

    def sampler(self, calls: int, blocks: int, clock: str, firsts: bool) -> Callable[[], float]:
        """What takes one sample, in seconds of all its calls."""
        raise NotImplementedError

    def for_a_copy(
        self, take: Callable[[], list[float]], sample: Callable[[], float], firsts: bool
    ) -> tuple[Callable[[], list[float]], Path | None]:
        """``take`` as a copy of this process has to do it, and the folder it has to do it in."""
        raise NotImplementedError

    def begin_copies(self) -> None:
        """Called before copies of this process take samples."""

    def origins(
        self,
        names: Sequence[str],
        roots: Sequence[str],
        child: bool,
        own: Sequence[str],
        kept: Sequence[str],
    ) -> object:
        """Modules ``names`` from outside ``roots``, also in a timeraw benchmark's ``child``.

        And modules and functions from the files ``own``, and code whose path begins as in ``kept``.
        """
        found = strays(names, roots) + code_from(own)
        if child:
            found += self.strays_of_children(names, roots, own)
        return {"origins": found, "kept": code_below(kept)}

    def strays_of_children(
        self, names: Sequence[str], roots: Sequence[str], own: Sequence[str]
    ) -> list[list[str]]:
        """The same for interpreters that the benchmark starts."""
        return []

    def _take_slots(
        self, slots: Sequence[int], mine: Sequence[int], sample: Callable[[], float]
    ) -> list[float]:
        """A sample in each of the slots ``mine``; has the turn at the start and at the end."""
        samples = []
        for place, following in itertools.zip_longest(mine, mine[1:]):
            self._small_objects.move()
            samples.append(sample())
            if following is not None and following != place + 1:
                self._pass_turn()
                self._await_turn()
        return samples

    def _deal(self, deal: int, firsts: bool) -> int:
        """How many slots one copy of this process takes; 0: it has threads by now."""
        if not goes_on_in_forks():
            if firsts:
                raise RuntimeError("its process has threads in this pair, and had none before")
            return 0
        self.begin_copies()
        return deal

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

    def _work(self, line: str) -> Callable[[], object]:
        name, arguments = json.loads(line)
        return functools.partial(self.handlers()[name], **arguments)

    def _prepare(self, **arguments: Any) -> object:
        if not arguments["known_block_s"]:
            # It finds its servers in the first pair as in all others.
            self._connected = noted()
        return self.prepare(**arguments)

    def clean_up(self) -> None:
        """End what was set up, after an error that has already been reported."""

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
        self.clean_up()
        return reply

    def _told(self, error: BaseException) -> str:
        if isinstance(error, (BadTimer, NeverRan, NotHere)):
            return str(error)
        return self.told(error)

    def told(self, error: BaseException) -> str:
        """One line on any other error."""
        first_line = (str(error).strip().splitlines() or [""])[0]
        what = f"{self._stage} raised {type(error).__name__}"
        return f"{what}: {first_line}" if first_line else what

    def _pass_turn(self) -> None:
        if self._rests:
            come_to_rest()
        os.write(self._outbox, TURN)

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
