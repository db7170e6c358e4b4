"""The open-loop schedule: no drift, no record early, none forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.load.pacing import Schedule

rates = st.floats(min_value=0.5, max_value=5e6)
starts = st.integers(min_value=0, max_value=10**15)


@pytest.mark.parametrize(
    ("index", "planned_ns"), [(0, 100), (1, 100 + 250_000_000), (4, 100 + 1_000_000_000)]
)
def test_a_record_is_planned_at_start_plus_index_over_rate(index: int, planned_ns: int) -> None:
    assert Schedule(start_ns=100, rate_per_s=4.0, records=10).planned_ns(index) == planned_ns


def test_the_millionth_record_has_not_drifted() -> None:
    # Adding up intervals of 1 / 3 s in whole nanoseconds would be 333 us early here.
    schedule = Schedule(start_ns=0, rate_per_s=3.0, records=2_000_000)
    assert schedule.planned_ns(999_999) == 333_333 * 10**9


@given(rates, starts, st.integers(min_value=0, max_value=10**7))
def test_a_record_is_due_at_its_planned_time_and_not_before(
    rate: float, start: int, index: int
) -> None:
    schedule = Schedule(start, rate, records=10**8)
    planned = schedule.planned_ns(index)
    assert schedule.due(planned) >= index + 1
    assert schedule.due(planned - 1) <= index


@given(rates, starts, st.integers(min_value=0, max_value=10**12))
def test_due_never_falls_and_never_passes_the_number_of_records(
    rate: float, start: int, elapsed: int
) -> None:
    schedule = Schedule(start, rate, records=1_000)
    assert 0 <= schedule.due(start + elapsed) <= schedule.due(start + elapsed + 1) <= 1_000


def test_nothing_is_due_before_the_start() -> None:
    assert Schedule(start_ns=50, rate_per_s=1e6, records=10).due(49) == 0


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_not_a_positive_number_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        Schedule(0, rate, 1)


def test_a_negative_number_of_records_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Schedule(0, 1.0, -1)
