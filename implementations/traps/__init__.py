"""Traps: code that looks right beside code that is right, on the ladder's loop or a smaller one.

One file a trap in pairs/, found by its place: a new trap is a new file. Its docstring says first
what the trap is, then why and what helps. It has

    problem()          the arguments of both functions, a tuple
    looks_right(...)   how it is written again and again
    is_right(...)      how it should be written

and, if there is more to say,

    TELLS              what tells you, a few words for a number (a .pyx has Cython's own report)
    told(function)     that number for one of the two, after it was called
    DIFFERS            True: the answers differ, and how many is what the trap is about
    CLAIMS             True: the functions measure something. They get the number of calls to
                       measure as a last argument, and the seconds that they return for all of
                       them are what is shown instead of the time that they take

    catalogue   the traps by name
    workload    one side of a trap as a call that can be timed
"""
