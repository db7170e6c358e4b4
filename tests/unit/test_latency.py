"""Percentiles from intended send times; nothing dropped."""

import numpy as np
import pytest
from numpy.typing import NDArray

from stream.measure.figures import Latency
from stream.measure.latency import summarize as summarize_at

US = 1_000
MS = 1_000_000


def summarize(planned_ns: NDArray[np.int64], received_ns: NDArray[np.int64]) -> Latency:
    return summarize_at(
        planned_ns, received_ns, offered_per_second=1.0, late=0, limited_by="nothing"
    )


def test_percentiles_of_an_even_spread_are_its_percentages() -> None:
    planned = np.zeros(10_000, np.int64)
    latency = summarize(planned, np.arange(1, 10_001, dtype=np.int64) * 10 * US)
    assert latency.records == 10_000
    assert latency.p50_seconds == pytest.approx(0.050, rel=0.002)
    assert latency.p90_seconds == pytest.approx(0.090, rel=0.002)
    assert latency.p99_seconds == pytest.approx(0.099, rel=0.002)
    assert latency.p999_seconds == pytest.approx(0.0999, rel=0.002)
    assert latency.max_seconds == 0.1


def test_a_stall_counts_for_every_record_that_was_planned_during_it() -> None:
    # 1,000 records planned 1 ms apart; everything arrives when the stall ends.
    planned = np.arange(1_000, dtype=np.int64) * MS
    latency = summarize(planned, np.full(1_000, 1_000 * MS, np.int64))
    assert latency.p50_seconds == pytest.approx(0.5, rel=0.005)
    assert latency.max_seconds == 1.0


def test_the_maximum_is_exact_even_for_one_record_in_a_million() -> None:
    received = np.full(1_000_000, MS, np.int64)
    received[17] = 1_234_567_891
    assert summarize(np.zeros(1_000_000, np.int64), received).max_seconds == 1.234567891


def test_a_latency_below_the_clocks_microsecond_is_kept() -> None:
    assert summarize(np.zeros(3, np.int64), np.zeros(3, np.int64)).records == 3


def test_a_record_received_before_it_was_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="7 ns before"):
        summarize(np.array([10], np.int64), np.array([3], np.int64))


def test_a_latency_beyond_the_histogram_is_refused_and_not_dropped() -> None:
    with pytest.raises(ValueError, match="hour"):
        summarize(np.array([0], np.int64), np.array([2 * 3_600 * 10**9], np.int64))


def test_no_record_is_no_latency() -> None:
    with pytest.raises(ValueError, match="no record"):
        summarize(np.empty(0, np.int64), np.empty(0, np.int64))
