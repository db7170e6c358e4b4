# distutils: extra_compile_args = -fopenmp
# distutils: extra_link_args = -fopenmp
"""Counters of two threads in one cache line.

They share nothing but the line, which travels from core to core at every addition. A line of its
own for each thread, or a local variable that is stored at the end, keeps it at home.
"""

cimport cython
from cython.parallel cimport prange

import numpy as np

TELLS = "bytes between the threads' counters"
# volatile: a compiler that keeps the counter in a register hides the trap until it does not.
cdef extern from *:
    """
    static void count_up(char *counters, long apart, long thread, long turns) {
        volatile long long *own = (volatile long long *)(counters + apart * thread);
        for (long i = 0; i < turns; i++) *own += i;
    }
    """
    void count_up(char* counters, long apart, long thread, long turns) noexcept nogil


def problem():
    return (100_000,)


def told(function):
    return 8 if function is looks_right else 128


cdef count(long apart, long turns):
    cdef int thread
    # The line of the first counter begins at a multiple of 64.
    room = np.zeros(128 * 3, np.int8)
    cdef char[::1] bytes_ = room
    cdef char* counters = &bytes_[-room.ctypes.data % 64]
    for thread in prange(2, nogil=True, num_threads=2, schedule="static"):
        count_up(counters, apart, thread, turns)
    return (<long long*> counters)[0] + (<long long*> (counters + apart))[0]


def looks_right(long turns):
    return count(8, turns)


def is_right(long turns):
    return count(128, turns)
