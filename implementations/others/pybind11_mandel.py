"""pybind11: the two loops in C++, which sees NumPy's arrays as arrays."""

import functools
import sysconfig
from pathlib import Path
from typing import Any

import pybind11

from implementations.grid import Heights, grid
from implementations.others.compiled import (
    EXACT_FLAGS,
    EXTENSION_SUFFIX,
    compiled,
    extension,
    find_compiler,
)
from implementations.problems import WINDOW, Window

SOURCE = Path(__file__).with_suffix(".cpp")


@functools.cache
def build() -> Any:
    """The compiled function. Raises Unavailable."""
    compiler = find_compiler("CXX", "C++", "c++")
    product = f"pybind11_mandel{EXTENSION_SUFFIX}"
    flags = ("-O3", "-std=c++17", "-fvisibility=hidden", *EXACT_FLAGS, "-shared", "-fPIC")
    include = (f"-I{pybind11.get_include()}", f"-I{sysconfig.get_path('include')}")
    command = [*compiler, *flags, *include, SOURCE.name, "-o", product]
    return extension(compiled(SOURCE, product, command, pybind11.__version__)).fill


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    build()(x_vals, y_vals, height, int(N_iter))
    return height
