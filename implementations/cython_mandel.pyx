"""Typed Cython: a point is a C function of doubles and ints.

The arrays are declared as plain np.ndarray, without the type of their elements, so that the
loop over the grid still boxes every coordinate and every answer: what is left of the time.
"""

import numpy as np

cimport cython
cimport numpy as np

from implementations.grid import grid
from implementations.problems import WINDOW

np.import_array()


cpdef int in_mandel(double cx, double cy, int max_iter) noexcept:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    cdef double x = cx
    cdef double y = cy
    cdef double x2, y2
    cdef int i
    for i in range(max_iter):
        x2 = x * x
        y2 = y * y
        if x2 + y2 >= 4:
            return i
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return max_iter


@cython.boundscheck(False)
@cython.wraparound(False)
def compute_mandel(N_x, N_y, N_iter, window=WINDOW):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    cdef np.ndarray x_vals, y_vals, height
    # Python objects until grid has checked them, as in every variant; C ints from here on.
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    cdef int n_x = N_x, n_y = N_y, n_iter = N_iter
    cdef int i, j
    for i in range(n_x):
        for j in range(n_y):
            height[i, j] = in_mandel(x_vals[i], y_vals[j], n_iter)
    return height
