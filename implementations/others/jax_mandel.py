"""jax: the loop over the steps is a while_loop that XLA compiles, all points side by side.

Points that have escaped are still computed, and masked. Each shape of the grid is compiled
separately. XLA may fuse a multiplication with an addition, so pixels may differ.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from implementations.grid import Heights, grid
from implementations.problems import WINDOW, Window


@jax.jit
def _escape_steps(cx: Any, cy: Any, max_iter: Any) -> Any:
    def goes_on(state: Any) -> Any:
        i, _, _, alive, _ = state
        return (i < max_iter) & alive.any()

    def step(state: Any) -> Any:
        i, x, y, alive, steps = state
        x2 = x * x
        y2 = y * y
        alive = alive & (x2 + y2 < 4)
        return i + 1, x2 - y2 + cx, 2.0 * x * y + cy, alive, steps + alive

    first = jnp.int64(0), cx, cy, jnp.ones(cx.shape, bool), jnp.zeros(cx.shape, jnp.int64)
    return lax.while_loop(goes_on, step, first)[-1]


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    with jax.enable_x64(True):
        cx, cy = jnp.meshgrid(x_vals, y_vals, indexing="ij")
        height[:] = np.asarray(_escape_steps(cx, cy, jnp.int64(int(N_iter))))
    return height
