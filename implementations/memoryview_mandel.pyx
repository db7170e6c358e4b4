"""Typed memoryviews: the loop over the grid is C too, and runs without the GIL.

The recipe types its arrays as np.ndarray, which says that they are arrays but not of what: each
x_vals[i] makes a NumPy scalar and unpacks it, each height[i, j] = ... packs an int and goes
through NumPy's assignment. double[::1] says all of it, so that an element is one load or store.

The cost: the element types and the contiguity are promises, checked once when a view is taken.
Without the GIL nobody looks for Ctrl-C either, so that the loop has to.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t

from implementations.grid import grid
from implementations.problems import WINDOW

cdef enum:
    # A tenth of a second at 3 ns a step: Ctrl-C is to be answered in half a second.
    STEPS_BETWEEN_CHECKS = 1 << 25


cpdef int in_mandel(double cx, double cy, int max_iter) except -1 nogil:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    cdef double x = cx
    cdef double y = cy
    cdef double x2, y2
    cdef int i = 0, stop
    while True:
        stop = max_iter if max_iter - i <= STEPS_BETWEEN_CHECKS else i + STEPS_BETWEEN_CHECKS
        while i < stop:
            x2 = x * x
            y2 = y * y
            if x2 + y2 >= 4:
                return i
            y = 2.0 * x * y + cy
            x = x2 - y2 + cx
            i += 1
        if i == max_iter:
            return i
        with gil:
            PyErr_CheckSignals()


@cython.boundscheck(False)
@cython.wraparound(False)
def compute_mandel(N_x, N_y, N_iter, window=WINDOW):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    cdef const double[::1] x_vals = x_array, y_vals = y_array
    cdef int64_t[:, ::1] height = height_array
    cdef int n_iter = N_iter
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
