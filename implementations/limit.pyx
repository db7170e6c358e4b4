"""What this machine can do at most: the rate of multiplies and adds at its widest vectors.

An iteration is 8 floating-point operations: x*x, y*y, their sum, 2*x, (2*x)*y, + cy, the
difference of the squares, + cx. Left out are the comparison with 4 and the count, which are no
floating-point arithmetic, and all else: loads, stores, the loop. Four of the eight are
multiplications and four additions; the kernel does as many of each, independent of each other
and none of them fused (kernels/limit.h), so that its rate divided by 8 is a rate of iterations.

The best of repeated stretches counts: what else runs on the machine can only take away from it.
"""

cdef extern from "rate.h":
    ctypedef long long (*Kernel)(long long operations) nogil
    double best_rate(Kernel kernel, int threads, double seconds) nogil

include "kernels/sets.pxi"

OPERATIONS_OF_AN_ITERATION = 8


def vector():
    """The name of the instruction set that is measured, as its maker writes it: AVX-512."""
    return chosen_set().title.decode()


def measure(int threads, double seconds):
    """Iterations/s at most, of so many threads at once, started together and pinned by nobody.

    Takes about that many seconds, 5 ms at least, and cannot be interrupted: measure in slices.
    Raises ValueError for threads below 1, and OSError where they cannot be started.
    """
    if threads < 1:
        raise ValueError(f"the limit is measured with 1 thread or more, not {threads}")
    cdef Kernel kernel = chosen_set().kernel
    cdef double rate
    with nogil:
        rate = best_rate(kernel, threads, seconds)
    if rate < 0:
        raise OSError(f"{threads} threads could not be started to measure the limit")
    return rate / OPERATIONS_OF_AN_ITERATION
