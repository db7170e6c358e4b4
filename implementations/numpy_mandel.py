"""Vectorised NumPy: each step is a few operations on all points that have not escaped yet.

Points leave the working arrays when they escape, so that a step costs only the work
that is left and the loop ends with the last point.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window


def in_mandel(cx: ArrayLike, cy: ArrayLike, max_iter: int) -> Any:
    """The steps at which the points (cx, cy) escape, or max_iter: int64 of their common shape."""
    points = np.broadcast_arrays(np.asarray(cx, np.float64), np.asarray(cy, np.float64))
    c_x, c_y = (values.ravel() for values in points)
    steps = np.full(c_x.size, max_iter, dtype=np.int64)
    remaining = np.arange(steps.size)
    x = c_x
    y = c_y
    # The square of a huge coordinate is infinite, as it should be.
    with np.errstate(over="ignore", under="ignore"):
        for i in range(max_iter):
            x2 = x * x
            y2 = y * y
            escaped = x2 + y2 >= 4
            if escaped.any():
                steps[remaining[escaped]] = i
                inside = ~escaped
                remaining, c_x, c_y, x, y, x2, y2 = (
                    values[inside] for values in (remaining, c_x, c_y, x, y, x2, y2)
                )
                if not remaining.size:
                    break
            y = 2.0 * x * y + c_y
            x = x2 - y2 + c_x
    return steps.reshape(points[0].shape)[()]


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    height[:] = in_mandel(x_vals[:, np.newaxis], y_vals, N_iter)
    return height
