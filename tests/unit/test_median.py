"""The middle of what is known."""

from hotloop.stats.median import known_median


def test_what_is_not_known_does_not_count() -> None:
    assert known_median([3.0, None, 1.0, 8.0]) == 3.0
    assert known_median([None, 2.0, 4.0]) == 3.0


def test_of_nothing_known_nothing_is_known() -> None:
    assert known_median([None, None]) is None
    assert known_median([]) is None
