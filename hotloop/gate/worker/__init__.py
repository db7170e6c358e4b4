"""The child process that runs one benchmark, in the environment under test.

That environment has asv_runner and the project installed but no hotloop, and may be as old as
Python 3.8: so this package uses nothing but the standard library and itself, by relative
imports, and ``__main__`` loads it under a name that no project has. The benchmark is
asv_runner's own object; what is added here is taking turns.

    __main__   start-up
    serve      one benchmark, from import to teardown: commands in, replies out
    calls      what is timed: blocks of calls, and what they cost
    copies     forks of the process, in each of which some samples are taken
    find       which benchmarks there are, and the one that is meant
    texts      parameters as texts that every process would give them
    values     what is not timed: numbers, peak memory
    origin     which files the project's modules came from
    process    the operating system's part: descriptors, signals, memory
"""
