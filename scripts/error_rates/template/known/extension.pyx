"""A loop in C, which no compiler can shorten: each turn needs the one before it."""


def loop(long turns):
    """Marsaglia's xorshift, so many times."""
    cdef unsigned long long state = 88172645463325252ULL
    cdef long turn
    for turn in range(turns):
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
    return state
