"""The real executor: fresh worker processes that pass the turn to each other.

    driver ──commands──> worker A ──turn──> worker B ──turn──> ... ──turn──> driver
           <──replies───          <──turn──

Single-threaded contenders share one pinned CPU, which therefore never idles
between two samples; meanwhile the driver sleeps. If a worker dies, raises or
hangs, its turn is lost with it, so the set does not count (``WorkerLost``) and is
measured again without it.
"""

import contextlib
import os
import pickle
import random
import select
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hotloop.timing import rest
from hotloop.timing.children import DESCRIPTOR_WIDTH, Child, Lost, hung
from hotloop.timing.executor import Closing, FirstCall, Taken, WorkerLost, rounds_of
from hotloop.timing.memory_layout import (
    can_be_equal,
    children_lie_at,
    draw_layout,
    environments,
    stack_limit,
)
from hotloop.timing.record import Contender, Failure, Stage, Threads
from hotloop.timing.schedule import Slot
from hotloop.timing.worker import PLACE_BYTES, TURN

# Importing numba from a cold disk takes some 10 s; ten times that is a hang.
SET_UP_LIMIT_S = 120.0
# Sending a list of samples that is ready takes milliseconds.
ANSWER_LIMIT_S = 30.0
# A run of slots may take this many times as long as its calls took at calibration: neighbours
# make these machines at most 3 times slower, the rest is margin.
PATIENCE = 10.0
# Who uses more CPUs than this has threads; the rest is the clock's and the interpreter's.
SEVERAL_CPUS = 1.3


def launch(module: str, python: str | None) -> tuple[list[str], dict[str, str]]:
    """The command that runs a module of ours in a Python, and its environment.

    None: the driver's own, with what it can import. Another one keeps its own search path, on
    which this package need not be.
    """
    if python is None:
        path = os.pathsep.join(filter(None, sys.path))
        # As -m does it, without what -m imports.
        program = f"from {module} import main; main()"
        return [sys.executable, "-P", "-c", program], os.environ | {"PYTHONPATH": path}
    return [python, "-c", _elsewhere(module)], dict(os.environ)


def _elsewhere(module: str) -> str:
    """A program that runs ``module`` as the only package that it adds to what can be imported."""
    package = Path(__file__).parents[1]
    return (
        "import sys, types; "
        "sys.path[:] = [place for place in sys.path if place]; "
        f"package = types.ModuleType({package.name!r}); "
        f"package.__path__ = [{str(package)!r}]; "
        f"sys.modules[{package.name!r}] = package; "
        f"from {module} import main; main()"
    )


@dataclass(slots=True)
class ProcessExecutor:
    """Runs contenders in child processes of this one.

    ``call_limit_s`` gives the seconds after which a call of a contender counts as hung, and
    ``read_answer`` what a file that a worker left as its answer holds.
    """

    call_limit_s: Callable[[str], float]
    cpu: int | None = None
    read_answer: Callable[[Path], object] = field(default_factory=lambda: load_pickle)
    teams: set[str] = field(default_factory=set)
    """The contenders whose first calls used more than one CPU."""

    def open(self, contenders: Sequence[Contender]) -> "WorkerSet":
        return WorkerSet(contenders, self.cpu, self.call_limit_s, self.read_answer, self.teams)


class WorkerSet:
    """One worker process for each contender; use as a context, whose end kills them all."""

    def __init__(
        self,
        contenders: Sequence[Contender],
        cpu: int | None,
        call_limit_s: Callable[[str], float],
        read_answer: Callable[[Path], object],
        teams: set[str],
    ) -> None:
        self._teams = teams
        self._call_limit_s = call_limit_s
        self._read_answer = read_answer
        self._cpu = cpu
        self._contenders = {contender.name: contender for contender in contenders}
        self._workers: dict[str, Child] = {}
        self._outboxes: dict[str, int] = {}
        self._failures: dict[str, Failure] = {}
        self._pinned: set[str] = set()
        self._call_s: dict[str, float] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="hotloop-")
        self._inbox, self._own_outbox = os.pipe()
        self._place = os.open(Path(self._folder.name, "place"), os.O_RDWR | os.O_CREAT)

    @property
    def failures(self) -> Mapping[str, Failure]:
        return self._failures

    def __enter__(self) -> Self:
        try:
            self._spawn()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def first_call(self, name: str) -> FirstCall | Failure:
        path = self._answer_path(name)
        reply = self._ask(name, Stage.FIRST_CALL, "first_call", answer_path=str(path))
        if isinstance(reply, Failure):
            return reply
        answer = self._read_answer(path)
        if self._contenders[name].threads is Threads.AUTO:
            cpus = self._ask(name, Stage.FIRST_CALL, "used_cpus")
            if isinstance(cpus, Failure):
                return cpus
            if _as_number(cpus) > SEVERAL_CPUS:
                self._teams.add(name)
        return FirstCall(_as_number(reply), answer, self._has_threads(name))

    def warm_up(self, full_calls: Mapping[str, int]) -> None:
        for name, calls in full_calls.items():
            self._workers[name].send("warm_up", full_calls=calls)
        for name in full_calls:
            reply = self._workers[name].receive(self._call_limit_s(name))
            if isinstance(reply, Lost):
                raise WorkerLost(name, _at(Stage.TIMING, reply))

    def run(self, names: Sequence[str], slots: Sequence[Slot]) -> list[Taken]:
        if not slots:
            return [Taken(()) for _ in names]
        self._pin(names)
        workers = [self._workers[name] for name in names]
        outboxes = [self._outboxes[name] for name in names] + [self._own_outbox]
        order = [(slot.contender, slot.calls, slot.samples, slot.warm_up) for slot in slots]
        for me, (name, worker) in enumerate(zip(names, workers, strict=True)):
            worker.send(
                "run",
                me=me,
                slots=order,
                outboxes=outboxes,
                place_fd=self._place,
                has_threads=self._has_threads(name),
            )
        os.pwrite(self._place, bytes(PLACE_BYTES), 0)
        os.write(outboxes[slots[0].contender], TURN)
        limit_s = self._run_limit_s(names, slots)
        if not self._turn_comes_back(names, workers, limit_s):
            place = int.from_bytes(os.pread(self._place, PLACE_BYTES, 0), "little")
            raise WorkerLost(names[slots[place].contender], _at(Stage.TIMING, hung(limit_s)))
        taken = []
        for place, (name, worker) in enumerate(zip(names, workers, strict=True)):
            reply = worker.receive(ANSWER_LIMIT_S)
            if isinstance(reply, Lost):
                raise WorkerLost(name, _at(Stage.TIMING, reply))
            assert isinstance(reply, dict)
            rounds = rounds_of(place, slots)
            cost_s = reply["cost_s"]
            taken.append(Taken(reply["samples_s"], reply["after_pause_s"], rounds, cost_s))
            self._call_s[name] = max([cost_s or 0.0, *taken[-1].samples_s])
        return taken

    def finish(self, name: str) -> Closing:
        path = self._answer_path(name)
        reply = self._must(name, Stage.TIMING, "finish", answer_path=str(path))
        assert isinstance(reply, dict)
        return Closing(reply["inside_s"], self._read_answer(path), reply["told"])

    def _spawn(self) -> None:
        inboxes = {}
        try:
            for name in self._contenders:
                inboxes[name], self._outboxes[name] = os.pipe()
            # Every worker may pass the turn to every other one and to the driver.
            shared = [self._place, self._own_outbox, *self._outboxes.values()]
            layout = draw_layout(random.Random())
            launched = [
                launch("hotloop.timing.worker", contender.python)
                for contender in self._contenders.values()
            ]
            made = zip(inboxes.items(), launched, environments(layout, launched), strict=True)
            is_equal = can_be_equal()
            with children_lie_at(layout) if is_equal else contextlib.nullcontext():
                for (name, inbox), (command, _), environment in made:
                    self._workers[name] = Child(
                        command,
                        # Equally wide for all, so that their stacks begin alike.
                        [f"{number:0{DESCRIPTOR_WIDTH}d}" for number in (inbox, os.getpid())],
                        Path(self._folder.name, f"{len(self._workers)}.log"),
                        [inbox, *shared],
                        environment,
                    )
        finally:
            for inbox in inboxes.values():
                os.close(inbox)
        for name, contender in self._contenders.items():
            self._workers[name].send(
                "set_up",
                search_path=sys.path if contender.python is None else None,
                target=contender.target,
                arguments=dict(contender.arguments),
                stack_bytes=stack_limit() if is_equal else None,
            )
        for name in self._contenders:
            reply = self._workers[name].receive(SET_UP_LIMIT_S)
            if isinstance(reply, Lost):
                self._failures[name] = _at(Stage.SET_UP, reply)

    def _pin(self, names: Sequence[str]) -> None:
        if self._cpu is None:
            return
        for name in names:
            if name not in self._pinned and not self._has_threads(name):
                self._must(name, Stage.TIMING, "pin", cpu=self._cpu)
                self._pinned.add(name)

    def _has_threads(self, name: str) -> bool:
        return self._contenders[name].threads is Threads.ALL or name in self._teams

    def _run_limit_s(self, names: Sequence[str], slots: Sequence[Slot]) -> float:
        """How long the slots may take before they count as hung; known calls by their times."""
        expected_s = sum(
            (slot.calls * (slot.samples + (slot.warm_up or 0)) + 1)
            * self._call_s.get(names[slot.contender], 0.0)
            + (rest.LIMIT_S if self._has_threads(names[slot.contender]) else 0.0)
            for slot in slots
        )
        slowest_s = max(self._call_limit_s(name) for name in names)
        return PATIENCE * expected_s + slowest_s

    def _turn_comes_back(
        self, names: Sequence[str], workers: Sequence[Child], limit_s: float
    ) -> bool:
        """Sleep until it does; False after ``limit_s``, WorkerLost if a worker raised or died."""
        deadline = time.monotonic() + limit_s
        at_work = {worker.replies: place for place, worker in enumerate(workers)}
        while True:
            left_s = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._inbox, *at_work], [], [], left_s)
            if self._inbox in ready:
                os.read(self._inbox, len(TURN))
                return True
            if not ready:
                return False
            for descriptor in ready:
                # A reply before the last slot: this worker has finished its slots, or has failed.
                place = at_work.pop(descriptor)
                reply = workers[place].receive(ANSWER_LIMIT_S)
                if isinstance(reply, Lost):
                    raise WorkerLost(names[place], _at(Stage.TIMING, reply))
                workers[place].put_back(reply)

    def _ask(self, name: str, stage: Stage, command: str, **arguments: object) -> object:
        worker = self._workers[name]
        worker.send(command, **arguments)
        reply = worker.receive(self._call_limit_s(name))
        return _at(stage, reply) if isinstance(reply, Lost) else reply

    def _must(self, name: str, stage: Stage, command: str, **arguments: object) -> object:
        reply = self._ask(name, stage, command, **arguments)
        if isinstance(reply, Failure):
            raise WorkerLost(name, reply)
        return reply

    def _answer_path(self, name: str) -> Path:
        return Path(self._folder.name, f"{list(self._contenders).index(name)}.answer")

    def _end(self) -> None:
        for worker in self._workers.values():
            worker.kill()
        for worker in self._workers.values():
            worker.reap()
        for descriptor in (self._inbox, self._own_outbox, self._place, *self._outboxes.values()):
            os.close(descriptor)
        self._folder.cleanup()


def _at(stage: Stage, lost: Lost) -> Failure:
    return Failure(stage, lost.error, lost.message)


def _as_number(reply: object) -> float:
    assert isinstance(reply, float)
    return reply


def load_pickle(path: Path) -> object:
    """The answer that our own worker pickled: of subjects whose answers run no foreign code."""
    with path.open("rb") as file:
        return pickle.load(file)
