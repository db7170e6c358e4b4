"""Latency percentiles from intended send times, as an HdrHistogram.

Latency runs from the moment at which the schedule planned to send a record to
the moment at which the user function got it, so that time spent waiting
behind a stall counts.  Nothing is dropped: a record that cannot be counted is
an error.
"""

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

from stream.measure.figures import Latency

NS_PER_US = 1_000
US_PER_S = 1_000_000
LOWEST_US = 1
HIGHEST_US = 3_600 * US_PER_S
SIGNIFICANT_DIGITS = 3


def summarize(
    planned_ns: NDArray[np.int64],
    received_ns: NDArray[np.int64],
    *,
    offered_per_second: float,
    late: int,
    limited_by: str,
) -> Latency:
    """Percentiles of ``received_ns - planned_ns``, two arrays of one entry per delivery.

    They are exact to three digits, the maximum and the number of records wholly.
    Raises ValueError for no record at all, for a record received before it was
    planned (two clocks, or a damaged record), and for one later than an hour.
    """
    if len(planned_ns) == 0:
        raise ValueError("no record, no latency")
    latency_ns = received_ns - planned_ns
    if latency_ns.min() < 0:
        raise ValueError(f"a record was received {-latency_ns.min()} ns before it was planned")
    histogram = HdrHistogram(LOWEST_US, HIGHEST_US, SIGNIFICANT_DIGITS)
    # One call for each different value: a call a record would take seconds.
    values_us, counts = np.unique(latency_ns // NS_PER_US, return_counts=True)
    for value_us, count in zip(values_us.tolist(), counts.tolist(), strict=True):
        if not histogram.record_value(max(value_us, LOWEST_US), count):
            raise ValueError(f"a latency of {value_us} us is beyond the histogram's hour")
    p50, p90, p99, p999 = (
        histogram.get_value_at_percentile(percentile) / US_PER_S
        for percentile in (50.0, 90.0, 99.0, 99.9)
    )
    return Latency(
        offered_per_second=offered_per_second,
        records=len(latency_ns),
        p50_seconds=p50,
        p90_seconds=p90,
        p99_seconds=p99,
        p999_seconds=p999,
        max_seconds=int(latency_ns.max()) / 1e9,
        late=late,
        limited_by=limited_by,
    )
