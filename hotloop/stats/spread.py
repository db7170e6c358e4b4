"""How far values scatter, regardless of a few wild ones."""

import math
from collections.abc import Sequence
from statistics import NormalDist, median

# The median absolute deviation of a normal distribution whose standard deviation is 1.
_OF_NORMAL = NormalDist().inv_cdf(0.75)


def robust_deviation(values: Sequence[float]) -> float:
    """The standard deviation that the median absolute deviation suggests; NaN for none.

    Hampel 1974, "The influence curve and its role in robust estimation",
    doi:10.1080/01621459.1974.10482962.
    """
    if not len(values):
        return math.nan
    middle = median(values)
    return float(median(abs(value - middle) for value in values) / _OF_NORMAL)
