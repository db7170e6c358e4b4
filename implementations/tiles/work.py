"""What a worker does: one tile, by any variant of the registry, in one thread."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from implementations.grid import Part
from implementations.problems import Picture
from implementations.registry import ComputeMandel, load
from implementations.tiles.tiling import Tile

Probe = Callable[[], int | None]
"""The peak memory of the process that calls it, in bytes; None if the system hides it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A tile's heights, (width, height) of the smallest type that holds the steps.

    So they travel: in one byte a pixel where steps are 255 at most, instead of int64's eight.
    """

    heights: NDArray[Any]
    peak_memory_bytes: int | None


def compute_tile(variant: str, picture: Picture, tile: Tile, probe: Probe) -> Answer:
    """The tile's part of the whole picture's answer. Raises ``registry.Unavailable``."""
    compute = _one_threaded(variant)
    part = Part(picture, tile.left, tile.bottom)
    heights = compute(tile.width, tile.height, picture.steps, part)
    return Answer(heights.astype(np.min_scalar_type(picture.steps)), probe())


@cache
def _one_threaded(variant: str) -> ComputeMandel:
    """dask deals tiles out to all of a worker's threads: a variant's own would be in their way."""
    compute = load(variant)
    has_threads = "threads" in inspect.signature(compute).parameters
    return partial(compute, threads=1) if has_threads else compute
