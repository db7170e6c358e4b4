"""A pair is over once its samples agree; which side is quicker never matters."""

import math
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.gate.model import Contender, Revision, Side, Timing
from hotloop.gate.pairs.common import Common
from hotloop.gate.pairs.precision import (
    AT_FIRST,
    FIRST_PAIRS,
    USUAL,
    Precision,
    is_settled,
    standard_error,
    wanted_of,
)
from hotloop.gate.pairs.slices import SamplingPlan
from tests.campaigns import benchmark
from tests.parameters import marked

SECONDS = st.floats(1e-6, 1e3)
ROUNDS = st.lists(st.tuples(SECONDS, SECONDS), max_size=60)


def plan(deal: int) -> SamplingPlan:
    return SamplingPlan(Timing.TURNS, "cpu", 1, 1, 100, True, 0.2, 1e-3, deal)


def error(base: Sequence[float], head: Sequence[float], deal: int) -> float:
    return standard_error(base, head, deal, USUAL)


def noisy(chance: random.Random, rounds: int, spread: float, shift: float = 0.0) -> list[float]:
    return [1e-3 * math.exp(chance.gauss(shift, spread)) for _ in range(rounds)]


@given(ROUNDS, st.integers(0, 9))
def test_swapped_sides_are_settled_at_the_same_round(
    rounds: list[tuple[float, float]], deal: int
) -> None:
    base, head = [b for b, _ in rounds], [h for _, h in rounds]
    one, other = error(base, head, deal), error(head, base, deal)
    assert one == pytest.approx(other, rel=1e-9, abs=1e-12)


@given(ROUNDS, st.floats(0.5, 2.0), st.integers(0, 9))
def test_a_slowdown_settles_neither_sooner_nor_later(
    rounds: list[tuple[float, float]], factor: float, deal: int
) -> None:
    base, head = [b for b, _ in rounds], [h for _, h in rounds]
    slower = [factor * seconds for seconds in head]
    assert error(base, slower, deal) == pytest.approx(error(base, head, deal), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("wanted", [USUAL, AT_FIRST])
@given(missing=st.integers(1, 3), deal=st.integers(1, 20))
def test_too_few_copies_never_suffice_however_alike_they_are(
    wanted: Precision, missing: int, deal: int
) -> None:
    rounds = (wanted.copies - missing) * deal
    assert not is_settled([1e-3] * rounds, [1e-3] * rounds, plan(deal), wanted)


@pytest.mark.parametrize("wanted", [USUAL, AT_FIRST])
@given(missing=st.integers(1, 5), deal=st.integers(0, 2))
def test_too_few_rounds_never_suffice_however_alike_they_are(
    wanted: Precision, missing: int, deal: int
) -> None:
    alike = [1e-3] * (wanted.rounds - missing)
    assert not is_settled(alike, alike, plan(deal), wanted)


def test_rounds_of_one_copy_share_its_luck() -> None:
    alike = [1e-3] * (USUAL.copies * 5)
    assert is_settled(alike, alike, plan(5), USUAL)
    assert not is_settled(alike[5:], alike[5:], plan(5), USUAL)
    # Each copy is off by another per cent, its twenty rounds agree.
    chance = random.Random(1)
    lucky = [seconds for luck in noisy(chance, USUAL.copies, 0.01) for seconds in [luck] * 20]
    assert error([1e-3] * 80, lucky, 20) > USUAL.error
    assert error([1e-3] * 80, lucky, 0) < error([1e-3] * 80, lucky, 20)


def test_copies_that_happen_to_agree_do_not_hide_restless_rounds() -> None:
    chance = random.Random(5)
    restless = sorted(noisy(chance, 20, 0.05))
    rounds = [*restless, *restless, *restless, *restless]
    assert error([1e-3] * 80, rounds, 20) == error([1e-3] * 80, rounds, 0) > 0.005


again = pytest.mark.thorough("test_it_is_the_error_of_the_median_of_normal_noise")


# The noise of one spread is that of another, times a number.
@pytest.mark.parametrize("spread", [0.01, *marked(again, 0.001, 0.05)])
@pytest.mark.parametrize(("deal", "rounds"), [(0, 40), (1, 40), (4, 160)])
def test_it_is_the_error_of_the_median_of_normal_noise(
    spread: float, deal: int, rounds: int
) -> None:
    chance = random.Random(7)
    medians, errors = [], []
    for _ in range(300):
        base, head = ([1e-3] * rounds, noisy(chance, rounds, spread))
        medians.append(statistics.median(math.log(h / b) for b, h in zip(base, head, strict=True)))
        errors.append(error(base, head, deal))
    assert statistics.median(errors) == pytest.approx(statistics.pstdev(medians), rel=0.3)


def test_quiet_rounds_settle_and_restless_ones_do_not() -> None:
    chance = random.Random(3)
    assert is_settled(noisy(chance, 80, 0.003), noisy(chance, 80, 0.003), plan(10), USUAL)
    assert not is_settled(noisy(chance, 80, 0.03), noisy(chance, 80, 0.03), plan(10), USUAL)


def test_first_pairs_settle_for_less_and_the_number_alone_says_which_they_are() -> None:
    chance = random.Random(3)
    base, head = noisy(chance, 40, 0.012), noisy(chance, 40, 0.012)
    assert USUAL.error < error(base, head, 0) <= AT_FIRST.error
    assert [is_settled(base, head, plan(0), wanted_of(number)) for number in range(1, 9)] == [
        *[True] * 6,
        *[False] * 2,
    ]


def test_only_the_first_pairs_of_each_benchmark_may_be_rough_and_only_where_more_follow() -> None:
    one, other = benchmark("one"), benchmark("other")
    nowhere = Path("nowhere")
    revision = Revision("0" * 40, "name", "Do nothing")
    sides = {side: Contender(side, revision, "here", nowhere, nowhere) for side in Side}
    rough, precise = Common(sides, False, rough_at_first=True), Common(sides, False)
    wanted = []
    for _ in range(FIRST_PAIRS + 1):
        rough.begin(one)
        precise.begin(one)
        wanted.append(rough.wanted(one))
        assert precise.wanted(one) is USUAL
    assert wanted == [*[AT_FIRST] * FIRST_PAIRS, USUAL]
    rough.begin(other)
    assert rough.wanted(other) is AT_FIRST


@pytest.mark.parametrize(("base", "head"), [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (1.0, math.inf)])
def test_rounds_without_a_ratio_are_not_settled(base: float, head: float) -> None:
    assert not is_settled([base] * 20, [head] * 20, plan(1), USUAL)


def test_a_coarse_clock_that_shows_the_same_most_of_the_time_settles_nothing() -> None:
    base, head = [1e-3] * 20, [*[1e-3] * 17, *[2e-3] * 3]
    assert error(base, head, 0) == math.inf
    assert error(base, base, 0) == 0
