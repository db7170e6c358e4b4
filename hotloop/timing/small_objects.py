"""Where the next small objects of a process lie: elsewhere at each turn, in the gate each sample.

CPython serves the small objects of one size from one pool (16 KiB) until it is full. Which pool
that is decides how fast a loop runs that makes and drops numbers: equal code took 1.13 to 1.24
times as long for hundreds of turns, until the pool was full, and up to twice as long where each
number needed a new pool. So each turn begins with other blocks in use. A process meets as many
pools as its turns allow, and its median is that of the usual one.

The sizes are those of numbers and of short strings, bytes and slots. Another interpreter or another
allocator does no more than make a few objects and drop them. Runs in any Python from 3.8 on, and
imports nothing: the gate's workers load this file by its path.
"""

from __future__ import annotations

# What only annotations need is not imported: each contender's process would.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# By size in bytes as CPython rounds it, how many of them; none comes from a list of free objects.
MAKERS: dict[int, Callable[[int], list[object]]] = {
    32: lambda count: list(map(complex, [0] * count)),
    48: lambda count: list(map(bytes, [15] * count)),
    64: lambda count: list(map(bytes, [31] * count)),
}
# A pool has room for eight moves or more, so that no bad one lasts; an odd number of blocks of
# each size, so that places differ from one round through the kept ones to the next.
MOVED_BLOCKS = {32: 61, 48: 41, 64: 31}
# Of each size; the oldest are given back then.
KEPT_BYTES = 128 << 10


class SmallObjects:
    """Small objects that are kept in use, others after each ``move``."""

    def __init__(self) -> None:
        self._kept: dict[int, list[object]] = {
            size: [None] * (KEPT_BYTES // size) for size in MAKERS
        }
        self._moves = 0

    def move(self) -> None:
        """Take other blocks of each size into use, and give back the oldest."""
        for size, kept in self._kept.items():
            count, make = MOVED_BLOCKS[size], MAKERS[size]
            start = self._moves * count % len(kept)
            end = min(start + count, len(kept))
            kept[start:end] = make(end - start)
        self._moves += 1
