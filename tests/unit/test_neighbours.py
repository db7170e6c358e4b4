"""Ratios of neighbouring rounds: what drifts within a set cancels."""

import math

import pytest

from hotloop.stats.neighbours import at, log_ratio, turns


def test_a_drift_within_the_set_cancels() -> None:
    rounds = list(range(20))
    drift = [1.5**k for k in rounds]
    slow = turns([3.0 * d for d in drift], rounds)
    quick = turns([1.0 * d for d in drift], rounds)
    assert math.exp(log_ratio(slow, quick)) == pytest.approx(3.0)


def test_who_has_fewer_turns_is_compared_with_the_turns_around_each() -> None:
    drift = [math.exp(0.1 * k) for k in range(30)]
    rare = turns([6.0 * drift[k] for k in (7, 22)], [7, 22])
    often = turns([2.0 * drift[k] for k in range(0, 30, 3)], list(range(0, 30, 3)))
    assert math.exp(log_ratio(rare, often)) == pytest.approx(3.0)
    assert log_ratio(often, rare) == pytest.approx(-log_ratio(rare, often))


def test_one_disturbed_round_in_four_changes_nothing() -> None:
    one = turns([2.0, 2.0, 90.0, 2.0], [0, 1, 2, 3])
    other = turns([1.0, 1.0, 1.0, 1.0], [0, 1, 2, 3])
    assert math.exp(log_ratio(one, other)) == pytest.approx(2.0)


def test_several_samples_of_a_round_are_one_turn() -> None:
    assert turns([1.0, 3.0, 2.0, 5.0], [0, 0, 0, 4]).places == (0.0, 4.0)


def test_without_rounds_samples_are_spread_over_the_set() -> None:
    assert turns([1.0, 1.0], ()).places == (0.25, 0.75)


def test_beyond_the_ends_the_nearest_turn_counts() -> None:
    known = turns([1.0, math.e], [2, 4])
    assert [at(known, place) for place in (0.0, 2.0, 3.0, 9.0)] == pytest.approx([0, 0, 0.5, 1])


@pytest.mark.parametrize("samples", [[], [1.0, 0.0]])
def test_what_has_no_logarithm_is_refused(samples: list[float]) -> None:
    with pytest.raises(ValueError, match=r"without samples|says nothing"):
        turns(samples, ())
