"""How many sets of processes a comparison needs, so that one of them may be wild."""

import pytest

from hotloop.compare.run import SETS
from hotloop.compare.summary import CONFIDENCE
from hotloop.stats.signed_rank import interval

SLOWER = 0.01


def tells(sets: int, wild: int) -> bool:
    """Whether sets that agree on a difference, but for some wild ones, show it."""
    agreeing = [SLOWER * (0.9 + 0.2 * place / sets) for place in range(sets - wild)]
    return interval([-2 * SLOWER] * wild + agreeing, CONFIDENCE).low > 0


def test_one_set_may_be_wild() -> None:
    assert tells(SETS, 0)
    assert tells(SETS, 1)


@pytest.mark.parametrize("sets", range(8, SETS))
def test_with_fewer_none_may_be_wild(sets: int) -> None:
    assert tells(sets, 0)
    assert not tells(sets, 1)
