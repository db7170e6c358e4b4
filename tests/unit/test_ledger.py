"""The account: each kind of harm is counted, and only that."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.account.figures import Account
from stream.account.ledger import (
    SEQUENCES,
    UNCONFIRMED,
    UNREADABLE,
    Extent,
    Log,
    Sightings,
    Topic,
    keys,
    settle,
)


def log(*records: tuple[int, int, int]) -> Log:
    """A log of (key, partition, offset) records."""
    columns = np.array(records, np.int64).reshape(-1, 3)
    return Log(columns[:, 0], columns[:, 1], columns[:, 2])


def sightings(
    *seen: Sequence[int], committed: dict[int, int] | None = None, bad: int = 0
) -> Sightings:
    return Sightings(tuple(np.array(s, np.int64) for s in seen), bad, committed or {})


TEN = log(*((i, i % 2, i // 2) for i in range(10)))
TOPIC = Topic.of(TEN, TEN)
ALL = {0: 5, 1: 5}


def account_of(
    topic: Topic,
    sighted: Sightings,
    *,
    starts: dict[int, int] | None = None,
    ends: dict[int, int] | None = None,
    whole: bool = False,
) -> Account:
    """The account on brokers that still hold everything, unless told otherwise."""
    if ends is None:
        ends = {}
        log = topic.log
        for partition, offset in zip(log.partitions.tolist(), log.offsets.tolist(), strict=True):
            ends[partition] = max(ends.get(partition, 0), offset + 1)
    return settle(topic, sighted, Extent(starts or {}, ends), whole=whole)


def test_a_clean_run_is_all_zeros_but_for_what_was_read() -> None:
    account = account_of(TOPIC, sightings(range(10), committed=ALL))
    assert account == Account(10, 10, 10, 0, 0, 0, 0, 0, 10, 10)


def test_a_record_in_the_middle_that_nobody_saw_is_lost() -> None:
    account = account_of(TOPIC, sightings([0, 1, 2, 3, 4, 5, 7, 8, 9], committed=ALL))
    assert (account.lost, account.unique) == (1, 9)


def test_a_record_seen_three_times_was_duplicated_twice() -> None:
    account = account_of(TOPIC, sightings([*range(10), 4, 4], committed=ALL))
    assert (account.lost, account.duplicated, account.out_of_order) == (0, 2, 0)


def test_two_workers_that_saw_the_same_record_duplicated_it() -> None:
    account = account_of(TOPIC, sightings(range(0, 10, 2), [4, *range(1, 10, 2)], committed=ALL))
    assert (account.unique, account.duplicated, account.out_of_order) == (10, 1, 0)


def test_a_swap_within_a_partition_is_one_out_of_order_and_across_partitions_none() -> None:
    assert account_of(TOPIC, sightings([2, 0, 4, 6, 8, 1, 3, 5, 7, 9])).out_of_order == 1
    assert account_of(TOPIC, sightings([1, 0, 3, 2, 5, 4, 7, 6, 9, 8])).out_of_order == 0


def test_reading_a_prefix_is_no_loss() -> None:
    account = account_of(TOPIC, sightings(range(6), committed={0: 3, 1: 3}))
    assert account == Account(6, 6, 6, 0, 0, 0, 0, 0, 6, 6)


def test_a_record_committed_beyond_the_last_one_seen_is_lost() -> None:
    account = account_of(TOPIC, sightings(range(6), committed={0: 4, 1: 3}))
    assert (account.lost, account.committed, account.end) == (1, 7, 7)


def test_where_everything_was_to_be_read_what_lies_behind_the_commit_was_not_reached() -> None:
    account = account_of(TOPIC, sightings(range(6), committed={0: 3, 1: 3}), whole=True)
    assert (account.lost, account.not_reached) == (0, 4)
    assert (account.committed, account.end) == (6, 10)


def test_what_was_passed_over_and_not_committed_comes_again_and_is_not_lost() -> None:
    account = account_of(TOPIC, sightings([0, 1, 3, 4, 5, 6, 7, 8, 9], committed={0: 1, 1: 5}))
    assert (account.lost, account.not_reached) == (0, 1)


def test_a_topic_that_lost_its_head_before_it_was_read_accuses_nobody() -> None:
    account = account_of(TOPIC, sightings(range(6, 10), committed=ALL), starts={0: 3, 1: 3})
    assert (account.lost, account.expired, account.unique) == (0, 6, 4)


def test_what_still_lies_above_the_start_of_the_log_and_was_passed_over_is_lost() -> None:
    account = account_of(TOPIC, sightings([8, 9], committed=ALL), starts={0: 3, 1: 3})
    assert (account.lost, account.expired) == (2, 6)


def test_a_record_that_was_seen_and_taken_away_before_the_reader_came_is_known() -> None:
    topic = Topic.of(TEN.select(TEN.offsets >= 2), TEN)
    account = account_of(topic, sightings(range(10), committed=ALL), starts={0: 2, 1: 2})
    assert (account.unknown, account.expired, account.lost, account.unique) == (0, 0, 0, 10)


def test_a_record_that_was_seen_and_never_confirmed_is_known() -> None:
    unconfirmed = log((77, 0, UNCONFIRMED), (78, 0, UNCONFIRMED))
    topic = Topic.of(TEN, TEN, unconfirmed)
    account = account_of(topic, sightings([*range(10), 77], committed=ALL), whole=True)
    assert (account.unknown, account.unique, account.lost, account.missing) == (0, 11, 0, 0)


def test_an_acknowledged_record_that_the_topic_lacks_is_missing_and_no_loss_of_the_client() -> None:
    held = log(*((i, 0, i) for i in range(5)))
    acknowledged = log(*((i, 0, i) for i in range(5)), (77, 0, 4))
    account = account_of(Topic.of(held, acknowledged), sightings(range(5), committed={0: 5}))
    assert (account.acknowledged, account.lost, account.missing) == (6, 0, 1)


def test_a_topic_made_anew_lacks_its_records_and_accuses_nobody() -> None:
    account = account_of(TOPIC, sightings(range(4), committed=ALL), ends={0: 0, 1: 0}, whole=True)
    assert (account.lost, account.not_reached, account.missing) == (0, 0, 6)


def test_a_copy_that_is_still_to_be_read_saves_a_record_from_being_lost() -> None:
    held = log((0, 0, 0), (1, 0, 1), (2, 0, 2), (1, 0, 3))
    once = log((0, 0, 0), (1, 0, 1), (2, 0, 2))
    topic = Topic.of(held, once)
    assert account_of(topic, sightings([0, 2], committed={0: 3}), whole=True).not_reached == 1
    assert account_of(topic, sightings([0, 2], committed={0: 4}), whole=True).lost == 1


def test_a_readable_record_that_was_reported_as_bad_was_not_passed_over_in_silence() -> None:
    account = account_of(TOPIC, sightings(range(9), committed=ALL, bad=1))
    assert (account.lost, account.bad) == (0, 1)


def test_a_record_that_the_topic_holds_twice_and_was_seen_twice_is_twice_and_not_lost() -> None:
    held = log((0, 0, 0), (1, 0, 1), (1, 0, 2), (2, 0, 3))
    once = log((0, 0, 0), (1, 0, 1), (2, 0, 3))
    account = account_of(Topic.of(held, once), sightings([0, 1, 1, 2], committed={0: 4}))
    assert (account.unique, account.lost, account.duplicated) == (3, 0, 1)


def test_an_unacknowledged_record_is_sent_and_neither_lost_nor_acknowledged() -> None:
    account = account_of(TOPIC, sightings(range(10), committed=ALL)).with_unacknowledged(3, 2)
    assert (account.sent, account.acknowledged, account.lost) == (13, 10, 0)
    assert account.refused == 2


def test_a_record_that_no_one_sent_is_unknown() -> None:
    account = account_of(TOPIC, sightings([*range(10), 999], committed=ALL))
    assert (account.unknown, account.unique, account.lost) == (1, 10, 0)


def test_an_unreadable_record_is_lost_only_where_the_consumer_did_not_report_it() -> None:
    held = log((0, 0, 0), (UNREADABLE, 0, 1), (1, 0, 2))
    topic = Topic.of(held, log((0, 0, 0), (1, 0, 2)))
    reported = account_of(topic, sightings([0, 1], committed={0: 3}, bad=1))
    silent = account_of(topic, sightings([0, 1], committed={0: 3}))
    assert (reported.lost, reported.bad) == (0, 1)
    assert (silent.lost, silent.bad) == (1, 0)


def test_an_empty_topic_and_a_silent_consumer_give_an_empty_account() -> None:
    assert account_of(Topic.of(log(), log()), sightings([])) == Account(*[0] * 10)


def test_accounts_of_runs_add_up() -> None:
    once = account_of(TOPIC, sightings(range(10), committed=ALL))
    assert (once + once).unique == 20


def test_keys_of_different_producers_never_meet() -> None:
    made = keys(np.array([0, 1]), np.array([SEQUENCES - 1, 0]))
    assert made.tolist() == [SEQUENCES - 1, SEQUENCES]


@given(
    st.integers(1, 4),
    st.lists(st.lists(st.integers(0, 45), max_size=60), min_size=1, max_size=3),
)
def test_the_account_agrees_with_counting_by_hand(partitions: int, seen: list[list[int]]) -> None:
    held = [(i, i % partitions, i // partitions) for i in range(40)]
    place = {key: (partition, offset) for key, partition, offset in held}
    # Everything is committed, so that whatever was passed over is lost.
    committed = dict.fromkeys(range(partitions), 0)
    for worker in seen:
        for key in worker:
            if key in place:
                partition, offset = place[key]
                committed[partition] = max(committed[partition], offset + 1)
    account = account_of(Topic.of(log(*held), log(*held)), sightings(*seen, committed=committed))

    counts = Counter(key for worker in seen for key in worker)
    ends = Counter[int]()
    for key in counts:
        if key in place:
            partition, offset = place[key]
            ends[partition] = max(ends[partition], offset + 1)
    due = {key for key, partition, offset in held if offset < ends[partition]}
    late = 0
    for worker in seen:
        furthest: dict[int, int] = {}
        for key in dict.fromkeys(key for key in worker if key in place):
            partition, offset = place[key]
            late += offset < furthest.get(partition, -1)
            furthest[partition] = max(furthest.get(partition, -1), offset)
    known = sum(count for key, count in counts.items() if key in place)
    unique = len(counts.keys() & place.keys())
    assert account.unique == unique
    assert account.lost == len(due - counts.keys())
    assert account.duplicated == known - unique
    assert account.out_of_order == late
    assert account.unknown == counts.total() - known
    assert account.end == sum(ends.values())
