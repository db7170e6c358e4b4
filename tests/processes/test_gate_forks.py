"""Process pairs that cannot be forked, or whose benchmarks take away what the gate relies on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotloop.gate.model import Ending, Pair
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.parameters import marked
from tests.process_pairs import (
    bench,
    copy_always,
    executor,
    head_trouble,
    measure_briefly,
    ratio,
    start_slowly,
    suite_at,
)

pytestmark = pytest.mark.usefixtures("gate_workers")
SUITE = """
warmup_time = 1e-3
import contextlib, os, shutil, signal
HEAD = os.environ["SIDE"] == "head"
PIDS = []

def work(turns):
    total = 0
    for i in range(turns): total += i
    return total

def reap(*_):
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0): pass
def time_closes_all():
    if HEAD: os.closerange(0, 99)
    work(9)
class RemovesItsFolder:
    def time_it(self):
        if HEAD: shutil.rmtree(os.getcwd())
        os.listdir(os.getcwd())

class Reaps:
    handler = reap
    def setup(self):
        if HEAD: signal.signal(signal.SIGCHLD, self.handler)
    def time_it(self): work(1000)
    def time_children(self):
        child = os.fork()
        if child == 0: os._exit(0)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)
            assert not HEAD or self.handler is not signal.SIG_IGN
    def time_dies_in_copies(self):
        PIDS.append(os.getpid())
        if HEAD and PIDS[-1] != PIDS[0]: os._exit(7)
        work(300)
class Ignores(Reaps): handler = signal.SIG_IGN
"""

REAPS = """
import os, signal
from .suite import HEAD, work
if HEAD: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
PID = os.getpid()
def time_it(): work(1000)
def track_is_forked(): return float(os.getpid() != PID)
def time_dies():
    if HEAD: os._exit(7)
    work(9)
"""

POOL = """
from concurrent.futures import ThreadPoolExecutor
from .suite import work
POOL = ThreadPoolExecutor(1)
POOL.submit(int).result()
def time_it(): POOL.submit(work, 1000).result()
def time_too(): POOL.submit(work, 1000).result()
"""

AT_FORK = """
import os, time
from .suite import work
FORKED = []
os.register_at_fork(after_in_child=lambda: FORKED.append(1))
def time_hangs_in_forks():
    if FORKED and "copies" not in FORKED: time.sleep(600)
    FORKED.append("copies")
    work(1000)
def time_too(): work(1000)
"""

BLAS = """
import threading
# What OpenBLAS does: no thread of its own outlives a fork, and none is missed there.
import os
STOP = threading.Event()
THREAD = threading.Thread(target=STOP.wait)
THREAD.start()
def end(): STOP.set(); THREAD.join()
os.register_at_fork(before=end)
PID = os.getpid()
def track_is_forked(): return float(os.getpid() != PID)
"""


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    measure_briefly(monkeypatch)
    start_slowly(monkeypatch)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forks") / "benchmarks"
    return suite_at(folder, suite=SUITE, reaps=REAPS, pool=POOL, at_fork=AT_FORK, blas=BLAS)


@pytest.fixture(scope="module")
def pairs(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPairs]:
    """One for all: each test has its benchmarks for itself."""
    with executor(suite, tmp_path_factory.mktemp("notes") / "notes") as opened:
        yield opened


def measured(pairs: ProcessPairs, name: str, seed: int = 1) -> Pair:
    return pairs.measure(0, bench(f"suite.{name}"), seed)


# ---------------------------------------------------------------- what a benchmark takes away


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("time_closes_all", "the benchmark closed the pipes that the gate talks through"),
        (
            "RemovesItsFolder.time_it",
            "the call raised FileNotFoundError: its current folder was removed",
        ),
    ],
)
def test_what_the_benchmark_took_away_is_named(pairs: ProcessPairs, name: str, words: str) -> None:
    assert head_trouble(measured(pairs, name)) == (Ending.FAILED, words)


# ---------------------------------------------------------------- children


IGNORED = pytest.mark.thorough(
    "test_who_handles_the_ends_of_children_still_gives_figures",
    "test_ends_of_children_that_are_ignored_at_import_are_told",
)


@pytest.mark.parametrize("name", ["Reaps", *marked(IGNORED, "Ignores")])
def test_who_handles_the_ends_of_children_still_gives_figures(
    pairs: ProcessPairs, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratio(measured(pairs, f"{name}.time_it"))
    ratio(measured(pairs, f"{name}.time_children"))
    copy_always(monkeypatch)
    _, message = head_trouble(measured(pairs, f"{name}.time_dies_in_copies"))
    assert message.startswith("the process died (exit code 7)")


def test_ends_of_children_that_are_ignored_at_import_are_told(pairs: ProcessPairs) -> None:
    ratio(pairs.measure(0, bench("reaps.time_it"), 1))
    assert pairs.measure(0, bench("reaps.track_is_forked"), 1).head == 1.0
    _, message = head_trouble(pairs.measure(0, bench("reaps.time_dies"), 1))
    assert message.startswith("the process died (exit code 7)")


# ---------------------------------------------------------------- forks


def test_threads_at_import_mean_fresh_processes_from_the_first_pair_on(
    pairs: ProcessPairs,
) -> None:
    for name in ("pool.time_it", "pool.time_too"):
        pair = pairs.measure(0, bench(name, timeout_s=60.0), 1)
        ratio(pair)
        # Nobody waited, until the time was out, for a thread that a fork does not have.
        assert pair.lost_s < 60.0


def test_what_hangs_in_forks_alone_costs_neither_a_failure_nor_the_budget(
    pairs: ProcessPairs,
) -> None:
    first = pairs.measure(0, bench("at_fork.time_hangs_in_forks", timeout_s=0.5), 1)
    ratio(first)
    assert first.lost_s > 1.0
    assert first.attempts == 1
    # Nor are the others of its module forked again.
    ratio(pairs.measure(0, bench("at_fork.time_too", timeout_s=20.0), 1))
    again = pairs.measure(0, bench("at_fork.time_hangs_in_forks", timeout_s=20.0), 2)
    assert again.lost_s == 0.0


def test_threads_that_end_themselves_before_a_fork_do_not_hinder_it(pairs: ProcessPairs) -> None:
    assert pairs.measure(0, bench("blas.track_is_forked"), 1).base == 1.0
