"""A view that is not contiguous.

double[:, :] takes any array, a transposed one too; then neighbours of the inner loop lie a row
apart, each in a cache line of its own. double[:, ::1] would have refused it. A copy beforehand,
inside the time here, puts them side by side.
"""

cimport cython

import numpy as np

TELLS = "bytes from one element to the next"


def problem():
    return (np.ones((1024, 1024)).T,)


def told(function):
    (values,) = problem()
    return (values if function is looks_right else np.ascontiguousarray(values)).strides[1]


@cython.boundscheck(False)
@cython.wraparound(False)
cdef double total_of(const double[:, :] values) noexcept nogil:
    cdef double total = 0.0
    cdef Py_ssize_t i, j, turn
    for turn in range(4):
        for i in range(values.shape[0]):
            for j in range(values.shape[1]):
                total += values[i, j]
    return total


def looks_right(const double[:, :] values):
    return total_of(values)


def is_right(values):
    return total_of(np.ascontiguousarray(values))
