"""What a benchmark may still come to, from its pairs so far."""

import math
import random

import pytest

from hotloop.gate.rule.decide import Rule
from hotloop.gate.rule.prospects import Prospects

RULE = Rule(0.01, 0.005, 0.015, 8)


def test_the_estimate_and_its_error_are_those_of_the_pairs() -> None:
    rng = random.Random(3)
    found = Prospects.of([rng.gauss(0.02, 0.01) for _ in range(100)])
    assert found.pairs == 100
    assert found.estimate == pytest.approx(0.02, abs=0.003)
    assert found.error == pytest.approx(0.01 / 10, rel=0.25)


def test_values_without_an_end_are_held() -> None:
    found = Prospects.of([float("inf")] * 12)
    assert found.may_be_flagged(RULE, 20)


@pytest.mark.parametrize(("estimate", "next_look"), [(0.03, 15), (-0.03, 13)])
def test_either_direction_may_be_flagged_where_enough_pairs_are_left(
    estimate: float, next_look: int
) -> None:
    found = Prospects(estimate, error=0.005, pairs=11)
    assert found.may_be_flagged(RULE, next_look)
    # No look is left.
    assert not found.may_be_flagged(RULE, next_look - 1)


def test_one_at_the_floor_is_given_up_where_little_time_is_left_and_not_where_much_is() -> None:
    found = Prospects(0.005, error=0.0025, pairs=11)
    assert not found.may_be_flagged(RULE, 15)
    assert found.may_be_flagged(RULE, 150)
    assert found.may_be_flagged(RULE, math.inf)


def test_the_same_needs_an_error_well_below_the_margin() -> None:
    found = Prospects(0.0, error=0.01, pairs=11)
    assert not found.may_be_same(RULE, 20)
    assert found.may_be_same(RULE, 40)
    assert not Prospects(0.05, error=0.01, pairs=11).may_be_same(RULE, 1000)


def test_pairs_that_all_agree_have_no_error() -> None:
    found = Prospects.of([0.0] * 11)
    assert (found.estimate, found.error) == (0.0, 0.0)
    assert found.may_be_same(RULE, 11)
    assert not found.may_be_flagged(RULE, math.inf)
