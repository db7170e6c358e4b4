"""What the gate says of benchmarks whose first call does far more than the timed ones."""

from typing import Any

import pytest

from hotloop.gate.pairs.first_calls import FirstCalls
from hotloop.gate.pairs.slices import Costs
from tests.campaigns import benchmark


def costs(first_s: float, call_s: float = 1e-6, **changes: Any) -> Costs:
    made: dict[str, Any] = {
        "calls": 100,
        "number": 0,
        "timer": "wall",
        "first_s": first_s,
        "timed_s": 100 * call_s,
        "elapsed_s": 100 * call_s,
        "thread_s": 100 * call_s,
        "other_threads_s": 0.0,
        "children_s": 0.0,
        "waits": 0.0,
        "can_be_copied": True,
    }
    return Costs(**made | changes)


def test_a_first_call_that_fills_a_cache_is_told_with_what_it_took() -> None:
    found = FirstCalls()
    found.note(benchmark("s.time_a"), costs(0.12), costs(0.36))
    (said,) = found.remarks
    assert said.startswith(
        "the first call of 1 benchmark takes far longer than later ones, at base and at head: "
        "s.time_a (120 ms and 360 ms, later 1.00 us and 1.00 us); what only a first call does"
    )


def test_a_short_first_call_is_told_where_later_ones_look_up_what_it_computed() -> None:
    found = FirstCalls()
    found.note(benchmark("s.time_a"), costs(120e-6, 70e-9), costs(360e-6, 70e-9))
    assert "s.time_a (120 us and 360 us, later 70.0 ns and 70.0 ns)" in found.remarks[0]


def test_many_are_one_sentence() -> None:
    found = FirstCalls()
    for letter in "abcde":
        found.note(benchmark(f"s.time_{letter}"), costs(0.12), costs(1e-6))
    (said,) = found.remarks
    assert "of 5 benchmarks" in said
    assert said.count("later 1.00 us") == 3
    assert " and 2 more;" in said


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (costs(50e-6), costs(60e-6)),  # cold caches
        (costs(270e-6, 1.1e-6), costs(200e-6, 3.1e-6)),
        (costs(60e-6, 50e-9), costs(99e-6, 50e-9)),
        (costs(30e-3, 1e-3), costs(30e-3, 1e-3)),
        (costs(0.1, firsts=1), costs(0.1, firsts=1)),
    ],
)
def test_a_first_call_that_is_cold_or_is_what_is_timed_is_not_told(
    base: Costs, head: Costs
) -> None:
    found = FirstCalls()
    found.note(benchmark("s.time_a"), base, head)
    assert found.remarks == ()
