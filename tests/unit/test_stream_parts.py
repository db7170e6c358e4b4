"""The pure parts around a drain: shares, windows, meters, sightings, Kafka's own figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.base.clock import ManualClock
from hotloop.base.errors import MeasurementError
from stream.consume.job import NO_LOOP, ConsumerReport
from stream.consume.seen import Seen
from stream.measure.drain import Shape, common_window, shares
from stream.measure.limit import Fetched, parse_perf
from stream.measure.meter import Meter
from stream.measure.steady import NOT_SEEN, count_sightings, first_sightings

PERF = """\
start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, \
rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
2026-11-22 15:14:44:618, 2026-11-22 15:14:48:372, 74.9845, 19.9746, 1000000, 266382.5253, \
797, 2957, 25.3583, 338180.5884
"""
TRACE = """\
o.a.k.KafkaException: no group
\tat o.a.k.Consumer.poll
Caused by: o.a.k.SessionTimeoutException: not in the range
\tat o.a.k.Coordinator.join
\t... 2 more
"""
CUT_SHORT = PERF.replace(
    "\n", "\nWARNING: Exiting before consuming the expected number: timeout\n", 1
)


def report(first_ns: int | None, last_ns: int | None) -> ConsumerReport:
    return ConsumerReport(
        variant="faust",
        started_ns=0,
        first_ns=first_ns,
        last_ns=last_ns,
        count=1,
        seen=1,
        bad={},
        cpu_s=None,
        settings={},
        versions={},
        loop=NO_LOOP,
        compiled={},
        failure=None,
        signalled=True,
    )


def seen(producer: list[int], sequence: list[int], received_ns: list[int]) -> Seen:
    columns = [np.array(column, np.int64) for column in (producer, sequence, received_ns)]
    return Seen(columns[0], columns[1], np.zeros(len(producer), np.int64), columns[2])


@given(st.integers(1, 10**6), st.integers(1, 100))
def test_shares_add_up_differ_by_one_at_most_and_leave_nobody_with_none(
    records: int, producers: int
) -> None:
    split = shares(records, producers)
    assert sum(split) == records
    assert len(split) == min(records, producers)
    assert max(split) - min(split) <= 1
    assert min(split) > 0


def test_more_workers_than_partitions_are_refused() -> None:
    with pytest.raises(ValueError, match="1 would have nothing to read"):
        Shape(topics=1, partitions=2, workers=3)


def test_one_worker_has_its_own_window() -> None:
    assert common_window([report(10, 90)]) == (10, 90)


def test_several_workers_count_while_all_of_them_read() -> None:
    assert common_window([report(10, 90), report(40, 120)]) == (40, 90)


def test_workers_that_never_read_together_have_no_window() -> None:
    with pytest.raises(MeasurementError, match="never read at the same time"):
        common_window([report(10, 40), report(40, 120)])


def test_a_worker_that_saw_nothing_is_no_window() -> None:
    with pytest.raises(MeasurementError, match="saw no record"):
        common_window([report(10, 40), report(None, None)])


def test_the_first_sighting_counts_and_what_nobody_saw_is_marked() -> None:
    books = [seen([0, 1], [1, 0], [50, 60]), seen([0], [1], [40])]
    assert first_sightings([2, 2], books).tolist() == [NOT_SEEN, 40, 60, NOT_SEEN]


def test_a_record_that_nobody_sent_has_no_first_sighting() -> None:
    stranger = seen([0, 0, 1], [0, 9, 0], [50, 60, 70])
    assert first_sightings([2], [stranger]).tolist() == [50, NOT_SEEN]
    assert count_sightings([2], [stranger]).tolist() == [1, 0]


def test_the_meter_gives_the_cpu_time_between_any_two_moments() -> None:
    clock, used = ManualClock(0), [0.0]
    meter = Meter(lambda: used[0], clock)
    for second in range(4):
        clock.time_ns = second * 10**9
        used[0] = 0.5 * second
        meter.note()
    assert meter.between(500_000_000, 2_500_000_000) == pytest.approx(1.0)
    assert meter.between(0, 3_000_000_000) == pytest.approx(1.5)


def test_the_meter_knows_nothing_beyond_its_readings() -> None:
    clock = ManualClock(10)
    meter = Meter(lambda: 0.0, clock)
    assert meter.between(0, 10) is None
    meter.note()
    assert meter.between(9, 10) is None
    assert meter.between(10, 11) is None


def test_the_rate_of_kafkas_own_tool_leaves_joining_out() -> None:
    assert parse_perf(PERF) == 338180.5884


def test_a_word_of_warning_before_its_table_does_not_matter() -> None:
    assert parse_perf(f"WARNING: deprecated\n{PERF}") == 338180.5884


@pytest.mark.parametrize(
    ("printed", "complaint", "said"),
    [
        ("", "Exception: no topic", "no topic"),
        (PERF.splitlines()[0], "", "fetch.nMsg.sec"),
        (PERF.replace("338180.5884", "0.0000"), "", "0.0000"),
        (PERF.replace("338180.5884", "338180,5884"), "", "338180,5884"),
        (PERF.replace("338180.5884", "Infinity"), "", "Infinity"),
        (PERF.replace("338180.5884", "NaN"), "", "NaN"),
        ("", "", "nothing"),
        ("", TRACE, "Caused by: o.a.k.SessionTimeoutException: not in the range"),
        (CUT_SHORT, "", "WARNING: Exiting before consuming the expected number"),
    ],
)
def test_a_tool_that_gives_no_rate_is_quoted(printed: str, complaint: str, said: str) -> None:
    with pytest.raises(MeasurementError, match=said):
        parse_perf(printed, complaint)


def test_a_fetch_rate_is_records_over_its_own_time() -> None:
    assert Fetched(10**9, 3 * 10**9, 1_000).records_per_s == 500.0
