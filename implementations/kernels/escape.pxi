# escape.h for Cython: the grid that a kernel fills, and what the kernels of this build are.

from libc.stdint cimport int32_t, int64_t

cdef extern from "escape.h":
    ctypedef struct Grid:
        const double* x_vals
        const double* y_vals
        int64_t n_y
        int64_t pixels
        int64_t steps
        int64_t* height
        int64_t height_n_y
        const int32_t* rows
        const int32_t* twins
        int64_t next
        int stop
        int64_t looked_ns
    ctypedef int (*Poll)(Grid* grid) nogil
    # STOPPED: a signal's exception is set.
    ctypedef int (*Kernel)(Grid* grid, Poll poll) except -2 nogil
    int NO_MEMORY

include "sets.pxi"


cdef Grid grid_of(const double[::1] x_vals, const double[::1] y_vals, int64_t[:, ::1] height,
                  int64_t steps):
    """The arrays must stay alive for as long as the grid is used."""
    # All fields: Cython leaves those that are not named here as it finds them.
    return Grid(
        x_vals=&x_vals[0],
        y_vals=&y_vals[0],
        n_y=y_vals.shape[0],
        pixels=x_vals.shape[0] * y_vals.shape[0],
        steps=steps,
        height=&height[0, 0],
        height_n_y=height.shape[1],
        rows=NULL,
        twins=NULL,
        next=0,
        stop=0,
        looked_ns=0,
    )
