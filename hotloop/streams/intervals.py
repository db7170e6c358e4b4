"""Figures of several runs with their intervals."""

from collections.abc import Sequence

from hotloop.stats.interval import median_interval
from hotloop.streams.result import Rate, Spread


def rate(samples: Sequence[float]) -> Rate:
    """The median of the runs' rates with its interval."""
    interval = median_interval(samples)
    return Rate(interval.estimate, interval.low, interval.high, interval.confidence, tuple(samples))


def spread(values: Sequence[float]) -> Spread:
    """The median of any figure of the runs with its interval."""
    interval = median_interval(values)
    return Spread(
        interval.estimate, interval.low, interval.high, interval.confidence, tuple(values)
    )
