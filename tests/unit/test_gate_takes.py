"""How many takes a pair has."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotloop.gate.model import Timing
from hotloop.gate.pairs.slices import SamplingPlan
from hotloop.gate.pairs.takes import TAKES, takes_of

LONG = SamplingPlan(Timing.SHARED, "cpu", 1, 1, 1, True, 1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("sizes", "takes"),
    [
        ([], 1),
        ([0.06], 1),
        ([0.001, 0.012], 1),
        # +2 % in each pair, as precisely as one take can say it.
        ([0.020, 0.021, 0.018], 1),
        ([0.001, 0.060], TAKES),
        ([0.060, 0.002, 0.001, 0.001], TAKES),
        # Plain enough, however far they scatter.
        ([0.40, 0.46, 0.43], 1),
        ([0.001, float("inf")], TAKES),
    ],
)
def test_long_calls_have_several_once_their_pairs_have_lain_apart(
    sizes: list[float], takes: int
) -> None:
    assert takes_of(LONG, sizes) == takes


@pytest.mark.parametrize("timing", [Timing.TURNS, Timing.COLD, Timing.VALUES])
def test_what_is_short_or_has_copies_or_waits_has_one(timing: Timing) -> None:
    assert takes_of(replace(LONG, timing=timing), [0.0, 0.1]) == 1
    assert takes_of(replace(LONG, block_s=0.01), [0.0, 0.1]) == 1
    assert takes_of(None, [0.0, 0.1]) == 1


@given(st.lists(st.floats(0, 50), max_size=30), st.floats(0, 50))
def test_another_pair_never_makes_them_fewer(sizes: list[float], another: float) -> None:
    assert takes_of(LONG, [*sizes, another]) >= takes_of(LONG, sizes)
