"""What is concluded from the runs: rates, shares, speed-ups, states and doubts."""

import dataclasses
import math

import pytest

from hotloop.base.outcome import Status
from hotloop.streams.result import Generator, Spread, StreamResult, VariantResult
from hotloop.streams.summary import summarise
from stream.account.figures import Account
from stream.consume.job import GroupProtocol
from tests.streams import (
    BATCH,
    CLEAN,
    FAUST,
    FAUST_TUNED,
    at,
    context,
    drained,
    drains,
    entry,
    failed,
    rebalanced,
    results,
)


def row(result: StreamResult, name: str) -> VariantResult:
    return next(variant for variant in result.variants if variant.name == name)


def doubts_about(word: str, result: StreamResult) -> list[str]:
    return [warning for warning in result.warnings if word in warning]


def test_a_rate_is_the_median_of_the_runs_between_their_extremes() -> None:
    drain = row(results()["all_ok"], "faust").drain
    assert drain is not None
    measured = drain.records_per_second
    assert (measured.median, measured.low, measured.high) == (7_100.0, 6_950.0, 7_300.0)
    assert measured.confidence == pytest.approx(0.9375)
    assert measured.samples == (7_100.0, 7_000.0, 7_300.0, 6_950.0, 7_200.0)


def test_costs_are_medians_and_records_a_sum() -> None:
    drain = row(results()["all_ok"], "faust").drain
    assert drain is not None
    assert drain.join_seconds == pytest.approx(2.2)
    assert (drain.cpu_seconds_per_million, drain.broker_cpu_seconds_per_million) == (138.0, 2.5)
    assert drain.records == 75_000


def test_shares_are_of_the_batch_client_and_of_the_raw_fetch() -> None:
    result = results()["all_ok"]
    drain = row(result, "faust").drain
    assert drain is not None
    assert result.base == "aiokafka_batch"
    assert drain.of_aiokafka == pytest.approx(7_100 / 243_000)
    assert drain.of_limit == pytest.approx(7_100 / 905_000)


def test_without_the_batch_client_shares_are_of_the_plain_one_and_else_unknown() -> None:
    plain = summarise([FAUST, entry("aiokafka", 71_000.0)], context())
    alone = summarise([FAUST], context())
    assert plain.base == "aiokafka"
    assert [v.drain and v.drain.of_aiokafka for v in plain.variants] == [pytest.approx(0.1), 1.0]
    assert alone.base is None
    assert alone.variants[0].drain is not None
    assert alone.variants[0].drain.of_aiokafka is None


def test_a_speed_up_compares_runs_of_the_same_round() -> None:
    # Each round twice as fast with two workers, though the machine slowed down by half.
    two = entry(
        "faust",
        drains=drains(200.0, 180.0, 160.0, 140.0, 120.0),
        single_drains=drains(100.0, 90.0, 80.0, 70.0, 60.0),
    )
    result = summarise([two], context(problem=dataclasses.replace(context().problem, workers=2)))
    drain = result.variants[0].drain
    assert drain is not None
    assert drain.scale is not None
    assert (drain.scale.speedup, drain.scale.speedup_low, drain.scale.speedup_high) == (2, 2, 2)
    assert drain.scale.one_worker.median == 80.0


@pytest.mark.parametrize(
    ("harm", "status", "reason"),
    [
        ({"lost": 3, "unique": 74_997}, Status.WRONG, "lost 3 of 75,000 records"),
        ({"unknown": 1}, Status.WRONG, "saw 1 record(s) that nobody sent"),
        ({"duplicated": 10}, Status.OK, None),
        ({"committed": 74_000}, Status.OK, None),
    ],
)
def test_a_lost_record_is_a_wrong_answer_and_a_repeated_one_is_not(
    harm: dict[str, int], status: Status, reason: str | None
) -> None:
    account = dataclasses.replace(CLEAN, **harm)
    variant = summarise([dataclasses.replace(FAUST, account=account)], context()).variants[0]
    assert (variant.status, variant.reason) == (status, reason)


def test_a_lost_record_outweighs_a_later_failure() -> None:
    account = Account(10, 10, 9, 1, 0, 0, 0, 0, 10, 10)
    both = dataclasses.replace(FAUST, account=account, failure=(Status.FAILED, "it hung"))
    assert summarise([both], context()).variants[0].status is Status.WRONG


def test_a_variant_that_failed_late_keeps_its_figures() -> None:
    late = dataclasses.replace(FAUST, failure=(Status.FAILED, "it hung"))
    variant = summarise([late], context()).variants[0]
    assert (variant.status, variant.reason) == (Status.FAILED, "it hung")
    assert variant.drain is not None


def test_a_variant_without_any_run_was_not_measured() -> None:
    nothing = entry("faust", account=None, provenance=None)
    assert summarise([nothing], context()).variants[0].status is Status.FAILED


def test_a_wide_interval_is_a_doubt_and_one_of_exactly_ten_percent_is_not() -> None:
    exact = entry("exact", 90.0, 100.0, 100.0, 100.0, 110.0)
    wide = entry("wide", 90.0, 100.0, 100.0, 100.0, math.nextafter(110.0, 111.0))
    (doubt,) = doubts_about("interval", summarise([exact, wide], context()))
    assert "of wide is wider" in doubt


def test_a_variant_near_the_limit_is_a_doubt() -> None:
    fast = entry("fast", *[0.91 * 905_000.0] * 5)
    slow = entry("slow", *[0.89 * 905_000.0] * 5)
    (doubt,) = doubts_about("the limit", summarise([fast, slow], context()))
    assert doubt.startswith("fast read")


def test_what_is_faster_than_the_limit_was_measured_wrong() -> None:
    fast = entry("fast", *[1.11 * 905_000.0] * 5)
    (doubt,) = doubts_about("the limit", summarise([fast], context()))
    assert doubt.startswith("fast read faster than the limit")


@pytest.mark.parametrize(("seconds", "doubts"), [(0.1, 0), (0.099, 1)])
def test_a_stretch_as_short_as_a_fetch_is_a_doubt_and_nothing_is_compared_with_it(
    seconds: float, doubts: int
) -> None:
    runs = tuple(drained(2_000, 2_000 / seconds) for _ in range(3))
    result = summarise([entry("fast", drains=runs)], context(limit_samples=(10_000.0,) * 3))
    found = doubts_about("less than 0.1 s", result)
    assert len(found) == doubts
    assert all(doubt.startswith("fast: ") and "--records" in doubt for doubt in found)
    assert len(doubts_about("faster than the limit", result)) == 1 - doubts


def test_the_limit_of_a_small_topic_is_doubted_too() -> None:
    small = dataclasses.replace(context().problem, records=8_000, topics=8)
    slow = summarise([FAUST], context(problem=small, limit_samples=(10_001.0,) * 3))
    assert doubts_about("less than 0.1 s", slow)[0].startswith("the limit: ")


@pytest.mark.parametrize(("generator", "doubts"), [(34_050.0, 0), (34_049.0, 1)])
def test_a_generator_below_three_times_the_fastest_faust_is_a_doubt(
    generator: float, doubts: int
) -> None:
    result = summarise([FAUST, FAUST_TUNED, BATCH], context(generator=Generator(generator, 4.0)))
    assert len(doubts_about("--producers", result)) == doubts


def test_records_out_of_order_are_a_doubt() -> None:
    account = dataclasses.replace(CLEAN, out_of_order=2)
    result = summarise([dataclasses.replace(FAUST, account=account)], context())
    assert doubts_about("keep the order", result)


def test_latencies_of_a_growing_backlog_and_late_records_are_doubts() -> None:
    result = results()["loads_alone"]
    assert doubts_about("5,760 records/s", result)
    assert doubts_about("7 record(s) had not reached faust", result)
    assert not doubts_about("3,200", result)


def test_too_few_runs_for_the_confidence_are_known() -> None:
    assert [v.name for v in results()["few_runs"].short_of_confidence] == ["faust"]
    assert [v.name for v in results()["rebalances"].short_of_confidence] == ["confluent"]
    assert results()["all_ok"].short_of_confidence == ()


def test_a_rebalance_keeps_every_run_and_says_what_they_have_in_common() -> None:
    faust, confluent, _ = results()["rebalances"].variants
    (eager,) = faust.rebalance
    leave, join, _ = eager.events
    assert leave.pause_seconds == Spread(2.1, 1.9, 2.5, 0.9375, (2.0, 2.5, 1.9, 2.1, 2.2))
    assert [one.event for one in eager.events] == ["leave", "join", "kill"]
    assert leave.kept_pause_seconds is not None
    assert join.kept_pause_seconds is None
    assert eager.account is not None
    assert eager.account.sent == 5 * CLEAN.sent
    assert (confluent.status, confluent.reason) == (Status.FAILED, "consumer: no member")
    assert [one.reason for one in confluent.rebalance] == [None, "no member"]


def test_a_group_that_lost_a_record_makes_its_variant_wrong() -> None:
    lossy = dataclasses.replace(CLEAN, lost=2)
    (row,) = summarise(
        [entry("faust", groups={GroupProtocol.EAGER: rebalanced(1.0)}, account=lossy)], context()
    ).variants
    assert (row.status, row.reason) == (Status.WRONG, "lost 2 of 75,002 records")


def test_a_row_without_a_reason_for_its_lack_of_figures_cannot_be() -> None:
    with pytest.raises(ValueError, match="without a reason"):
        summarise([failed("faust", Status.FAILED, "")], context())


def test_percentiles_out_of_order_cannot_be() -> None:
    with pytest.raises(ValueError, match="out of order"):
        at(100.0, 0.01, p90_seconds=0.001)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("expired", "the cluster took 7 records away before they were read: no fault of faust's"),
        ("missing", "the cluster lacks 7 records that it had acknowledged: it lost them"),
        ("not_reached", "faust passed 7 record(s) over that it did not commit"),
        ("bad", "faust reported 7 record(s) as unreadable"),
    ],
)
def test_what_was_not_seen_and_is_not_lost_is_a_doubt_and_no_wrong_answer(
    count: str, said: str
) -> None:
    account = dataclasses.replace(CLEAN, **{count: 7})
    result = summarise([entry("faust", 7_100.0, account=account)], context())
    assert row(result, "faust").status is Status.OK
    assert len(doubts_about(said, result)) == 1
