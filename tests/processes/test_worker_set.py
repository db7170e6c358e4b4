"""The real executor: real processes, killed, hanging and lying."""

import os
import platform
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.base.clock import SystemClock
from hotloop.base.cpus import pinnable_cpus
from hotloop.timing.measure import Judge, Plan, measure
from hotloop.timing.memory_layout import can_be_equal
from hotloop.timing.processes import ProcessExecutor
from hotloop.timing.record import Contender, Measurement, Stage, Threads
from hotloop.timing.schedule import Slot
from hotloop.timing.worker import DEPTHS, parse_peak_memory
from tests import warm
from tests.parameters import marked
from tests.process_pairs import SOON_S

CPU = max(pinnable_cpus() or (), default=None)


def spin(name: str = "spin", seconds: float = 1e-3, **arguments: object) -> Contender:
    return Contender(name, "tests.contenders:spin", {"seconds": seconds, **arguments})


def misbehaving(then: str, good_calls: int) -> Contender:
    arguments = {"then": then, "good_calls": good_calls}
    return Contender("bad", "tests.contenders:misbehaving", arguments)


@pytest.fixture
def forked() -> Iterator[None]:
    """Workers that do not load anew what all load, where it matters what they do with calls."""
    with warm.everywhere(warm.TIMING_WORKER):
        yield


def executor() -> ProcessExecutor:
    # Of those that end, none is to be taken for one that hangs, however slow the machine is.
    return ProcessExecutor(call_limit_s=lambda name: 2.0 if name == "hang" else 60.0, cpu=CPU)


def measured(
    *contenders: Contender,
    judge: Judge = lambda answers: {},
    sets: int = 2,
) -> Measurement:
    return measure(
        contenders,
        executor(),
        Plan(seed=1, budget_s=0.1, sets=sets),
        judge,
        SystemClock(),
        lambda text, part: None,
    )


def test_samples_are_the_time_that_calls_take() -> None:
    result = measured(spin(seconds=5e-3), sets=1)
    for run in result.runs_of("spin"):
        assert min(run.samples_s) >= 5e-3
        assert run.calls == 1
        peak_bytes = run.told["peak_memory_bytes"]
        assert peak_bytes is None or peak_bytes > 1_000_000


def test_the_turn_goes_round_in_the_order_of_the_slots(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    pair = [spin("a", 0.0, log=str(log)), spin("b", 0.0, log=str(log))]
    order = [0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0]
    with executor().open(pair) as workers:
        taken = workers.run(["a", "b"], [Slot(who, 1) for who in order])
    callers = [int(line.split()[0]) for line in log.read_text().splitlines()]
    first = callers[0]
    assert [0 if pid == first else 1 for pid in callers] == order
    assert [len(each.samples_s) for each in taken] == [order.count(0), order.count(1)]


def test_a_turn_begins_with_a_call_and_samples_that_are_not_recorded(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    pair = [spin("a", 2e-3, log=str(log)), spin("b", 0.0)]
    slots = [Slot(0, 2, samples=3, warm_up=1), Slot(1, 1), Slot(0, 2, warm_up=0)]
    with executor().open(pair) as workers:
        taken = workers.run(["a", "b"], slots)
    # A call, a sample of two calls, and three samples; a call and a sample.
    assert len(log.read_text().splitlines()) == 1 + 2 + 3 * 2 + 1 + 2
    assert [len(each.samples_s) for each in taken] == [4, 1]
    assert [len(each.after_pause_s) for each in taken] == [2, 0]
    assert min(taken[0].after_pause_s) >= 2e-3


def test_the_unrecorded_calls_of_a_quick_contender_are_not_timed_one_by_one() -> None:
    with executor().open([Contender("a", "tests.contenders:quick", {})]) as workers:
        workers.run(["a"], [Slot(0, 1000, samples=2, warm_up=2)])
        # The first call, two samples' worth, and the samples: not 2,000 times one call.
        assert workers.finish("a").answer == 1 + 2 + 2


def test_a_turn_that_comes_from_oneself_is_no_pause() -> None:
    with executor().open([spin("a", 1e-3)]) as workers:
        (taken,) = workers.run(["a"], [Slot(0, 1, warm_up=1)] * 3)
    assert (len(taken.samples_s), len(taken.after_pause_s)) == (3, 1)


def test_the_budget_pays_for_arguments_that_take_longer_than_the_call() -> None:
    result = measured(Contender("c", "tests.contenders:copying", {"seconds": 1e-4}), sets=1)
    (run,) = result.runs_of("c")
    assert run.samples_s[0] == pytest.approx(1e-5)
    # 0.1 s of calls of 10 us are 10,000; with the arguments of each, 1,000.
    assert run.calls * len(run.samples_s) <= 1000


@pytest.mark.usefixtures("forked")
def test_each_set_is_a_fresh_process_and_all_are_gone_afterwards(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    measured(spin(seconds=1e-3, log=str(log)), sets=3)
    pids = {int(line.split()[0]) for line in log.read_text().splitlines()}
    assert len(pids) == 3
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.usefixtures("forked")
def test_later_sets_warm_up_before_they_time(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    measured(spin(seconds=1e-3, log=str(log)))
    lines = [line.split() for line in log.read_text().splitlines()]
    second = [what for pid, what in lines if pid != lines[0][0]]
    assert second[0] == "warm_up"
    assert Counter(second)["warm_up"] == 1


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("good_calls", [0, 3])
def test_a_worker_that_fails_costs_its_own_row(good_calls: int) -> None:
    expected = {
        "raise": ("ArithmeticError", "the sum is not right"),
        "die": ("WorkerDied", "killed by SIGSEGV"),
        "hang": ("WorkerHung", "it hangs"),
    }
    bad = [replace(misbehaving(then, good_calls), name=then) for then in expected]
    result = measured(*bad, spin())
    assert set(result.failures) == set(expected)
    for then, (error, words) in expected.items():
        failure = result.failures[then]
        assert failure.error == error
        assert words in failure.message
        assert failure.stage is (Stage.TIMING if good_calls else Stage.FIRST_CALL)
    assert len(result.runs_of("spin")) == 2


@pytest.mark.usefixtures("forked")
def test_a_contender_that_lies_after_good_calls_is_caught_by_its_last_answer() -> None:
    def judge(answers: Mapping[str, object]) -> dict[str, str]:
        return {name: "wrong" for name, answer in answers.items() if answer != 42}

    result = measured(misbehaving("lie", 3), spin(), judge=judge, sets=1)
    assert set(result.failures) == {"bad"}
    assert result.failures["bad"].stage is Stage.CHECK


@pytest.mark.usefixtures("forked")
def test_a_target_that_cannot_be_built_says_why() -> None:
    broken = Contender("broken", "tests.contenders:unbuildable", {})
    absent = Contender("absent", "tests.contenders:nowhere", {})
    lost = Contender("lost", "tests.no_such_module:f", {})
    result = measured(broken, absent, lost, spin(), sets=1)
    assert result.failures["broken"].message.startswith("no such contraption (contenders.py, line ")
    assert "nowhere" in result.failures["absent"].message
    assert result.failures["lost"].error == "ModuleNotFoundError"
    assert result.runs_of("spin")


@pytest.mark.skipif(not can_be_equal(), reason="this system randomises each process by itself")
def test_the_processes_of_a_set_lie_alike_and_those_of_the_next_elsewhere() -> None:
    def places() -> list[str]:
        with executor().open([spin("short"), spin("with a longer name")]) as workers:
            pids = [worker.pid for worker in workers._workers.values()]
            assert {resource.prlimit(pid, resource.RLIMIT_STACK) for pid in pids} == {stack}
            maps = [Path(f"/proc/{pid}/maps").read_text().splitlines() for pid in pids]
        return [next(line.split()[0] for line in of if "libc" in line) for of in maps]

    stack = resource.getrlimit(resource.RLIMIT_STACK)
    # Many kernels move large files by 2 MiB, so that one set in 32 lies as the one before it.
    seen: set[str] = set()
    for _ in range(5):
        (place,) = set(places())
        seen.add(place)
        if len(seen) > 1:
            break
    assert len(seen) > 1
    assert resource.getrlimit(resource.RLIMIT_STACK) == stack


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's own threshold")
def test_large_blocks_are_kept_whatever_a_process_has_freed_before() -> None:
    with executor().open([Contender("a", "tests.contenders:placing", {})]) as workers:
        workers.first_call("a")
        assert workers.finish("a").answer is True


def test_turns_begin_at_different_depths_and_their_calls_at_one() -> None:
    with executor().open([Contender("a", "tests.contenders:depth", {})]) as workers:
        workers.run(["a"], [Slot(0, 1, samples=2)] * DEPTHS)
        seen = workers.finish("a").answer
    assert isinstance(seen, tuple)
    assert seen[::2] == seen[1::2]
    assert sorted(seen[::2]) == list(range(min(seen), min(seen) + DEPTHS))


def test_a_call_may_recurse_as_deep_as_in_a_program_of_its_own() -> None:
    deep = Contender("deep", "tests.contenders:recurse", {"frames": sys.getrecursionlimit() - 10})
    with executor().open([deep]) as workers:
        # At every depth at which a turn begins.
        (taken,) = workers.run(["deep"], [Slot(0, 1)] * DEPTHS)
    assert len(taken.samples_s) == DEPTHS


@pytest.mark.skipif(CPU is None, reason="this system cannot pin")
def test_single_threaded_contenders_are_pinned_and_others_are_not() -> None:
    both = [spin("one"), Contender("all", "tests.contenders:spin", {"seconds": 1e-3}, Threads.ALL)]
    with executor().open(both) as workers:
        workers.run(["one", "all"], [Slot(0, 1), Slot(1, 1)])
        pids = {name: worker._process.pid for name, worker in workers._workers.items()}
        assert os.sched_getaffinity(pids["one"]) == {CPU}
        assert os.sched_getaffinity(pids["all"]) == os.sched_getaffinity(0)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_peak_memory_is_the_contenders_own_and_not_its_parents() -> None:
    ballast = b"x" * 200_000_000
    heavy = Contender("heavy", "tests.contenders:heavy", {"bytes": 70_000_000})
    result = measured(heavy, spin(), sets=1)
    peaks = {run.contender: run.told["peak_memory_bytes"] for run in result.runs}
    assert peaks["heavy"] is not None
    assert peaks["spin"] is not None
    assert 70_000_000 < peaks["heavy"] < len(ballast)
    assert peaks["spin"] < 70_000_000


def test_peak_memory_is_read_in_bytes() -> None:
    assert parse_peak_memory("Name:\tpython\nVmHWM:\t    2048 kB\n") == 2048 * 1024
    assert parse_peak_memory("Name:\tpython\n") is None


DRIVER = """
    import sys
    sys.path[:] = {path!r}
    from tests.processes.test_worker_set import measured, spin
    measured(spin(seconds=0.01, log={log!r}), spin("other", 0.01, log={log!r}), sets=1000)
"""


OTHER_SIGNALS = pytest.mark.thorough(
    "test_no_worker_outlives_its_driver",
    "processes/test_compute_command.py::test_ctrl_c_ends_with_130_and_leaves_neither_process_nor_file",
)


@pytest.mark.parametrize(
    "end", [signal.SIGKILL, *marked(OTHER_SIGNALS, signal.SIGTERM, signal.SIGINT)]
)
def test_no_worker_outlives_its_driver(tmp_path: Path, end: signal.Signals) -> None:
    log = tmp_path / "calls"
    script = textwrap.dedent(DRIVER).format(path=sys.path, log=str(log))
    driver = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + SOON_S
        while not (log.exists() and len(log.read_text().splitlines()) > 10):
            assert time.monotonic() < deadline, "the workers never started"
            time.sleep(0.01)
        driver.send_signal(end)
        driver.wait(timeout=SOON_S)
        deadline = time.monotonic() + SOON_S
        pids = {int(line.split()[0]) for line in log.read_text().splitlines()}
        while any(_alive(pid) for pid in pids):
            assert time.monotonic() < deadline, f"still running: {pids}"
            time.sleep(0.01)
    finally:
        driver.kill()
        driver.wait()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
