"""The child process that runs one benchmark, in the environment under test.

That environment has asv_runner or pytest and the project installed but no hotloop, and its Python
may be as old as 3.8. So this package uses only the standard library and itself, by relative
imports, and ``__main__`` loads it under a name that no project has. The benchmark is asv_runner's
own object, or pytest's; this package adds the taking of turns.

    __main__   start-up
    serve      the commands that every worker takes, whatever kind of suite it runs
    asv        one benchmark of an asv suite, from import to teardown
    pytests    one test of a pytest suite
    warm_up    calls that are not timed, and what they show about its costs
    calls      what is timed: blocks of calls, and what they cost
    copies     forks of the process, each of which takes some samples
    room       lets new objects lie alike on both sides, whatever was done before
    find       which benchmarks there are, and how to find one again
    texts      parameters as texts that are the same in every process
    values     what is not timed: numbers, peak memory
    undone     bodies that never run, work that nobody waits for
    skips      benchmarks that say that they do not apply here
    origin     which files the project's modules came from
    own        the standard library as it was before the suite
    process    what concerns the operating system: descriptors, signals, memory

For a worker that is watched instead of timed:

    watched_asv      what do the benchmarks of an asv suite run?
    watched_pytests  and the tests of a pytest suite?
    enough           how often they are called
    trace            code, files and what could not be seen, from within the process
    places           whose a file is
    fingerprints     what code does, wherever it stands

For a worker that helps to explain a verdict:

    explained_asv, explained_pytests    a worker of either kind, with more commands
    explained      these commands: profile, compare code
    profiling      how often each function is called, and how long it takes
    parts          the functions of a file, by name; one in another's place
    exchange       modules that are loaded with parts of another version
"""
