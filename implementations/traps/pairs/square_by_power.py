"""x ** 2 instead of x * x.

Python hands a float's power to the C library's pow, a function for any exponent, which need not
round correctly. x * x is one instruction, and always the nearest number.
"""

import random

TELLS = "squares that are not the nearest number"
DIFFERS = True


def problem() -> tuple[list[float]]:
    draw = random.Random(4)
    return ([draw.uniform(-2.0, 2.0) for _ in range(20_000)],)


def looks_right(values: list[float]) -> list[float]:
    return [x**2 for x in values]


def is_right(values: list[float]) -> list[float]:
    return [x * x for x in values]
