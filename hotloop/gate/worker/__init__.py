"""The child process that runs one benchmark, in the environment under test.

That environment has asv_runner and the project installed but no hotloop, and may be as old as
Python 3.8: so this package uses nothing but the standard library and itself, by relative
imports, and ``__main__`` loads it under a name that no project has. The benchmark is
asv_runner's own object; what is added here is taking turns.

    __main__   start-up
    serve      one benchmark, from import to teardown: commands in, replies out
    warm_up    calls that are not to be timed, and what they tell of its costs
    calls      what is timed: blocks of calls, and what they cost
    copies     forks of the process, in each of which some samples are taken
    find       which benchmarks there are, and the one that is meant
    texts      parameters as texts that every process would give them
    values     what is not timed: numbers, peak memory
    undone     bodies that never run, work that nobody waits for
    skips      what a benchmark says that does not apply here
    origin     which files the project's modules came from
    own        the standard library as it was before the suite
    process    the operating system's part: descriptors, signals, memory
"""
