"""The change between two values that were measured apart, each with an interval of its own."""

import math


def change_interval(
    before: tuple[float, float, float], after: tuple[float, float, float]
) -> tuple[float, float]:
    """The bounds of ``after`` over ``before``, each given as (low, value, high).

    If the two are independent and each interval has a confidence of c, these have c too,
    approximately: the method of variance estimates recovery on the logarithms (Donner & Zou,
    "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    Statistical Methods in Medical Research 21, 2012; Zou & Donner, Statistics in Medicine 27,
    2008). Raises ValueError if a value is not above 0, or not within its bounds.
    """
    for low, value, high in (before, after):
        if not 0 < low <= value <= high < math.inf:
            raise ValueError(f"{value} between {low} and {high}")
    low_before, value_before, high_before = map(math.log, before)
    low_after, value_after, high_after = map(math.log, after)
    change = value_after - value_before
    down = math.hypot(value_after - low_after, high_before - value_before)
    up = math.hypot(high_after - value_after, value_before - low_before)
    return math.exp(change - down), math.exp(change + up)
