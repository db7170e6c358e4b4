"""The first call of a compiled function inside the time.

It holds the compiler's work, which no later call pays. One call beforehand, of the same types,
keeps it out. (If the first call is all that your program makes, then it is the right figure.)
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

TELLS = "compilations inside the time"
CLAIMS = True


def problem() -> tuple[NDArray[np.float64]]:
    return (np.linspace(0.0, 1.0, 10_000),)


def told(function: Callable[..., object]) -> int:
    return int(function is looks_right)


def _total(values: NDArray[np.float64]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


_compiled: Any = njit(_total)


def looks_right(values: NDArray[np.float64], calls: int) -> float:
    total: Any = njit(_total)
    start = time.perf_counter()
    total(values)
    return (time.perf_counter() - start) * calls


def is_right(values: NDArray[np.float64], calls: int) -> float:
    _compiled(values)
    start = time.perf_counter()
    for _ in range(calls):
        _compiled(values)
    return time.perf_counter() - start
