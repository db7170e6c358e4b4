"""A value that decays towards zero.

Below 2.2e-308 numbers lose digits, one by one, before they are zero: denormals. Many processors
compute with them in slow microcode. What is too small to matter is best set to zero.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

TELLS = "denormal numbers that it computes with"
SMALLEST = np.finfo(np.float64).smallest_normal


def problem() -> tuple[NDArray[np.float64], int]:
    return np.full(20_000, 1e-308), 200


def told(function: Callable[..., object]) -> int:
    start, _ = problem()
    values = start if function is looks_right else np.where(start < SMALLEST, 0.0, start)
    return int(np.count_nonzero((values != 0) & (values < SMALLEST)))


def looks_right(start: NDArray[np.float64], turns: int) -> float:
    values = start.copy()
    for _ in range(turns):
        values *= 0.999
    return round(float(values.sum()), 12)


def is_right(start: NDArray[np.float64], turns: int) -> float:
    values = start.copy()
    values[values < SMALLEST] = 0.0
    for _ in range(turns):
        values *= 0.999
    return round(float(values.sum()), 12)
