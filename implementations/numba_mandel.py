"""numba: the plain functions, compiled at run time by LLVM when they are first called.

Without fastmath, so that LLVM keeps every operation and its order, and without numba's cache on
disk, so that the first call's time is always the compiler's.
"""

from numba import njit

from implementations.grid import Coordinates, Heights, grid
from implementations.problems import WINDOW, Window


@njit()
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


@njit()
def _fill(x_vals: Coordinates, y_vals: Coordinates, height: Heights, max_iter: int) -> None:
    for i in range(x_vals.size):
        for j in range(y_vals.size):
            height[i, j] = in_mandel(x_vals[i], y_vals[j], max_iter)


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    # int: another integer type would be compiled again.
    _fill(x_vals, y_vals, height, int(N_iter))
    return height
