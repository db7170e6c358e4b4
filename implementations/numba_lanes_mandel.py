"""SIMD lanes in numba: a block of pixels in small arrays, all stepped by one inner loop.

LLVM turns a loop of fixed length without branches into vector instructions (on AVX-512 its
assembly has vmulpd and vaddpd on zmm registers only). So nothing may leave it: a lane that has
escaped is computed further, and a mask that never comes back stops its count. The block ends when
no lane is left, which is looked up once in a few steps.

The cost: the arrays go through memory at every step, and a block waits for its slowest pixel.
Compiled code does not look for Ctrl-C: one call of it is kept short (a block is never broken off).
"""

import numpy as np
from numba import njit

from implementations.grid import Coordinates, Heights, grid
from implementations.problems import WINDOW, Window

LANES = 64
STEPS_BETWEEN_LOOKS = 8
# Some 0.1 s at 1 ns a step: Ctrl-C is to be answered in half a second.
STEPS_OF_A_CALL = 2**27


@njit(nogil=True)
def _fill_column(cx: float, y_vals: Coordinates, steps: Heights, max_iter: int) -> None:
    """The points (cx, y_vals[j]): their escape steps into steps[j], block by block."""
    x, y, cy = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    count, inside = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    for begin in range(0, y_vals.size, LANES):
        for k in range(LANES):
            # The last block is filled up with its last point.
            cy[k] = y_vals[min(begin + k, y_vals.size - 1)]
            x[k], y[k], count[k], inside[k] = cx, cy[k], 0, 1
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
                    x[k] = x2 - y2 + cx
            done += some
            left = 0
            for k in range(LANES):
                left += inside[k]
        for k in range(min(LANES, y_vals.size - begin)):
            steps[begin + k] = count[k]


@njit(nogil=True)
def _fill(
    x_vals: Coordinates,
    y_vals: Coordinates,
    height: Heights,
    begin: int,
    end: int,
    top: int,
    bottom: int,
    max_iter: int,
) -> None:
    for i in range(begin, end):
        _fill_column(x_vals[i], y_vals[top:bottom], height[i, top:bottom], max_iter)


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    max_iter = int(N_iter)
    points = max(LANES, STEPS_OF_A_CALL // (max_iter + 1))
    high = min(points // LANES * LANES, y_vals.size)
    wide = max(1, points // max(high, LANES))
    for i in range(0, x_vals.size, wide):
        for j in range(0, y_vals.size, high):
            last_i, last_j = min(i + wide, x_vals.size), min(j + high, y_vals.size)
            _fill(x_vals, y_vals, height, i, last_i, j, last_j, max_iter)
    return height
