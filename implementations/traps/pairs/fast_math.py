"""fastmath=True on a loop whose every bit matters.

It lets the compiler fuse and reorder, so that numbers are rounded elsewhere than Python rounds
them. A sum may bear that; an orbit at the edge of the set goes another way, and the picture is
another one.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

TELLS = "pixels that differ"
DIFFERS = True


def problem() -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    return np.linspace(-0.7436, -0.7434, 64), np.linspace(0.1318, 0.1320, 64), 1000


def _heights(
    x_vals: NDArray[np.float64], y_vals: NDArray[np.float64], steps: int
) -> NDArray[np.int64]:
    height = np.empty((x_vals.size, y_vals.size), np.int64)
    for i in range(x_vals.size):
        for j in range(y_vals.size):
            cx = x = x_vals[i]
            cy = y = y_vals[j]
            height[i, j] = steps
            for k in range(steps):
                x2 = x * x
                y2 = y * y
                if x2 + y2 >= 4:
                    height[i, j] = k
                    break
                y = 2.0 * x * y + cy
                x = x2 - y2 + cx
    return height


looks_right = njit(fastmath=True)(_heights)
is_right = njit(_heights)
