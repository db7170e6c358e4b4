"""np.ndarray without a dtype.

The type says that it is an array, but not of what: each values[i] makes a NumPy scalar, and the
sum is done on Python objects. It compiles without a word. Only the element type makes it C.
"""

cimport cython
cimport numpy as np

import numpy as np

np.import_array()


def problem():
    return (np.linspace(0.0, 1.0, 5000),)


@cython.boundscheck(False)
@cython.wraparound(False)
def looks_right(np.ndarray values):
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in range(values.shape[0]):
        total += values[i] * values[i]
    return total


@cython.boundscheck(False)
@cython.wraparound(False)
def is_right(const double[::1] values):
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in range(values.shape[0]):
        total += values[i] * values[i]
    return total
