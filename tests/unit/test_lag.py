"""Lag slopes of consumers whose behaviour is known exactly."""

import numpy as np
import pytest

from stream.measure.lag import measure

S = 10**9
RATE = 1_000
PLANNED = np.arange(10 * RATE, dtype=np.int64) * (S // RATE)


def test_a_consumer_with_constant_latency_has_a_flat_lag() -> None:
    lag = measure(PLANNED, PLANNED + S // 10, begin_ns=2 * S, end_ns=9 * S)
    assert abs(lag.slope_per_s) < 0.001 * RATE
    assert lag.achieved_per_s == pytest.approx(RATE, rel=0.001)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
def test_a_consumer_that_takes_a_share_of_the_rate_lags_by_the_rest(share: float) -> None:
    received = (PLANNED / share).astype(np.int64)
    received = received[received < 10 * S]
    lag = measure(PLANNED, received, begin_ns=2 * S, end_ns=9 * S)
    assert lag.slope_per_s == pytest.approx((1 - share) * RATE, abs=0.002 * RATE)
    assert lag.achieved_per_s == pytest.approx(share * RATE, rel=0.005)


def test_a_lag_that_shrinks_has_a_negative_slope() -> None:
    # Stopped for 2 s, then three times as fast as the schedule.
    received = np.maximum(PLANNED, 2 * S + PLANNED // 3)
    assert measure(PLANNED, received, begin_ns=2 * S, end_ns=3 * S).slope_per_s < -RATE


def test_batches_do_not_count_as_growth() -> None:
    received = (PLANNED // (S // 10) + 1) * (S // 10)
    lag = measure(PLANNED, received, begin_ns=1 * S, end_ns=9 * S)
    assert abs(lag.slope_per_s) < 0.005 * RATE
    assert lag.achieved_per_s == pytest.approx(RATE, rel=0.005)


def test_the_order_of_the_arrays_does_not_matter() -> None:
    shuffled = np.random.default_rng(3).permutation(PLANNED)
    assert measure(shuffled, shuffled + 5, S, 9 * S) == measure(PLANNED, PLANNED + 5, S, 9 * S)


def test_more_records_received_than_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="3 records received of 2"):
        measure(PLANNED[:2], PLANNED[:3], 0, S)


def test_a_window_too_short_for_a_slope_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        measure(PLANNED, PLANNED, 0, 10**6)
