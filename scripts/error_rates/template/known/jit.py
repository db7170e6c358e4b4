"""The same loop as the extension's, compiled by numba when this module is imported."""

import numpy as np
from numba import njit


@njit("uint64(int64)")
def loop(turns):
    """Marsaglia's xorshift, so many times."""
    state = np.uint64(88172645463325252)
    for _ in range(turns):
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
    return state
