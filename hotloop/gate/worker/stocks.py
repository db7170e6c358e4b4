"""Inputs that calls empty and that can be filled again: ``while jobs: jobs.pop()``, a file's lines.

Code that became three times slower would be "same": later calls find the list empty, the file at
its end. But a call may fill it itself, or go back to the file's start. Positions in files and plain
values can be put back without harm: then it is seen whether calls take longer. Otherwise the times
of the first and of later calls decide. Only Python's own types are looked at, whose methods run no
code of others, and nothing that waits, as a pipe does.
"""

from __future__ import annotations

import collections
import io
import stat
import sys
from typing import Any, Callable, Iterable  # noqa: UP035  (evaluated by Python 3.8)

from .own import os
from .undone import NeverRan

SIZED = (
    *(list, dict, set, bytearray, collections.deque),
    *(collections.OrderedDict, collections.defaultdict, collections.Counter),
)
# Modules that are not loaded for this: without them there is none of theirs.
QUEUES = (
    *(("queue", kind) for kind in ("Queue", "LifoQueue", "PriorityQueue")),
    *(("_queue", "SimpleQueue"), ("asyncio.queues", "Queue")),
)
IN_MEMORY = (io.StringIO, io.BytesIO)
# TextIOWrapper.tell's cookie: its low bits are the position, others the decoder's state.
POSITION = (1 << 64) - 1
# What a container can hold again without harm: to call with a used file or thread is not the same.
# By their addresses: to compare classes may ask their metaclasses.
PLAIN = frozenset(map(id, (int, float, complex, bool, str, bytes, type(None))))
MOST_KEPT = 10_000
MOST_KEPT_BYTES = 1_000_000
# Calls with a full and with an empty one, in turns.
TRIES = 5
# Calls that have their input take so many times as long. Single calls differ by up to 1.4 times.
FAR_LONGER = 2.0
LONGER = 1.5
# Nothing is taken out of a container in less time, other than by a call that fills it, too.
ITEM_S = 3e-9
# A first call like this is no cold one (``hotloop.timing.first_calls``).
LONG_FIRST_S, LONG_FIRST_TIMES = 1e-3, 50.0

Once = Callable[[Callable[[], Any]], float]
"""Seconds of a call after a function."""


class LacksInput(NeverRan):
    """Calls find nothing where the first one found its input."""


class Stock:
    """Something that a call finds and may empty.

    ``is_given``: the benchmark is given it, rather than something that happens to be in reach.
    """

    def __init__(self, name: str, one: Any, is_given: bool) -> None:
        self.name, self.one, self.is_given = name, one, is_given
        self.had = left(one) or 0
        self._kept = _to_keep(one) if self.had else None

    @property
    def can_be_given_back(self) -> bool:
        return self._kept is not None

    def give_back(self) -> None:
        """Let it have again what it had."""
        if _is_file(self.one):
            self.one.seek(self._kept)
        elif type(self.one) in (set, dict):
            self.one.update(self._kept)
        else:
            self.one.extend(self._kept)

    def take_away(self) -> None:
        """Let it have nothing, as calls leave it."""
        if _is_file(self.one):
            self.one.seek(0, io.SEEK_END)
        elif _is_array(self.one):
            del self.one[:]
        else:
            self.one.clear()

    def __str__(self) -> str:
        many = "" if _is_file(self.one) else f" of {self.had}"
        return f"{self.name}, a {type(self.one).__name__}{many}"


def is_stock(value: Any) -> bool:
    """Whether it may be one."""
    return _is(value, SIZED) or _is_file(value) or _is_queue(value) or _is_array(value)


def left(one: Any) -> int | None:
    """How much it has: items, or what there is to read of a file; None: that is not known."""
    try:
        if _is_file(one):
            return _left_of_file(one)
        return int(one.qsize() if _is_queue(one) else len(one))
    except Exception:
        return None  # a closed file, or one that is being iterated over


def judge(emptied: list[Stock], once: Once, first_s: float, later_s: float) -> str:
    """What of that may be missing in the calls that are timed, in words; empty: nothing.

    Raises LacksInput if they do not do what the first one did. ``once`` makes a call.
    """
    told = []
    back = [one for one in emptied if one.can_be_given_back]
    if back:
        times = _times(back, once)
        if times >= FAR_LONGER and all(one.is_given for one in back):
            _refuse(back)
        if times >= LONGER:
            told += back
    lost = [one for one in emptied if not one.can_be_given_back]
    given = [one for one in lost if one.is_given]
    if first_s >= FAR_LONGER * later_s:
        # Shorter than the least that taking them out would cost, or without what took so long.
        is_long = first_s >= max(LONG_FIRST_S, LONG_FIRST_TIMES * later_s)
        gone = [one for one in given if is_long or later_s < ITEM_S * one.had]
        if gone:
            _refuse(gone)
    if first_s >= LONGER * later_s:
        told += lost
    return str(told[0]) if told else ""


def _refuse(stocks: Iterable[Stock]) -> None:
    what = " and ".join(map(str, stocks))
    raise LacksInput(
        f"its calls use up {what}, and later ones find nothing there: make that anew in each "
        "call, or in a set-up before each"
    )


def _times(stocks: list[Stock], once: Once) -> float:
    """How many times as long a call takes that finds them as the first one did."""

    def give_back() -> None:
        for one in stocks:
            if left(one.one) == 0:
                one.give_back()

    def give_and_take() -> None:
        # What comes after so much else finds its own caches cold: both are to.
        give_back()
        for one in stocks:
            one.take_away()

    empty, full = [], []
    try:
        for _ in range(TRIES):
            empty.append(once(give_and_take))
            full.append(once(give_back))
        # And leave them as the others do.
        once(give_and_take)
    except Exception:
        return LONGER
    return min(full) / max(min(empty), 1e-9)


def _to_keep(one: Any) -> Any:
    """What ``Stock.give_back`` needs; None: it cannot be given back."""
    try:
        return _kept(one)
    except Exception:
        return None  # a thread changes it meanwhile


def _kept(one: Any) -> Any:
    if _is_file(one):
        return one.tell()
    if type(one) is bytearray or _is_array(one):
        return one[:] if len(one) <= MOST_KEPT_BYTES else None
    if not _is(one, (list, set, dict, collections.deque)) or len(one) > MOST_KEPT:
        return None
    items = [*one, *one.values()] if type(one) is dict else one
    return one.copy() if all(id(type(item)) in PLAIN for item in items) else None


def _left_of_file(one: Any) -> int | None:
    if _is(one, IN_MEMORY):
        position = one.tell()
        try:
            return max(0, int(one.seek(0, io.SEEK_END)) - int(position))
        finally:
            one.seek(position)
    raw = _raw(one)
    if raw is None or raw.writable():
        return None
    information = os.fstat(raw.fileno())
    if not stat.S_ISREG(information.st_mode):
        return None
    return max(0, information.st_size - (int(one.tell()) & POSITION))


def _raw(one: Any) -> Any:
    """The FileIO that a file reads from; None: it reads from something else."""
    if type(one) is io.TextIOWrapper:
        one = one.buffer
    if type(one) is io.BufferedReader:
        one = one.raw
    return one if type(one) is io.FileIO else None


def _is_file(value: Any) -> bool:
    return _is(value, (*IN_MEMORY, io.TextIOWrapper, io.BufferedReader, io.FileIO))


def _is_queue(value: Any) -> bool:
    kind = type(value)
    return any(getattr(sys.modules.get(module), name, None) is kind for module, name in QUEUES)


def _is_array(value: Any) -> bool:
    return type(value) is getattr(sys.modules.get("array"), "array", ())


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether it is of just one of these types: a subclass may do anything when it is asked."""
    return any(type(value) is kind for kind in kinds)
