"""pythran: a plain Python file, translated to C++ ahead of time; its loop runs on all cores.

A comment gives the types, and another one OpenMP, with the schedule that columns of very
different cost need.
"""

import functools
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from implementations.grid import Heights, grid
from implementations.others.compiled import (
    EXACT_FLAGS,
    EXTENSION_SUFFIX,
    compiled,
    extension,
    find_compiler,
)
from implementations.problems import WINDOW, Window

# Not imported: its modules are not needed to call what it made.
PYTHRAN = version("pythran")

SOURCE = Path(__file__).with_name("pythran_source.py")


@functools.cache
def build() -> Any:
    """The compiled function. Raises Unavailable."""
    find_compiler("CXX", "C++", "c++")
    flags = ("-O3", "-fopenmp", *EXACT_FLAGS)
    command = [sys.executable, "-m", "pythran.run", *flags, SOURCE.name]
    product = SOURCE.stem + EXTENSION_SUFFIX
    return extension(compiled(SOURCE, product, command, PYTHRAN)).fill


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    build()(x_vals, y_vals, height, int(N_iter))
    return height
