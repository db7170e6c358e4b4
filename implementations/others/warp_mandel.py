"""NVIDIA Warp on the CPU: a kernel over every pixel, compiled by LLVM; one thread.

Without its fusing of operations (``fuse_fp`` off), so that each rounds by itself.
"""

from typing import no_type_check

import warp as wp

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window

wp.config.quiet = True
wp.set_module_options({"fuse_fp": False, "enable_backward": False})


@wp.func
def in_mandel(cx: wp.float64, cy: wp.float64, max_iter: wp.int64) -> wp.int64:
    """The step at which the point (cx, cy) escapes, or max_iter."""
    x = cx
    y = cy
    i = wp.int64(0)
    while i < max_iter:
        x2 = x * x
        y2 = y * y
        if x2 + y2 >= wp.float64(4.0):
            return i
        y = wp.float64(2.0) * x * y + cy
        x = x2 - y2 + cx
        i += wp.int64(1)
    return max_iter


Coordinates = wp.array(dtype=wp.float64)
Steps = wp.array2d(dtype=wp.int64)


@wp.kernel
@no_type_check  # Warp's types are calls.
def _fill(x_vals: Coordinates, y_vals: Coordinates, height: Steps, max_iter: wp.int64) -> None:
    i, j = wp.tid()
    height[i, j] = in_mandel(x_vals[i], y_vals[j], max_iter)


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    # NumPy's own memory: on the CPU nothing is copied.
    arrays = [wp.array(array, device="cpu", copy=False) for array in (x_vals, y_vals, height)]
    wp.launch(_fill, dim=height.shape, inputs=[*arrays, wp.int64(int(N_iter))], device="cpu")
    return height
