"""The gate: two builds of a project side by side, and whether the second became slower.

Input: two contenders (each an environment with a commit installed in it) and the
benchmarks of an asv or pytest suite. Output: process pairs and, as a pure function of them, a
verdict for each benchmark. It knows no benchmark of its own.
"""
