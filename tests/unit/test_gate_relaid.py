"""Every pair of a benchmark has a layout of its own, and none changes while a pair runs."""

import threading
from collections.abc import Sequence
from typing import Self

from hotloop.gate.model import Benchmark, Kind, Pair, Timing
from hotloop.gate.pairs.relaid import Relaid

BENCHMARKS = [Benchmark(name, (), None, Kind.TIME, "seconds", 60.0) for name in "abc"]
PAIRS = 12


class Recorder:
    """An executor that notes the layout in which each pair began and ended."""

    lanes = 2
    doubts: tuple[str, ...] = ("a doubt",)
    remarks: tuple[str, ...] = ("a remark",)

    def __init__(self) -> None:
        self.layouts: list[int] = []
        self.seen: dict[str, list[int]] = {b.name: [] for b in BENCHMARKS}
        self.seeds: set[int] = set()
        self.running = 0
        self.laid_while_running = False
        self.done: list[str] = []

    def lay(self, seed: int) -> None:
        self.laid_while_running |= self.running > 0
        self.layouts.append(seed)

    def measure(
        self, lane: int, benchmark: Benchmark, seed: int, following: Sequence[Benchmark] = ()
    ) -> Pair:
        self.running += 1
        began = self.layouts[-1]
        threading.Event().wait(0.001 * (1 + lane))
        assert self.layouts[-1] == began
        self.seen[benchmark.name].append(began)
        self.seeds.add(seed)
        self.running -= 1
        return Pair(Timing.TURNS, 0.0, 1.0, 1.0, 1, 1, 0.001)

    def cancel(self, lane: int) -> None:
        self.done.append(f"cancel {lane}")

    def stop(self) -> None:
        self.done.append("stop")

    def __enter__(self) -> Self:
        self.done.append("enter")
        return self

    def __exit__(self, *_: object) -> None:
        self.done.append("exit")


def test_no_benchmark_meets_a_layout_twice_in_two_lanes_at_once() -> None:
    inner = Recorder()
    relaid = Relaid(inner, inner.lay, seed=1)

    def work(lane: int) -> None:
        for number in range(PAIRS):
            for benchmark in BENCHMARKS:
                pair = relaid.measure(lane, benchmark, number)
                assert pair.elapsed_s >= 0.001

    threads = [threading.Thread(target=work, args=(lane,)) for lane in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not inner.laid_while_running
    for layouts in inner.seen.values():
        assert len(layouts) == len(set(layouts)) == 2 * PAIRS


def test_a_process_that_has_loaded_one_layout_is_not_forked_in_the_next() -> None:
    inner = Recorder()
    relaid = Relaid(inner, inner.lay, seed=1)
    for _ in range(5):
        relaid.measure(0, BENCHMARKS[0], seed=7)
    assert len(inner.seeds) == 5


def test_benchmarks_share_a_layout() -> None:
    inner = Recorder()
    relaid = Relaid(inner, inner.lay, seed=1)
    for benchmark in BENCHMARKS:
        relaid.measure(0, benchmark, seed=7)
    assert len(inner.layouts) == 1
    # One server is forked for all of them.
    assert len(inner.seeds) == 1


def test_everything_else_is_the_executors() -> None:
    inner = Recorder()
    with Relaid(inner, inner.lay, seed=1) as relaid:
        relaid.cancel(1)
        relaid.stop()
        assert (relaid.lanes, relaid.doubts) == (2, ("a doubt",))
        assert relaid.remarks == ("a remark",)
    assert inner.done == ["enter", "cancel 1", "stop", "exit"]
