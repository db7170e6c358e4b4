"""What changes of a group cost, from sightings drawn by hand."""

import re

import numpy as np
import pytest

from stream.faults.handover import LATEST_NS, Cost, Trace, calm_pause_s, cost

TENTH_NS = 100_000_000


def trace(*rows: str) -> Trace:
    """A row a partition: in each tenth of a second a letter says which member sees a new record.

    "." sees none; "A" sees once more what "a" or another member saw before it.
    """
    records: list[tuple[int, int, int, int]] = []
    for partition, row in enumerate(rows):
        newest = partition * 1000
        for at, letter in enumerate(row):
            if letter == ".":
                continue
            newest += letter.islower()
            member = ord(letter.lower()) - ord("a")
            records.append((newest, partition, member, at * TENTH_NS))
    # In any order.
    records.sort(key=lambda record: record[3] * 7919 % 13)
    return Trace(*np.array(records, np.int64).T)


def costs(*rows: str, begun: int, until: int | None = None) -> Cost:
    until_ns = LATEST_NS if until is None else until * TENTH_NS
    return cost(trace(*rows), begun * TENTH_NS, until_ns)


def test_everybody_pauses_where_everything_is_given_up_first() -> None:
    #             0         1         2
    found = costs(
        "aaaaaa.....aaaaaaaaaa",
        "ccccc.......aaaaaaaaa",
        begun=5,
    )
    assert found == Cost(pause_s=0.8, kept_pause_s=0.6, back_s=0.7, repeated=0)


def test_who_keeps_a_partition_need_not_pause() -> None:
    found = costs(
        "aaaaaaaaaaaaaaaaaaaaa",
        "ccccc.......aaaaaaaaa",
        begun=5,
    )
    assert (found.pause_s, found.kept_pause_s, found.back_s) == (0.8, 0.1, 0.7)


def test_where_all_partitions_move_none_was_kept() -> None:
    found = costs("aaaa..bbbbbb", "bbbb.aaaaaaa", begun=4)
    assert found == Cost(0.3, None, 0.2, 0)


def test_the_last_of_several_owners_counts() -> None:
    found = costs("aaaaaaaaaaaaaaaa", "cccc..bb..aaaaaa", begun=4)
    assert found.back_s == 0.6
    assert found.pause_s == 0.3


def test_records_seen_again_are_repeated_and_end_no_pause() -> None:
    found = costs("aaaaaaaaaaaaaaaa", "cccc.AAAAAaaaaaa", begun=4)
    assert (found.repeated, found.pause_s) == (5, 0.7)


def test_each_event_has_what_came_twice_until_the_next() -> None:
    rows = ("aaaaaaaaaaaaaaaaaaaa", "cccc.AAAaaaaa.CCcccc")
    first = costs(*rows, begun=4, until=13)
    second = costs(*rows, begun=13)
    assert (first.repeated, second.repeated) == (3, 2)
    assert (first.back_s, second.back_s) == (0.4, 0.3)


def test_a_pause_before_the_event_or_after_all_have_settled_is_none_of_its_cost() -> None:
    found = costs("aa....aaaaaaaaaaa.....aa", "cccccccccc.aaaaaaaaaaaaa", begun=8)
    assert (found.pause_s, found.kept_pause_s) == (0.2, 0.1)


def test_a_pause_that_goes_on_after_the_last_move_counts_whole() -> None:
    found = costs("aaaaaaa......aaa", "ccccc...aaaaaaaa", begun=5)
    assert (found.pause_s, found.back_s) == (0.7, 0.8)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("aaaaaaaaaa", "cccccccccc"), "no partition changed hands"),
        (("aaaaa..bbb", "cccc......"), "a partition gave nothing any more"),
    ],
)
def test_a_group_that_did_not_settle_is_refused(rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        costs(*rows, begun=5)


def test_the_calm_before_is_measured_alike() -> None:
    seen = trace("aaa..aaa...aa", "bbbbbbbbb.bbb")
    assert calm_pause_s(seen, 0, 8 * TENTH_NS) == 0.3
    assert calm_pause_s(seen, 5 * TENTH_NS, 9 * TENTH_NS) == 0.1


def test_a_calm_in_which_a_partition_gave_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than two records"):
        calm_pause_s(trace("aaaaaaaaa", "a.......a"), TENTH_NS, 7 * TENTH_NS)
