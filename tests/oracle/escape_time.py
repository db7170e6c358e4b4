"""Escape times written apart from the variants: what they are judged by.

``heights`` is the definition on Python floats. ``exact_height`` does every operation on whole
numbers and rounds once, so that no compiler, processor or C library has a say in it: a float is
a ratio of integers, and Python divides integers with a single rounding (half to even).
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from implementations.grid import Heights
from implementations.problems import Problem


def height(c_re: float, c_im: float, limit: int) -> int:
    """How many steps the orbit of c stays within |z| < 2, at most limit."""
    z_re, z_im = c_re, c_im
    step = 0
    while step < limit and z_re * z_re + z_im * z_im < 4.0:
        z_re, z_im = z_re * z_re - z_im * z_im + c_re, (2.0 * z_re) * z_im + c_im
        step += 1
    return step


@cache
def heights(problem: Problem, of_point: Callable[[float, float, int], int] = height) -> Heights:
    """The picture: (width, height) int64, read-only: each is computed once for all variants."""
    x_low, x_high, y_low, y_high = problem.window
    with np.errstate(all="ignore"):  # linspace overflows on the way to the largest floats
        columns = np.linspace(x_low, x_high, problem.width)
        rows = np.linspace(y_low, y_high, problem.height)
    picture = [[of_point(float(re), float(im), problem.steps) for im in rows] for re in columns]
    found = np.array(picture, dtype=np.int64)
    found.flags.writeable = False
    return found


def exact_height(c_re: float, c_im: float, limit: int) -> int:
    """``height``, each operation exact and then rounded once. Not for infinities or -0.0."""
    re, im = c_re, c_im
    for step in range(limit):
        re2, im2 = _product(re, re), _product(im, im)
        if _sum(re2, im2) >= 4.0:
            return step
        re, im = _sum(_sum(re2, -im2), c_re), _sum(_product(2.0 * re, im), c_im)
    return limit


def fused_height(c_re: float, c_im: float, limit: int) -> int:
    """What a fused multiply-add would make of it: (2x)y + c rounded once instead of twice."""
    re, im = c_re, c_im
    for step in range(limit):
        re2, im2 = re * re, im * im
        if re2 + im2 >= 4.0:
            return step
        re, im = re2 - im2 + c_re, _fused(2.0 * re, im, c_im)
    return limit


def pow_height(c_re: float, c_im: float, limit: int) -> int:
    """What the spelling x**2 makes of it: the C library's pow, not always the nearest float.

    So do Python's floats and NumPy's scalars; NumPy's arrays and most compilers multiply.
    """
    x, y = c_re, c_im
    for step in range(limit):
        x2, y2 = x**2, y**2
        if x2 + y2 >= 4.0:
            return step
        y = 2.0 * x * y + c_im
        x = x2 - y2 + c_re
    return limit


def _product(a: float, b: float) -> float:
    a_top, a_bottom = a.as_integer_ratio()
    b_top, b_bottom = b.as_integer_ratio()
    return (a_top * b_top) / (a_bottom * b_bottom)


def _sum(a: float, b: float) -> float:
    a_top, a_bottom = a.as_integer_ratio()
    b_top, b_bottom = b.as_integer_ratio()
    return (a_top * b_bottom + b_top * a_bottom) / (a_bottom * b_bottom)


def _fused(a: float, b: float, c: float) -> float:
    a_top, a_bottom = a.as_integer_ratio()
    b_top, b_bottom = b.as_integer_ratio()
    c_top, c_bottom = c.as_integer_ratio()
    bottom = a_bottom * b_bottom
    return (a_top * b_top * c_bottom + c_top * bottom) / (bottom * c_bottom)
