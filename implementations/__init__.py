"""The compute subject: one Mandelbrot grid, computed in several ways that must agree bit for bit.

In: a problem (problems.py). Out: the escape step of every pixel, an int64 array (width, height).

    problems   what is computed: sizes, steps, window, all checked in one place
    grid       a problem's coordinates and its empty answer
    *_mandel   one variant each: in_mandel for a point, compute_mandel for a grid
    registry   the variants in ladder order, and why one cannot run here
    workload   a variant and a problem as a call that can be timed
    check      two answers compared

Nothing here times anything or knows who does. A new variant is one new ``*_mandel`` file
and one new entry in ``registry.LADDER``.
"""
