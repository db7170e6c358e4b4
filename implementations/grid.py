"""A problem's coordinates and its empty answer: what every variant starts from."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from implementations.problems import Picture, Problem, Window

Coordinates = NDArray[np.float64]
Heights = NDArray[np.int64]
Grid = tuple[Coordinates, Coordinates, Heights]


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns and rows of a larger picture: a variant takes it instead of the window.

    left and bottom are the indices of the first column and the first row. The coordinates are
    those of the whole picture, bit for bit; the part's own window would give other bits.
    """

    whole: Picture
    left: int
    bottom: int


def grid(N_x: int, N_y: int, N_iter: int, window: Window | Part) -> Grid:
    """Check the arguments and return ``(x_vals, y_vals, height)``.

    x_vals is (N_x,) and y_vals (N_y,) float64, both ends of the window included; height is
    (N_x, N_y) int64, not yet filled. Raises as ``Problem`` does, and IndexError for a part that
    reaches beyond its picture.
    """
    if isinstance(window, Part):
        problem = Problem(N_x, N_y, N_iter, window.whole.window)
        x_whole, y_whole = _axes(window.whole)
        x_vals = _stretch(x_whole, window.left, problem.width)
        y_vals = _stretch(y_whole, window.bottom, problem.height)
    else:
        problem = Problem(N_x, N_y, N_iter, window)
        x_vals, y_vals = _coordinates(problem)
    height = np.empty((problem.width, problem.height), dtype=np.int64)
    return x_vals, y_vals, height


def _coordinates(picture: Picture) -> tuple[Coordinates, Coordinates]:
    x_low, x_high, y_low, y_high = picture.window
    # Near the largest floats linspace overflows on the last point, which it then sets to the
    # window's own end; a subnormal spacing underflows as it must.
    with np.errstate(over="ignore", under="ignore"):
        x_vals = np.linspace(x_low, x_high, picture.width, dtype=np.float64)
        y_vals = np.linspace(y_low, y_high, picture.height, dtype=np.float64)
    return x_vals, y_vals


# The parts of a picture are computed one after the other.
_axes = lru_cache(maxsize=1)(_coordinates)


def _stretch(axis: Coordinates, first: int, count: int) -> Coordinates:
    """A copy, because nobody may change what the cache holds."""
    if not 0 <= first <= len(axis) - count:
        raise IndexError(f"{count} points from {first} on reach beyond an axis of {len(axis)}")
    return axis[first : first + count].copy()
