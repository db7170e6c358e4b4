"""The gate: two builds of a project side by side, and whether the second became slower.

In come two contenders (an environment with a commit installed in it, each) and the
benchmarks of an asv suite; out come process pairs and, as a pure function of them,
a verdict for each benchmark. It knows no benchmark of its own and prints nothing.
"""
