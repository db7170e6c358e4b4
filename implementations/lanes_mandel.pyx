"""SIMD lanes: a vector of pixels at a time, several vectors in flight, each lane always busy.

One instruction follows 8 pixels (AVX-512), 4 (AVX2) or 2 (SSE2, NEON); the widest set that the
processor has is picked when the function is called, or the one named by HOTLOOP_VECTOR. An
iteration waits for the one before it, so that several vectors take turns. And lanes escape at
different steps: a lane that is done takes the next pixel, and the test is left out of the inner
loop. How, and why that is exact: kernels/lanes.h.

The cost: a page of C for each idea, and one copy of it for each instruction set.
"""

from implementations.grid import grid
from implementations.problems import WINDOW

include "kernels/escape.pxi"

cdef extern from "signals.h":
    int look_for_signals(Grid* grid) nogil


def compute_mandel(N_x, N_y, N_iter, window=WINDOW):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    cdef Grid work = grid_of(x_array, y_array, height_array, N_iter)
    cdef Kernel kernel = chosen_set().kernel
    cdef int outcome
    with nogil:
        outcome = kernel(&work, look_for_signals)
    if outcome == NO_MEMORY:
        raise MemoryError
    return height_array
