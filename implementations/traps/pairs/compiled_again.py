"""Arguments of a new type at every call of a compiled function.

numba compiles a function for the types that it meets. A tuple of three numbers is another type
than one of four, an int another than a float: each costs a compilation, in silence. An array is
one type, however long.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

TELLS = "compilations of one function"
LENGTHS = (2, 3, 4)
_signatures: dict[Any, int] = {}


def problem() -> tuple[tuple[tuple[float, ...], ...]]:
    return (tuple(tuple(float(i) for i in range(n)) for n in LENGTHS),)


def told(function: Callable[..., object]) -> int:
    return _signatures[function]


def _total(values: Any) -> float:
    total = 0.0
    for value in values:
        total += value
    return total


# Compiled anew in each call, as in a program that runs once.
def looks_right(several: tuple[tuple[float, ...], ...]) -> float:
    total = njit(_total)
    found = sum(total(values) for values in several)
    _signatures[looks_right] = len(total.signatures)
    return float(found)


def is_right(several: tuple[tuple[float, ...], ...]) -> float:
    total = njit(_total)
    found = sum(total(np.array(values)) for values in several)
    _signatures[is_right] = len(total.signatures)
    return float(found)
