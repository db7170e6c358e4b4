"""A void function in a nogil loop.

It cannot return an error value, so Cython 3 takes the GIL after every call to ask whether there
was an exception. It says so in a "performance hint", which a build tool's log swallows. noexcept,
or a return value to mark an error, needs no GIL.
"""

import numpy as np


cdef void advance_looks_right(double* x) nogil:
    x[0] = x[0] * x[0] - 0.5


cdef void advance_is_right(double* x) noexcept nogil:
    x[0] = x[0] * x[0] - 0.5


def problem():
    return (10000,)


def looks_right(int steps):
    cdef double x = 0.0
    cdef int i
    with nogil:
        for i in range(steps):
            advance_looks_right(&x)
    return x


def is_right(int steps):
    cdef double x = 0.0
    cdef int i
    with nogil:
        for i in range(steps):
            advance_is_right(&x)
    return x
