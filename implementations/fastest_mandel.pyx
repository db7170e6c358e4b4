"""Lanes, skipping and threads together: the one to use.

The lanes of lanes_mandel; once a block of steps, every lane is compared with an earlier state of
its orbit, as skip_mandel compares a point; and every core runs such a set of lanes, all taking
tiles of the picture from one counter (kernels/team.h).

The cost: all that the three cost, and a picture whose time depends on what is in it.
"""

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


def compute_mandel(N_x, N_y, N_iter, window=WINDOW, threads=None):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none.

    threads: at most so many, 1 at least; None is one for each core that this process may use.
    """
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    cdef Grid work = grid_of(x_array, y_array, height_array, N_iter)
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
