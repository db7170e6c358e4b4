"""Process pairs of the gate: the processes, how they lie and what they find, whom they serve."""

import math
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from hotloop.gate.model import Ending
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.process_pairs import (
    CAN_PIN,
    alive,
    bench,
    eventually,
    executor,
    head_trouble,
    measured,
    ratio,
)

# ---------------------------------------------------------------- layout and surroundings


def test_both_of_a_pair_lie_alike_and_each_pair_lies_elsewhere(pairs: ProcessPairs) -> None:
    if not pairs.equal_layout:
        pytest.skip("this system randomises every process by itself")
    for name in ("suite.track_address", "suite.track_hash"):
        seen = [measured(pairs, bench(name), seed) for seed in (1, 2)]
        assert all(pair.base == pair.head for pair in seen), name
        assert len({pair.base for pair in seen}) > 1, name
    assert measured(pairs, bench("suite.track_stack")).log_ratio == 0.0


def test_without_equal_layout_pairs_are_measured_all_the_same(
    suite: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotloop.gate.pairs.common.can_be_equal", lambda: False)
    with executor(suite, notes) as pairs:
        assert not pairs.equal_layout
        ratio(measured(pairs, bench("suite.time_same")))


def test_the_benchmark_finds_what_asv_would_give_it(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.track_surroundings"))
    assert pair.base == 0.0, pair


def test_collections_do_not_walk_what_is_the_gates_own(pairs: ProcessPairs) -> None:
    kept = measured(pairs, bench("suite.track_kept_from_collections")).base
    assert kept is not None
    assert kept > 1_000


def test_getting_ready_keeps_off_the_timing_cpu_and_the_driver_gets_its_cpus_back(
    suite: Path, notes: Path
) -> None:
    if not CAN_PIN:
        pytest.skip("this system cannot pin")
    before = os.sched_getaffinity(0)
    with executor(suite, notes) as pairs:
        inside = measured(pairs, bench("suite.track_cpus")).base
    assert inside == max(1, len(before) - 1)
    assert os.sched_getaffinity(0) == before


def test_two_lanes_measure_at_once(pairs: ProcessPairs) -> None:
    if pairs.lanes == 1:
        pytest.skip("one CPU")
    names = ("suite.time_counted", "suite.time_counted_twice")
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(pairs.measure, lane, bench(names[lane]), 1) for lane in (0, 1)]
        same, twice = (ratio(future.result(timeout=60)) for future in running)
    assert (same, twice) == pytest.approx((0.0, math.log(2)), abs=1e-9)


# ---------------------------------------------------------------- servers


def test_a_module_is_imported_once_for_all_its_benchmarks_in_a_batch(
    pairs: ProcessPairs, notes: Path
) -> None:
    for name in ("counted.time_one", "counted.time_two", "counted.track_three"):
        ratio(measured(pairs, bench(name), seed=1))
    assert sorted(notes.read_text().splitlines()) == ["base import", "head import"]
    ratio(measured(pairs, bench("counted.time_one"), seed=2))
    assert len(notes.read_text().splitlines()) == 4


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


def test_memory_is_measured_in_processes_of_its_own(pairs: ProcessPairs, notes: Path) -> None:
    ratio(measured(pairs, bench("counted.time_one")))
    ratio(measured(pairs, bench("counted.peakmem_four")))
    ratio(measured(pairs, bench("counted.time_two")))
    assert len(notes.read_text().splitlines()) == 4


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


DRIVER = """
    import sys
    sys.path[:] = {path!r}
    from pathlib import Path
    from tests.process_pairs import bench, executor
    with executor(Path({suite!r}), Path({notes!r})) as pairs:
        pairs.measure(0, bench("faults.SetupHangs.time_it"), 1)
"""


def test_no_worker_outlives_a_driver_that_was_killed(
    suite: Path, notes: Path, scratch: Path
) -> None:
    script = textwrap.dedent(DRIVER).format(path=sys.path, suite=str(suite), notes=str(notes))
    command = [sys.executable, "-c", script]
    # A killed driver removes no folders.
    surroundings = os.environ | {"TMPDIR": str(scratch)}
    with subprocess.Popen(command, env=surroundings) as driver:
        eventually(lambda: notes.read_text().count("hangs") == 1)
        pids = [child.pid for child in psutil.Process(driver.pid).children(recursive=True)]
        driver.send_signal(signal.SIGKILL)
    # Two servers, and their forks.
    assert len(pids) == 4
    eventually(lambda: not any(map(alive, pids)))
