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

    They travel like this: one byte a pixel for up to 255 steps, instead of the eight of int64.
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
    """dask gives tiles to all threads of a worker; a variant's own threads would disturb them."""
    compute = load(variant)
    has_threads = "threads" in inspect.signature(compute).parameters
    return partial(compute, threads=1) if has_threads else compute
