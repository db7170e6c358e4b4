"""Processes of both sides that profile one benchmark, in turns.

    base   prepare |profile|         |profile|         finish
    head   prepare |       |profile| |       |profile| finish

What profiling costs is the same on both sides as far as they make the same calls, so that what is
left is the difference of the code. Each couple has a memory layout of its own.
"""

import contextlib
import math
import os
import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any, Self

from hotloop.base import interrupts
from hotloop.gate.build.elf import loaded_digest
from hotloop.gate.explain.places import Places
from hotloop.gate.model import Benchmark, Contender, Origin, Side, Trouble
from hotloop.gate.pairs.common import Common
from hotloop.gate.pairs.couple import SIDES, Couple
from hotloop.gate.pairs.lanes import Lane, lanes_on
from hotloop.gate.worker.exchange import VARIABLE
from hotloop.gate.worker.skips import SKIP
from hotloop.timing.children import Lost

# How the modules of workers that can explain begin; the rest is the kind of the suite.
EXPLAINED = "explained_"
START_LIMIT_S = 60.0
CODE_LIMIT_S = 30.0
FINISH_LIMIT_S = 5.0
# In a slice of this length, the clock and the change of turns are small.
SLICE_S = 1e-3
# All slices of a couple together, both sides; profiling takes up to three times as long.
COUPLE_S = 1.0
MOST_ROUNDS = 12
MOST_CALLS = 5_000


class Look(Enum):
    """What is asked of processes: what they call; and of the first couple, what its code is."""

    CALLS = "calls"
    CODE_TOO = "code too"


class NotWatched(Exception):
    """A side gave no figures; the message says why."""


def explaining(contender: Contender, side: Side, exchange: Path | None = None) -> Contender:
    """The contender with a worker that can explain, and that loads what ``exchange`` says.

    Where its modules come from has been shown before the verdict.
    """
    variables = dict(contender.variables)
    variables[VARIABLE] = "" if exchange is None else os.fspath(exchange)
    return replace(
        contender,
        side=side,
        variables=tuple(variables.items()),
        runner=f"{EXPLAINED}{contender.runner}",
        origin=Origin(),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: ``text`` says what it does, without docstrings and the parts inside it."""

    text: str
    first_line: int
    last_line: int
    is_function: bool


@dataclass(slots=True)
class Sight:
    """What one process showed.

    ``slices``: reports of its worker (``hotloop.gate.worker.profiling``), each of ``calls`` calls;
    ``answer``: what a call returns, as text; ``files``: the project's Python files that it loaded,
    by name; ``code``: of those that differ between the sides, by name and path; ``extensions``:
    compiled files that both sides loaded and that differ, by name.
    """

    slices: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 1
    answer: str | None = None
    python: str = ""
    files: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)
    code: dict[str, dict[str, Part]] = field(default_factory=dict)


Sights = Mapping[Side, Sight]


class Watched:
    """Couples of both contenders' processes; use as a context, whose end kills all of them."""

    def __init__(
        self,
        contenders: Mapping[Side, Contender],
        places: Mapping[Side, Places],
        benchmark: Benchmark,
        lanes: int,
    ) -> None:
        self._lanes = lanes_on(lanes)
        can_pin = all(lane.cpu is not None for lane in self._lanes)
        self._common = Common(contenders, can_pin)
        self._places = places
        self._benchmark = benchmark
        self._couples: list[Couple] = []
        # Whether the first call of each process counts; known when one has been prepared.
        self._is_cold = False
        self._stopped = False

    def __enter__(self) -> Self:
        self._leftovers = contextlib.ExitStack()
        self._caches = self._leftovers.enter_context(self._common.in_use())
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._leftovers.close()

    def stop(self) -> None:
        """From any thread: end all that runs, and what is started later."""
        self._stopped = True
        self._caches.stop()
        for couple in list(self._couples):
            couple.kill()

    def sights(self, seeds: Sequence[int], look: Look) -> list[Sights]:
        """What each couple showed, in the order of ``seeds``. Raises NotWatched."""
        caches = self._cache_folders()
        free: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        for lane in self._lanes:
            free.put(lane)

        def watch(number: int) -> Sights:
            lane = free.get()
            sees_code = number == 0 and look is Look.CODE_TOO
            try:
                with lane.keeping_to():
                    return self._watch(lane, seeds[number], caches, sees_code)
            finally:
                free.put(lane)

        with ThreadPoolExecutor(len(self._lanes), "explain") as pool:
            try:
                return interrupts.at_once(pool, watch, range(len(seeds)))
            except BaseException:
                # Before the threads are waited for.
                self.stop()
                raise

    def _watch(self, lane: Lane, seed: int, caches: Mapping[Side, Path], sees_code: bool) -> Sights:
        """One couple, from its start to its end."""
        cpus = None if lane.cpu is None else [lane.cpu]
        cold = self._is_cold
        with self._couple(seed, caches) as couple:
            costs = self._prepared(couple, cold)
            if not cold and any(cost.get("firsts") for cost in costs.values()):
                self._is_cold = True
                return self._watch(lane, seed, caches, sees_code)
            sights = {side: Sight() for side in SIDES}
            calls, rounds = (1, 1) if cold else _how_often(costs)
            for _ in range(rounds):
                for side in SIDES:
                    sights[side].calls = calls
                    sights[side].slices.append(self._profile(couple, side, calls, cold, cpus))
            for side, sight in sights.items():
                if not cold:
                    reply = self._ask(couple, side, self._limit_s, "answer")
                    sight.answer = reply["text"]
            if sees_code:
                self._look_at_code(couple, sights)
            self._finish(couple)
        return sights

    def _profile(
        self, couple: Couple, side: Side, calls: int, cold: bool, cpus: Sequence[int] | None
    ) -> dict[str, Any]:
        own = self._places[side].own
        given = {"own": own, "calls": calls, "firsts": cold, "cpus": cpus}
        report: dict[str, Any] = self._ask(couple, side, self._limit_s, "profile", **given)
        return report

    def _look_at_code(self, couple: Couple, sights: Sights) -> None:
        """What the sides loaded, and the code of all that differs."""
        for side, sight in sights.items():
            places = self._places[side]
            reply = self._ask(couple, side, CODE_LIMIT_S, "loaded", own=places.own)
            sight.python = reply["python"]
            sight.files = {places.name(file): file for file in reply["files"]}
            sight.extensions = {places.name(file): file for file in reply["extensions"]}
        base, head = (sights[side].extensions for side in SIDES)
        differ = {n for n in base.keys() & head.keys() if _digest(base[n]) != _digest(head[n])}
        for sight in sights.values():
            sight.extensions = {n: file for n, file in sight.extensions.items() if n in differ}
        base, head = (sights[side].files for side in SIDES)
        same = {n for n in base.keys() & head.keys() if _content(base[n]) == _content(head[n])}
        for side, sight in sights.items():
            files = {file: n for n, file in sight.files.items() if n not in same}
            reply = self._ask(couple, side, CODE_LIMIT_S, "code", files=list(files))
            sight.code = {
                files[file]: {path: Part(*facts) for path, facts in of.items()}
                for file, of in reply.items()
            }

    def instructions(
        self, parts: Mapping[Side, Mapping[str, Sequence[str]]]
    ) -> dict[Side, dict[str, dict[str, list[str]]]]:
        """What ``parts`` of files do, step by step: side -> file -> path. Raises NotWatched."""
        with self._couple(0, self._cache_folders()) as couple:
            self._prepared(couple, False)
            return {
                side: {
                    file: self._ask(
                        couple, side, CODE_LIMIT_S, "instructions", file=file, paths=paths
                    )
                    for file, paths in of.items()
                }
                for side, of in parts.items()
            }

    def _cache_folders(self) -> dict[Side, Path]:
        """What the sides' cached set-ups left, if there are any. Raises NotWatched."""
        caches = self._caches.of(self._benchmark)
        for at in caches.values():
            if isinstance(at, Trouble):
                raise NotWatched(at.message)
        return {side: at for side, at in caches.items() if isinstance(at, Path)}

    @property
    def _limit_s(self) -> float:
        return START_LIMIT_S + self._benchmark.timeout_s

    @contextlib.contextmanager
    def _couple(self, seed: int, caches: Mapping[Side, Path]) -> Iterator[Couple]:
        couple = self._common.couple(seed, self._common.folder(), caches)
        self._couples.append(couple)
        try:
            if self._stopped:
                couple.kill()
            for side, why in couple.failures.items():
                raise NotWatched(f"{side.value}: {why}")
            yield couple
        finally:
            self._couples.remove(couple)
            couple.close()

    def _prepared(self, couple: Couple, cold: bool) -> dict[Side, dict[str, Any]]:
        """What a call costs on each side."""
        for side, child in couple.children.items():
            child.send(
                "prepare",
                suite=os.fspath(self._common.contenders[side].suite),
                name=self._benchmark.asv_id,
                timed=True,
                known_block_s=0.0,
                starts_warm=False,
                firsts=cold,
            )
        return {side: _value(side, couple.children[side].receive(self._limit_s)) for side in SIDES}

    def _ask(
        self, couple: Couple, side: Side, limit_s: float, command: str, **arguments: object
    ) -> Any:
        couple.children[side].send(command, **arguments)
        return _value(side, couple.children[side].receive(limit_s))

    def _finish(self, couple: Couple) -> None:
        """Let both tear down; what they say of that does not matter any more."""
        for child in couple.children.values():
            child.send("finish")
        for child in couple.children.values():
            child.receive(FINISH_LIMIT_S)


def _value(side: Side, reply: object) -> Any:
    if isinstance(reply, Lost):
        skipped = reply.error == SKIP
        raise NotWatched(f"{side.value}: {reply.message or ('it is skipped' if skipped else '')}")
    return reply


def _how_often(costs: Mapping[Side, Mapping[str, Any]]) -> tuple[int, int]:
    """The calls of a slice, and how many slices each side has."""
    number = max(int(cost["number"]) for cost in costs.values())
    # Of one call, or of a block of so many as the suite says.
    each_s = max(cost["elapsed_s"] / (1 if number else cost["calls"]) for cost in costs.values())
    calls = 1 if number else min(MOST_CALLS, max(1, math.ceil(SLICE_S / max(each_s, 1e-9))))
    rounds = max(1, min(MOST_ROUNDS, int(COUPLE_S / (2 * 3 * calls * max(each_s, 1e-9)))))
    return number or calls, rounds


def _digest(file: str) -> str:
    """Of the part of a compiled file that is loaded."""
    return loaded_digest(_content(file) or b"")


def _content(file: str) -> bytes | None:
    try:
        return Path(file).read_bytes()
    except OSError:
        return None
