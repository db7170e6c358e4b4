"""boundscheck and Python's division in a C loop.

Typed all through, and still each index is checked, negative ones are wrapped, and // and % look
for a zero and for signs, as Python's do. The directives say that this is not wanted.
"""

cimport cython

import numpy as np


def problem():
    return np.arange(1, 5001, dtype=np.int32), 512


def looks_right(const int[:] values, int buckets):
    cdef int[512] found
    cdef int[:] counts = found
    cdef Py_ssize_t i
    cdef int k
    cdef long long total = 0
    for k in range(buckets):
        counts[k] = 0
    for i in range(values.shape[0]):
        counts[values[i] % buckets] += values[i] // 3
    for k in range(buckets):
        total += counts[k]
    return total


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def is_right(const int[:] values, int buckets):
    cdef int[512] found
    cdef int[:] counts = found
    cdef Py_ssize_t i
    cdef int k
    cdef long long total = 0
    for k in range(buckets):
        counts[k] = 0
    for i in range(values.shape[0]):
        counts[values[i] % buckets] += values[i] // 3
    for k in range(buckets):
        total += counts[k]
    return total
