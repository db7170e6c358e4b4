"""A way back into the interpreter inside a compiled loop.

objmode makes anything work in a compiled function, by taking the GIL, boxing the values and
running Python for a while; at every turn, if it stands in the loop. Ask before the loop.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, objmode
from numpy.typing import NDArray

TELLS = "ways back into the interpreter in the machine code"
_GIL = "numba_gil_ensure"
SETTINGS = {"limit": 4.0}


def problem() -> tuple[NDArray[np.float64]]:
    return (np.linspace(-2.0, 2.0, 200),)


def told(function: Callable[..., object]) -> int:
    """How many places of its machine code take the GIL, as the compiler shows it."""
    compiled: Any = looks_right if function is looks_right else _count
    return sum(text.count(_GIL) for text in compiled.inspect_asm().values())


def _below() -> float:
    return SETTINGS["limit"]


@njit()
def looks_right(values: NDArray[np.float64]) -> int:
    below = 0
    for i in range(values.size):
        with objmode(limit="float64"):
            limit = _below()
        below += values[i] * values[i] < limit
    return below


@njit()
def _count(values: NDArray[np.float64], limit: float) -> int:
    below = 0
    for i in range(values.size):
        below += values[i] * values[i] < limit
    return below


def is_right(values: NDArray[np.float64]) -> int:
    return int(_count(values, _below()))
