"""Process pairs of the gate: servers, which load a module once, and their forks."""

from pathlib import Path

import pytest

from hotloop.gate.model import Ending
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.process_pairs import bench, head_trouble, measured, ratio

pytestmark = pytest.mark.usefixtures("gate_workers")


def test_a_module_is_imported_once_for_all_its_benchmarks_in_a_batch(
    pairs: ProcessPairs, notes: Path
) -> None:
    for name in ("counted.time_one", "counted.time_two", "counted.track_three"):
        ratio(measured(pairs, bench(name), seed=1))
    assert sorted(notes.read_text().splitlines()) == ["base import", "head import"]
    ratio(measured(pairs, bench("counted.time_one"), seed=2))
    assert len(notes.read_text().splitlines()) == 4


@pytest.mark.thorough(
    # Of which each would import it once more.
    "test_what_failed_alike_in_others_of_a_module_is_not_tried_in_fresh_processes",
)
def test_the_next_after_one_that_failed_need_not_import_it_again(
    pairs: ProcessPairs, notes: Path
) -> None:
    ratio(measured(pairs, bench("counted.time_one")))
    before = len(notes.read_text().splitlines())
    assert measured(pairs, bench("counted.time_fails")).has_failed
    ratio(measured(pairs, bench("counted.time_two")))
    # By the fresh processes in which it was tried again.
    assert len(notes.read_text().splitlines()) == before + 2


def test_what_failed_alike_in_others_of_a_module_is_not_tried_in_fresh_processes(
    pairs: ProcessPairs, notes: Path
) -> None:
    ratio(measured(pairs, bench("counted.time_one")))
    tries = []
    for name in ("time_fails", "time_fails_2", "time_fails_3", "time_fails_4"):
        before = len(notes.read_text().splitlines())
        assert measured(pairs, bench(f"counted.{name}")).has_failed
        tries.append(len(notes.read_text().splitlines()) - before)
    assert tries == [2, 2, 2, 0]
    assert head_trouble(measured(pairs, bench("faults.Early.time_raise")))[0] is Ending.FAILED


def test_what_fails_in_a_fork_is_tried_in_fresh_processes(pairs: ProcessPairs) -> None:
    """As with libraries whose threads do not survive a fork."""
    ratio(measured(pairs, bench("threaded.NeedsItsThread.time_it")))


def test_a_module_that_ends_its_process_at_import_is_its_sides_trouble(
    pairs: ProcessPairs,
) -> None:
    _, message = head_trouble(measured(pairs, bench("fatal.time_it")))
    assert message == "the process died (exit code 7): no licence"


def test_state_of_one_benchmark_is_not_found_by_the_next(pairs: ProcessPairs) -> None:
    for _ in range(2):
        assert measured(pairs, bench("counted.track_calls")).base == 1
