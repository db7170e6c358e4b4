"""Elements of a NumPy array in a Python loop.

values[i] is no float but a NumPy scalar: CPython has short cuts for two of its own floats and none
for these. tolist() gives floats, all at once.
"""

import dis
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

TELLS = "operations that CPython could not specialise"


def problem() -> tuple[NDArray[np.float64], int]:
    return np.linspace(-2.0, 0.25, 30), 100


def told(function: Callable[..., object]) -> int:
    """The arithmetic that is still the general instruction after many turns."""
    for _ in range(20):
        function(*problem())
    code = dis.get_instructions(function, adaptive=True)
    general = {"BINARY_OP", "BINARY_OP_ADAPTIVE", "COMPARE_OP", "COMPARE_OP_ADAPTIVE"}
    return sum(instruction.opname in general for instruction in code)


def looks_right(values: NDArray[np.float64], steps: int) -> int:
    total = 0
    for c in values:
        x = c
        for _ in range(steps):
            x = x * x + c
            if x > 2.0:
                break
            total += 1
    return total


def is_right(values: NDArray[np.float64], steps: int) -> int:
    total = 0
    for c in values.tolist():
        x = c
        for _ in range(steps):
            x = x * x + c
            if x > 2.0:
                break
            total += 1
    return total
