import numpy as np

from implementations.grid import grid
from implementations.problems import WINDOW


def test_coordinates_are_linspaces_and_reach_both_ends() -> None:
    x_vals, y_vals, height = grid(5, 3, 10, (-2.0, 2.0, 0.0, 1.0))
    assert x_vals.tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    assert y_vals.tolist() == [0.0, 0.5, 1.0]
    assert x_vals.dtype == y_vals.dtype == np.float64
    assert height.shape == (5, 3)
    assert height.dtype == np.int64


def test_one_pixel_lies_at_the_windows_low_corner() -> None:
    x_vals, y_vals, _ = grid(1, 1, 10, WINDOW)
    assert (x_vals.tolist(), y_vals.tolist()) == ([-2.5], [-1.2])


def test_the_widest_window_has_finite_coordinates() -> None:
    largest = float(np.finfo(np.float64).max)
    for count in range(2, 200):
        x_vals, y_vals, _ = grid(count, count, 1, (-largest / 2, largest / 2, 0.0, largest))
        assert np.isfinite(x_vals).all()
        assert np.isfinite(y_vals).all()
