"""Cython."""

import cython

cdef unsigned char[4096] letters
cdef int filled
for filled in range(4096):
    letters[filled] = (filled * 2654435761u >> 7) & 0xFF
# ==
def chain(long turns):
    """Marsaglia's xorshift: each turn needs the one before it."""
    cdef unsigned long long state = 88172645463325252ULL
    cdef long turn
    for turn in range(turns):
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
    return state
# ==
def collatz(long turns):
    """Steps until 1, from four numbers in turn."""
    cdef long total = 0, turn, value
    for turn in range(turns):
        value = 27 + (turn & 3)
        while value != 1:
            if value & 1:
                value = 3 * value + 1
            else:
                value >>= 1
            total += 1
    return total
# ==
def search(long turns):
    """Walk through bytes to the next one of a kind."""
    cdef long total = 0, turn
    cdef unsigned int place
    cdef unsigned char wanted
    for turn in range(turns):
        wanted = (turn & 3) * 61
        place = 0
        while place < 4095 and letters[place] != wanted:
            place += 1
        total += place
    return total
# ==
cdef long smaller(long left, long right) noexcept nogil:
    return left - 1 if left > right else left + 1
# ==
cdef long larger(long left, long right) noexcept nogil:
    return left + 2 if left < right else left - 3
# ==
def calls(long turns):
    """Call one of two small functions, which one depends on the last."""
    cdef long (*chosen)(long, long) noexcept nogil
    cdef long total = 0, turn
    for turn in range(turns):
        chosen = smaller if total & 4 else larger
        total = chosen(total, turn & 15)
    return total
# ==
def numbers(long turns):
    """Python objects from compiled code: a list of numbers, and its sum."""
    total = 0
    for turn in range(turns):
        total += sum([turn, turn + 1, turn + 2])
    return total
# ==
