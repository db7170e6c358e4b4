"""How many sets of processes a comparison takes: some may be wild, and errors stay rare."""

import math
import random

import pytest

from hotloop.compare.looks import CONFIDENCE, LOOKS, added_sets, factor_interval, fewest_sets
from hotloop.compare.run import SETS
from hotloop.stats.signed_rank import p_value_above, p_value_below
from hotloop.timing.record import Run

SLOWER = 0.01
ALL_SETS = SETS + math.ceil(2 / 3 * SETS)


def logs(sets: int, wild: int) -> list[float]:
    """Sets that agree on a difference, but for some wild ones."""
    agreeing = [SLOWER * (0.9 + 0.2 * place / sets) for place in range(sets - wild)]
    return [-2 * SLOWER] * wild + agreeing


def tells(values: list[float]) -> bool:
    found = factor_interval(values, CONFIDENCE, LOOKS)
    assert found.confidence >= CONFIDENCE
    return found.low > 0 or found.high < 0


def is_significant(values: list[float]) -> bool:
    """What the interval says, without making it."""
    p_value = min(p_value_above(values, 0.0), p_value_below(values, 0.0))
    return p_value <= (1 - CONFIDENCE) / LOOKS / 2


def runs(values: list[float], *names: str) -> list[Run]:
    """Of a reference that takes a second, and others that are faster by so much in each set."""
    return [
        Run(name, process, 1, (math.exp(-value if name != "plain" else 0.0),), None)
        for process, value in enumerate(values)
        for name in ("plain", *names)
    ]


def added(values: list[float], confidence: float = CONFIDENCE) -> int:
    return added_sets(runs(values, "other"), "plain", confidence)


def test_the_first_look_tells_apart_what_all_sets_agree_on() -> None:
    assert tells(logs(SETS, 0))
    assert added(logs(SETS, 0)) == 0


@pytest.mark.parametrize("wild", [1, 2])
def test_with_wild_sets_a_second_look_tells_apart(wild: int) -> None:
    assert not tells(logs(SETS, wild))
    assert added(logs(SETS, wild)) == ALL_SETS - SETS
    assert tells(logs(ALL_SETS, wild))


def test_sets_that_disagree_do_not_ask_for_a_second_look() -> None:
    assert added([SLOWER * (-1) ** place for place in range(SETS)]) == 0


def test_the_step_from_the_row_before_asks_for_a_second_look_too() -> None:
    near, clear = logs(SETS, 1), [1.0] * SETS
    measured = runs(clear, "fast") + [
        Run("faster", process, 1, (math.exp(-1.0 - value),), None)
        for process, value in enumerate(near)
    ]
    assert added_sets(measured, "plain", CONFIDENCE) == ALL_SETS - SETS
    assert added_sets(runs(clear, "fast"), "plain", CONFIDENCE) == 0


def test_nothing_measured_asks_for_nothing() -> None:
    assert added_sets([], "", CONFIDENCE) == 0


@pytest.mark.parametrize("pairs", [1, 3, 7, 25])
def test_the_fewest_sets_reach_the_confidence_at_the_first_look(pairs: int) -> None:
    each = 1 - (1 - CONFIDENCE) / pairs
    fewest = fewest_sets(pairs, LOOKS)
    assert factor_interval([SLOWER] * fewest, each, LOOKS).confidence >= each
    assert factor_interval([SLOWER] * (fewest - 1), each, LOOKS).confidence < each


@pytest.mark.parametrize(
    "wild_part",
    [
        0.1,
        pytest.param(
            0.0,
            marks=pytest.mark.thorough(
                "test_equal_contenders_are_rarely_told_apart_by_both_looks_together"
            ),
        ),
    ],
)
def test_equal_contenders_are_rarely_told_apart_by_both_looks_together(wild_part: float) -> None:
    rng = random.Random(20261127)
    trials = 3000

    def some(count: int) -> list[float]:
        return [rng.gauss(0, 0.3 if rng.random() < wild_part else 0.002) for _ in range(count)]

    told_apart = second = 0
    for trial in range(trials):
        values = some(SETS)
        if not is_significant(values) and added(values):
            second += 1
            values += some(ALL_SETS - SETS)
        told_apart += is_significant(values)
        if trial < 50:
            assert tells(values) == is_significant(values)
    # At most 1 % by proof, and more than 47 of 3,000 would be rarer than 1 in 500 then.
    assert told_apart <= 47
    assert 0.02 < second / trials < 0.12
