"""Process pairs of the gate: whatever a benchmark can do to its process, and how a run ends."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from hotloop.gate.model import Ending, Pair
from hotloop.gate.pairs.leftovers import PREFIX
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.parameters import marked
from tests.process_pairs import (
    SOON_S,
    alive,
    bench,
    eventually,
    executor,
    head_trouble,
    measured,
    ratio,
    workers,
)

pytestmark = pytest.mark.usefixtures("gate_workers")
# What a run does with its folder, in any container.
HOLD = """
import fcntl, os, sys, time
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(100)
"""
EARLY = {
    "raise": "the call raised ValueError: boom",
    "hard_exit": "the process died (exit code 3): last words",
    "hangs": "timed out after 0.5 s",
}
OTHERS = {
    "uses_up": "its first call uses up NUMBERS, a generator, and later calls have nothing to do",
    "killed": "the process died (killed by SIGKILL)",
    "closes": "the benchmark closed the pipes",
}
RAISED = {
    "exit": "the call raised SystemExit: good bye",
    "times_out": "the call raised TimeoutError: no answer from the server",
    "memory": "the call raised MemoryError",
}


def test_a_fault_while_getting_ready_is_its_sides_trouble(pairs: ProcessPairs) -> None:
    check_early(EARLY, pairs)


def test_calls_that_lack_their_input_on_one_side_fail_on_both(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("faults.Early.time_empties"))
    assert pair.head_trouble is not None
    assert pair.head_trouble.message.startswith("its calls use up JOBS, a list of 500, and later")
    assert pair.base_trouble == pair.head_trouble


@pytest.mark.thorough(
    "test_a_fault_while_getting_ready_is_its_sides_trouble",
    "test_a_process_that_the_kernel_killed_for_its_memory_is_told_so",
    "processes/test_gate_forks.py::test_what_the_benchmark_took_away_is_named",
    "unit/test_gate_used_up.py::test_an_iterator_that_is_read_to_its_end_is_used_up",
    "unit/test_gate_used_up.py::test_what_is_used_up_is_named",
    "unit/test_gate_replies.py::test_whatever_a_benchmark_raises_is_told_and_ends_no_worker",
)
def test_each_fault_while_getting_ready_is_its_sides_trouble(pairs: ProcessPairs) -> None:
    check_early(OTHERS | RAISED, pairs)


def check_early(faults: Mapping[str, str], pairs: ProcessPairs) -> None:
    for how, words in faults.items():
        pair = measured(
            pairs, bench(f"faults.Early.time_{how}", timeout_s=0.5 if how == "hangs" else 30)
        )
        ending, message = head_trouble(pair)
        assert (how, ending) == (how, Ending.FAILED)
        assert words in message
        # The lane, and what has loaded the module, are there for the next.
        ratio(measured(pairs, bench("faults.track_nothing")))
    ratio(measured(pairs, bench("suite.time_same")))


def test_a_process_that_the_kernel_killed_for_its_memory_is_told_so(
    pairs: ProcessPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = iter(range(100))
    for module in ("timing.children", "gate.pairs.forks"):
        monkeypatch.setattr(f"hotloop.{module}.memory_kills", lambda: next(kills))
    _, message = head_trouble(measured(pairs, bench("faults.Early.time_killed")))
    assert message == ("the process died (killed by SIGKILL: the machine had no memory left)")


def test_a_fault_in_mid_run_is_its_sides_trouble_and_the_partner_runs_on(
    pairs: ProcessPairs,
) -> None:
    check_late(("killed", "hangs"), pairs)


@pytest.mark.thorough(
    "test_a_fault_in_mid_run_is_its_sides_trouble_and_the_partner_runs_on",
    "test_a_fault_while_getting_ready_is_its_sides_trouble",
    "test_where_both_fail_in_mid_run_both_are_in_trouble",
)
def test_what_raises_or_closes_in_mid_run_is_its_sides_trouble(pairs: ProcessPairs) -> None:
    check_late(("raise", "closes"), pairs)


def check_late(faults: Iterable[str], pairs: ProcessPairs) -> None:
    for how in faults:
        timeout_s = 1.0 if how == "hangs" else 30.0
        pair = measured(pairs, bench(f"faults.Late.time_{how}", timeout_s=timeout_s))
        ending, message = head_trouble(pair)
        assert (how, ending) == (how, Ending.FAILED)
        # Base did not wait for a turn that never came.
        assert how == "hangs" or pair.elapsed_s < timeout_s
        assert (EARLY | OTHERS)[how].replace("0.5", "1") in message


def test_where_both_fail_in_mid_run_both_are_in_trouble(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("faults.BothLate.time_raise"))
    for trouble in (pair.base_trouble, pair.head_trouble):
        assert trouble is not None
        assert trouble.message == "the call raised ValueError: boom"


def test_set_up_teardown_import_and_value_say_where_they_failed(pairs: ProcessPairs) -> None:
    expected = {
        "faults.Setup.time_it": "setup raised KeyError: 'nothing here'",
        "faults.Teardown.time_it": "teardown raised OSError: cannot tidy",
        "faults.Early.track_raise": "the call raised ValueError: boom",
    }
    for name, message in expected.items():
        assert head_trouble(measured(pairs, bench(name))) == (Ending.FAILED, message)
    both = measured(pairs, bench("unimportable.time_it"))
    for trouble in (both.base_trouble, both.head_trouble):
        assert trouble is not None
        assert (
            trouble.message == "import raised ModuleNotFoundError: No module named 'no_such_module'"
        )


def test_what_fails_only_beside_the_other_side_is_the_fault_of_neither(
    pairs: ProcessPairs,
) -> None:
    pair = measured(pairs, bench("faults.Shares.time_it"))
    for trouble in (pair.base_trouble, pair.head_trouble):
        assert trouble is not None
        assert trouble.message.startswith("setup raised FileExistsError: ")
        assert trouble.message.endswith(
            "; alone it passes: both sides run at the same time, and "
            "it uses something that both share, as a port or a file "
            "of one name"
        )


def test_pairs_that_want_one_file_are_measured_one_after_the_other(
    pairs: ProcessPairs, notes: Path
) -> None:
    crowd = [bench(f"faults.{name}.time_it") for name in ("Crowds", "CrowdsToo")]
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(lambda lane: pairs.measure(lane, crowd[lane], 1), range(2)))
    assert "refused" in notes.read_text()
    assert any(pair.alone for pair in both)
    for pair in both:
        ratio(pair)


def test_a_set_up_that_hangs_is_timed_out(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("faults.SetupHangs.time_it", timeout_s=0.5))
    assert head_trouble(pair) == (Ending.FAILED, "timed out after 0.5 s")


def test_printing_changing_folder_and_forking_do_no_harm(pairs: ProcessPairs) -> None:
    for how in ("prints", "changes_folder", "forks_and_returns"):
        ratio(measured(pairs, bench(f"faults.time_{how}")))


OF_A_DAEMON = pytest.mark.thorough(
    "test_what_a_benchmark_started_is_gone_with_it",
    "test_a_daemon_of_a_benchmark_is_gone_with_the_run_and_so_is_what_it_started",
)


@pytest.mark.parametrize("how", [*marked(OF_A_DAEMON, "forks"), "spawns"])
def test_what_a_benchmark_started_is_gone_with_it(
    pairs: ProcessPairs, notes: Path, how: str
) -> None:
    ratio(measured(pairs, bench(f"faults.time_{how}")))
    started = [int(line.split()[2]) for line in notes.read_text().splitlines()]
    assert len(started) == 2
    eventually(lambda: not any(map(alive, started)))


def test_a_daemon_of_a_benchmark_is_gone_with_the_run_and_so_is_what_it_started(
    suite: Path, notes: Path, scratch: Path
) -> None:
    with executor(suite, notes) as pairs:
        ratio(pairs.measure(0, bench("faults.time_daemonises"), 1))
        eventually(lambda: notes.read_text().count("\n") == 4)
        started = [int(line.split()[2]) for line in notes.read_text().splitlines()]
        assert all(map(alive, started))
    assert not any(map(alive, started))


def test_the_folder_of_a_run_that_was_killed_goes_with_the_next(
    suite: Path, notes: Path, scratch: Path
) -> None:
    # Its number says nothing: in a container, another process has it.
    left, in_use = scratch / f"{PREFIX}{os.getpid()}-left", scratch / f"{PREFIX}0-in-use"
    for folder in (left, in_use):
        (folder / "00000001").mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, in_use], stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "held\n"
        with executor(suite, notes):
            pass
        assert list(scratch.iterdir()) == [in_use]
        run.kill()
    with executor(suite, notes):
        pass
    assert list(scratch.iterdir()) == []


def test_an_interpreter_that_is_not_there_is_a_trouble(suite: Path, notes: Path) -> None:
    with executor(suite, notes, python=Path("/no/such/python")) as pairs:
        ending, message = head_trouble(measured(pairs, bench("suite.time_same")))
    assert ending is Ending.FAILED
    assert "/no/such/python" in message


def test_stopping_in_the_middle_ends_everything(suite: Path, notes: Path, scratch: Path) -> None:
    """In every lane, whatever it is at: getting ready in a fork, or in a set-up cache."""
    slow = [bench("faults.SetupHangs.time_it"), bench("suite.HangingCache.track_it", cache="h")]
    with executor(suite, notes) as pairs, ThreadPoolExecutor() as threads:
        running: list[Future[Pair]] = []
        for lane in range(min(pairs.lanes, len(slow))):
            running.append(threads.submit(pairs.measure, lane, slow[lane], lane))
            # One after the other: no other pair begins while a set-up cache is made.
            eventually(lambda: notes.read_text().count("head hangs") == len(running))
        pairs.stop()
        for future in running:
            assert future.result(timeout=SOON_S).log_ratio is None
    assert not workers()
    assert not list(scratch.iterdir())


def test_after_a_stop_no_set_up_cache_is_waited_for(suite: Path, notes: Path) -> None:
    with executor(suite, notes) as pairs:
        pairs.stop()
        hanging = bench("suite.HangingCache.track_it", cache="h", timeout_s=60)
        assert pairs.measure(0, hanging, 1).log_ratio is None
    assert "hangs" not in notes.read_text()


def test_a_pair_that_is_cancelled_leaves_its_lane_to_the_next(
    pairs: ProcessPairs, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotloop.gate.pairs.pair.ENDING_LIMIT_S", 0.5)
    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(pairs.measure, 0, bench("faults.SetupHangs.time_it"), 1)
        eventually(lambda: "head hangs" in notes.read_text())
        pairs.cancel(0)
        assert hanging.result(timeout=SOON_S).log_ratio is None
    ratio(measured(pairs, bench("suite.time_same")))


def test_a_pair_that_is_cancelled_tears_down(pairs: ProcessPairs, notes: Path) -> None:
    locks = bench("faults.Locks.time_it")
    with ThreadPoolExecutor() as threads:
        cancelled = threads.submit(pairs.measure, 0, locks, 1)
        eventually(lambda: "locked" in notes.read_text())
        pairs.cancel(0)
        assert cancelled.result(timeout=SOON_S).base_trouble is None
    ratio(measured(pairs, locks))
