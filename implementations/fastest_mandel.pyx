"""Lanes, skipping and threads together: the one to use.

The lanes of lanes_mandel; once a block of steps, every lane is compared with an earlier state of
its orbit, as skip_mandel compares a point; and every core runs such a set of lanes, all taking
tiles of the picture from one counter (kernels/team.h).

And rows that mirror each other are computed once (grid.different_rows). np.linspace rounds each
coordinate by itself, so that of a window around the real axis about half of the rows have such a
twin; the others are computed.

The cost: all that the three cost, and a picture whose time depends on what is in it.
"""

import numpy as np

from implementations.grid import different_rows, grid
from implementations.problems import WINDOW

include "kernels/escape.pxi"

cdef extern from "team.h":
    int escape_with_team(Kernel kernel, Grid* grid, int threads) except -2 nogil

cdef enum:
    # A thread takes 30 us to start. Below so many steps, 100 us of one, none is started ...
    FEWEST_STEPS_OF_A_THREAD = 1 << 19
    # ... nor for fewer pixels, which are shared out by the tile.
    FEWEST_PIXELS_OF_A_THREAD = 1 << 11
    # For fewer columns, finding twins takes longer than computing them.
    FEWEST_COLUMNS_WITH_TWINS = 64


def compute_mandel(N_x, N_y, N_iter, window=WINDOW, threads=None):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none.

    threads: at most so many, 1 at least; None is one for each core that this process may use.
    """
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    # The rows to compute, and where their answers go.
    few_array, rows_array = y_array, np.arange(y_array.size, dtype=np.int32)
    twins_array = rows_array
    if y_array[0] < 0.0 < y_array[-1] and x_array.size >= FEWEST_COLUMNS_WITH_TWINS:
        rows_array = different_rows(y_array).astype(np.int32)
        few_array = y_array[rows_array]
        opposite = y_array.size - 1 - rows_array
        twins_array = np.where(y_array[opposite] == -few_array, opposite, rows_array)
    cdef Grid work = grid_of(x_array, few_array, height_array, N_iter)
    work.rows, work.twins = <int32_t*>numbers_of(rows_array), <int32_t*>numbers_of(twins_array)
    cdef Kernel kernel = chosen_set().kernel
    cdef int team = _team_size(height_array.size, N_iter, threads)
    cdef int outcome
    with nogil:
        outcome = escape_with_team(kernel, &work, team)
    if outcome == NO_MEMORY:
        raise MemoryError
    return height_array


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
