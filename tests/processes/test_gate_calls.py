"""Process pairs whose calls are of a kind of their own: bodies that never run, skips, first calls.

And clocks that do not go.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hotloop.gate.model import Ending, Pair, Timing
from hotloop.gate.pairs import hidden, slices
from hotloop.gate.pairs.pairs import ProcessPairs
from tests.parameters import marked
from tests.process_pairs import (
    bench,
    copy_always,
    executor,
    head_trouble,
    measure_briefly,
    ratio,
    suite_at,
)

pytestmark = pytest.mark.usefixtures("gate_workers")
SUITE = """
import functools, itertools, os, sys, threading, time, timeit
from concurrent.futures import ThreadPoolExecutor
from asv_runner.benchmarks.mark import SkipNotImplemented
HEAD = os.environ["SIDE"] == "head"
warmup_time = 1e-3

def work(turns):
    total = 0
    for i in range(turns): total += i
    return total
async def later(turns): return work(turns)
def lazily(turns):
    for i in range(turns): yield i

async def time_async(): await later(100)
def time_yields(): yield from lazily(100)
def time_returns_it(): return later(100)
def time_forgets_it(): later(100)
def time_maps(): return map(work, [100])
def track_async(): return later(100)
async def mem_async(): return [1]
def peakmem_yields(): yield b"x" * 1000
async def timeraw_async(): return "pass"
def time_now_and_then():
    time_now_and_then.calls += 1
    return lazily(1) if time_now_and_then.calls > 1 else None
time_now_and_then.calls = 0
def time_only_head(): return lazily(9) if HEAD else work(9)
class Pooled:
    pool = None
    def setup(self): Pooled.pool = Pooled.pool or ThreadPoolExecutor(1)
    def time_submits(self): return self.pool.submit(work, 100)
    def time_waits(self):
        done = self.pool.submit(work, 100)
        done.result()
        return done
class AsyncSetup:
    async def setup(self): pass
    def time_it(self): work(100)
    def track_it(self): return 1
class YieldingCache:
    def setup_cache(self): yield 1
    def track_it(self, cache): return 1

def skip(): raise SkipNotImplemented("not today")
def time_skips(): skip() if HEAD else work(9)
def track_skips(): return skip() if HEAD else 1
def mem_skips(): return skip() if HEAD else [1]
def peakmem_skips(): return skip() if HEAD else 1
def timeraw_skips(): return skip() if HEAD else "pass"
RAISES = "from asv_runner.benchmarks.mark import SkipNotImplemented as S; raise S('not today')"
def timeraw_skips_inside(): return RAISES if HEAD else "pass"
PIDS = []
def time_skips_in_copies():
    PIDS.append(os.getpid())
    if HEAD and PIDS[-1] != PIDS[0]: skip()
    work(300)
class SkipsInSetup:
    def setup(self): skip() if HEAD else None
    def time_it(self): work(100)
class SkipsInTeardown:
    def teardown(self): skip() if HEAD else None
    def track_it(self): return 1
class SkipsInCache:
    def setup_cache(self): skip() if HEAD else None
    def track_it(self): return 1
def time_not_implemented():
    if HEAD: raise NotImplementedError("a failure, for asv")
    work(9)

class First:
    number, repeat, warmup_time = 1, 1, 0
    def time_cached(self):
        assert not first.cache_info().currsize
        first(1000)
    def time_folder(self):
        os.mkdir("project")
        work(1000)
class FirstBesideACache(First):
    def setup_cache(self):
        with open("data", "w") as file: file.write("7")
        return 7
    def time_folder(self, cache):
        assert open("data").read() == str(cache) == "7"
        super().time_folder()
class FirstWithSetup(First):
    repeat = 3
    def setup(self): self.calls = 0
    def time_cached(self):
        assert self.calls == 0
        self.calls += 1
class FirstWithThreads(First):
    def __init__(self): threading.Thread(target=threading.Event().wait, daemon=True).start()
@functools.lru_cache(maxsize=None)
def first(turns): return work(turns)
def time_looks_up(): first(40_000 if HEAD else 10_000)

class StandsStill:
    timer = lambda *_: 0.0
    def time_it(self): work(100)
class StandsStillAtHead:
    timer = lambda *_: 0.0 if HEAD else time.perf_counter()
    def time_it(self): work(100)
class MovesByItself:
    # Once a stretch of calls is long enough, and not only because other programs ran meanwhile.
    warmup_time = 50e-3
    timer = itertools.count().__next__
    def time_it(self): work(100)

def stop_clocks():
    # As freezegun does: everywhere.
    if time.time() == 1.0: return
    names = ("time", "monotonic", "perf_counter", "process_time", "thread_time")
    real = [getattr(time, name) for name in names] + [timeit.default_timer]
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()):
            if any(value is one for one in real): setattr(module, name, lambda: 1.0)
class Stopped:
    def setup(self): stop_clocks()
    def time_it(self): work(4000 if HEAD else 1000)
class StoppedInside:
    def time_it(self):
        stop_clocks()
        work(4000 if HEAD else 1000)

class Inherited:
    size = 0
    def setup_cache(self): return self.size
    def track_size(self, size): return size
class Small(Inherited): size = 10
class Large(Inherited): size = 10_000
"""


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    measure_briefly(monkeypatch)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return suite_at(tmp_path_factory.mktemp("calls") / "benchmarks", suite=SUITE)


@pytest.fixture(scope="module")
def pairs(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessPairs]:
    """One for all: each test has its benchmarks for itself."""
    with executor(suite, tmp_path_factory.mktemp("notes") / "notes") as opened:
        yield opened


BY_RESULT = pytest.mark.thorough(
    "test_a_body_that_never_runs_gives_no_figure",
    "unit/test_gate_undone.py::test_work_that_nobody_does_is_told_by_what_is_returned",
)
BEFORE_IT_IS_CALLED = pytest.mark.thorough(
    "test_a_body_that_never_runs_gives_no_figure",
    "unit/test_gate_undone.py::test_functions_are_told_before_they_are_called",
)
SKIPS = pytest.mark.thorough("test_a_skip_is_one_wherever_it_is_raised")


def measured(pairs: ProcessPairs, name: str, cache: str | None = None, seed: int = 1) -> Pair:
    return pairs.measure(0, bench(f"suite.{name}", cache=cache), seed)


# ---------------------------------------------------------------- bodies that never run


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("time_async", "it returns a coroutine that nobody runs: call asyncio.run"),
        ("time_yields", "it returns a generator that nobody runs"),
        ("time_forgets_it", "it makes a coroutine that nobody runs"),
        ("time_now_and_then", "it returns a generator that nobody runs"),
        ("track_async", "it returns a coroutine that nobody runs"),
        ("mem_async", "it returns a coroutine that nobody runs"),
        ("timeraw_async", "it returns a coroutine that nobody runs"),
        ("Pooled.time_submits", "it returns a Future that nobody waits for: call result()"),
        ("AsyncSetup.time_it", "setup returns a coroutine that nobody runs"),
        pytest.param("time_returns_it", "it returns a coroutine that nobody runs", marks=BY_RESULT),
        pytest.param("time_maps", "it returns a lazy map that nobody runs", marks=BY_RESULT),
        pytest.param(
            "peakmem_yields", "it returns a generator that nobody runs", marks=BEFORE_IT_IS_CALLED
        ),
        pytest.param(
            "AsyncSetup.track_it",
            "setup returns a coroutine that nobody runs",
            marks=BEFORE_IT_IS_CALLED,
        ),
    ],
)
def test_a_body_that_never_runs_gives_no_figure(pairs: ProcessPairs, name: str, words: str) -> None:
    pair = measured(pairs, name)
    assert pair.log_ratio is None
    for trouble in (pair.base_trouble, pair.head_trouble):
        assert trouble is not None
        assert trouble.ending is Ending.FAILED
        assert trouble.message.startswith(words)


def test_a_set_up_cache_whose_body_never_runs_gives_no_figure(pairs: ProcessPairs) -> None:
    pair = measured(pairs, "YieldingCache.track_it", cache="y")
    assert pair.head_trouble is not None
    assert pair.head_trouble.message.startswith("setup_cache returns a generator")


def test_a_body_that_never_runs_at_head_alone_is_heads_trouble(pairs: ProcessPairs) -> None:
    ending, message = head_trouble(measured(pairs, "time_only_head"))
    assert ending is Ending.FAILED
    assert "nobody runs" in message


def test_a_future_that_is_done_is_a_result(pairs: ProcessPairs) -> None:
    ratio(measured(pairs, "Pooled.time_waits"))


# ---------------------------------------------------------------- skips


@pytest.mark.parametrize(
    "name",
    ["time_skips", "track_skips", *marked(SKIPS, "mem_skips", "peakmem_skips"), "timeraw_skips",
     "timeraw_skips_inside", "SkipsInSetup.time_it", "SkipsInTeardown.track_it",
     "SkipsInCache.track_it"],
)  # fmt: skip
def test_a_skip_is_one_wherever_it_is_raised(pairs: ProcessPairs, name: str) -> None:
    check_skipped(measured(pairs, name, name if "Cache" in name else None))


def test_a_skip_in_copies_is_one(pairs: ProcessPairs, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_always(monkeypatch)
    check_skipped(measured(pairs, "time_skips_in_copies"))


def check_skipped(pair: Pair) -> None:
    ending, message = head_trouble(pair)
    assert ending is Ending.SKIPPED, message
    assert "not today" in message


def test_what_is_not_implemented_is_a_failure_outside_of_a_set_up(pairs: ProcessPairs) -> None:
    ending, message = head_trouble(measured(pairs, "time_not_implemented"))
    assert (ending, message) == (
        Ending.FAILED, "the call raised NotImplementedError: a failure, for asv",
    )  # fmt: skip


# ---------------------------------------------------------------- first calls


def test_the_first_call_of_a_process_is_timed_where_the_suite_wants_it(
    pairs: ProcessPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second one would find the cache filled, and say so."""
    # On any machine: a slow one would have time for fewer.
    monkeypatch.setattr(
        "hotloop.gate.pairs.common.agree",
        lambda *both: replace(slices.agree(*both), rounds=slices.FEWEST_ROUNDS),
    )
    for seed in (1, 2):
        pair = measured(pairs, "First.time_cached", seed=seed)
        ratio(pair)
        assert pair.timing is Timing.COLD
        assert pair.rounds == slices.FEWEST_ROUNDS


@pytest.mark.parametrize(
    ("name", "cache"),
    [("First.time_folder", None), ("FirstBesideACache.time_folder", "f"),
     ("FirstWithSetup.time_cached", None)],
)  # fmt: skip
def test_each_first_call_has_a_folder_and_a_set_up_of_its_own(
    pairs: ProcessPairs, name: str, cache: str | None
) -> None:
    pair = measured(pairs, name, cache)
    ratio(pair)
    assert pair.timing is Timing.COLD


def test_first_calls_beside_threads_are_those_of_fresh_processes(pairs: ProcessPairs) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the threads of a process are counted on Linux")
    pair = pairs.measure(0, bench("suite.FirstWithThreads.time_cached"), 1)
    ratio(pair)
    assert (pair.timing, pair.rounds) == (Timing.COLD, 1)


def test_a_first_call_that_alone_became_slower_is_told(
    pairs: ProcessPairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hidden, "FEWEST_PAIRS", 2)
    for seed in (1, 2):
        pair = measured(pairs, "time_looks_up", seed=seed)
        ratio(pair)
        assert pair.first_s[1] > 1.5 * pair.first_s[0] > 0
    assert "the first call of 1 benchmark became slower, and no later one" in str(pairs.remarks)


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    ("name", "words"),
    [("StandsStill", "its timer did not move"), ("MovesByItself", "its timer moves by 1 s")],
)
def test_a_timer_that_does_not_time_gives_no_figure(
    pairs: ProcessPairs, name: str, words: str
) -> None:
    pair = measured(pairs, f"{name}.time_it")
    assert pair.log_ratio is None
    for trouble in (pair.base_trouble, pair.head_trouble):
        assert trouble is not None
        assert trouble.message.startswith(words)


def test_a_timer_that_stands_still_at_head_is_heads_trouble(pairs: ProcessPairs) -> None:
    ending, message = head_trouble(measured(pairs, "StandsStillAtHead.time_it"))
    assert ending is Ending.FAILED
    assert message.startswith("its timer did not move")


@pytest.mark.parametrize("name", ["Stopped", "StoppedInside"])
def test_clocks_that_the_suite_stops_go_on_for_the_gate(pairs: ProcessPairs, name: str) -> None:
    pair = measured(pairs, f"{name}.time_it")
    ratio(pair)
    assert pair.base is not None
    assert pair.head is not None
    assert min(pair.base, pair.head) > 0
    # Half of the rounds took the median, or longer.
    assert (pair.base + pair.head) * pair.calls * pair.rounds / 2 <= 1.01 * pair.elapsed_s


# ---------------------------------------------------------------- set-up caches


@pytest.mark.parametrize("order", [("Small", "Large"), ("Large", "Small")])
def test_classes_that_inherit_a_set_up_cache_each_have_their_own(
    suite: Path, tmp_path: Path, order: tuple[str, str]
) -> None:
    with executor(suite, tmp_path / "notes") as pairs:
        sizes = {name: measured(pairs, f"{name}.track_size", cache="i").base for name in order}
    assert sizes == {"Small": 10, "Large": 10_000}
