"""Process pairs of the gate: every kind of benchmark, and whatever one can do to its process."""

import math
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from hotloop.gate import slices
from hotloop.gate.lanes import default_lanes
from hotloop.gate.leftovers import PREFIX
from hotloop.gate.model import Benchmark, Contender, Ending, Kind, Pair, Side, Timing
from hotloop.gate.pairs import ProcessPairs

PROJECT = """
import os, sys, time, threading
HEAD = os.environ["SIDE"] == "head"

def work(turns):
    total = 0
    for i in range(turns):
        total += i * i
    return total

def note(what):
    with open(os.environ["NOTES"], "a") as file:
        file.write(os.environ["SIDE"] + " " + what + "\\n")
"""

SUITE = """
from . import project
from .project import *
import subprocess
from asv_runner.benchmarks.mark import SkipNotImplemented

def time_same(): work(500)
def time_twice(): work(1000 if HEAD else 500)
def time_slow(): work(400_000)
def time_sleep(): time.sleep(0.02 if HEAD else 0.01)

def time_number(): note("call")
time_number.number = 3
time_number.warmup_time = 0

KNOWN = set()
def time_pids():
    # Once a process: a file that is written in each call may be waited for.
    if os.getpid() not in KNOWN:
        KNOWN.add(os.getpid())
        note(str(os.getpid()))
    work(5000)
THREADS = []
def time_pids_beside_a_thread():
    if not THREADS:
        THREADS.append(threading.Thread(target=threading.Event().wait, daemon=True))
        THREADS[0].start()
    time_pids()
def time_own_timer(): Clock.seconds += 2.0 if HEAD else 1.0
class Clock:
    seconds = 0.0
def read(): return Clock.seconds
time_own_timer.timer = read

def time_threads():
    threads = [threading.Thread(target=work, args=(100_000,)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()

def time_children(): subprocess.run([sys.executable, "-S", "-c", "pass"], check=True)

class Fresh:
    def setup(self): self.left = [1]
    def time_pop(self): self.left.pop()
    def teardown(self): assert not self.left

class Outside:
    def setup(self):
        import tempfile
        self.folder = tempfile.mkdtemp()
        note("set up")
    def time_file(self):
        with open(self.folder + "/file", "w") as file: file.write("x" * 1000)
    def teardown(self):
        import shutil
        shutil.rmtree(self.folder)
        note("torn down")
class OutsideAndRaising(Outside):
    first = 0
    def time_file(self):
        super().time_file()
        OutsideAndRaising.first = self.first or os.getpid()
        if HEAD and os.getpid() != self.first: raise ValueError("I am a copy")

class Params:
    params = ([1, 2], ["a", "b"])
    def track_sum(self, number, letter): return number * 10 + "ab".index(letter)

class Cached:
    def setup_cache(self):
        note("setup_cache")
        with open("data.txt", "w") as file: file.write("12")
        return 30
    def track_cache(self, cache): return cache + int(open("data.txt").read())
    def time_cache(self, cache): assert cache == 30

class HangingCache:
    def setup_cache(self):
        if HEAD: note("hangs"); time.sleep(600)
    def track_it(self, cache): return 1

class BrokenCache:
    def setup_cache(self):
        if HEAD: raise ValueError("no data today")
    def track_it(self, cache): return 1
    def track_too(self, cache): return 1

class Skipping:
    def setup(self):
        if HEAD: raise NotImplementedError("not on this machine")
    def time_it(self): pass
def track_skip(): raise SkipNotImplemented()
def track_nan(): return float("nan")
def track_none(): return None

def track_sign(): return -1 if HEAD else 1
def track_appears(): return 5 if HEAD else 0
def mem_list(): return [0] * 1000
def peakmem_block(): return len(b"x" * (80_000_000 if HEAD else 40_000_000))
maps = []
def peakmem_files():
    import mmap, pathlib
    for path in pathlib.Path(sys.base_prefix, "lib").rglob("*") if HEAD else ():
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            sum(maps[-1][::4096])
        if sum(map(len, maps)) > 40_000_000: break
def timeraw_nothing(): return "pass"
def track_address(): return id(object())
def track_stack():
    for line in open("/proc/self/maps"):
        if "[stack]" in line: return int(line.split("-")[0], 16)
def track_hash(): return hash("abc") % 2**50
def track_surroundings():
    assert os.listdir(".") == []
    assert sys.stdin.read() == ""
    assert not any(path.endswith("gate") for path in sys.path)
    assert "hotloop" not in sys.modules
    assert sys.argv[1:] == []
    assert "PYTHONPATH" not in os.environ
    return 0
def track_cpus(): return len(os.sched_getaffinity(0))
"""

COUNTED = """
from .project import *
note("import")
CALLS = []
def time_one(): work(500)
def time_two(): work(500)
def track_three(): return 3
def peakmem_four(): return 4
def track_calls(): CALLS.append(1); return len(CALLS)
"""

THREADED = """
from .project import *
threading.Thread(target=threading.Event().wait, daemon=True).start()
class NeedsItsThread:
    def setup(self): assert threading.active_count() == 2
    def time_it(self): work(500)
"""

FATAL = """
from .project import *
if HEAD:
    print("no licence", flush=True)
    os._exit(7)
def time_it(): work(500)
"""

FAULTS = '''
from .project import *
import signal
STATE = {"calls": 0}

def misbehave(how, late=False):
    """On head only; late: after the warm-up."""
    STATE["calls"] += 1
    work(500)
    if HEAD and (not late or STATE.get("ready")): how()

def boom(): raise ValueError("boom\\nand more")
def fall(): os.kill(os.getpid(), signal.SIGKILL)
def sleep(): time.sleep(600)
def close(): os.closerange(3, 256)
def fork():
    if os.fork() == 0:
        note("pid %d" % os.getpid())
        time.sleep(600)
def fork_and_return():
    pid = os.fork()
    if pid: os.waitpid(pid, 0)
def daemonise():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            note("pid %d" % os.getpid())
            time.sleep(600)
        os._exit(0)
    os.wait()
def spawn():
    import subprocess
    note("pid %d" % subprocess.Popen(["sleep", "600"]).pid)

class Early:
    timeout = 1
    def time_raise(self): misbehave(boom)
    def time_exit(self): misbehave(lambda: sys.exit("good bye"))
    def time_hard_exit(self): misbehave(lambda: (print("last words", flush=True), os._exit(3)))
    def time_killed(self): misbehave(fall)
    def time_hangs(self): misbehave(sleep)
    def time_closes(self): misbehave(close)
    def time_memory(self):
        import resource
        if HEAD: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
        misbehave(lambda: b"x" * 2**31)
    def track_raise(self): misbehave(boom); return 1

def being_timed():
    """The worker is past warming up."""
    frame = sys._getframe()
    while frame and frame.f_code.co_name != "run": frame = frame.f_back
    return frame is not None

class Late:
    """Misbehaves in its thirtieth timed call, of more than a thousand."""
    warmup_time = 0
    def setup(self):
        STATE["timed"] = STATE.get("timed", 0) + being_timed()
        STATE["ready"] = STATE["timed"] == 30
    def time_raise(self): misbehave(boom, True)
    def time_killed(self): misbehave(fall, True)
    def time_hangs(self): misbehave(sleep, True)
    def time_closes(self): misbehave(close, True)

class BothLate(Late):
    def time_raise(self):
        work(500)
        if STATE["ready"]: boom()

class Setup:
    def setup(self):
        if HEAD: raise KeyError("nothing here")
    def time_it(self): pass
class SetupHangs:
    def setup(self):
        if HEAD: note("hangs"); time.sleep(600)
    def time_it(self): pass
class Teardown:
    def time_it(self): pass
    def teardown(self):
        if HEAD: raise OSError("cannot tidy")

def time_prints(): print("x" * 100)
def time_changes_folder(): os.chdir("/")
def time_forks():
    fork() if not STATE["calls"] else None
    STATE["calls"] += 1
def time_forks_and_returns():
    fork_and_return()
def time_daemonises():
    daemonise() if not STATE["calls"] else None
    STATE["calls"] += 1
def time_spawns():
    spawn() if not STATE["calls"] else None
    STATE["calls"] += 1
'''


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "benchmarks"
    folder.mkdir()
    texts = {
        "__init__": "",
        "project": PROJECT,
        "suite": SUITE,
        "faults": FAULTS,
        "counted": COUNTED,
        "fatal": FATAL,
        "threaded": THREADED,
        "unimportable": "import no_such_module\ndef time_it(): pass\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes"
    path.touch()
    return path


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders go."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def pairs(suite: Path, notes: Path, scratch: Path) -> Iterator[ProcessPairs]:
    with executor(suite, notes) as opened:
        yield opened
    assert not list(scratch.iterdir())
    assert not psutil.Process().children(recursive=True)


def executor(suite: Path, notes: Path, python: str = sys.executable) -> ProcessPairs:
    base, head = (
        Contender(
            side,
            "0" * 40,
            side.value,
            "Do nothing",
            "here",
            Path(python if side is Side.HEAD else sys.executable),
            suite,
            (("SIDE", side.value), ("NOTES", str(notes))),
        )
        for side in (Side.BASE, Side.HEAD)
    )
    return ProcessPairs(base, head, default_lanes())


def workers() -> list[psutil.Process]:
    """What this test started and still runs; who is dead is reaped at the end of the run."""
    started = psutil.Process().children(recursive=True)
    return [process for process in started if alive(process.pid)]


CAN_PIN = default_lanes()[0].cpu is not None
KINDS = {
    "time": Kind.TIME,
    "timeraw": Kind.TIMERAW,
    "mem": Kind.MEMORY,
    "peakmem": Kind.PEAK_MEMORY,
    "track": Kind.TRACK,
}


def bench(
    name: str, combination: int | None = None, timeout_s: float = 30.0, cache: str | None = None
) -> Benchmark:
    kind = KINDS[name.rpartition(".")[2].partition("_")[0]]
    return Benchmark(name, (), combination, kind, "", timeout_s, cache, timeout_s)


def measured(pairs: ProcessPairs, benchmark: Benchmark, seed: int = 1) -> Pair:
    pair = pairs.measure(0, benchmark, seed)
    # The servers of the lane wait for the next one; who was killed takes a moment.
    eventually(lambda: len(workers()) in (0, 2))
    return pair


def ratio(pair: Pair) -> float:
    assert pair.base_trouble is None, pair.base_trouble
    assert pair.head_trouble is None, pair.head_trouble
    assert pair.log_ratio is not None
    return pair.log_ratio


def head_trouble(pair: Pair) -> tuple[Ending, str]:
    assert pair.base_trouble is None, pair.base_trouble
    assert pair.head_trouble is not None
    assert "\n" not in pair.head_trouble.message
    return pair.head_trouble.ending, pair.head_trouble.message


# ---------------------------------------------------------------- what is timed


def test_equal_code_gives_a_ratio_near_one_and_many_short_slices(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.time_same"))
    assert abs(ratio(pair)) < math.log(1.5)
    assert pair.timing is Timing.TURNS
    assert pair.rounds > 20
    assert pair.calls > 1
    assert pair.base == pytest.approx(pair.head, rel=0.5)


def test_a_head_that_does_twice_the_work_takes_twice_as_long(pairs: ProcessPairs) -> None:
    assert ratio(measured(pairs, bench("suite.time_twice"))) == pytest.approx(math.log(2), abs=0.3)


def test_slow_calls_share_the_core(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.time_slow"))
    assert abs(ratio(pair)) < math.log(1.5)
    expected = Timing.TURNS if not CAN_PIN else Timing.SHARED
    assert pair.timing is expected
    assert pair.calls == 1


def test_a_plan_is_kept_for_later_pairs(pairs: ProcessPairs) -> None:
    benchmark = bench("suite.time_same")
    first = measured(pairs, benchmark, 1)
    plan = pairs.plan(benchmark)
    second = measured(pairs, benchmark, 2)
    assert plan is pairs.plan(benchmark)
    assert (first.timing, first.calls) == (second.timing, second.calls)


def test_samples_come_from_many_copies_of_each_process(pairs: ProcessPairs, notes: Path) -> None:
    pair = measured(pairs, bench("suite.time_pids"))
    ratio(pair)
    copies = set(notes.read_text().splitlines())
    # Two processes that warm up, and each one's copies.
    assert len(copies) > 10


def test_what_runs_a_thread_is_not_copied(pairs: ProcessPairs, notes: Path) -> None:
    ratio(measured(pairs, bench("suite.time_pids_beside_a_thread")))
    assert len(set(notes.read_text().splitlines())) == 2


def test_sleeping_counts(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.time_sleep"))
    assert pair.timing is Timing.TURNS
    assert pair.base is not None
    assert pair.base >= 0.01
    assert ratio(pair) == pytest.approx(math.log(2), abs=0.3)


@pytest.mark.parametrize("name", ["suite.time_threads", "suite.time_children"])
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


def test_set_up_state_is_fresh_for_every_call(pairs: ProcessPairs) -> None:
    """A second call on the same state would find nothing to pop, a second set-up would be seen."""
    pair = measured(pairs, bench("suite.Fresh.time_pop"))
    ratio(pair)
    assert pair.calls > 1


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rounds in each copy, also where a slow machine would make none beside set-ups."""
    monkeypatch.setattr(
        "hotloop.gate.common.agree", lambda *both: replace(slices.agree(*both), deal=2)
    )


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


def test_raw_timings_are_those_of_fresh_interpreters(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.timeraw_nothing"))
    ratio(pair)
    assert pair.base is not None
    # Starting an interpreter, which is not part of the timing, takes milliseconds.
    assert pair.base < 1e-3


# ---------------------------------------------------------------- what is returned


def test_values_are_compared_as_they_are(pairs: ProcessPairs) -> None:
    expected = {
        "suite.mem_list": 0.0,
        "suite.track_sign": -math.inf,
        "suite.track_appears": math.inf,
    }
    for name, log_ratio in expected.items():
        pair = measured(pairs, bench(name))
        assert ratio(pair) == log_ratio, name
        assert pair.timing is Timing.VALUES


def test_pages_of_files_are_no_memory_of_a_benchmark(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.peakmem_files"))
    assert pair.head is not None
    assert pair.base is not None
    assert pair.head - pair.base < 10_000_000


def test_peak_memory_is_the_benchmarks_own_and_not_the_drivers(pairs: ProcessPairs) -> None:
    ballast = b"x" * 300_000_000
    pair = measured(pairs, bench("suite.peakmem_block"))
    assert ratio(pair) > 0
    assert pair.base is not None
    assert pair.head is not None
    assert 40_000_000 < pair.base < pair.head < len(ballast)
    assert pair.head - pair.base == pytest.approx(40_000_000, rel=0.1)


def test_each_combination_of_parameters_is_its_own(pairs: ProcessPairs) -> None:
    values = [measured(pairs, bench("suite.Params.track_sum", place)).base for place in (1, 2)]
    assert values == [11, 20]


def test_a_set_up_cache_is_made_once_for_each_side(pairs: ProcessPairs, notes: Path) -> None:
    benchmarks = [
        bench(f"suite.Cached.{name}", cache="c") for name in ("track_cache", "time_cache")
    ]
    assert measured(pairs, benchmarks[0]).head == 42
    ratio(measured(pairs, benchmarks[1]))
    assert measured(pairs, benchmarks[0], seed=2).base == 42
    assert sorted(notes.read_text().splitlines()) == ["base setup_cache", "head setup_cache"]


def test_a_set_up_cache_that_fails_fails_all_its_benchmarks(pairs: ProcessPairs) -> None:
    for name in ("track_it", "track_too"):
        pair = measured(pairs, bench(f"suite.BrokenCache.{name}", cache="b"))
        assert head_trouble(pair) == (
            Ending.FAILED,
            "setup_cache raised ValueError: no data today",
        )


def test_skips_are_told_from_failures(pairs: ProcessPairs) -> None:
    ending, message = head_trouble(measured(pairs, bench("suite.Skipping.time_it")))
    assert ending is Ending.SKIPPED
    assert "not on this machine" in message
    for name in ("suite.track_skip", "suite.track_nan"):
        pair = measured(pairs, bench(name))
        assert pair.base_trouble is not None
        assert pair.base_trouble.ending is Ending.SKIPPED, name
    nothing = measured(pairs, bench("suite.track_none"))
    assert nothing.base_trouble is not None
    assert nothing.base_trouble.ending is Ending.FAILED


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
    monkeypatch.setattr("hotloop.gate.common.can_be_equal", lambda: False)
    with executor(suite, notes) as pairs:
        assert not pairs.equal_layout
        ratio(measured(pairs, bench("suite.time_same")))


def test_the_benchmark_finds_what_asv_would_give_it(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("suite.track_surroundings"))
    assert pair.base == 0.0, pair


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


# ---------------------------------------------------------------- faults

EARLY = {
    "raise": "the call raised ValueError: boom",
    "exit": "the call raised SystemExit: good bye",
    "hard_exit": "the process died (exit code 3): last words",
    "killed": "the process died (killed by SIGKILL)",
    "hangs": "timed out after 0.5 s",
    "closes": "the benchmark closed the pipes",
    "memory": "the call raised MemoryError",
}


@pytest.mark.parametrize("how", EARLY)
def test_a_fault_while_getting_ready_is_its_sides_trouble(pairs: ProcessPairs, how: str) -> None:
    pair = measured(
        pairs, bench(f"faults.Early.time_{how}", timeout_s=0.5 if how == "hangs" else 30)
    )
    ending, message = head_trouble(pair)
    assert ending is Ending.FAILED
    assert EARLY[how] in message
    ratio(measured(pairs, bench("suite.time_same")))


def test_a_process_that_the_kernel_killed_for_its_memory_is_told_so(
    pairs: ProcessPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    kills = iter(range(100))
    for module in ("children", "gate.forks"):
        monkeypatch.setattr(f"hotloop.{module}.memory_kills", lambda: next(kills))
    _, message = head_trouble(measured(pairs, bench("faults.Early.time_killed")))
    assert message == ("the process died (killed by SIGKILL: the machine had no memory left)")


@pytest.mark.parametrize("how", ["raise", "killed", "hangs", "closes"])
def test_a_fault_in_mid_run_is_its_sides_trouble_and_the_partner_runs_on(
    pairs: ProcessPairs, how: str
) -> None:
    timeout_s = 1.0 if how == "hangs" else 30.0
    pair = measured(pairs, bench(f"faults.Late.time_{how}", timeout_s=timeout_s))
    ending, message = head_trouble(pair)
    assert ending is Ending.FAILED
    # Base did not wait for a turn that never came.
    assert how == "hangs" or pair.elapsed_s < timeout_s
    assert EARLY[how].replace("0.5", "1") in message


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


def test_a_set_up_that_hangs_is_timed_out(pairs: ProcessPairs) -> None:
    pair = measured(pairs, bench("faults.SetupHangs.time_it", timeout_s=0.5))
    assert head_trouble(pair) == (Ending.FAILED, "timed out after 0.5 s")


@pytest.mark.parametrize("how", ["prints", "changes_folder", "forks_and_returns"])
def test_printing_changing_folder_and_forking_do_no_harm(pairs: ProcessPairs, how: str) -> None:
    ratio(measured(pairs, bench(f"faults.time_{how}")))


@pytest.mark.parametrize("how", ["forks", "spawns"])
def test_what_a_benchmark_started_is_gone_with_it(
    pairs: ProcessPairs, notes: Path, how: str
) -> None:
    ratio(measured(pairs, bench(f"faults.time_{how}")))
    started = [int(line.split()[2]) for line in notes.read_text().splitlines()]
    assert len(started) == 2
    eventually(lambda: not any(map(alive, started)))


def test_a_daemon_of_a_benchmark_is_gone_with_the_run(
    suite: Path, notes: Path, scratch: Path
) -> None:
    with executor(suite, notes) as pairs:
        ratio(pairs.measure(0, bench("faults.time_daemonises"), 1))
        started = [int(line.split()[2]) for line in notes.read_text().splitlines()]
        assert len(started) == 2
        assert all(map(alive, started))
    assert not any(map(alive, started))


def test_the_folder_of_a_run_that_was_killed_goes_with_the_next(
    suite: Path, notes: Path, scratch: Path
) -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    left = scratch / f"{PREFIX}{ended.pid}-left"
    in_use = scratch / f"{PREFIX}{os.getppid()}-in-use"
    for folder in (left, in_use):
        (folder / "00000001").mkdir(parents=True)
    with executor(suite, notes):
        pass
    assert list(scratch.iterdir()) == [in_use]


def test_an_interpreter_that_is_not_there_is_a_trouble(suite: Path, notes: Path) -> None:
    with executor(suite, notes, python="/no/such/python") as pairs:
        ending, message = head_trouble(measured(pairs, bench("suite.time_same")))
    assert ending is Ending.FAILED
    assert "/no/such/python" in message


def test_stopping_in_the_middle_ends_everything(suite: Path, notes: Path, scratch: Path) -> None:
    """In every lane, whatever it is at: getting ready in a fork, or in a set-up cache."""
    slow = [bench("faults.SetupHangs.time_it"), bench("suite.HangingCache.track_it", cache="h")]
    with executor(suite, notes) as pairs, ThreadPoolExecutor() as threads:
        lanes = range(min(pairs.lanes, len(slow)))
        running = [threads.submit(pairs.measure, lane, slow[lane], lane) for lane in lanes]
        eventually(lambda: notes.read_text().count("head hangs") == len(running))
        pairs.stop()
        for future in running:
            assert future.result(timeout=10).log_ratio is None
    assert not workers()
    assert not list(scratch.iterdir())


def test_after_a_stop_no_set_up_cache_is_waited_for(suite: Path, notes: Path) -> None:
    with executor(suite, notes) as pairs:
        pairs.stop()
        hanging = bench("suite.HangingCache.track_it", cache="h", timeout_s=60)
        assert pairs.measure(0, hanging, 1).log_ratio is None
    assert "hangs" not in notes.read_text()


def test_a_pair_that_is_cancelled_leaves_its_lane_to_the_next(
    pairs: ProcessPairs, notes: Path
) -> None:
    with ThreadPoolExecutor() as threads:
        hanging = threads.submit(pairs.measure, 0, bench("faults.SetupHangs.time_it"), 1)
        eventually(lambda: "head hangs" in notes.read_text())
        pairs.cancel(0)
        assert hanging.result(timeout=10).log_ratio is None
    ratio(measured(pairs, bench("suite.time_same")))


def test_two_lanes_measure_at_once(pairs: ProcessPairs) -> None:
    if pairs.lanes == 1:
        pytest.skip("one CPU")
    names = ("suite.time_same", "suite.time_twice")
    with ThreadPoolExecutor() as threads:
        running = [threads.submit(pairs.measure, lane, bench(names[lane]), 1) for lane in (0, 1)]
        same, twice = (ratio(future.result(timeout=60)) for future in running)
    assert same < twice


# ---------------------------------------------------------------- servers


def test_a_module_is_imported_once_for_all_its_benchmarks_in_a_batch(
    pairs: ProcessPairs, notes: Path
) -> None:
    for name in ("counted.time_one", "counted.time_two", "counted.track_three"):
        ratio(measured(pairs, bench(name), seed=1))
    assert sorted(notes.read_text().splitlines()) == ["base import", "head import"]
    ratio(measured(pairs, bench("counted.time_one"), seed=2))
    assert len(notes.read_text().splitlines()) == 4


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
    from tests.processes.test_gate_pairs import bench, executor
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


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
