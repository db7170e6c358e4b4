import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from implementations.grid import different_rows, grid
from implementations.problems import WINDOW

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def test_coordinates_are_linspaces_and_reach_both_ends() -> None:
    x_vals, y_vals, height = grid(5, 3, 10, (-2.0, 2.0, 0.0, 1.0))
    assert x_vals.tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    assert y_vals.tolist() == [0.0, 0.5, 1.0]
    assert x_vals.dtype == y_vals.dtype == np.float64
    assert height.shape == (5, 3)
    assert height.dtype == np.int64


@given(FINITE, FINITE, st.integers(1, 400))
def test_coordinates_are_linspaces_bit_for_bit(low: float, high: float, count: int) -> None:
    assume(low < high and np.isfinite(high - low))
    x_vals, *_ = grid(count, 2, 1, (low, high, 0.0, 1.0))
    with np.errstate(all="ignore"):
        expected = np.linspace(low, high, count)
    assert x_vals.tobytes() == expected.tobytes()


def test_one_pixel_lies_at_the_windows_low_corner() -> None:
    x_vals, y_vals, _ = grid(1, 1, 10, WINDOW)
    assert (x_vals.tolist(), y_vals.tolist()) == ([-2.5], [-1.2])


def test_the_widest_window_has_finite_coordinates() -> None:
    largest = float(np.finfo(np.float64).max)
    for count in range(2, 200):
        x_vals, y_vals, _ = grid(count, count, 1, (-largest / 2, largest / 2, 0.0, largest))
        assert np.isfinite(x_vals).all()
        assert np.isfinite(y_vals).all()


@pytest.mark.parametrize("height", [1, 2, 240, 241, 1080])
def test_every_row_is_computed_or_mirrors_one_that_is(height: int) -> None:
    y_vals = np.linspace(-1.2, 1.2, height)
    rows = different_rows(y_vals).tolist()
    mirrored = [height - 1 - j for j in rows if y_vals[height - 1 - j] == -y_vals[j]]
    assert sorted({*rows, *mirrored}) == list(range(height))
    assert len(rows) < height or height == 1


def test_without_an_axis_every_row_is_computed() -> None:
    rows = different_rows(np.linspace(0.1, 0.2, 50))
    assert rows.tolist() == list(range(50))
