"""Benchmarks of every kind, which do what they are told."""

import gc
import mmap
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from asv_runner.benchmarks.mark import SkipNotImplemented

from .project import HEAD, note, work


def time_same() -> None:
    work(500)


def time_slow() -> None:
    work(400_000)


def time_sleep() -> None:
    time.sleep(0.02 if HEAD else 0.01)


def time_number() -> None:
    note("call")


time_number.number = 3  # type: ignore[attr-defined]
time_number.warmup_time = 0  # type: ignore[attr-defined]

KNOWN: set[int] = set()


def time_pids() -> None:
    # Once a process: a file that is written in each call may be waited for.
    if os.getpid() not in KNOWN:
        KNOWN.add(os.getpid())
        note(str(os.getpid()))
    work(5000)


# How much more work this process does in each call.
SLOWNESS: dict[int, float] = {}


def time_some_processes_are_slow() -> None:
    """One in three of head's."""
    pid = os.getpid()
    if pid not in SLOWNESS:
        note(str(pid))
        earlier = Path(os.environ["NOTES"]).read_text().splitlines()
        number = sum(line.startswith("head ") for line in earlier)
        SLOWNESS[pid] = 8.0 if HEAD and number % 3 == 2 else 1.0
    work(int(100_000 * SLOWNESS[pid]))


THREADS: list[threading.Thread] = []


def time_pids_beside_a_thread() -> None:
    if not THREADS:
        THREADS.append(threading.Thread(target=threading.Event().wait, daemon=True))
        THREADS[0].start()
    time_pids()


def time_own_timer() -> None:
    Clock.seconds += 2.0 if HEAD else 1.0


def time_counted() -> None:
    Clock.seconds += 4e-5


def time_counted_twice() -> None:
    Clock.seconds += 8e-5 if HEAD else 4e-5


class Clock:
    seconds = 0.0


def read() -> float:
    return Clock.seconds


for function in (time_own_timer, time_counted, time_counted_twice):
    function.timer = read  # type: ignore[attr-defined]
del function


def time_threads() -> None:
    threads = [threading.Thread(target=work, args=(100_000,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0


# As libraries do when they are loaded.
AT_IMPORT = usable_cpus()
POOLS: list[Any] = []


def note_cpus() -> None:
    note(f"{AT_IMPORT} {usable_cpus()}")


def time_cpus() -> None:
    if os.getpid() not in KNOWN:
        KNOWN.add(os.getpid())
        note_cpus()
    work(5000)


def time_pool_of_threads() -> None:
    if not POOLS:
        POOLS.append(ThreadPoolExecutor(2, initializer=note_cpus))
    list(POOLS[0].map(work, [20_000, 20_000]))


def time_pool_of_processes() -> None:
    if not POOLS:
        POOLS.append(multiprocessing.get_context("fork").Pool(2, note_cpus))
    POOLS[0].map(work, [20_000, 20_000])


def time_children() -> None:
    subprocess.run([sys.executable, "-S", "-c", "pass"], check=True)


class Fresh:
    def setup(self) -> None:
        self.left = [1]

    def time_pop(self) -> None:
        self.left.pop()

    def teardown(self) -> None:
        assert not self.left


class Outside:
    def setup(self) -> None:
        self.folder = tempfile.mkdtemp()
        note("set up")

    def time_file(self) -> None:
        Path(self.folder, "file").write_text("x" * 1000)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)
        note("torn down")


class OutsideAndRaising(Outside):
    first = 0

    def time_file(self) -> None:
        super().time_file()
        OutsideAndRaising.first = self.first or os.getpid()
        if HEAD and os.getpid() != self.first:
            raise ValueError("I am a copy")


class Params:
    params = ([1, 2], ["a", "b"])

    def track_sum(self, number: int, letter: str) -> int:
        return number * 10 + "ab".index(letter)


class Cached:
    def setup_cache(self) -> int:
        note("setup_cache")
        Path("data.txt").write_text("12")
        return 30

    def track_cache(self, cache: int) -> int:
        return cache + int(Path("data.txt").read_text())

    def time_cache(self, cache: int) -> None:
        assert cache == 30


class HangingCache:
    def setup_cache(self) -> None:
        if HEAD:
            note("hangs")
            time.sleep(600)

    def track_it(self, cache: int) -> int:
        return 1


class BrokenCache:
    def setup_cache(self) -> None:
        if HEAD:
            raise ValueError("no data today")

    def track_it(self, cache: int) -> int:
        return 1

    def track_too(self, cache: int) -> int:
        return 1


class Skipping:
    def setup(self) -> None:
        if HEAD:
            raise NotImplementedError("not on this machine")

    def time_it(self) -> None:
        pass


def track_skip() -> None:
    raise SkipNotImplemented()


def track_nan() -> float:
    return float("nan")


def track_none() -> None:
    return None


def track_sign() -> int:
    return -1 if HEAD else 1


def track_appears() -> int:
    return 5 if HEAD else 0


def mem_list() -> list[int]:
    return [0] * 1000


def peakmem_block() -> int:
    return len(b"x" * (80_000_000 if HEAD else 40_000_000))


maps: list[mmap.mmap] = []


def peakmem_files() -> None:
    for path in Path(sys.base_prefix, "lib").rglob("*") if HEAD else ():
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                maps.append(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            sum(maps[-1][::4096])
        if sum(map(len, maps)) > 40_000_000:
            break


def timeraw_nothing() -> tuple[str, str]:
    return "pass", "import os; assert os.environ['GIVEN'] == 'yes'"


timeraw_nothing.env = {"GIVEN": "yes"}  # type: ignore[attr-defined]


def track_address() -> int:
    return id(object())


def track_stack() -> int:
    lines = Path("/proc/self/maps").read_text().splitlines()
    (stack,) = [line for line in lines if "[stack]" in line]
    return int(stack.split("-")[0], 16)


def track_hash() -> int:
    return hash("abc") % 2**50


def track_surroundings() -> int:
    assert list(Path().iterdir()) == []
    assert sys.stdin.read() == ""
    assert not any(path.endswith("gate") for path in sys.path)
    assert "hotloop" not in sys.modules
    assert sys.argv[1:] == []
    assert "PYTHONPATH" not in os.environ
    return 0


def track_kept_from_collections() -> int:
    return gc.get_freeze_count()


def track_cpus() -> int:
    return len(os.sched_getaffinity(0))
