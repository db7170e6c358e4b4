"""Process pairs of the gate: what of a call is timed, on which clock, and how often."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.cpus import pinnable_cpus
from hotloop.gate.model import Ending, Timing
from hotloop.gate.pairs import slices
from hotloop.gate.pairs.lanes import lanes_on
from hotloop.gate.pairs.pairs import ProcessPairs
from hotloop.gate.pairs.slices import Costs, SamplingPlan
from hotloop.gate.pairs.takes import TAKES
from tests.parameters import marked
from tests.process_pairs import CAN_PIN, bench, copy_always, head_trouble, measured, ratio

pytestmark = pytest.mark.usefixtures("gate_workers")
CALL_S = 1e-6


@pytest.fixture
def never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call is taken for one that waits, or has help: a busy machine may look as if."""
    for name in ("NOTICEABLE", "SOME"):
        monkeypatch.setattr(slices, name, math.inf)


# What a call costs is counted by these two themselves, so that no machine is too slow for them.
@pytest.mark.usefixtures("usual_lengths")
def test_equal_code_gives_a_ratio_of_one_and_many_short_slices(
    pairs: ProcessPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quick(costs: Costs) -> Costs:
        # As a machine tells that has nothing else to do: on a busy one fewer slices fit in.
        seconds = CALL_S * costs.calls
        return replace(costs, elapsed_s=seconds, thread_s=seconds)

    def agree(base: Costs, head: Costs, can_pin: bool) -> SamplingPlan:
        return slices.agree(quick(base), quick(head), can_pin)

    monkeypatch.setattr("hotloop.gate.pairs.common.agree", agree)
    benchmark = bench("suite.time_counted")
    pair = measured(pairs, benchmark)
    assert ratio(pair) == pytest.approx(0, abs=1e-9)
    assert pair.base == pytest.approx(4e-5)
    assert pair.timing is Timing.TURNS
    plan = pairs.plan(benchmark)
    assert plan is not None
    assert plan.rounds > 20
    assert plan.calls * CALL_S == pytest.approx(slices.SLICE_S, rel=0.01)
    assert pair.calls == plan.calls


def test_a_head_that_does_twice_the_work_takes_twice_as_long(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.time_counted_twice"))
    assert ratio(pair) == pytest.approx(math.log(2))


@pytest.mark.usefixtures("never_waits")
def test_slow_calls_share_the_core(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.time_slow"))
    ratio(pair)
    expected = Timing.TURNS if not CAN_PIN else Timing.SHARED
    assert pair.timing is expected
    assert pair.calls == 1


@pytest.mark.usefixtures("never_waits")
@pytest.mark.skipif(not CAN_PIN, reason="this system cannot pin")
def test_what_needs_several_takes_has_as_many_processes_on_each_side(
    pairs: ProcessPairs, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever its first pair says.
    for name, value in (("LONG_CALL_S", 0.0), ("APART", 0.0), ("PLAIN", math.inf)):
        monkeypatch.setattr(f"hotloop.gate.pairs.takes.{name}", value)
    monkeypatch.setattr(slices, "SHARED_CALL_S", 0.0)
    for takes in (1, TAKES):
        notes.write_text("")
        ratio(measured(pairs, bench("suite.time_some_processes_are_slow"), takes))
        assert processes(notes) == [takes, takes]


def processes(notes: Path) -> list[int]:
    """How many of each side have noted themselves."""
    sides = [line.split()[0] for line in notes.read_text().splitlines()]
    return [sides.count(side) for side in ("base", "head")]


@pytest.mark.thorough(
    "test_what_needs_several_takes_has_as_many_processes_on_each_side",
    "unit/test_gate_takes.py::test_long_calls_have_several_once_their_pairs_have_lain_apart",
    "unit/test_gate_figure.py::test_of_several_takes_the_quickest_process_of_each_side_counts",
)
@pytest.mark.usefixtures("usual_lengths", "never_waits")
@pytest.mark.skipif(not CAN_PIN, reason="this system cannot pin")
def test_where_pairs_of_long_calls_lie_apart_the_quickest_of_several_takes_counts(
    pairs: ProcessPairs, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Shorter calls than those that need it, to be quick, and further apart than a busy machine
    # lays pairs: the slow ones do eight times the work.
    plain = math.log(8) / 2
    for name, value in (("LONG_CALL_S", 0.0), ("APART", plain), ("PLAIN", plain)):
        monkeypatch.setattr(f"hotloop.gate.pairs.takes.{name}", value)
    # So much is shown, though only some processes are slow: unit/test_gate_figure.py.
    for name in ("TAKES_APART", "UNEVEN", "APART"):
        monkeypatch.setattr(f"hotloop.gate.pairs.figure.{name}", math.inf)
    benchmark = bench("suite.time_some_processes_are_slow")
    earlier = [ratio(measured(pairs, benchmark, 0))]
    while max(earlier) - min(earlier) < plain:
        assert len(earlier) < 4
        earlier.append(ratio(measured(pairs, benchmark, len(earlier))))
    # A pair of one take that meets the slow one is above it. Other programs may lift one, too.
    for seed in range(4, 7):
        notes.write_text("")
        quickest = ratio(measured(pairs, benchmark, seed))
        assert processes(notes) == [TAKES, TAKES]
        if quickest < plain:
            break
    assert quickest < plain


def test_a_plan_is_kept_for_later_pairs(pairs: ProcessPairs) -> None:
    benchmark = bench("suite.time_same")
    first = measured(pairs, benchmark, 1)
    plan = pairs.plan(benchmark)
    second = measured(pairs, benchmark, 2)
    assert plan is pairs.plan(benchmark)
    assert (first.timing, first.calls) == (second.timing, second.calls)


def test_samples_come_from_many_copies_of_each_process(
    pairs: ProcessPairs, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As many as in a longer pair.
    monkeypatch.setattr(slices, "DEAL_S", 3e-3)
    pair = measured(pairs, bench("suite.time_pids"))
    ratio(pair)
    copies = set(notes.read_text().splitlines())
    # Two processes that warm up, and each one's copies: six, or two if a busy machine makes the
    # pair end after its first stretch.
    assert len(copies) >= 2 + 2 * 2


def test_what_runs_a_thread_is_not_copied(pairs: ProcessPairs, notes: Path) -> None:
    ratio(measured(pairs, bench("suite.time_pids_beside_a_thread")))
    assert len(set(notes.read_text().splitlines())) == 2


def test_sleeping_counts(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.time_sleep"))
    assert pair.timing is Timing.TURNS
    ratio(pair)
    assert pair.base is not None
    assert pair.head is not None
    assert pair.base >= 0.01
    assert pair.head >= 0.02
    # Half of the rounds took the median, or longer.
    assert (pair.base + pair.head) * pair.calls * pair.rounds / 2 <= 1.01 * pair.elapsed_s


THREADS_TOO = pytest.mark.thorough(
    "test_what_computes_on_several_cpus_has_all_from_its_start",
    "test_threads_and_subprocesses_are_timed_by_the_wall_and_in_turns",
)


@pytest.mark.parametrize(
    "name", ["suite.time_children", *marked(THREADS_TOO, "suite.time_threads")]
)
def test_threads_and_subprocesses_are_timed_by_the_wall_and_in_turns(
    pairs: ProcessPairs, name: str
) -> None:
    pair = measured(pairs, bench(name))
    ratio(pair)
    assert pair.timing is Timing.TURNS
    plan = pairs.plan(bench(name))
    assert plan is not None
    assert plan.clock == "wall"
    assert plan.pinned == (name == "suite.time_children" and CAN_PIN)


def noted(notes: Path) -> set[str]:
    """What processes of both sides noted: the CPUs when they began, and now."""
    lines = [line.split(" ", 1) for line in notes.read_text().splitlines()]
    assert {side for side, _ in lines} == {"base", "head"}
    return {note for _, note in lines}


PROCESSES_TOO = pytest.mark.thorough(
    "test_what_computes_on_several_cpus_has_all_from_its_start",
    "unit/test_gate_slices.py::test_what_computes_on_several_cpus_has_all_for_long_turns",
)


@pytest.mark.parametrize(
    "name", ["suite.time_pool_of_threads", *marked(PROCESSES_TOO, "suite.time_pool_of_processes")]
)
def test_what_computes_on_several_cpus_has_all_from_its_start(
    pairs: ProcessPairs, notes: Path, name: str
) -> None:
    """On its lane's alone, two threads would take as long as one that does all the work."""
    for seed in (1, 2):
        pair = measured(pairs, bench(name), seed)
        ratio(pair)
        assert pair.timing is Timing.TURNS
        plan = pairs.plan(bench(name))
        assert plan is not None
        assert (plan.parallel, plan.pinned, plan.clock) == (True, False, "wall")
    cpus = len(pinnable_cpus() or ())
    assert noted(notes) == {f"{cpus} {cpus}"}


@pytest.mark.skipif(not CAN_PIN, reason="this system cannot pin")
def test_what_computes_on_one_keeps_off_the_other_lanes_once_that_is_known(
    pairs: ProcessPairs, notes: Path
) -> None:
    seen = []
    for seed in (1, 2):
        ratio(measured(pairs, bench("suite.time_cpus"), seed))
        seen.append(noted(notes))
        notes.write_text("")
    cpus, own = len(pinnable_cpus() or ()), len(lanes_on(2)[0].usable or ())
    # Copies are made where it is timed.
    assert seen[0] <= {f"{cpus} {cpus}", f"{cpus} 1"}
    assert seen[1] <= {f"{own} {own}", f"{own} 1"}


def test_set_up_state_is_fresh_for_every_call(pairs: ProcessPairs) -> None:
    """A second call on the same state would find nothing to pop, a second set-up would be seen."""
    pair = measured(pairs, bench("suite.Fresh.time_pop"))
    ratio(pair)
    assert pair.calls > 1


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> None:
    copy_always(monkeypatch)


@pytest.mark.usefixtures("copied")
def test_what_a_set_up_makes_outside_of_its_process_is_there_and_goes_again(
    pairs: ProcessPairs, notes: Path
) -> None:
    ratio(measured(pairs, bench("suite.Outside.time_file")))
    assert set_ups_and_teardowns(notes, "base") > 5
    assert set_ups_and_teardowns(notes, "head") > 5


@pytest.mark.usefixtures("copied")
def test_a_copy_that_fails_leaves_nothing_of_its_set_up(pairs: ProcessPairs, notes: Path) -> None:
    assert head_trouble(measured(pairs, bench("suite.OutsideAndRaising.time_file"))) == (
        Ending.FAILED, "the call raised ValueError: I am a copy",
    )  # fmt: skip
    assert set_ups_and_teardowns(notes, "head") > 2


def set_ups_and_teardowns(notes: Path, side: str) -> int:
    """How many set-ups there were; each was torn down once, before the next."""
    noted = [line for line in notes.read_text().splitlines() if line.startswith(f"{side} ")]
    states = [line.removeprefix(f"{side} ") for line in noted]
    assert states == ["set up", "torn down"] * (len(states) // 2)
    return len(states) // 2


def test_a_number_of_the_suites_own_is_kept(pairs: ProcessPairs, notes: Path) -> None:
    pair = measured(pairs, bench("suite.time_number"))
    ratio(pair)
    assert pair.calls % 3 == 0
    calls = notes.read_text().splitlines().count("base call")
    # The very first call is one alone; all others come in threes.
    assert calls % 3 == 1


def test_a_timer_of_the_suites_own_is_what_counts(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.time_own_timer"))
    assert (pair.base, pair.head) == (1.0, 2.0)
    assert ratio(pair) == math.log(2)


def test_raw_timings_are_those_of_fresh_interpreters_with_their_variables(
    pairs: ProcessPairs,
) -> None:
    pair = measured(pairs, bench("suite.timeraw_nothing"))
    ratio(pair)
    assert pair.base is not None
    # Starting an interpreter, which is not part of the timing, takes milliseconds.
    assert pair.base < 1e-3
