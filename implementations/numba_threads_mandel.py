"""numba's prange: every core computes its share of the pixels.

Pixels cost very different amounts, and numba splits a loop beforehand, into one stretch for each
thread (a chunk size changes that with only some of its threading layers). So the loop runs over
shares, and with n threads each share takes every n-th strip of pixels: neighbours cost about the
same.

The cost: the compiler takes seconds the first time, and starting a team is not worth it on a
small grid. Compiled code does not look for Ctrl-C, so one call of it is kept short, and the
interpreter looks between two calls (a single point always finishes; 2**31 steps take 6 s).
"""

import threading

from numba import get_num_threads, njit, prange

from implementations.grid import Coordinates, Heights, grid
from implementations.problems import WINDOW, Window

# Some 0.1 s at 3 ns a step: Ctrl-C should be answered within half a second.
STEPS_OF_A_CALL = 2**25
# With fewer steps in all (at worst half a millisecond) a second thread is not worth waking.
SMALLEST_SHARED = 2**17
# Eight cache lines of the answer, so that cores seldom write to the same one.
PIXELS_OF_A_PART = 64

# One of numba's threading layers ends the process when two threads start a team at once.
_TEAM = threading.Lock()


@njit(nogil=True)
def in_mandel(cx: float, cy: float, max_iter: int) -> int:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    x = cx
    y = cy
    for i in range(max_iter):
        x2 = x * x
        y2 = y * y
        if x2 + y2 >= 4:
            return i
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return max_iter


@njit(parallel=True, nogil=True)
def _fill(
    x_vals: Coordinates,
    y_vals: Coordinates,
    height: Heights,
    begin: int,
    end: int,
    max_iter: int,
    shares: int,
) -> None:
    """The pixels begin to end - 1, counted as in memory, by as many threads as there are shares."""
    n_y = y_vals.size
    if shares > 1:
        for share in prange(shares):
            first = begin + share * PIXELS_OF_A_PART
            for part in range(first, end, shares * PIXELS_OF_A_PART):
                for pixel in range(part, min(part + PIXELS_OF_A_PART, end)):
                    i, j = pixel // n_y, pixel % n_y
                    height[i, j] = in_mandel(x_vals[i], y_vals[j], max_iter)
    else:
        for pixel in range(begin, end):
            i, j = pixel // n_y, pixel % n_y
            height[i, j] = in_mandel(x_vals[i], y_vals[j], max_iter)


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    max_iter = int(N_iter)
    shares = get_num_threads() if height.size * max_iter > SMALLEST_SHARED else 1
    pixels = max(1, shares * STEPS_OF_A_CALL // (max_iter + 1))
    for begin in range(0, height.size, pixels):
        end = min(begin + pixels, height.size)
        with _TEAM:
            _fill(x_vals, y_vals, height, begin, end, max_iter, shares)
    return height
