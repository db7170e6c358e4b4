"""Tests that do to their benchmark whatever a test can do; most of it is wrong."""

import asyncio
import cProfile
import functools
import itertools
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

import pure  # type: ignore[import-not-found]
import pytest

GROWN: list[int] = []


def test_plain(benchmark):
    assert benchmark(pure.work, 200) >= 0


def test_uses_up(benchmark):
    benchmark(sum, (pure.work(1) for _ in range(100)))


def test_pedantic_uses_up(benchmark):
    benchmark.pedantic(sum, args=(map(pure.work, [1, 2]),), rounds=3)


def test_drains(benchmark):
    def drain(jobs):
        while jobs:
            pure.work(jobs.pop())

    benchmark(drain, [1] * 100)


def test_reads_to_the_end(benchmark):
    with Path(__file__).open() as file:
        benchmark(lambda: sum(1 for _ in file))


def test_reads_from_the_start(benchmark):
    with Path(__file__).open() as file:
        benchmark(lambda: (file.seek(0), len(file.read())))


def test_remembers(benchmark):
    benchmark(functools.lru_cache(pure.work), 100_000)


def test_called_twice(benchmark):
    benchmark(pure.work, 20)
    benchmark(pure.work, 20)


def test_in_a_loop(benchmark):
    for turns in (1, 2, 3):
        benchmark(pure.work, turns)


def test_never_called(benchmark):
    pass


def test_in_a_thread(benchmark):
    thread = threading.Thread(target=benchmark, args=(pure.work, 200))
    thread.start()
    thread.join()


def test_in_a_child(benchmark):
    child = multiprocessing.get_context("fork").Process(target=benchmark, args=(pure.work, 20))
    child.start()
    child.join()
    assert child.exitcode != 0


def test_of_a_subprocess(benchmark):
    benchmark(subprocess.run, [sys.executable, "-S", "-c", ""], check=True)


def test_fails_afterwards(benchmark):
    assert benchmark(pure.work, 20) == "no number"


def test_fails_at_head(benchmark):
    assert benchmark(pure.work, 2) < 2


def test_skips(benchmark):
    pytest.skip("not today")


@pytest.mark.skipif(pure.work(2) > 1, reason="head is slow")
def test_skips_at_head(benchmark):
    benchmark(pure.work, 20)


@pytest.mark.skipif(pure.work(2) < 2, reason="base is fast")
def test_skips_at_base(benchmark):
    benchmark(pure.work, 20)


@pytest.mark.xfail(reason="known to be wrong")
def test_fails_as_expected(benchmark):
    benchmark(pure.work, 200)
    raise AssertionError


@pytest.mark.xfail(reason="cannot be run", strict=True)
def test_fails_as_expected_before(benchmark):
    raise AssertionError


@pytest.fixture
def broken():
    raise LookupError("no such thing")


def test_absent_fixture(absent, benchmark):
    benchmark(pure.work, 20)


def test_broken_fixture(broken, benchmark):
    benchmark(pure.work, 20)


@pytest.fixture
def broken_end():
    yield
    raise LookupError("cannot end")


def test_broken_end_of_a_fixture(broken_end, benchmark):
    benchmark(pure.work, 20)


def test_call_raises(benchmark):
    benchmark(int, "no number")


def test_call_raises_later(benchmark):
    left = iter(range(1000))
    benchmark(lambda: 1 / (1000 - next(left, 1000)))


def test_call_raises_as_expected(benchmark):
    with pytest.raises(ValueError, match="invalid literal"):
        benchmark(int, "no number")


def test_exits(benchmark):
    benchmark(sys.exit, 3)


def test_exits_hard(benchmark):
    benchmark(os._exit, 3)


def test_exits_pytest(benchmark):
    pytest.exit("enough")


def test_captures(benchmark, capfd):
    def talk():
        print("hello")

    benchmark(talk)
    assert "hello" in capfd.readouterr().out


def test_coroutine(benchmark):
    async def work():
        return 1

    benchmark(work)


def test_long_calls_give_their_result(benchmark):
    def work():
        time.sleep(0.12)
        return pure.work(20)

    assert benchmark(work) >= 0


def test_runs_a_loop(benchmark):
    async def work():
        return pure.work(20)

    benchmark(lambda: asyncio.run(work()))


def test_grows(benchmark):
    def grow():
        GROWN.append(1)
        return sum(GROWN)

    benchmark(grow)


def test_stats(benchmark):
    benchmark(pure.work, 20)
    assert 0 < benchmark.stats["mean"] < 1
    assert 0 < benchmark.stats.stats.median < 1
    benchmark.extra_info["size"] = 20
    benchmark.group = "small"


def test_pedantic(benchmark):
    ended = []
    result = benchmark.pedantic(
        pure.work, setup=lambda: ((200,), {}), teardown=ended.append, rounds=5, warmup_rounds=1
    )
    assert result >= 0
    assert ended


def test_pedantic_once(benchmark):
    left = [200]
    assert benchmark.pedantic(lambda: pure.work(left.pop())) >= 0
    assert left == []


def test_pedantic_iterations(benchmark):
    assert benchmark.pedantic(pure.work, args=(200,), iterations=10, rounds=3) >= 0


def test_pedantic_on_files(benchmark, tmp_path):
    benchmark.pedantic(lambda: (tmp_path / "made").mkdir())


def test_pedantic_wrong(benchmark):
    benchmark.pedantic(pure.work, setup=lambda: ((1,), {}), iterations=2)


def test_temporary(benchmark, tmp_path, monkeypatch):
    monkeypatch.setattr(pure, "work", lambda turns: (tmp_path / "x").write_text("x" * turns))
    benchmark(pure.work, 20)


@pytest.mark.parametrize("text", ["a::b", "[x]", "two\nlines", "nul\0", "ü", ""])
def test_names(benchmark, text):
    benchmark(len, text)


@pytest.mark.benchmark
def test_marked_only():
    pure.work(20)


@pytest.mark.usefixtures("benchmark")
def test_uses(request):
    request.getfixturevalue("benchmark")(pure.work, 20)


def test_asks(request):
    request.getfixturevalue("benchmark")(pure.work, 200)


def test_surroundings(benchmark, request):
    assert "--benchmark-only" in sys.argv
    assert request.config.getoption("--benchmark-only")
    assert not sys.dont_write_bytecode
    benchmark(pure.work, 20)


def test_runs_again(benchmark):
    GROWN.append(1)
    benchmark(pure.work, 20)
    assert len(GROWN) > 1


@pytest.mark.benchmark(timer=itertools.count(step=3).__next__)
def test_rounds(benchmark):
    benchmark.pedantic(pure.work, args=(200,), rounds=7, iterations=3)
    assert benchmark.stats["rounds"] == 7
    assert benchmark.stats["iterations"] == 3
    assert benchmark.stats["mean"] == benchmark.stats.stats.max == 1


class TestShares:
    @pytest.fixture(autouse=True)
    def _benchmark(self, benchmark):
        self.benchmark = benchmark

    def test_calls_nothing(self):
        pass


class TestClass:
    def test_method(self, benchmark):
        benchmark(pure.work, 20)


class TestUnittest(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _benchmark(self, benchmark):
        self.benchmark = benchmark

    def test_method(self):
        self.benchmark(pure.work, 20)


def test_many_threads(benchmark):
    def spread():
        threads = [threading.Thread(target=pure.work, args=(20,)) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

    benchmark(spread)


def test_waits(benchmark):
    benchmark(time.sleep, 0.002)


def test_stops_the_clock(benchmark, monkeypatch):
    monkeypatch.setattr(time, "perf_counter", lambda: 1.0)
    monkeypatch.setattr(time, "thread_time", lambda: 1.0)
    benchmark(pure.work, 200)


def test_traces(benchmark):
    profile = cProfile.Profile()
    sys.settrace(lambda frame, event, argument: None)
    profile.enable()
    benchmark(pure.work, 200)
    profile.disable()
    assert sys.gettrace() is not None
    sys.settrace(None)


def test_own_timer(benchmark):
    benchmark._timer = time.process_time
    benchmark(pure.work, 200)


def test_closes_everything(benchmark):
    benchmark(os.closerange, 3, 100)


def test_forks(benchmark):
    def fork():
        if os.fork() == 0:
            raise SystemExit
        os.wait()

    benchmark(fork)


def test_reads_nothing(benchmark):
    benchmark(lambda: sys.stdin.read())
