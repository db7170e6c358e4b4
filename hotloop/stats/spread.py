"""How far values scatter, regardless of a few wild ones."""

from collections.abc import Sequence

from scipy.stats import median_abs_deviation


def robust_deviation(values: Sequence[float]) -> float:
    """The standard deviation that the median absolute deviation suggests; NaN for none.

    Hampel 1974, "The influence curve and its role in robust estimation",
    doi:10.1080/01621459.1974.10482962.
    """
    return float(median_abs_deviation(values, scale="normal"))
