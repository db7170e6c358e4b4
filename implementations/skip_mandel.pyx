"""Skipping: a point whose orbit returns to an exact earlier state is done, for it never escapes.

The next state is a function of this one and of c, in floating point as on paper: an orbit that
meets a state again goes round for ever, and within it nothing escaped. Numbers that are equal
give equal successors (-0.0 and 0.0 too: no operation here tells them apart but by the sign of
another zero). So the answer is the number of steps, bit for bit. Rounding makes most points
inside the set do so within some hundred steps, because an orbit that converges has only finitely
many floats left to move on.

Brent's way of noticing (BIT 20, 1980, doi:10.1007/BF01933190): keep one state, compare every
later one with it, and keep a new one after 1, 2, 4, 8, ... steps.

The cost: two comparisons a step, for nothing where points escape.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t

from implementations.grid import grid
from implementations.problems import WINDOW

cdef enum:
    # A tenth of a second at 3 ns a step: Ctrl-C is to be answered in half a second.
    STEPS_BETWEEN_CHECKS = 1 << 25


cpdef int64_t in_mandel(double cx, double cy, int64_t max_iter) except -1 nogil:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    cdef double x = cx
    cdef double y = cy
    cdef double kept_x = cx, kept_y = cy
    cdef double x2, y2
    cdef int64_t i = 0, keep = 1
    while i < max_iter:
        x2 = x * x
        y2 = y * y
        if x2 + y2 >= 4:
            return i
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
        i += 1
        if x == kept_x and y == kept_y:
            return max_iter
        if i == keep:
            kept_x = x
            kept_y = y
            # Doubled, up to where it is time to look for a signal.
            keep = 2 * i
            if i >= STEPS_BETWEEN_CHECKS:
                keep = i + STEPS_BETWEEN_CHECKS
                with gil:
                    PyErr_CheckSignals()
    return max_iter


@cython.boundscheck(False)
@cython.wraparound(False)
def compute_mandel(N_x, N_y, N_iter, window=WINDOW):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    cdef const double[::1] x_vals = x_array, y_vals = y_array
    cdef int64_t[:, ::1] height = height_array
    cdef int64_t n_iter = N_iter
    cdef int64_t steps = 0
    cdef Py_ssize_t i, j
    with nogil:
        for i in range(x_vals.shape[0]):
            for j in range(y_vals.shape[0]):
                height[i, j] = in_mandel(x_vals[i], y_vals[j], n_iter)
                steps += height[i, j] + 1
                if steps > STEPS_BETWEEN_CHECKS:
                    steps = 0
                    with gil:
                        PyErr_CheckSignals()
    return height_array
