"""numba, compiled before the first call."""

import numpy as np
from numba import njit


# ==
@njit("uint64(int64)")
def chain(turns):
    """Marsaglia's xorshift: each turn needs the one before it."""
    state = np.uint64(88172645463325252)
    for _ in range(turns):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
    return state


# ==
@njit("int64(int64)")
def collatz(turns):
    """Steps until 1, from four numbers in turn."""
    total = 0
    for turn in range(turns):
        value = 27 + (turn & 3)
        while value != 1:
            if value & 1:
                value = 3 * value + 1
            else:
                value >>= 1
            total += 1
    return total


# ==
@njit("int64(int64)")
def search(turns):
    """Walk to the next number of a kind."""
    total = 0
    for turn in range(turns):
        wanted = (turn & 3) * 61
        place = 0
        while place < 4095 and ((place * 2654435761) >> 7) & 0xFF != wanted:
            place += 1
        total += place
    return total


# ==
