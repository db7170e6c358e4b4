"""Room between the objects of a process: taken, so that what comes next lies in new memory.

CPython puts a small object where one of its size has been, and begins a new place (a pool of
16 KiB) only if there is none. Which places are free depends on all that the process has done.
Base's and head's processes of pytest have read other paths and listed other folders, so equal code
found other free places in them, and differed by that in each pair. So all free places are filled.

    before   |##.#...#|..#.#...|#......#|        a number lies wherever there is room
    after    |########|########|########|#...    it lies at the beginning of a new pool

An interpreter without such pools gets nothing. Runs in any Python from 3.8 on.
"""

from __future__ import annotations

import sys

# obmalloc.c: pools of one size of objects each, in arenas.
HAS_LARGE_POOLS = sys.version_info >= (3, 10)
POOL_BYTES = (16 if HAS_LARGE_POOLS else 4) << 10
ARENA_BYTES = (1024 if HAS_LARGE_POOLS else 256) << 10
POOL_HEADER_BYTES = 48
STEP_BYTES = 16
LARGEST_BYTES = 512
# What bytes take besides their contents.
BYTES_HEADER = 33
# The numbers that these functions have used leave room again, where that was.
NUMBER_BYTES = 32
NUMBERS = 8
# More room than this is not to be had by any interpreter that has such pools.
MOST_BYTES = 32 << 20


def take_all() -> list[list[object]]:
    """Fill all pools that have room, and the arenas; it stays so for as long as this is kept."""
    pools = _fill_arenas()
    return [pools, *take_blocks()] if pools else []


def take_blocks() -> list[list[object]]:
    """Fill the pools that have room, of each size, after ``take_all`` has found some."""
    kept = [_fill_pools(size) for size in range(STEP_BYTES, LARGEST_BYTES + 1, STEP_BYTES)]
    kept.append([_block(NUMBER_BYTES) for _ in range(NUMBERS)])
    return kept


def _fill_arenas() -> list[object]:
    """Take pools until one arena after another is full and a new one was; empty: there is none."""
    of_an_arena = ARENA_BYTES // POOL_BYTES - 1  # the first may be cut off to begin at a multiple
    kept: list[object] = []
    last = in_a_row = 0
    for _ in range(MOST_BYTES // LARGEST_BYTES):
        kept.append(_block(LARGEST_BYTES))
        pool, place = divmod(id(kept[-1]), POOL_BYTES)
        if (place - POOL_HEADER_BYTES) % LARGEST_BYTES:
            # As with PYTHONMALLOC=malloc.
            break
        if pool != last:
            in_a_row = in_a_row + 1 if pool == last + 1 else 1
            last = pool
        if in_a_row >= of_an_arena:
            return kept
    return []


def _fill_pools(size: int) -> list[object]:
    """Take blocks of ``size`` until a whole pool was new."""
    of_a_pool = (POOL_BYTES - POOL_HEADER_BYTES) // size
    kept: list[object] = []
    last = in_a_row = 0
    for _ in range(MOST_BYTES // LARGEST_BYTES):
        kept.append(_block(size))
        pool = id(kept[-1]) // POOL_BYTES
        in_a_row = in_a_row + 1 if pool == last else 1
        last = pool
        if in_a_row == of_a_pool:
            break
    return kept


def _block(size: int) -> object:
    """Something that takes ``size`` bytes, and refers to nothing."""
    if size == STEP_BYTES:
        return object()
    return complex(1.0, 1.0) if size < BYTES_HEADER else bytes(size - BYTES_HEADER)
