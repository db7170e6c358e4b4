"""What the gate says of benchmarks whose input comes to its end while they are warmed up."""

from collections.abc import Sequence

import pytest

from hotloop.gate.pairs.run_dry import RunDry
from hotloop.gate.worker.pytests.calls import TestCall as CallOfATest
from hotloop.gate.worker.warm_up import EARLY_S, longer_before, warm_up
from tests.campaigns import benchmark
from tests.unit.test_gate_first_calls import costs


class Feed:
    """As a parser or a cursor: each call takes the next record, and none when it is at its end."""

    def __init__(self, records: int) -> None:
        self.left = records

    def fetch(self) -> int | None:
        if not self.left:
            return None
        self.left -= 1
        return sum(range(500))


def test_calls_that_use_up_a_feed_are_known_by_what_they_took_at_first() -> None:
    facts = warm_up(CallOfATest(Feed(300).fetch), 0.0)
    assert facts["early_s"] > 10 * facts["timed_s"] / facts["calls"]
    assert 100 <= facts["early_calls"] <= 600


def test_calls_that_all_do_the_same_or_grow_are_not() -> None:
    kept: list[int] = []
    for call in (lambda: sum(range(500)), lambda: kept.append(len(kept)), Feed(10**9).fetch):
        assert "early_s" not in warm_up(CallOfATest(call), 0.0)


@pytest.mark.parametrize(
    ("stretches", "found"),
    [
        ([(4, 8.0), (8, 8.0), (8, 0.1)], {"early_s": 1.0, "early_calls": 13}),
        ([(8, 8.0), (16, 16.0), (32, 0.1)], {"early_s": 1.0, "early_calls": 25}),
        ([(8, 8.0), (16, 16.0), (32, 2.0), (64, 0.1)], {"early_s": 1.0, "early_calls": 57}),
        ([(2, 2.0), (4, 4.0), (8, 0.1)], {}),  # as cold caches may do
        ([(8, 8.0), (16, 16.0), (8, 1.0)], {}),
        ([(8, 0.4 * EARLY_S), (16, 0.5 * EARLY_S), (8, 1e-9)], {}),  # as two interruptions do
        ([(8, 8.0), (16, 0.1), (32, 0.1)], {}),  # as a machine that stops for seconds does
        ([(4, 0.1), (8, 8.0), (16, 16.0), (32, 0.1)], {}),
        ([(8, 8.0)], {}),
    ],
)
def test_some_calls_that_take_far_longer_count(
    stretches: Sequence[tuple[int, float]], found: dict[str, float]
) -> None:
    assert longer_before(stretches) == found


def test_what_runs_dry_is_told() -> None:
    noted = RunDry()
    noted.note(benchmark("s.time_b"), costs(5e-6), costs(5e-6))
    early = [costs(5e-6, early_s=seconds, early_calls=512) for seconds in (5e-6, 15e-6)]
    noted.note(benchmark("s.time_a"), *early)
    (said,) = noted.remarks
    assert said.startswith(
        "the calls of 1 benchmark have far less to do once some were made: s.time_a (5.00 us and "
        "15.0 us in the first 512 calls, later 1.00 us and 1.00 us); if their input comes to its"
    )
