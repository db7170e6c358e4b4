"""x ** 0.5 on a C double.

A negative x would have a complex root, as in Python, so Cython 3 computes with complex numbers and
asks afterwards. sqrt is one instruction.
"""

cimport cython
from libc.math cimport sqrt

import numpy as np


def problem():
    return (np.linspace(1.0, 2.0, 5000),)


@cython.boundscheck(False)
@cython.wraparound(False)
def looks_right(const double[::1] values):
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in range(values.shape[0]):
        total += (values[i] * values[i]) ** 0.5
    return total


@cython.boundscheck(False)
@cython.wraparound(False)
def is_right(const double[::1] values):
    cdef double total = 0.0
    cdef Py_ssize_t i
    for i in range(values.shape[0]):
        total += sqrt(values[i] * values[i])
    return total
