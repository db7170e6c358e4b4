"""Intervals for a median and for a ratio of medians that assume no distribution.

The unit is the process: all samples of one process share its luck, so only its median
counts (Kalibera and Jones 2013, doi:10.1145/2464157.2464160). The interval runs between
two order statistics of those medians. How often it contains the true median follows
from the binomial distribution, whatever the samples' distribution is (Hahn and Meeker
1991, "Statistical Intervals", section 5.2).
"""

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

# What five processes can promise: their extremes contain the median in 93.75 % of cases.
CONFIDENCE = 0.90


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between its bounds.

    ``confidence`` is what these bounds really reach. It is higher than requested if the
    steps between order statistics are coarse, lower if ``n`` is too small for any interval
    to reach it, and 0 for n = 1, where the bounds say nothing.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    n: int

    def __post_init__(self) -> None:
        if not self.low <= self.estimate <= self.high:
            raise ValueError(f"{self.estimate} is not within {self.low} and {self.high}")

    @property
    def relative_half_width(self) -> float:
        """Half the interval over the estimate: the number behind a "+-"."""
        return (self.high - self.low) / 2 / self.estimate if self.estimate else math.inf


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The median of independent values with the narrowest symmetric order-statistic interval.

    If even the extremes fall short of ``confidence``, they are returned with the
    confidence that they reach (5 values: 93.75 %). Raises ValueError without values,
    for a value that is not finite, or for a confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, not {confidence}")
    if not values:
        raise ValueError("no values, hence no median")
    if not all(math.isfinite(value) for value in values):
        raise ValueError(f"values must be finite: {list(values)}")
    ordered = sorted(values)
    n = len(ordered)
    trimmed = _trimmed(n, confidence)
    return Interval(
        estimate=statistics.median(ordered),
        low=ordered[trimmed],
        high=ordered[n - 1 - trimmed],
        confidence=_coverage(n, trimmed),
        n=n,
    )


def clustered_median_interval(
    clusters: Sequence[Sequence[float]], confidence: float = CONFIDENCE
) -> Interval:
    """The median of all samples, its interval from the medians of the clusters (processes).

    Raises ValueError as ``median_interval`` does, or for an empty cluster.
    """
    between = median_interval([_median(cluster) for cluster in clusters], confidence)
    pooled = statistics.median([value for cluster in clusters for value in cluster])
    return Interval(
        estimate=pooled,
        # With inner order statistics the pooled median may lie just outside.
        low=min(between.low, pooled),
        high=max(between.high, pooled),
        confidence=between.confidence,
        n=between.n,
    )


def ratio_interval(
    numerators: Sequence[Sequence[float]],
    denominators: Sequence[Sequence[float]],
    confidence: float = CONFIDENCE,
) -> Interval:
    """The ratio of medians between two contenders sampled side by side.

    Cluster i of both comes from the same process set, so whatever slowed both cancels out
    of its ratio. The interval is that of the median of these paired ratios.
    Raises ValueError if the two do not pair up, or for a median that is not positive:
    a ratio needs both.
    """
    pairs = [
        (_median(top), _median(bottom))
        for top, bottom in zip(numerators, denominators, strict=True)
    ]
    for top, bottom in pairs:
        if min(top, bottom) <= 0:
            raise ValueError(f"a ratio of {top} to {bottom} says nothing")
    return median_interval([top / bottom for top, bottom in pairs], confidence)


def _median(cluster: Sequence[float]) -> float:
    if not cluster:
        raise ValueError("a cluster without samples")
    return statistics.median(cluster)


def _trimmed(n: int, confidence: float) -> int:
    """How many extremes each side the interval may leave out and still reach ``confidence``."""
    trimmed = 0
    while 2 * (trimmed + 1) < n and _coverage(n, trimmed + 1) >= confidence:
        trimmed += 1
    return trimmed


@functools.cache
def _coverage(n: int, trimmed: int) -> float:
    """How often the order statistics ``trimmed`` from each end contain the true median.

    Two binomial tails short of always, in whole numbers: importing SciPy for them would take
    longer than everything else that comes after the measurements.
    """
    either_tail = 2 * sum(math.comb(n, k) for k in range(trimmed + 1))
    return float(max(0, 2**n - either_tail) / 2**n)
