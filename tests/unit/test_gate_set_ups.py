"""What the gate says of benchmarks whose set-ups cost the sides differently."""

from dataclasses import replace

import pytest

from hotloop.gate.pairs.set_ups import SetUps
from hotloop.gate.pairs.slices import Costs
from tests.campaigns import benchmark
from tests.unit.test_gate_first_calls import costs as usual_costs


def costs(set_up_s: float, calls: int = 1) -> Costs:
    timed_s = 1e-4 * calls
    return usual_costs(1e-4, calls=calls, timed_s=timed_s, thread_s=timed_s + set_up_s)


def test_a_set_up_that_does_more_is_told_with_what_it_took() -> None:
    found = SetUps()
    found.note(benchmark("s.time_a"), costs(0.33e-3, calls=40), costs(4.4e-3, calls=3))
    assert found.remarks == (
        "the set-up of 1 benchmark, which is not timed, takes another time at base than at head: "
        "s.time_a (330 us and 4.40 ms); what it leaves in the CPU's caches can show in the calls "
        "after it",
    )


def test_many_are_one_sentence() -> None:
    found = SetUps()
    for letter in "abcde":
        found.note(benchmark(f"s.time_{letter}"), costs(0.5), costs(0.0))
    (said,) = found.remarks
    assert "of 5 benchmarks" in said
    assert " and 2 more;" in said


def test_what_python_does_between_calls_without_a_set_up_is_not_told() -> None:
    found = SetUps()
    bare = [replace(costs(seconds), sets_up=False) for seconds in (0.3e-3, 3e-3)]
    found.note(benchmark("s.time_a"), *bare)
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("base_s", "head_s"), [(0.0, 0.0), (1e-3, 2.5e-3), (0.1e-3, 0.9e-3), (2.0, 1.0)]
)
def test_what_a_machine_does_by_itself_is_not_told(base_s: float, head_s: float) -> None:
    found = SetUps()
    found.note(benchmark("s.time_a"), costs(base_s), costs(head_s))
    assert found.remarks == ()
