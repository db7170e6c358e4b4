"""Plain Python: two functions, and a loop over the grid's NumPy scalars.

The reference: the answer of this variant is the right one. setup.py compiles this same file,
unchanged, as the variant hybrid.
"""

import numpy as np

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window


def in_mandel(cx: float, cy: float, max_iter: int) -> int:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    x = cx
    y = cy
    for i in range(max_iter):
        # Not x**2: that calls the C library's pow, which may be wrong in the last bit.
        x2 = x * x
        y2 = y * y
        if x2 + y2 >= 4:
            return i
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return max_iter


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    # NumPy's scalars warn where the square of a huge coordinate is infinite, as it should be.
    with np.errstate(over="ignore", under="ignore"):
        for i in range(N_x):
            for j in range(N_y):
                height[i, j] = in_mandel(x_vals[i], y_vals[j], N_iter)
    return height
