"""taichi: a kernel over every pixel, compiled by LLVM for all cores.

fast_math is on by default and off here: the answer would differ otherwise.
"""

import contextlib
import functools
import os
from typing import Any

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window

# Its greeting would go to stdout, which is for results.
os.environ.setdefault("ENABLE_TAICHI_HEADER_PRINT", "0")

import taichi as ti


@functools.cache
def _kernel() -> Any:
    # Affects the whole process, so it is not done at import.
    with contextlib.redirect_stdout(None):  # another greeting
        ti.init(arch=ti.cpu, fast_math=False, default_fp=ti.f64, log_level=ti.ERROR)

    @ti.kernel
    def fill(  # type: ignore[no-untyped-def]
        x_vals: ti.types.ndarray(dtype=ti.f64, ndim=1),  # type: ignore[valid-type]
        y_vals: ti.types.ndarray(dtype=ti.f64, ndim=1),  # type: ignore[valid-type]
        height: ti.types.ndarray(dtype=ti.i64, ndim=2),  # type: ignore[valid-type]
        max_iter: ti.i32,
    ):
        for i, j in height:
            cx, cy = x_vals[i], y_vals[j]
            x, y = cx, cy
            step = 0
            while step < max_iter:
                x2 = x * x
                y2 = y * y
                if x2 + y2 >= 4:
                    break
                y = 2.0 * x * y + cy
                x = x2 - y2 + cx
                step += 1
            height[i, j] = step

    return fill


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    _kernel()(x_vals, y_vals, height, int(N_iter))
    return height
