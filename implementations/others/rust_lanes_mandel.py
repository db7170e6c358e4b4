"""Rust with vectors of eight points, by the crate wide (std::simd is in no stable Rust yet)."""

from implementations.grid import Heights, grid
from implementations.others.rust_mandel import build
from implementations.problems import WINDOW, Window

__all__ = ["build", "compute_mandel"]


def compute_mandel(N_x: int, N_y: int, N_iter: int, window: Window = WINDOW) -> Heights:
    """The escape step of every point of the grid, int64 (N_x, N_y); N_iter if none."""
    x_vals, y_vals, height = grid(N_x, N_y, N_iter, window)
    build().fill_in_lanes(x_vals, y_vals, height, int(N_iter))
    return height
