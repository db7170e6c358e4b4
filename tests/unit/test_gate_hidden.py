"""What the gate says of benchmarks whose first calls alone became slower."""

from collections.abc import Sequence

import pytest

from hotloop.gate.model import Pair, Timing
from hotloop.gate.pairs.hidden import HiddenSlowdowns
from tests.campaigns import benchmark

US = 1e-6


def said_of(
    times: Sequence[float], base_us: float = 100.0, later_us: float = 1.0, later: float = 1.0
) -> tuple[str, ...]:
    """``times``: head's first calls over base's; ``later``: the same of later ones."""
    found = HiddenSlowdowns()
    for one in times:
        pair = Pair(
            Timing.TURNS,
            *(0.0, later_us * US, later * later_us * US, 9, 9, 0.1),
            first_s=(base_us * US, one * base_us * US),
        )
        found.note(benchmark("s.time_a"), pair)
    return found.remarks


def test_what_only_the_first_calls_of_all_pairs_tell_is_told() -> None:
    (said,) = said_of([2.8, 3.0, 2.9, 3.1, 3.0])
    assert said.startswith(
        "the first call of 1 benchmark became slower, and no later one: s.time_a (100 us and 300 "
        "us); what only a first call does is in no verdict"
    )


def test_a_pair_in_five_may_tell_otherwise() -> None:
    assert said_of([0.7, 3.0, 2.9, 3.1, 3.0])
    assert not said_of([0.7, 0.9, 2.9, 3.1, 3.0])


@pytest.mark.parametrize(
    "said",
    [
        said_of([3.0] * 4),  # too few
        said_of([1.0, 0.9, 1.4, 1.1, 2.9]),
        said_of([1.3] * 9),
        said_of([0.3] * 9),
        said_of([3.0] * 9, base_us=3.0),  # what luck alone may make
        said_of([3.0] * 9, later_us=50.0),  # cold, and does what later ones do
        said_of([3.0] * 9, later=3.0),  # the verdict tells it
        said_of([]),
    ],
)
def test_whatever_luck_or_later_calls_explain_is_not_told(said: tuple[str, ...]) -> None:
    assert said == ()


def test_pairs_without_first_calls_tell_nothing() -> None:
    found = HiddenSlowdowns()
    for first_s in [(), (0.0, 0.0), (0.0, 1.0)]:
        found.note(
            benchmark("s.time_a"), Pair(Timing.COLD, 0.0, US, US, 1, 1, 0.1, first_s=first_s)
        )
    assert found.remarks == ()
