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

    The first two are those of ``coordinates``; height is (N_x, N_y) int64, not yet filled.
    """
    x_vals, y_vals = coordinates(N_x, N_y, N_iter, window)
    return x_vals, y_vals, np.empty((len(x_vals), len(y_vals)), dtype=np.int64)


def coordinates(
    N_x: int, N_y: int, N_iter: int, window: Window | Part
) -> tuple[Coordinates, Coordinates]:
    """Check the arguments and return ``(x_vals, y_vals)``, the grid's columns and rows.

    x_vals is (N_x,) and y_vals (N_y,) float64, both ends of the window included. Raises as
    ``Problem`` does, and IndexError for a part that reaches beyond its picture.
    """
    if isinstance(window, Part):
        problem = Problem(N_x, N_y, N_iter, window.whole.window)
        x_whole, y_whole = _axes(window.whole)
        return (
            _stretch(x_whole, window.left, problem.width),
            _stretch(y_whole, window.bottom, problem.height),
        )
    return _coordinates(Problem(N_x, N_y, N_iter, window))


def different_rows(y_vals: Coordinates) -> NDArray[np.int64]:
    """The rows to compute, as rows that mirror each other are equal: int64, ascending.

    If y and -y are both among the coordinates, bit for bit, from (x, -y) a step leads to exactly
    the mirror of what it leads to from (x, y): the squares are the same, and rounding to nearest
    treats a number and its negative alike. (Where a sum is 0 its sign may differ, which no
    comparison sees and which no later number but another 0 depends on.) So of two such rows only
    the first is different. The other is looked for where the mirror of the whole grid puts it.
    """
    has_no_twin = y_vals != -y_vals[::-1]
    has_no_twin[: (len(y_vals) + 1) // 2] = True
    return np.flatnonzero(has_no_twin)


def _coordinates(picture: Picture) -> tuple[Coordinates, Coordinates]:
    x_low, x_high, y_low, y_high = picture.window
    # Near the largest floats linspace overflows on the last point, which it then sets to the
    # window's own end; a subnormal spacing underflows as it must.
    with np.errstate(over="ignore", under="ignore"):
        return _axis(x_low, x_high, picture.width), _axis(y_low, y_high, picture.height)


def _axis(low: float, high: float, count: int) -> Coordinates:
    """What np.linspace returns, bit for bit, in less than half of its time."""
    step = (high - low) / (count - 1) if count > 1 else 0.0
    if step == 0.0:
        return np.linspace(low, high, count, dtype=np.float64)
    axis = np.arange(count, dtype=np.float64)
    axis *= step
    axis += low
    axis[-1] = high
    return axis


# The parts of a picture are computed one after the other.
_axes = lru_cache(maxsize=1)(_coordinates)


def _stretch(axis: Coordinates, first: int, count: int) -> Coordinates:
    """A copy, because nobody may change what the cache holds."""
    if not 0 <= first <= len(axis) - count:
        raise IndexError(f"{count} points from {first} on reach beyond an axis of {len(axis)}")
    return axis[first : first + count].copy()
