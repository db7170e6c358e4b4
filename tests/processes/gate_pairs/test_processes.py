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

from hotloop.base.cpus import pinnable_cpus
from hotloop.gate.model import Pair
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.process_pairs import (
    CAN_PIN,
    alive,
    bench,
    eventually,
    executor,
    know_others,
    measured,
    ratio,
)

# ---------------------------------------------------------------- layout and surroundings


def test_both_of_a_pair_lie_alike_and_each_pair_lies_elsewhere(pairs: ProcessPairs) -> None:
    if not pairs.equal_layout:
        pytest.skip("this system randomises every process by itself")
    names = ("suite.track_address", "suite.track_hash", "suite.track_stack")
    seen: dict[str, list[Pair]] = {name: [] for name in names}
    # Those of one seed come from the same two processes.
    for seed in (1, 2):
        for name in names:
            seen[name].append(measured(pairs, bench(name), seed))
    for name, found in seen.items():
        assert all(pair.base == pair.head for pair in found), name
        assert len({pair.base for pair in found}) > 1 or "stack" in name, name


@pytest.mark.usefixtures("forked_workers")
def test_without_equal_layout_pairs_are_measured_all_the_same(
    suite: Path, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotloop.gate.pairs.common.can_be_equal", lambda: False)
    with executor(suite, notes) as pairs:
        assert not pairs.equal_layout
        ratio(measured(pairs, bench("suite.time_same")))


@pytest.fixture(scope="module")
def told(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float | None]:
    """What benchmarks of one pair of processes, which start as ever, say of themselves."""
    know_others()
    before = pinnable_cpus()
    names = ["surroundings", "kept_from_collections", *(["cpus"] if CAN_PIN else [])]
    with executor(suite, tmp_path_factory.mktemp("told") / "notes") as pairs:
        found = {name: measured(pairs, bench(f"suite.track_{name}")).base for name in names}
    assert pinnable_cpus() == before
    return found


def test_the_benchmark_finds_what_asv_would_give_it(told: dict[str, float | None]) -> None:
    assert told["surroundings"] == 0.0


def test_collections_do_not_walk_what_is_the_gates_own(told: dict[str, float | None]) -> None:
    kept = told["kept_from_collections"]
    assert kept is not None
    assert kept > 1_000


@pytest.mark.skipif(not CAN_PIN, reason="this system cannot pin")
def test_getting_ready_keeps_off_the_timing_cpu_and_the_driver_gets_its_cpus_back(
    told: dict[str, float | None],
) -> None:
    assert told["cpus"] == max(1, len(os.sched_getaffinity(0)) - 1)


@pytest.mark.usefixtures("forked_workers")
def test_two_lanes_measure_at_once(pairs: ProcessPairs) -> None:
    if pairs.lanes == 1:
        pytest.skip("one CPU")
    names = ("suite.time_counted", "suite.time_counted_twice")
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(pairs.measure, lane, bench(names[lane]), 1) for lane in (0, 1)]
        same, twice = (ratio(future.result(timeout=60)) for future in running)
    assert (same, twice) == pytest.approx((0.0, math.log(2)), abs=1e-9)


# ---------------------------------------------------------------- memory


@pytest.mark.usefixtures("forked_workers")
def test_memory_is_measured_in_processes_of_its_own(pairs: ProcessPairs, notes: Path) -> None:
    ratio(measured(pairs, bench("counted.time_one")))
    ratio(measured(pairs, bench("counted.peakmem_four")))
    ratio(measured(pairs, bench("counted.time_two")))
    assert len(notes.read_text().splitlines()) == 4


def test_pages_of_files_are_no_memory_of_a_benchmark(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.peakmem_files"))
    assert pair.head is not None
    assert pair.base is not None
    assert pair.head - pair.base < 10_000_000


def test_peak_memory_is_the_benchmarks_own_and_not_the_drivers(pairs: ProcessPairs) -> None:
    ballast = b"x" * 150_000_000
    pair = measured(pairs, bench("suite.peakmem_block"))
    assert ratio(pair) > 0
    assert pair.base is not None
    assert pair.head is not None
    assert 40_000_000 < pair.base < pair.head < len(ballast)
    assert pair.head - pair.base == pytest.approx(40_000_000, rel=0.1)


# ---------------------------------------------------------------- their end


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
