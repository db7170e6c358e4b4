"""Lanes, skipping and threads together: the one to use.

The lanes of lanes_mandel; once a block of steps, every lane is compared with an earlier state of
its orbit, as skip_mandel compares a point; and every core runs such a set of lanes, all taking
tiles of the picture from one counter (kernels/team.h).

And rows that mirror each other are computed once. If y and -y are both among the coordinates, bit
for bit, their rows are equal: from (x, -y) and c mirrored, a step leads to exactly the mirrored
point, because the squares are the same, and rounding to nearest treats a number and its negative
alike. (Where a sum is 0 its sign may differ, which no comparison sees and which no later number but
another 0 depends on.) np.linspace rounds each coordinate by itself, so that of a window around the
real axis about half of the rows have such a twin; the others are computed.

The cost: all that the three cost, and a picture whose time depends on what is in it.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int32_t

import numpy as np

from implementations.grid import grid
from implementations.problems import WINDOW

include "kernels/escape.pxi"

cdef extern from "team.h":
    int escape_with_team(Kernel kernel, Grid* grid, int threads) except -2 nogil

cdef enum:
    # A thread takes 30 us to start. Below so many steps, 100 us of one, none is started ...
    FEWEST_STEPS_OF_A_THREAD = 1 << 19
    # ... nor for fewer pixels, which are shared out by the tile.
    FEWEST_PIXELS_OF_A_THREAD = 1 << 11
    # For fewer columns, finding twins and copying them takes longer than computing them.
    FEWEST_COLUMNS_WITH_TWINS = 64
    # Copied between two looks for Ctrl-C: some milliseconds.
    PIXELS_BETWEEN_CHECKS = 1 << 22

# Copying all rows costs a twentieth of what computing them does.
MOST_DIFFERENT = 0.94


def compute_mandel(N_x, N_y, N_iter, window=WINDOW, threads=None):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none.

    threads: at most so many, 1 at least; None is one for each core that this process may use.
    """
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    # The rows to compute, in an array of their own; without twins, straight into the answer.
    few_array, rows, computed_array = y_array, None, height_array
    if y_array[0] < 0.0 < y_array[-1] and x_array.size >= FEWEST_COLUMNS_WITH_TWINS:
        different, places = np.unique(np.abs(y_array), return_inverse=True)
        if different.size <= MOST_DIFFERENT * y_array.size:
            few_array, rows = different, places.astype(np.int32)
            computed_array = np.empty((x_array.size, few_array.size), np.int64)
    cdef Grid work = grid_of(x_array, few_array, computed_array, N_iter)
    cdef Kernel kernel = chosen_set().kernel
    cdef int team = _team_size(height_array.size, N_iter, threads)
    cdef int outcome
    with nogil:
        outcome = escape_with_team(kernel, &work, team)
    if outcome == NO_MEMORY:
        raise MemoryError
    if rows is not None:
        _spread(computed_array, rows, height_array)
    return height_array


@cython.boundscheck(False)
@cython.wraparound(False)
cdef int _spread(
    const int64_t[:, ::1] computed, const int32_t[::1] rows, int64_t[:, ::1] height
) except -1:
    """height[i, j] = computed[i, rows[j]]."""
    cdef Py_ssize_t i, j, unchecked = 0
    for i in range(height.shape[0]):
        with nogil:
            for j in range(height.shape[1]):
                height[i, j] = computed[i, rows[j]]
        unchecked += height.shape[1]
        if unchecked > PIXELS_BETWEEN_CHECKS:
            unchecked = 0
            PyErr_CheckSignals()
    return 0


def _team_size(pixels, steps, threads):
    """How many threads the work is worth."""
    if threads is None:
        threads = usable_cores()
    # As a Python integer: NumPy's would overflow.
    work = pixels * int(steps)
    worth = min(work // FEWEST_STEPS_OF_A_THREAD, pixels // FEWEST_PIXELS_OF_A_THREAD)
    return max(1, min(threads, worth))


def usable_cores():
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
