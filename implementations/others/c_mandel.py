"""Plain C, called through ctypes: what the compiler makes of the two loops by itself, at -O3.

A yardstick from outside Python. The compiler can vectorise nothing here: each step of the inner
loop needs the one before, and the loop over the pixels has another loop in it.
"""

import ctypes
import functools
import platform
from pathlib import Path
from typing import Any

import numpy as np
from numpy.ctypeslib import ndpointer

from implementations.grid import Heights, grid
from implementations.others.compiled import EXACT_FLAGS, compiled, find_compiler
from implementations.problems import WINDOW, Window

SOURCE = Path(__file__).with_suffix(".c")
PRODUCT = "c_mandel.so"


@functools.cache
def build() -> Any:
    """The C function. Raises Unavailable."""
    compiler = find_compiler("CC", "C", "cc")
    flags = ("-O3", *EXACT_FLAGS, "-shared", "-fPIC")
    command = [*compiler, *flags, SOURCE.name, "-o", PRODUCT]
    fill = ctypes.CDLL(str(compiled(SOURCE, PRODUCT, command, platform.machine()))).fill
    coordinates = ndpointer(np.float64, ndim=1, flags="C_CONTIGUOUS")
    heights = ndpointer(np.int64, ndim=2, flags="C_CONTIGUOUS")
    sizes = (ctypes.c_int64, ctypes.c_int64, ctypes.c_int)
    fill.argtypes = (coordinates, coordinates, heights, *sizes)
    fill.restype = None
    return fill


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    build()(x_vals, y_vals, height, *height.shape, int(N_iter))
    return height
