"""How far values scatter, regardless of a few wild ones."""

import statistics
from collections.abc import Sequence

# The standard deviation of a normal distribution over its median absolute deviation.
MAD_TO_SD = 1.4826


def robust_deviation(values: Sequence[float]) -> float:
    """The standard deviation that the median absolute deviation suggests. ValueError for none.

    Hampel 1974, "The influence curve and its role in robust estimation",
    doi:10.1080/01621459.1974.10482962.
    """
    middle = statistics.median(values)
    return MAD_TO_SD * statistics.median(abs(value - middle) for value in values)
