"""SIMD lanes: a vector of pixels at a time, several vectors in flight, each lane always busy.

One instruction follows 8 pixels (AVX-512), 4 (AVX2) or 2 (SSE2, NEON); the widest set that the
processor has is picked when the function is called, or the one named by HOTLOOP_VECTOR. An
iteration waits for the one before it, so that several vectors take turns. And lanes escape at
different steps: a lane that is done takes the next pixel, and the test is left out of the inner
loop. How, and why that is exact: kernels/lanes.h.

The cost: a page of C for each idea, and one copy of it for each instruction set.
"""

from libc.stdint cimport int64_t

from implementations.grid import grid
from implementations.problems import WINDOW

cdef extern from "escape.h":
    ctypedef struct Grid:
        const double* x_vals
        const double* y_vals
        int64_t n_y
        int64_t pixels
        int64_t steps
        int64_t* height
    ctypedef int (*Poll)(Grid* grid) nogil
    # STOPPED: a signal's exception is set.
    ctypedef int (*Kernel)(Grid* grid, Poll poll) except -2 nogil
    int NO_MEMORY

cdef extern from "signals.h":
    int look_for_signals(Grid* grid) nogil

include "kernels/sets.pxi"


def compute_mandel(N_x, N_y, N_iter, window=WINDOW):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    cdef const double[::1] x_vals = x_array, y_vals = y_array
    cdef int64_t[:, ::1] height = height_array
    cdef Grid work = Grid(
        x_vals=&x_vals[0],
        y_vals=&y_vals[0],
        n_y=y_vals.shape[0],
        pixels=x_vals.shape[0] * y_vals.shape[0],
        steps=N_iter,
        height=&height[0, 0],
    )
    cdef Kernel kernel = chosen_set().kernel
    cdef int outcome
    with nogil:
        outcome = kernel(&work, look_for_signals)
    if outcome == NO_MEMORY:
        raise MemoryError
    return height_array
