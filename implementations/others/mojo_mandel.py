"""Mojo: vectors of points, compiled ahead of time to a library that ctypes calls.

Written for one thread. Mojo fuses multiplications and additions by default;
``--fp-mode contract=off`` lets each round by itself.
"""

import ctypes
import functools
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.ctypeslib import ndpointer

from implementations.grid import Heights, grid
from implementations.others.compiled import compiled
from implementations.problems import WINDOW, Window
from implementations.registry import Unavailable

MOJO = version("mojo")
SOURCE = Path(__file__).with_suffix(".mojo")
PRODUCT = "libmojo_mandel.so"


@functools.cache
def build() -> Any:
    """The function. Raises Unavailable."""
    mojo = Path(sys.executable).with_name("mojo")
    if not mojo.exists():
        raise Unavailable("the package mojo has no compiler here: pip install mojo")
    options = ("--emit", "shared-lib", "--fp-mode", "contract=off")
    command = [str(mojo), "build", *options, SOURCE.name, "-o", PRODUCT]
    fill = ctypes.CDLL(str(compiled(SOURCE, PRODUCT, command, MOJO))).fill
    coordinates = ndpointer(np.float64, ndim=1, flags="C_CONTIGUOUS")
    heights = ndpointer(np.int64, ndim=2, flags="C_CONTIGUOUS")
    fill.argtypes = (coordinates, coordinates, heights, *(ctypes.c_int64,) * 3)
    fill.restype = None
    return fill


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    build()(x_vals, y_vals, height, *height.shape, int(N_iter))
    return height
