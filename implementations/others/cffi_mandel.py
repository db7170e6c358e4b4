"""cffi: the C file of ``c``, called through an extension that cffi makes from its declaration.

Where ctypes converts the arguments of each call by itself, cffi compiles that once: its API mode.
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
    flags_of_setuptools,
)
from implementations.problems import WINDOW, Window

CFFI = version("cffi")
SOURCE = Path(__file__).with_name("cffi_source.py")
C_FILE = Path(__file__).with_name("c_mandel.c")


@functools.cache
def build() -> Any:
    """The extension: ``ffi`` and ``lib``. Raises Unavailable."""
    find_compiler("CC", "C", "cc")
    flags = " ".join((flags_of_setuptools(), "-O3", *EXACT_FLAGS))
    product = f"cffi_mandel_c{EXTENSION_SUFFIX}"
    command = [sys.executable, SOURCE.name]
    return extension(compiled(SOURCE, product, command, CFFI, {"CFLAGS": flags}, beside=[C_FILE]))


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    made = build()
    view = made.ffi.from_buffer
    made.lib.fill(
        view("double[]", x_vals),
        view("double[]", y_vals),
        view("int64_t[]", height, require_writable=True),
        *height.shape,
        int(N_iter),
    )
    return height
