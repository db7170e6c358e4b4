# distutils: extra_compile_args = -fopenmp -ffp-contract=off
# distutils: extra_link_args = -fopenmp
"""prange with equal shares of unequal work.

Without a word on it each thread gets one stretch of the loop, fixed beforehand; in the set's
picture one of them has most of the work, and the others wait. schedule="dynamic" hands out small
parts as threads become free.
"""

cimport cython
from cython.parallel cimport prange

import numpy as np

from libc.stdint cimport int64_t

TELLS = "% of all steps in the largest share"
COLUMNS, ROWS, STEPS = 96, 64, 1000


def problem():
    # Columns from the outside to the middle of the set.
    return np.linspace(-2.5, -0.2, COLUMNS), np.linspace(-1.2, 1.2, ROWS), STEPS


cdef int64_t column(double cx, const double[::1] y_vals, int steps) noexcept nogil:
    cdef double x, y, x2, y2
    cdef int64_t total = 0
    cdef int i
    cdef Py_ssize_t j
    for j in range(y_vals.shape[0]):
        x, y = cx, y_vals[j]
        for i in range(steps):
            x2 = x * x
            y2 = y * y
            if x2 + y2 >= 4:
                break
            y = 2.0 * x * y + y_vals[j]
            x = x2 - y2 + cx
            total += 1
    return total


@cython.boundscheck(False)
@cython.wraparound(False)
def looks_right(const double[::1] x_vals, const double[::1] y_vals, int steps):
    cdef Py_ssize_t i
    cdef int64_t total = 0
    for i in prange(x_vals.shape[0], nogil=True, num_threads=2, schedule="static"):
        total += column(x_vals[i], y_vals, steps)
    return total


@cython.boundscheck(False)
@cython.wraparound(False)
def is_right(const double[::1] x_vals, const double[::1] y_vals, int steps):
    cdef Py_ssize_t i
    cdef int64_t total = 0
    for i in prange(x_vals.shape[0], nogil=True, num_threads=2, schedule="dynamic"):
        total += column(x_vals[i], y_vals, steps)
    return total


def told(function):
    x_vals, y_vals, steps = problem()
    columns = np.array([column(x, y_vals, steps) for x in x_vals])
    shares = 2 if function is looks_right else COLUMNS
    return 100 * columns.reshape(shares, -1).sum(axis=1).max() / columns.sum()
