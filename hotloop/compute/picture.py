"""The answer of a run small enough to be stored with it."""

from typing import TYPE_CHECKING

import numpy as np

from hotloop.compute.result import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Of the longer side, in points.
MOST_POINTS = 120
# Between those that left at the first step and those that never left.
BETWEEN = 14


def thinned(heights: "NDArray[np.int64]", steps: int) -> Picture:
    """``heights``, (N_x, N_y) int64 escape steps up to ``steps``: every k-th point both ways.

    The first index is x, the second y, which grows upwards.
    """
    every = -(-max(heights.shape) // MOST_POINTS)
    points = heights[::every, ::every].T[::-1]
    part = np.log1p(np.minimum(points, steps)) / np.log1p(max(1, steps))
    levels = np.where(points >= steps, BETWEEN + 1, np.minimum(BETWEEN, part * (BETWEEN + 1)))
    return Picture(tuple("".join(f"{int(level):x}" for level in row) for row in levels))
