"""The signed-rank test, its estimate and its interval, exact and free of a distribution.

One assumption: each value is as likely to lie above the centre as the same distance
below it. For the logarithm of the ratio of two processes of *equal* code that holds by
construction, whatever the noise is: swap the two and the sign changes, the size stays.

Wilcoxon 1945, "Individual comparisons by ranking methods", doi:10.2307/3001968 (test);
Hodges and Lehmann 1963, "Estimates of location based on rank tests",
doi:10.1214/aoms/1177704172 (estimate); Hollander, Wolfe and Chicken 2014,
"Nonparametric Statistical Methods", 3rd edition, section 3.3 (interval).
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hotloop.stats.interval import Interval

Array = NDArray[np.float64]


def p_value_above(values: Sequence[float], centre: float) -> float:
    """The chance of so many and so large values above ``centre`` if it were the true centre.

    One-sided and exact, with ties (average ranks) as without. A value that equals
    ``centre`` counts against the claim. Infinite values are the largest there are.
    Raises ValueError without values or for NaN.
    """
    distances = _checked(values) - centre
    ranks = doubled_ranks(np.abs(distances))
    observed = int(ranks[distances > 0].sum())
    return float(_null_distribution(tuple(sorted(ranks.tolist())))[observed:].sum())


def p_value_below(values: Sequence[float], centre: float) -> float:
    """As ``p_value_above``, for the claim that the values lie below ``centre``."""
    return p_value_above([-value for value in values], -centre)


def estimate(values: Sequence[float]) -> float:
    """The Hodges-Lehmann estimate of the centre: the median of all pairwise means.

    Raises ValueError without values or for a value that is not finite.
    """
    return float(np.median(walsh_averages(values)))


def interval(values: Sequence[float], confidence: float) -> Interval:
    """The estimate between the ``confidence`` bounds that come from inverting the test.

    Where so few values cannot reach ``confidence`` the extremes are given, with the
    confidence that they do reach (n values: 1 - 2**(1 - n)). Raises ValueError as
    ``estimate`` does, or for a confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}")
    averages = np.sort(walsh_averages(values))
    n = len(values)
    beyond = averages_beyond(n, confidence)
    return Interval(
        estimate=float(np.median(averages)),
        low=float(averages[beyond]),
        high=float(averages[-1 - beyond]),
        confidence=max(0.0, 1.0 - 2.0 * float(_untied_cumulative(n)[beyond])),
        n=n,
    )


def averages_beyond(n: int, confidence: float) -> int:
    """How many of the pairwise means lie beyond either bound of ``interval`` for n values."""
    allowed = (1.0 - confidence) / 2
    # The tail below stays within its half.
    return max(0, int(np.searchsorted(_untied_cumulative(n), allowed, side="right")) - 1)


def smallest_p_value(n: int) -> float:
    """What n values on one side of the centre reach: no test of signs can go below it."""
    return 0.5**n


def walsh_averages(values: Sequence[float]) -> Array:
    """The means of all pairs of values, each value paired with itself too: n(n+1)/2 of them."""
    array = _checked(values)
    if not np.isfinite(array).all():
        raise ValueError(f"values must be finite: {list(values)}")
    first, second = np.triu_indices(len(array))
    # Halved before they are added: the sum of two huge values must not overflow.
    averages: Array = array[first] / 2 + array[second] / 2
    return averages


def doubled_ranks(sizes: Array) -> NDArray[np.int64]:
    """Twice the average rank of each size, so that ties stay whole numbers."""
    ordered = np.sort(sizes)
    first = np.searchsorted(ordered, sizes, side="left")
    last = np.searchsorted(ordered, sizes, side="right")
    return (first + last + 1).astype(np.int64)


def _checked(values: Sequence[float]) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise ValueError("no values, hence no centre")
    if np.isnan(array).any():
        raise ValueError(f"values must be numbers: {list(values)}")
    return array


@functools.lru_cache(maxsize=256)
def _null_distribution(ranks: tuple[int, ...]) -> Array:
    """P(sum of the doubled ranks of positive values = s) when every sign is a fair coin.

    Sums of positive terms only, so that the smallest tail is as exact as the largest.
    """
    distribution = np.zeros(sum(ranks) + 1)
    distribution[0] = 1.0
    reached = 0
    for rank in ranks:
        reached += rank
        shifted = distribution[: reached + 1 - rank].copy()
        distribution[: reached + 1] *= 0.5
        distribution[rank : reached + 1] += 0.5 * shifted
    return distribution


@functools.lru_cache(maxsize=256)
def _untied_cumulative(n: int) -> Array:
    """P(W <= w) for w = 0, 1, ... and n values without ties (W sums plain ranks)."""
    cumulative: Array = np.cumsum(_null_distribution(tuple(range(2, 2 * n + 1, 2)))[::2])
    return cumulative


def is_reachable(n: int, level: float) -> bool:
    """Whether n values could ever give a p-value of ``level`` or less."""
    return smallest_p_value(n) <= level and not math.isnan(level)
