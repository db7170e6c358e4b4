# The instruction sets of an extension's kernels, and the one to use.

import os

cdef extern from "sets.h":
    ctypedef struct Set:
        const char* name
        const char* title
        int runs
        Kernel kernel
    Set numbered_set(int number) nogil


def vectors():
    """The names of the instruction sets that have a kernel here and run here, widest first."""
    names = []
    cdef int number = 0
    while numbered_set(number).runs >= 0:
        if numbered_set(number).runs:
            names.append(numbered_set(number).name.decode())
        number += 1
    return names


cdef Set chosen_set() except *:
    """The widest that runs, or the one that HOTLOOP_VECTOR names; ValueError where it cannot."""
    wanted = os.environ.get("HOTLOOP_VECTOR")
    cdef int number = 0
    while numbered_set(number).runs >= 0:
        found = numbered_set(number)
        if found.runs and (not wanted or wanted == found.name.decode()):
            return found
        number += 1
    raise ValueError(f"HOTLOOP_VECTOR must be one of {', '.join(vectors())} here, not {wanted!r}")
