"""Which benchmarks run code that the change touches: traced on both sides, decided from that.

    worker/trace.py   what one process saw: code with fingerprints, files, what it could not see
    tracing.py        each benchmark in such a worker, on both sides  ──> sights
    changes.py        both commits and what is installed of them      ──> the change
    decide.py         pure: sights and change                         ──> touched, and by what

What could not be seen counts as touched. docs/gate-method.md says why equal sights mean equal work.
"""
