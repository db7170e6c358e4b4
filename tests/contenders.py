"""Contenders for tests of the timing core: well-behaved, slow, and badly behaved ones."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Spin:
    """Spins for ``seconds`` and returns ``answer``; ``log`` notes every call."""

    seconds: float
    answer: object = 42
    log: str | None = None

    def call(self) -> object:
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        self._note("call")
        return self.answer

    def warm_up(self) -> object:
        self._note("warm_up")
        return self.answer

    def _note(self, what: str) -> None:
        if self.log:
            with Path(self.log).open("a") as file:
                file.write(f"{os.getpid()} {what}\n")


@dataclass
class Placing:
    """Tells whether a block of 1 MiB is one of the heap, which is kept when it is freed."""

    def call(self) -> object:
        place = id(bytes(1 << 20))
        heap = next(
            line for line in Path("/proc/self/maps").read_text().splitlines() if "[heap]" in line
        )
        low, high = (int(end, 16) for end in heap.split()[0].split("-"))
        return low <= place < high

    def warm_up(self) -> object:
        return None


@dataclass
class Copying:
    """Takes ``seconds`` to make the arguments of a call that takes 10 us."""

    seconds: float

    def call(self) -> object:
        return 42

    def warm_up(self) -> object:
        return 42

    def repeat(self, calls: int) -> tuple[int, object]:
        time.sleep(self.seconds * calls)
        return 10_000 * calls, 42


@dataclass
class Misbehaving:
    """Behaves for ``good_calls`` calls, then does ``then``."""

    then: str
    good_calls: int
    made: int = 0

    def call(self) -> object:
        self.made += 1
        if self.made > self.good_calls:
            return misdeeds[self.then]()
        return 42

    def warm_up(self) -> object:
        return 42


def _raise() -> object:
    raise ArithmeticError("the sum is not right")


def _die() -> object:
    os.kill(os.getpid(), signal.SIGSEGV)
    return None


def _hang() -> object:
    time.sleep(600)
    return None


def _lie() -> object:
    return 41


misdeeds = {"raise": _raise, "die": _die, "hang": _hang, "lie": _lie}


def spin(arguments: Mapping[str, Any]) -> Spin:
    return Spin(**arguments)


def placing(_arguments: Mapping[str, Any]) -> Placing:
    return Placing()


def copying(arguments: Mapping[str, Any]) -> Copying:
    return Copying(**arguments)


def misbehaving(arguments: Mapping[str, Any]) -> Misbehaving:
    return Misbehaving(**arguments)


def heavy(arguments: Mapping[str, Any]) -> Spin:
    """Touches ``bytes`` of memory, then spins a millisecond a call."""
    return Spin(1e-3, answer=len(b"x" * int(arguments["bytes"])))


def unbuildable(arguments: Mapping[str, Any]) -> Spin:
    raise LookupError("no such contraption")


@dataclass
class Recurse:
    """Goes down to the largest depth that a program may, from its first function on."""

    frames: int

    def call(self) -> object:
        return self._down(self.frames)

    def warm_up(self) -> object:
        return self.call()

    def _down(self, left: int) -> int:
        return 0 if left <= 1 else 1 + self._down(left - 1)


def recurse(arguments: Mapping[str, Any]) -> Recurse:
    return Recurse(**arguments)


@dataclass
class Depth:
    """Answers how deep in the stack each call was, as frames."""

    seen: tuple[int, ...] = ()

    def call(self) -> object:
        frame, depth = sys._getframe(), 0
        while frame.f_back is not None:
            frame, depth = frame.f_back, depth + 1
        self.seen = (*self.seen, depth)
        return self.seen

    def warm_up(self) -> object:
        return self.call()


def depth(arguments: Mapping[str, Any]) -> Depth:
    return Depth(**arguments)


@dataclass
class Quick:
    """Calls of 100 ns, as it says; answers how often it was asked for some."""

    asked: int = 0

    def repeat(self, calls: int) -> tuple[int, int]:
        self.asked += 1
        return 100 * calls, self.asked

    def warm_up(self) -> object:
        return None


def quick(arguments: Mapping[str, Any]) -> Quick:
    return Quick(**arguments)
