"""OpenMP: every core takes the next few pixels as soon as it is done with its last ones.

Pixels cost very different amounts, so that handing each thread an equal share beforehand would
leave most of them waiting for the one with the set's middle: the schedule is dynamic.

The cost: a compiler with OpenMP, and starting a team, which does not pay on a small grid. Only
the thread that called can see Ctrl-C; it looks between points, and the parts are short enough
for it to look again soon after it has run out of them.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cython.parallel cimport prange, threadid
from libc.stdint cimport int64_t

from implementations.grid import grid
from implementations.problems import WINDOW

cdef extern from *:
    """
    #ifdef _OPENMP
    #define HOTLOOP_OPENMP 1
    #else
    #define HOTLOOP_OPENMP 0
    #endif
    """
    bint HOTLOOP_OPENMP

if not HOTLOOP_OPENMP:
    raise ImportError(
        "the compiler had no OpenMP (-fopenmp, omp.h): install gcc, or libomp for clang, and "
        "run make build"
    )

cdef enum:
    # A tenth of a second at 3 ns a step: Ctrl-C is to be answered in half a second.
    STEPS_BETWEEN_CHECKS = 1 << 25
    # More than this many steps of one point keep a thread from the others for too long.
    LARGEST_SHARED = 1 << 27
    # Below so many steps in all (at worst half a millisecond) a second thread is not worth waking.
    SMALLEST_SHARED = 1 << 17
    # Taking a part costs an atomic addition; this many pixels cost a thousand times that.
    PIXELS_OF_A_PART = 256


cpdef int in_mandel(double cx, double cy, int max_iter) except -1 nogil:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    cdef double x = cx
    cdef double y = cy
    cdef double x2, y2
    cdef int i = 0, stop
    while True:
        stop = max_iter if max_iter - i <= STEPS_BETWEEN_CHECKS else i + STEPS_BETWEEN_CHECKS
        while i < stop:
            x2 = x * x
            y2 = y * y
            if x2 + y2 >= 4:
                return i
            y = 2.0 * x * y + cy
            x = x2 - y2 + cx
            i += 1
        if i == max_iter:
            return i
        if threadid() == 0:
            with gil:
                PyErr_CheckSignals()


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
cdef int fill(
    const double[::1] x_vals,
    const double[::1] y_vals,
    int64_t[:, ::1] height,
    Py_ssize_t begin,
    Py_ssize_t end,
    int n_iter,
    int64_t* unchecked,
) except -1 nogil:
    """The pixels begin to end - 1, counted as in memory."""
    cdef Py_ssize_t n_y = y_vals.shape[0]
    cdef Py_ssize_t i = begin // n_y
    cdef Py_ssize_t j = begin % n_y
    for _ in range(end - begin):
        height[i, j] = in_mandel(x_vals[i], y_vals[j], n_iter)
        if threadid() == 0:
            unchecked[0] += height[i, j] + 1
            if unchecked[0] > STEPS_BETWEEN_CHECKS:
                unchecked[0] = 0
                with gil:
                    PyErr_CheckSignals()
        j += 1
        if j == n_y:
            j = 0
            i += 1
    return 0


@cython.cdivision(True)
def compute_mandel(N_x, N_y, N_iter, window=WINDOW):
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter where none."""
    x_array, y_array, height_array = grid(N_x, N_y, N_iter, window)
    cdef const double[::1] x_vals = x_array, y_vals = y_array
    cdef int64_t[:, ::1] height = height_array
    cdef int n_iter = N_iter
    cdef Py_ssize_t pixels = x_vals.shape[0] * y_vals.shape[0]
    # Few enough for Ctrl-C: what the other threads are still at is waited for.
    cdef Py_ssize_t size = min(PIXELS_OF_A_PART, max(1, STEPS_BETWEEN_CHECKS // (n_iter + 1)))
    cdef Py_ssize_t parts = (pixels + size - 1) // size
    cdef bint shared = <double>pixels * n_iter > SMALLEST_SHARED and n_iter <= LARGEST_SHARED
    cdef int64_t unchecked = 0
    cdef Py_ssize_t part
    for part in prange(parts, nogil=True, schedule="dynamic", use_threads_if=shared):
        fill(
            x_vals, y_vals, height,
            part * size, min(pixels, (part + 1) * size), n_iter, &unchecked,
        )
    return height_array
