"""A problem's coordinates and its empty answer: what every variant starts from."""

import numpy as np
from numpy.typing import NDArray

from implementations.problems import Problem, Window

Coordinates = NDArray[np.float64]
Heights = NDArray[np.int64]
Grid = tuple[Coordinates, Coordinates, Heights]


def grid(N_x: int, N_y: int, N_iter: int, window: Window) -> Grid:
    """Check the arguments and return ``(x_vals, y_vals, height)``.

    x_vals is (N_x,) and y_vals (N_y,) float64, both ends of the window included; height is
    (N_x, N_y) int64, not yet filled. Raises as ``Problem`` does.
    """
    problem = Problem(N_x, N_y, N_iter, window)
    x_low, x_high, y_low, y_high = problem.window
    # Near the largest floats linspace overflows on the last point, which it then sets to the
    # window's own end; a subnormal spacing underflows as it must.
    with np.errstate(over="ignore", under="ignore"):
        x_vals = np.linspace(x_low, x_high, problem.width, dtype=np.float64)
        y_vals = np.linspace(y_low, y_high, problem.height, dtype=np.float64)
    height = np.empty((problem.width, problem.height), dtype=np.int64)
    return x_vals, y_vals, height
