"""The one number of a pair, from the samples of both sides."""

import math
import random

import pytest

from hotloop.gate.model import Side, Timing
from hotloop.gate.pairs.figure import Samples, figure, is_uneven
from hotloop.gate.pairs.precision import USUAL, is_settled
from hotloop.gate.pairs.slices import SamplingPlan


def even(centre: float, seed: int, number: int = 120) -> list[float]:
    rng = random.Random(seed)
    return [centre * rng.gauss(1.0, 0.05) for _ in range(number)]


def with_rare(samples: list[float], every: int, cost: float) -> list[float]:
    """One sample in ``every`` costs so much more."""
    return [one + cost * (place % every == 0) for place, one in enumerate(samples)]


def take(base: list[float], head: list[float]) -> list[Samples]:
    return [{Side.BASE: base, Side.HEAD: head}]


def test_samples_that_are_alike_are_judged_by_their_median() -> None:
    base, head = even(1.0, 1), even(1.03, 2)
    base[5] = 3.0
    ratio, base_s, head_s = figure(take(base, head), "cpu")
    assert ratio == pytest.approx(math.log(1.03), abs=0.015)
    assert [base_s, head_s] == pytest.approx([1.0, 1.03], abs=0.01)


def test_what_a_call_in_many_costs_counts_where_it_is_a_good_part() -> None:
    base, head = with_rare(even(1.0, 1), 20, 12.0), with_rare(even(1.0, 2), 20, 24.0)
    ratio, base_s, head_s = figure(take(base, head), "cpu")
    assert ratio == pytest.approx(math.log(2.2 / 1.6), abs=0.02)
    assert head_s / base_s == pytest.approx(math.exp(ratio))


def test_a_rare_cost_that_only_one_side_has_counts_the_same_way_on_either() -> None:
    one, other = even(1.0, 1), with_rare(even(1.0, 2), 20, 12.0)
    assert figure(take(one, other), "cpu")[0] == pytest.approx(math.log(1.6), abs=0.02)
    assert figure(take(other, one), "cpu")[0] == pytest.approx(-figure(take(one, other), "cpu")[0])


def test_a_rare_cost_of_one_side_counts_where_a_tenth_of_the_time_is_at_stake() -> None:
    one, other = even(1.0, 1), with_rare(even(1.0, 2), 10, 3.0)
    assert figure(take(one, other), "cpu")[0] == pytest.approx(math.log(1.3), abs=0.02)
    assert figure(take(one, other), "undisturbed") == figure(take(one, other), "cpu")
    assert figure(take(other, one), "cpu")[0] == pytest.approx(-figure(take(one, other), "cpu")[0])


def test_by_the_wall_clock_bursts_of_one_side_do_not_count() -> None:
    one, other = even(1.0, 1), with_rare(even(1.0, 2), 10, 3.0)
    assert figure(take(one, other), "wall")[0] == pytest.approx(0.0, abs=0.02)


def test_a_burst_of_other_work_that_hits_both_sides_does_not_count() -> None:
    base, head = even(1.0, 1), even(1.03, 2)
    for place in range(20, 35):
        base[place] *= 3.0
        head[place] *= 3.0
    assert figure(take(base, head), "cpu")[0] == pytest.approx(math.log(1.03), abs=0.015)


def test_of_several_takes_the_quickest_process_of_each_side_counts() -> None:
    base, head = even(1.0, 1), even(1.02, 2)
    slow = [1.07 * one for one in base], [1.05 * one for one in head]
    takes = [*take(slow[0], head), *take(base, slow[1]), *take(*slow)]
    ratio, base_s, head_s = figure(takes, "cpu")
    assert ratio == pytest.approx(math.log(1.02), abs=0.01)
    assert [base_s, head_s] == pytest.approx([1.0, 1.02], abs=0.01)
    swapped = [{Side.BASE: one[Side.HEAD], Side.HEAD: one[Side.BASE]} for one in takes]
    assert figure(swapped, "cpu") == pytest.approx((-ratio, head_s, base_s))


@pytest.mark.parametrize("slow", [1, 2])
def test_a_head_of_which_some_processes_are_much_slower_is_no_quicker_than_they_all_are(
    slow: int,
) -> None:
    base, head = even(1.0, 1), even(1.0, 2)
    takes = [*take(base, [1.25 * one for one in head]) * slow, *take(base, head) * (3 - slow)]
    assert figure(takes, "cpu")[0] == pytest.approx(math.log1p(0.25 * slow / 3), abs=0.02)


def test_what_a_call_in_many_costs_counts_in_every_take() -> None:
    base, head = even(1.0, 1), with_rare(even(1.0, 2), 10, 9.0)
    takes = [*take(base, head), *take(base, even(1.0, 3))]
    assert figure(takes, "cpu")[0] == pytest.approx(math.log(1.45), abs=0.02)


@pytest.mark.parametrize("samples", [[0.0], [5.0], [-1.0, -1.0], [math.inf], [0.0, 0.0, 9.0]])
def test_single_values_and_those_without_a_ratio_are_not_uneven(samples: list[float]) -> None:
    assert not is_uneven(samples, samples, "cpu")
    assert not is_uneven(samples, [1.0] * len(samples), "cpu")


def test_a_pair_with_rare_costs_does_not_end_early() -> None:
    plan = SamplingPlan(Timing.TURNS, "cpu", 1, 1, 120, True, 0.1, 1e-3, 0)
    assert is_settled([1.0] * 40, [1.0] * 40, plan, USUAL)
    assert not is_settled(with_rare([1.0] * 40, 10, 9.0), [1.0] * 40, plan, USUAL)
