# escape.h for Cython: the grid that a kernel fills, and what the kernels of this build are.

from cpython.buffer cimport PyBUF_C_CONTIGUOUS, PyBuffer_Release, PyObject_GetBuffer
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


cdef void* numbers_of(array) except NULL:
    """Where the numbers of a C-contiguous array lie; of which type they are is not looked at.

    A typed memoryview would look, and takes four times as long to compile as all the rest.
    """
    cdef Py_buffer buffer
    PyObject_GetBuffer(array, &buffer, PyBUF_C_CONTIGUOUS)
    PyBuffer_Release(&buffer)
    return buffer.buf


cdef Grid grid_of(x_vals, y_vals, height, int64_t steps):
    """Of float64 (N_x,) and (N_y,), and int64 (N_x, rows), which must stay alive as long."""
    # All fields: Cython leaves those that are not named here as it finds them.
    return Grid(
        x_vals=<double*>numbers_of(x_vals),
        y_vals=<double*>numbers_of(y_vals),
        n_y=len(y_vals),
        pixels=len(x_vals) * len(y_vals),
        steps=steps,
        height=<int64_t*>numbers_of(height),
        height_n_y=height.shape[1],
        rows=NULL,
        twins=NULL,
        next=0,
        stop=0,
        looked_ns=0,
    )
