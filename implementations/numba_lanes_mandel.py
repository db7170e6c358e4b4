"""SIMD lanes in numba: a block of pixels in small arrays, all stepped by one inner loop.

LLVM turns a loop of fixed length without branches into vector instructions (on AVX-512 its
assembly has vmulpd and vaddpd on zmm registers only). So nothing may leave it: a lane that has
escaped is still computed, and a mask that never comes back stops its count. The block ends when
no lane is left, which is checked once in a few steps.

The cost: the arrays go through memory at every step, and a block waits for its slowest pixel.
Compiled code does not look for Ctrl-C, so one call of it is kept short (a block always finishes).
"""

import numpy as np
from numba import njit

from implementations.grid import Coordinates, Heights, grid
from implementations.problems import WINDOW, Window

LANES = 64
STEPS_BETWEEN_LOOKS = 8
# Some 0.1 s at 1 ns a step: Ctrl-C should be answered within half a second.
STEPS_OF_A_CALL = 2**27


@njit(nogil=True)
def _fill(
    x_vals: Coordinates, y_vals: Coordinates, steps: Heights, begin: int, end: int, max_iter: int
) -> None:
    """The escape steps of the pixels begin to end - 1, counted as in memory, block by block."""
    n_y = y_vals.size
    cx, cy = np.empty(LANES), np.empty(LANES)
    x, y = np.empty(LANES), np.empty(LANES)
    count, inside = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    for first in range(begin, end, LANES):
        for k in range(LANES):
            # The last block is filled up with its last pixel.
            pixel = min(first + k, end - 1)
            cx[k], cy[k] = x_vals[pixel // n_y], y_vals[pixel % n_y]
            x[k], y[k], count[k], inside[k] = cx[k], cy[k], 0, 1
        done, left = 0, LANES
        while done < max_iter and left:
            some = min(STEPS_BETWEEN_LOOKS, max_iter - done)
            for _ in range(some):
                for k in range(LANES):
                    x2 = x[k] * x[k]
                    y2 = y[k] * y[k]
                    inside[k] &= np.int64(x2 + y2 < 4)
                    count[k] += inside[k]
                    y[k] = 2.0 * x[k] * y[k] + cy[k]
                    x[k] = x2 - y2 + cx[k]
            done += some
            left = 0
            for k in range(LANES):
                left += inside[k]
        for k in range(min(LANES, end - first)):
            steps[first + k] = count[k]


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    max_iter = int(N_iter)
    pixels = max(LANES, STEPS_OF_A_CALL // (max_iter + 1) // LANES * LANES)
    steps = height.reshape(-1)
    for begin in range(0, steps.size, pixels):
        _fill(x_vals, y_vals, steps, begin, min(begin + pixels, steps.size), max_iter)
    return height
