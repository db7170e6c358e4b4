"""numexpr: each step is a few array expressions, compiled to a virtual machine of blocks.

The temporaries of an expression stay in the cache, and the blocks are shared by all cores. The
loop over the steps is Python's, so that points are dropped when they escape, as in numpy_mandel.
"""

import numexpr
import numpy as np

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    steps = height.ravel()
    steps[:] = N_iter
    cx = np.repeat(x_vals, len(y_vals))
    cy = np.tile(y_vals, len(x_vals))
    remaining = np.arange(steps.size)
    x, y = cx, cy
    with np.errstate(over="ignore", under="ignore"):
        for i in range(N_iter):
            escaped = numexpr.evaluate("x * x + y * y >= 4")
            if escaped.any():
                steps[remaining[escaped]] = i
                inside = ~escaped
                remaining, cx, cy, x, y = (values[inside] for values in (remaining, cx, cy, x, y))
                if not remaining.size:
                    break
            x, y = (
                numexpr.evaluate("x * x - y * y + cx"),
                numexpr.evaluate("2.0 * x * y + cy"),
            )
    return height
